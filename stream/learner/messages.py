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

from stream.core.article import Cleaned, CleanedList
from stream.core.cleaning import clean, clean_list
from stream.core.native import calls
from stream.core.packed import PackedKnown, pack
from stream.core.rules import Rules
from stream.core.sites import Profile
from stream.learner.observation import LINES, PARAGRAPHS, Sketch, sketch

VERSION = 1
MOST_BYTES = 1 << 16
"""Maximum bytes of an article's lines in UTF-8. Of a longer one those at its beginning and its end are published."""
LONGEST_COMMAND = 1 << 12
"""Maximum characters of what a command names."""

_ARTICLE = b'{"v":1,"told":'

State = Literal["applied", "proposed", "pinned", "rejected"]
"""What the workers clean with: the newest version; the one before it, because the newest was found unfit; one that a
person has gone back to; none, because a person does not want it."""

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
    article: str | Sequence[str], rules: Rules, profile: Profile | None = None
) -> tuple[Cleaned | CleanedList, bytes]:
    """Clean a text or a list of paragraphs, and give the record from which its site learns, at little more cost."""
    found = calls.clean_and_sketch(article, rules, profile)
    if found is not None:
        return found
    cleaned = clean(article, rules, profile) if isinstance(article, str) else clean_list(article, rules, profile)
    return cleaned, write_sketch(sketch(article, rules))


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
        msg = f"it is of version {data.get('v')!r}, and this program reads version {VERSION}"
        raise ValueError(msg)
    return data


def _command(data: dict[str, Any]) -> Command:
    do = data["do"]
    if do not in DEEDS:
        msg = f"nobody knows how to {do!r}"
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
        known = PackedKnown(b64decode(data["known"], validate=True))
        profile = Profile(site, str(data["version"]), int(data["articles"]), known)
        state: State = data["state"]
        told = Published(
            profile, int(data["total"]), state, data["settled"] is True, int(data["usual"]),
            str(proposed["version"]), str(proposed["why"]),
        )  # fmt: skip
    except (KeyError, TypeError, ValueError):
        msg = "it does not have the fields of a site"
        raise ValueError(msg) from None
    if state not in get_args(State):
        msg = f"nobody knows the state {state!r}"
        raise ValueError(msg)
    return told
