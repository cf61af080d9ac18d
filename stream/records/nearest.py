"""Where in a value its text may be, for a user who has named a place where there is none."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from stream.config.paths import ALL
from stream.records.json_values import object_of, pointer
from stream.records.shape import Undecodable

MOST_PATHS, MOST_DEPTH, MOST_ITEMS = 200, 8, 4
_ALIKE = 0.6


def nearest(value: bytes, written: str) -> str | None:
    """Give the path in a JSON object that is written most alike and leads to a string; else that of the longest string.

    It is None where the value is no object, or holds no string.
    """
    document = object_of(value)
    if isinstance(document, Undecodable):
        return None
    found: dict[str, int] = {}
    for steps, text in _strings(document, ()):
        # A name at the top is written as such.
        path = steps[0] if len(steps) == 1 and not written.startswith("/") else pointer(steps)
        found[path] = found.get(path, 0) + len(text)
        if len(found) == MOST_PATHS:
            break
    alike = difflib.get_close_matches(written, found, 1, _ALIKE)
    return alike[0] if alike else max(found, key=lambda path: found[path], default=None)


def _strings(item: object, steps: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    """Give the strings in a parsed value, with the way to each; the first items of a list stand for all of them."""
    if type(item) is str:
        yield steps, item
    elif len(steps) < MOST_DEPTH and type(item) is dict:
        for name, value in item.items():
            yield from _strings(value, (*steps, name))
    elif len(steps) < MOST_DEPTH and type(item) is list and ALL not in steps:
        for value in item[:MOST_ITEMS]:
            yield from _strings(value, (*steps, ALL))
