"""The records by which workers, learners and people tell each other of sites, as JSON.

The topic of lines (`STREAM_LINES_TOPIC`) holds two kinds, both with the site as their key:

    {"v": 1, "told": ["2b9f…", …], "end": 9, "lines": ["The ferry runs all winter, …", …]}     an article (`Sketch`)
    {"v": 1, "do": "reject", "line": "Tips to the desk"}                                       what a person asks for

The topic of sites (`STREAM_SITES_TOPIC`) holds one record for each site, which is what the workers clean with:

    {"v": 1, "version": "5c0e1f7a90b2", "articles": 1792, "total": 7, "state": "applied", "settled": false,
     "usual": 31, "proposed": null, "known": "<base64>"}

`told` are the hashes of the story's first paragraphs, in hexadecimal digits. `articles` is in 1/256 of an article.
`known` is packed: `stream.core.packed`.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, get_args

import orjson
from xxhash import xxh3_64_intdigest

from stream.core.article import Cleaned, CleanedList
from stream.core.cleaning import clean, clean_list
from stream.core.native import calls
from stream.core.packed import kept_small, pack
from stream.core.rules import Rules
from stream.core.sites import Profile
from stream.learner.observation import LINES, PARAGRAPHS, Sketch, sketch

VERSION = 1
MOST_BYTES = 1 << 16
"""Maximum bytes of an article's lines in UTF-8. Of a longer one those at its beginning and its end are published."""
LONGEST_COMMAND = 1 << 12
"""Maximum characters of what a command names."""

LONGEST_SHOWN = 80  # characters
LONGEST_VERSION = 64
"""Maximum characters of the name of a version, which goes into a header of each article. Ours have 12."""
MOST = 1 << 31
"""No number of a record is as large. What is counted later still fits where all is kept, in 32 bits."""

_ARTICLE = b'{"v":1,"told":'

State = Literal["applied", "proposed", "pinned", "rejected"]
"""What the workers clean with: the newest version; the one before it, because the newest was found unfit; one that a
person has gone back to; none, because a person does not want it."""
_STATES: dict[str, State] = {each: each for each in get_args(State)}  # so that sites share their names

Deed = Literal["approve", "reject", "forget", "rollback", "import"]
DEEDS: tuple[Deed, ...] = get_args(Deed)


class Command(NamedTuple):
    """What a person asks for: `line` or `version` may be empty; `site` is a record of counts in base64, to import."""

    do: Deed
    line: str = ""
    version: str = ""
    site: str = ""


@dataclass(frozen=True, slots=True)
class Published:
    """What the workers are told of a site. `total`: how many articles were counted, ever.

    `usual`: how many lines stand on nearly every page. `settled`: these have not changed for so long that a part of the
    site's articles is enough to learn from. `proposed`, `why`: the version that was found unfit, and why in a clause;
    empty if there is none.
    """

    profile: Profile
    total: int
    state: State
    settled: bool
    usual: int = 0
    proposed: str = ""
    why: str = ""

    @property
    def in_force(self) -> Profile | None:
        """The profile to clean with."""
        return self.profile if self.profile.known and self.state != "rejected" else None


def write_sketch(article: Sketch) -> bytes:
    """Give the record of an article."""
    lines, end = _bounded(article)
    told = [f"{each:016x}" for each in article.told]
    return orjson.dumps({"v": VERSION, "told": told, "end": end, "lines": lines})


def clean_and_sketch(
    article: str | Sequence[str], rules: Rules, profile: Profile | None = None, one_in: int = 1
) -> tuple[Cleaned | CleanedList, bytes | None]:
    """Clean a text or a list of paragraphs, and give the record from which its site learns, at little more cost.

    The record is given if the article is one in so many (`is_one_in`).
    """
    found = calls.clean_and_sketch(article, rules, profile, one_in)
    if found is not None:
        return found
    cleaned = clean(article, rules, profile) if isinstance(article, str) else clean_list(article, rules, profile)
    return cleaned, write_sketch(sketch(article, rules)) if is_one_in(article, one_in) else None


def is_one_in(article: str | Sequence[str], one_in: int) -> bool:
    """Whether an article is the one of so many that its text chooses; none is for 0."""
    if one_in < 2:  # noqa: PLR2004 - all of them, or none
        return one_in == 1
    text = article if isinstance(article, str) else "\n".join(article)
    return xxh3_64_intdigest(text.encode("utf-8", "surrogatepass")) % one_in == 0


def _bounded(article: Sketch) -> tuple[list[str], int]:
    """Give the lines, from the beginning and the end at most half of `MOST_BYTES` each, and the end of the story."""
    lines = list(article.lines)
    sizes = [len(line.encode()) for line in lines]
    if sum(sizes) <= MOST_BYTES:
        return lines, article.end
    head = _fitting(sizes)
    tail = max(head, len(lines) - _fitting(sizes[::-1]))
    return lines[:head] + lines[tail:], min(article.end, head) + max(0, article.end - tail)


def _fitting(sizes: list[int]) -> int:
    """Give how many lines from the first on have half of `MOST_BYTES`."""
    left, count = MOST_BYTES // 2, 0
    for size in sizes:
        left -= size
        if left < 0:
            break
        count += 1
    return count


def write_command(command: Command) -> bytes:
    """Give the record of what a person asks for."""
    said = {name: value for name, value in command._asdict().items() if value}
    return orjson.dumps({"v": VERSION, **said})


def is_article(value: bytes) -> bool:
    """Whether a record of the topic of lines begins as `write_sketch` begins it."""
    return value.startswith(_ARTICLE)


def read_lines_record(value: bytes | None) -> Sketch | Command:
    """Read a record of the topic of lines. Raises `ValueError`, which says what is wrong as a clause."""
    data = _object(value)
    return _command(data) if "do" in data else read_sketch(data)


def read_article(value: bytes) -> Sketch:
    """Read the record of an article. Raises `ValueError` likewise."""
    return read_sketch(_object(value))


def _object(value: bytes | None) -> dict[str, Any]:
    try:
        data = orjson.loads(value or b"")
    except orjson.JSONDecodeError:
        msg = "it is not JSON" if value else "it is empty"
        raise ValueError(msg) from None
    if type(data) is not dict:
        msg = "it is no JSON object"
        raise ValueError(msg)
    if data.get("v") != VERSION:
        msg = f"it is of version {_shown(data.get('v'))}, and this program reads version {VERSION}"
        raise ValueError(msg)
    return data


def _shown(said: object) -> str:
    """Give what a record says, for a sentence. Of what is nested deeply not even `repr` is possible."""
    return repr(said)[:LONGEST_SHOWN] if isinstance(said, (str, int, float)) else f"a {type(said).__name__}"


def _command(data: dict[str, Any]) -> Command:
    do = data["do"]
    if do not in DEEDS:
        msg = f"nobody knows how to {_shown(do)}"
        raise ValueError(msg)
    said = [data.get(name, "") for name in ("line", "version", "site")]
    if not all(type(each) is str for each in said) or max(map(len, said[:2])) > LONGEST_COMMAND:
        msg = "what it names is no text, or too long"
        raise ValueError(msg)
    return Command(do, *said)


def read_sketch(data: dict[str, Any]) -> Sketch:
    """Read what `write_sketch` wrote, parsed. Raises `ValueError`, which says what is wrong as a clause."""
    told, end, lines = data.get("told"), data.get("end"), data.get("lines")
    if type(lines) is not list or len(lines) > 2 * LINES or not all(type(line) is str for line in lines):
        msg = f"'lines' is no list of at most {2 * LINES:,} texts"
        raise ValueError(msg)
    if sum(map(len, lines)) > MOST_BYTES:
        msg = f"its lines are longer than {MOST_BYTES:,} characters"
        raise ValueError(msg)
    if type(end) is not int or not 0 <= end <= len(lines):
        msg = "'end' is no number of lines"
        raise ValueError(msg)
    if type(told) is not list or len(told) > PARAGRAPHS:
        msg = f"'told' is no list of at most {PARAGRAPHS} hashes"
        raise ValueError(msg)
    return Sketch(tuple(map(_hash, told)), end, tuple(lines))


def _hash(spelled: object) -> int:
    msg = "'told' holds something that is no hash"
    if not (isinstance(spelled, str) and len(spelled) == 16 and spelled.isascii()):  # noqa: PLR2004 - 64 bits
        raise ValueError(msg)
    try:
        return int(spelled, 16)
    except ValueError:
        raise ValueError(msg) from None


def read_number(said: Any, *, least: int = 0) -> int:
    """Read a number of a record. Raises `ValueError` or `TypeError` if it is none, or less, or `MOST` or more."""
    number = int(said)
    if not least <= number < MOST:
        msg = f"{number} is less than {least}, or more than may be"
        raise ValueError(msg)
    return number


def read_text(said: Any) -> str:
    """Read a text of a record. Raises `TypeError` if it is none."""
    if type(said) is not str:
        msg = f"{_shown(said)} is no text"
        raise TypeError(msg)
    return said


def read_version(said: Any) -> str:
    """Read the name of a version. Raises `TypeError` if it is no text, `ValueError` if it is too long."""
    version = read_text(said)
    if len(version) > LONGEST_VERSION:
        msg = "a version has too long a name"
        raise ValueError(msg)
    return version


def write_published(site: Published) -> bytes:
    """Give the record of what the workers are told of a site."""
    known = b64encode(pack(site.profile.known)).decode()
    proposed = {"version": site.proposed, "why": site.why} if site.proposed else None
    value = {
        "v": VERSION, "version": site.profile.version, "articles": site.profile.articles, "total": site.total,
        "state": site.state, "settled": site.settled, "usual": site.usual, "proposed": proposed, "known": known,
    }  # fmt: skip
    return orjson.dumps(value)


def read_published(site: str, value: bytes | None) -> Published:
    """Read what the workers are told of a site. Raises `ValueError`, which says what is wrong as a clause."""
    data = _object(value)
    try:
        proposed = data["proposed"] or {"version": "", "why": ""}
        known = kept_small(b64decode(data["known"], validate=True))
        profile = Profile(site, read_version(data["version"]), read_number(data["articles"]), known)
        state = _STATES.get(data["state"])
        told = state and Published(
            profile, read_number(data["total"]), state, data["settled"] is True, read_number(data["usual"]),
            read_version(proposed["version"]), read_text(proposed["why"]),
        )  # fmt: skip
    except (KeyError, TypeError, ValueError, RecursionError):
        msg = "it does not have the fields of a site"
        raise ValueError(msg) from None
    if told is None:
        msg = f"nobody knows the state {_shown(data['state'])}"
        raise ValueError(msg)
    return told
