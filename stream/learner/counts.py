"""The record by which a learner remembers one site, in the topic of counts (`STREAM_COUNTS_TOPIC`).

Whoever is given the site's partition goes on from there. It begins with a line of JSON, in which people can read
everything but numbers:

    {"v": 1, "articles": 1792, "total": 7, "at": 7, "offset": 41, "rows": 911, "texts": ["Share", …],
     "latest": [{"v": 1, "told": […], "end": 9, "lines": […]}, …], "profiles": [["5c0e1f7a90b2", 1792, 118], …],
     "applied": "5c0e1f7a90b2", "pinned": null, "earlier": [[1, 6, "0f…"], …], "usual": ["c1…", …], "usual_since": 5,
     "tried": 7, "rejected": [], "wanted": true, "proposed": "", "why": ""}

Behind the line feed follow, little-endian: the rows (`stream.learner.site.ROW`); a byte with the number of stories, and
each of them, a byte with the number of its hashes, and these; and the lines known of each of the profiles, packed
(`stream.core.packed`). `texts` are those of the rows that stood in more than one article, in the same order; the
others' are not kept. `latest` are articles as in the topic of lines; the other fields are those of
`stream.learner.learned.LearnedSite`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from struct import error, unpack_from
from struct import pack as pack_all
from typing import Any

import orjson

from stream.core.packed import MOST_COUNTED, PackedKnown, pack
from stream.core.packed import ROW as KNOWN_ROW
from stream.core.sites import Profile
from stream.learner.compiled_site import new_site
from stream.learner.learned import AGES, LATEST, MOST_REJECTED, LearnedSite
from stream.learner.messages import read_number, read_sketch, read_text, read_version, write_sketch
from stream.learner.observation import PARAGRAPHS, Told
from stream.learner.profiles import BY_ORDER
from stream.learner.site import KEYS, ROW, STORIES

VERSION = 1
MOST_IMPORTED = MOST_COUNTED // 2
"""Maximum articles of an imported site, in 1/256. Where old ones fade never more than half as many count."""
WRONG = (AttributeError, KeyError, TypeError, ValueError, IndexError, OverflowError, RecursionError, error)
"""What reading raises where something else was written."""
_Value = dict[str, Any]


def write_counts(known: LearnedSite) -> bytes:
    """Give the record of a site."""
    site = known.site
    rows, texts, stories = site.written()
    earlier = sorted(known.earlier.items())
    profiles = {
        each.version: each
        for each in (known.applied, known.pinned, *(profile for _, (_, profile) in earlier))
        if each is not None
    }
    packed = {version: pack(each.known) for version, each in profiles.items()}
    value = {
        "v": VERSION, "articles": site.articles, "total": site.total, "at": site.at, "offset": known.offset,
        "rows": len(rows) // ROW.size, "texts": orjson.Fragment(texts),
        "latest": [orjson.Fragment(record) for record in known.latest],
        "profiles": [
            [version, each.articles, len(packed[version]) // KNOWN_ROW.size] for version, each in profiles.items()
        ],
        "applied": _version(known.applied), "pinned": _version(known.pinned),
        "earlier": [[age, total, profile.version] for age, (total, profile) in earlier],
        "usual": _hexadecimal(sorted(known.usual)), "usual_since": known.usual_since,
        "tried": known.tried, "rejected": list(known.rejected), "wanted": known.wanted,
        "proposed": known.proposed, "why": known.why,
    }  # fmt: skip
    return b"".join((orjson.dumps(value), b"\n", rows, stories, *packed.values()))


def read_counts(name: str, value: bytes) -> LearnedSite:
    """Read the record of the site with this name. Raises `ValueError`, which says what is wrong as a clause."""
    head, _, rest = value.partition(b"\n")
    try:
        data = orjson.loads(head)
    except orjson.JSONDecodeError:
        msg = "it does not begin with JSON"
        raise ValueError(msg) from None
    if type(data) is not dict or data.get("v") != VERSION:
        msg = f"it is no record of counts of version {VERSION}"
        raise ValueError(msg)
    try:
        return _known(name, data, rest)
    except WRONG as raised:
        msg = f"it does not have the fields of a site's counts ({raised!r})"
        raise ValueError(msg) from None


def _known(name: str, data: _Value, rest: bytes) -> LearnedSite:
    end = data["rows"] * ROW.size
    if not 0 <= data["rows"] <= KEYS or rest[end] > STORIES:
        msg = "more was counted than may be"
        raise ValueError(msg)
    stories, begin = _read_stories(rest, end + 1, rest[end])
    known = LearnedSite(new_site(name, BY_ORDER), offset=int(data["offset"]))
    state = read_number(data["articles"]), read_number(data["total"]), read_number(data["at"])
    known.site.restore(state, stories, rest[:end], [*map(read_text, data["texts"])])
    known.latest = deque((write_sketch(read_sketch(each)) for each in data["latest"]), LATEST)
    profiles = {profile.version: profile for profile in _read_profiles(name, data["profiles"], rest, begin)}
    known.applied, known.pinned = (
        None if data[field] is None else profiles[data[field]] for field in ("applied", "pinned")
    )
    known.earlier = {
        age: (read_number(total), profiles[version]) for age, total, version in data["earlier"] if age in AGES
    }
    known.usual = frozenset(int(key, 16) for key in data["usual"])
    known.usual_since, known.tried = read_number(data["usual_since"]), read_number(data["tried"], least=-1)
    known.rejected = dict.fromkeys(map(read_text, data["rejected"][:MOST_REJECTED]))
    known.wanted = data["wanted"] is True
    known.proposed, known.why = read_version(data["proposed"]), read_text(data["why"])
    return known


def require_room(known: LearnedSite) -> None:
    """Raise `ValueError` if the counts of more articles would not fit a record, or if there never were such counts."""
    rows, _, _ = known.site.written()
    # Of the three counts of a row the first one is of all articles, the others are of some of them.
    if known.site.articles > MOST_IMPORTED or any(max(row[2:5]) > row[2] for row in ROW.iter_unpack(rows)):
        msg = "more was counted than may be"
        raise ValueError(msg)


def _hexadecimal(keys: list[int]) -> list[str]:
    digits = pack_all(f">{len(keys)}Q", *keys).hex()
    return [digits[at : at + 16] for at in range(0, len(digits), 16)]


def _version(profile: Profile | None) -> str | None:
    return None if profile is None else profile.version


def _read_stories(data: bytes, begin: int, count: int) -> tuple[list[Told], int]:
    """Give so many stories, and where they end."""
    stories = []
    for _ in range(count):
        size = data[begin]
        if size > PARAGRAPHS:
            msg = "a story has more paragraphs than it may have"
            raise ValueError(msg)
        stories.append(unpack_from(f"<{size}Q", data, begin + 1))
        begin += 1 + 8 * size
    return stories, begin


def _read_profiles(site: str, heads: Sequence[list[Any]], data: bytes, begin: int) -> Iterator[Profile]:
    for version, articles, lines in heads:
        end = begin + lines * KNOWN_ROW.size
        known = data[begin:end]
        if lines < 0 or len(known) != end - begin:
            msg = "it is cut off"
            raise ValueError(msg)
        yield Profile(site, read_version(version), read_number(articles), PackedKnown(known))
        begin = end
    if begin != len(data):
        msg = "there is more behind its end"
        raise ValueError(msg)
