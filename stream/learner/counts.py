"""The record by which a learner remembers one site, in the topic of counts (`STREAM_COUNTS_TOPIC`): JSON.

Whoever is given the site's partition goes on from there. `rows` are what was counted, packed in 23 bytes each, in the
order of their keys: key, kind, articles, inside, below, first, last (`stream.learner.site.Counted`). `texts` are those
of the rows that stood in more than one article, in the same order; the others' are not kept.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections import deque
from struct import Struct, error
from typing import Any

import orjson

from stream.core.footer.words import LAST_THREE
from stream.core.packed import PackedKnown, pack
from stream.core.sites import Profile
from stream.learner.learned import AGES, KEYS, LATEST, MOST_REJECTED, LearnedSite
from stream.learner.messages import read_sketch, written_sketch
from stream.learner.profiles import BY_ORDER
from stream.learner.site import STORIES, Counted, Site, is_alone

VERSION = 1
_ROW = Struct("<QBHHHII")
_KEY = Struct("<Q")
_Value = dict[str, Any]


def write_counts(known: LearnedSite) -> bytes:
    """Give the record of a site."""
    site = known.site
    counted = sorted(site.counted.items())
    rows = b"".join(
        _ROW.pack(key, each.kind, each.articles, each.inside, each.below, each.first, each.last)
        for key, each in counted
    )
    value = {
        "v": VERSION, "articles": site.articles, "total": site.total, "at": site.at, "offset": known.offset,
        "stories": [[f"{each:016x}" for each in told] for told in site.stories],
        "rows": _text(rows), "texts": [each.text for _, each in counted if not is_alone(each.articles)],
        "latest": [written_sketch(each) for each in known.latest],
        "rejected": list(known.rejected), "wanted": known.wanted,
        "pinned": _written(known.pinned), "applied": _written(known.applied),
        "proposed": known.proposed, "why": known.why,
        "earlier": [[age, total, _written(profile)] for age, (total, profile) in sorted(known.earlier.items())],
        "usual": _text(b"".join(map(_KEY.pack, sorted(known.usual)))), "usual_since": known.usual_since,
    }  # fmt: skip
    return orjson.dumps(value)


def read_counts(name: str, value: bytes) -> LearnedSite:
    """Read the record of the site with this name. Raises `ValueError`, which says what is wrong as a clause."""
    try:
        data = orjson.loads(value)
    except orjson.JSONDecodeError:
        msg = "it is not JSON"
        raise ValueError(msg) from None
    if type(data) is not dict or data.get("v") != VERSION:
        msg = f"it is no record of counts of version {VERSION}"
        raise ValueError(msg)
    try:
        return _known(name, data)
    except (KeyError, TypeError, ValueError, IndexError, error) as raised:
        msg = f"it does not have the fields of a site's counts ({raised!r})"
        raise ValueError(msg) from None


def _known(name: str, data: _Value) -> LearnedSite:
    site = Site(name, BY_ORDER, int(data["articles"]), int(data["total"]), int(data["at"]), most_keys=KEYS)
    site.stories = deque((tuple(int(each, 16) for each in told) for told in data["stories"]), STORIES)
    rows, texts = b64decode(data["rows"], validate=True), iter(data["texts"])
    for key, kind, articles, *others in _ROW.iter_unpack(rows):
        text = "" if is_alone(articles) else str(next(texts))
        site.counted[key] = Counted(kind, text, articles, *others)
    if len(site.counted) > KEYS or any(each.kind > LAST_THREE for each in site.counted.values()):
        msg = "more was counted than may be"
        raise ValueError(msg)
    known = LearnedSite(site, offset=int(data["offset"]))
    known.latest = deque(map(read_sketch, data["latest"]), LATEST)
    known.rejected = dict.fromkeys(map(str, data["rejected"][:MOST_REJECTED]))
    known.wanted = data["wanted"] is True
    known.pinned, known.applied = _read(name, data["pinned"]), _read(name, data["applied"])
    known.proposed, known.why = str(data["proposed"]), str(data["why"])
    for age, total, written in data["earlier"]:
        profile = _read(name, written)
        if age in AGES and profile is not None:
            known.earlier[age] = int(total), profile
    known.usual = frozenset(key for (key,) in _KEY.iter_unpack(b64decode(data["usual"], validate=True)))
    known.usual_since = int(data["usual_since"])
    return known


def _text(data: bytes) -> str:
    return b64encode(data).decode()


def _written(profile: Profile | None) -> list[object] | None:
    return None if profile is None else [profile.version, profile.articles, _text(pack(profile.known))]


def _read(site: str, written: list[Any] | None) -> Profile | None:
    if written is None:
        return None
    version, articles, known = written
    return Profile(site, str(version), int(articles), PackedKnown(b64decode(known, validate=True)))
