"""The file of what is known of sites, JSON lines.

    {"article_stream_sites": 1, "by": "order", "sites": 2}
    {"site": "example.org", "articles": 768, "total": 3, "at": 2, "late": 0, "stories": [["2b…", "0f…", …], …],
     "known": [["c1…", 0, "All rights reserved.", 768, 0, 768, 0, 2], …]}
    …

The first line says what the file is, its version, whether its articles were learned by time or by order, and how many
sites follow, each on a line of its own; the one that was learned from the longest ago comes first. `articles` is in
1/256 of an article, `at` and the last two numbers of each line are event times, `late` counts articles far older than
these (`stream.learner.site`). `stories` are
those by which another edition is known; `known` holds for each line or template its key, of what it is one (0 for a
whole line, then its first two words, first three, last two, last three), its text, in how many articles it stood, in
how many within the story, and in how many below it, and the first and the last of these.

A file is read as a whole or not at all.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from io import BufferedReader
from pathlib import Path
from typing import Any, TypeVar

import orjson

from stream.core.footer.words import LAST_THREE, WHOLE, said
from stream.core.sites import UNIT, Profile
from stream.errors import SettingsError, StreamError, unreadable
from stream.learner.address import site_of
from stream.learner.observation import PARAGRAPHS, TEXT, Told
from stream.learner.profiles import BY_ORDER, BY_TIME_MS, LATEST_MS, SITES, Profiles
from stream.learner.site import KEYS, STORIES, Counted, Site
from stream.offline.compressed import compression_of_name
from stream.offline.files import opened, recognised
from stream.offline.replacement import Replacement

Taken = TypeVar("Taken")
VERSION = 1
_KIND = "article_stream_sites"
_FIELDS = ("site", "articles", "total", "at", "late", "stories", "known")
_ELLIPSIS = 2
LONGEST_LINE = 1 << 26
"""Maximum bytes of a line: more than any site may take."""
MOST = 1 << 53
"""Counts are less than this."""


def write_sites(path: Path, profiles: Profiles) -> None:
    """Put the file in its place when it is whole. Raises `StreamError`."""
    head = {_KIND: VERSION, "by": "time" if profiles.by_time else "order", "sites": len(profiles)}
    with Replacement(path, compression_of_name(path)) as file:
        file.write(orjson.dumps(head) + b"\n")
        for site in profiles.sites.values():
            file.write(_line_of(site))
        file.keep()


def require_writable(path: Path) -> None:
    """Raises `StreamError` where the file cannot be written: better now than after an hour of learning."""
    with Replacement(path):
        pass


def read_sites(path: Path) -> Profiles:
    """Read all that is known, to learn more. Raises `StreamError`, with the line that cannot be used."""
    by_time, sites = _read(path, lambda site: site)
    profiles = Profiles(by_time=by_time)
    profiles.sites = {site.name: site for site in sites}
    return profiles


def read_profiles(path: Path) -> dict[str, Profile]:
    """Read what is needed to clean: the profiles by site. Raises `StreamError` likewise."""
    return {profile.site: profile for profile in _read(path, Site.profile)[1]}


def _line_of(site: Site) -> bytes:
    order = sorted(site.counted.items(), key=lambda item: (-item[1].articles, item[0]))
    known = [
        [_hex(key), each.kind, each.text, each.articles, each.inside, each.below, each.first, each.last]
        for key, each in order
    ]
    stories = [[_hex(each) for each in told] for told in site.stories]
    values = (site.name, site.articles, site.total, site.at, site.late, stories, known)
    try:
        return orjson.dumps(dict(zip(_FIELDS, values, strict=True))) + b"\n"
    except orjson.JSONEncodeError:  # a lone surrogate, which no file can hold
        for row in known:
            row[2] = str(row[2]).encode("utf-8", "replace").decode()
        return orjson.dumps(dict(zip(_FIELDS, values, strict=True))) + b"\n"


def _hex(number: int) -> str:
    return f"{number:016x}"


class _Unfit(ValueError):
    """What is wrong with a line, as the end of a sentence."""


def _read(path: Path, take: Callable[[Site], Taken]) -> tuple[bool, list[Taken]]:
    """Tell whether the file is by time, and give what is taken of each site."""
    number = 1
    try:
        with opened(path) as file:
            content = recognised(file, "jsonl").file
            by_time, sites = _head(_value(content, number))
            taken: list[Taken] = []
            names: set[str] = set()
            for number in range(2, sites + 2):
                site = _site(_value(content, number, sites), by_time=by_time)
                _require(site.name not in names, f"{site.name} comes a second time")
                names.add(site.name)
                taken.append(take(site))
            number = sites + 2
            _require(not content.read(1), f"there is more than the {sites:,} sites that the first line tells of")
            return by_time, taken
    except OSError as error:
        raise StreamError(unreadable(path, error)) from None
    except _Unfit as error:
        msg = f"{path}:{number} cannot be used: {error}."
        raise SettingsError(msg, fix="Learn the sites anew with `article-stream learn`.") from None


def _value(file: BufferedReader, number: int, sites: int | None = None) -> dict[str, Any]:
    line = file.readline(LONGEST_LINE)
    if not line.endswith(b"\n"):
        if len(line) >= LONGEST_LINE:
            msg = "the line is too long"
        elif line:
            msg = "the line is cut off"
        else:
            msg = (
                "the file is empty" if sites is None else f"the file is cut off after {number - 2:,} of {sites:,} sites"
            )
        raise _Unfit(msg)
    try:
        value = orjson.loads(line)
    except orjson.JSONDecodeError:
        try:
            line.decode()
        except UnicodeDecodeError:
            msg = "it is not UTF-8"
        else:
            msg = "it is not JSON"
        raise _Unfit(msg) from None
    if type(value) is not dict:
        msg = "it is no object"
        raise _Unfit(msg)
    return value


def _head(head: dict[str, Any]) -> tuple[bool, int]:
    version, by, sites = head.get(_KIND), head.get("by"), head.get("sites")
    if version is None:
        msg = f"the file is none of sites, which begins with {_KIND!r}"
        raise _Unfit(msg)
    if version != VERSION or type(version) is not int:
        msg = f"the file is of version {version!r}, and this program reads version {VERSION}"
        raise _Unfit(msg)
    _require(by in ("time", "order"), "'by' is neither 'time' nor 'order'")
    _require(set(head) == {_KIND, "by", "sites"}, "it has other fields than it may have")
    _require(type(sites) is int and 0 <= sites <= SITES, f"'sites' is no number from 0 to {SITES:,}")
    return by == "time", int(str(sites))


def _require(holds: bool, problem: str) -> None:  # noqa: FBT001 - as in an assertion
    if not holds:
        raise _Unfit(problem)


def _site(data: dict[str, Any], *, by_time: bool) -> Site:
    for name in _FIELDS:
        _require(name in data, f"it has no field {name!r}")
    for name in data:
        _require(name in _FIELDS, f"there is no field {name!r}")
    name = data["site"]
    _require(type(name) is str and bool(name) and site_of(name) == name, "'site' is not the name of a host")
    for field in ("articles", "total", "late"):
        _require(_is_count(data[field]), f"{field!r} is no count")
    _require(_is_time(data["at"]) and (by_time or data["at"] <= data["total"]), "'at' is no time")
    site = Site(name, BY_TIME_MS if by_time else BY_ORDER, data["articles"], data["total"], data["at"], data["late"])
    stories, known = data["stories"], data["known"]
    _require(type(stories) is list and len(stories) <= STORIES, f"'stories' is no list of at most {STORIES}")
    site.stories = deque(map(_story, stories), STORIES)
    _require(type(known) is list and len(known) <= KEYS, f"'known' is no list of at most {KEYS:,}")
    for at, row in enumerate(known, 1):
        key, counted = _counted(row, f"item {at} of 'known'", site)
        _require(key not in site.counted, f"item {at} of 'known' has the key of another one")
        site.counted[key] = counted
    return site


def _story(story: object) -> Told:
    if not (isinstance(story, list) and 0 < len(story) <= PARAGRAPHS):
        msg = "'stories' holds something that is none"
        raise _Unfit(msg)
    hashes = [each for each in map(_key, story) if each is not None]
    _require(len(set(hashes)) == len(story), "'stories' holds something that is none")
    return tuple(hashes)


def _counted(row: object, where: str, site: Site) -> tuple[int, Counted]:
    if not (isinstance(row, list) and len(row) == len(Counted.__slots__) + 1):
        msg = f"{where} does not have {len(Counted.__slots__) + 1} values"
        raise _Unfit(msg)
    spelled, kind, text, articles, inside, below, first, last = row
    key = _key(spelled)
    if not key:
        msg = f"the key of {where} is not 16 hexadecimal digits"
        raise _Unfit(msg)
    _require(type(kind) is int and WHOLE <= kind <= LAST_THREE, f"{where} is of no known kind")
    _require(type(text) is str, f"the text of {where} is no string")
    _require(len(text) <= TEXT + _ELLIPSIS, f"the text of {where} is longer than {TEXT} characters")
    _require(all(map(_is_count, (articles, inside, below))), f"{where} has a count that is none")
    _require(max(inside, below) <= articles <= site.articles, f"{where} stands in more articles than there are")
    _require(_is_time(first) and _is_time(last) and first <= last, f"{where} has a time that is none")
    if kind == WHOLE and 2 * articles > 3 * UNIT and len(text) < TEXT:  # what a person may have edited, and would miss
        _require(said(text).keys[WHOLE] == key, f"the text of {where} does not belong to its key")
    return key, Counted(kind, text, articles, inside, below, first, last)


def _key(spelled: object) -> int | None:
    if not (isinstance(spelled, str) and len(spelled) == len(_hex(0)) and spelled.isascii()):
        return None
    try:
        key = int(spelled, 16)
    except ValueError:
        return None
    return key if _hex(key) == spelled else None


def _is_count(value: object) -> bool:
    return type(value) is int and 0 <= value < MOST


def _is_time(value: object) -> bool:
    return type(value) is int and abs(value) < LATEST_MS
