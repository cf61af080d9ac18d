"""Finds where in the bytes of a JSON document a value stands, and edits it there.

It works only on JSON that a parser has accepted. The walk goes from token to token in bounded steps, so it takes linear
time.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

import orjson

from stream.core import native
from stream.core.patterns import pattern

# The next punctuation mark or quote, after white space, numbers and literals.
BETWEEN = pattern(rb'[^"\[\]{},:]*([\[\]{},:"])')
# The next bracket or comma, after whole strings too. Possessive, so that nothing is tried twice.
STRUCTURE = pattern(rb'(?:[^"\[\]{},]++|"(?:[^"\\]++|\\.)*+")*+([\[\]{},])')


class SpanNotFound(LookupError):
    """The object has no such field, or the list no such item."""


class Edit(NamedTuple):
    """New bytes for those from `begin` to `end` (exclusive)."""

    begin: int
    end: int
    new: bytes = b""


def edited(value: bytes, edits: Sequence[Edit]) -> bytes:
    """Give the value with all edits made; they do not overlap."""
    parts: list[bytes] = []
    done = 0
    for begin, end, new in sorted(edits):
        parts += value[done:begin], new
        done = end
    return b"".join((*parts, value[done:]))


def span_at(value: bytes, steps: Sequence[str]) -> tuple[int, int]:
    """Give the begin and the end (exclusive) of what the steps lead to. Raises `SpanNotFound`."""
    begin, end = 0, len(value)
    for step in steps:
        inner = value[begin:end] if begin or end < len(value) else value
        if inner.startswith(b"["):
            items = item_spans(value, begin, end)
            if int(step) >= len(items):
                raise SpanNotFound(step)
            begin, end = items[int(step)]
        else:
            first, last = value_span(inner, step)
            begin, end = begin + first, begin + last
    return begin, end


def without(items: Sequence[tuple[int, int]], gone: Collection[int]) -> Iterator[Edit]:
    """Give the edits that take items out of a list: each goes whole, with a comma and the white space on one side.

    The white space around the items that stay is what was there: an item goes with what is before it, or at the list's
    begin with what is after it.
    """
    stays = [at for at in range(len(items)) if at not in gone]
    if not stays:
        yield Edit(items[0][0], items[-1][1])
        return
    if stays[0] > 0:
        yield Edit(items[0][0], items[stays[0]][0])
    for one, other in zip(stays, [*stays[1:], len(items)], strict=True):
        if other > one + 1:
            yield Edit(items[one][1], items[other - 1][1])


def item_spans(value: bytes, begin: int, end: int) -> list[tuple[int, int]]:
    """Give the begin and the end (exclusive) of each item of the list that stands from `begin` to `end`."""
    spans: list[tuple[int, int]] = []
    depth, place, opened = 0, begin, begin + 1
    while place < end and (token := STRUCTURE.match(value, place, end)) is not None:
        place, mark = token.end(), token[1]
        if mark in b"[{":
            depth += 1
        elif mark in b"]}":
            depth -= 1
        if depth == 0 or (depth == 1 and mark == b","):
            first, last = _trim(value, opened, place - 1)
            if first < last:
                spans.append((first, last))
            opened = place
    return spans


def value_span(value: bytes, field: str) -> tuple[int, int]:
    """Give the begin and the end (exclusive) of the value of `field`, in bytes; the last one if the field occurs twice.

    Raises `SpanNotFound`.
    """
    if native.compiled is not None:
        place: tuple[int, int] | None = native.compiled.span(value, orjson.dumps(field))
        if place is not None:
            return place
    return _walk(value, field)


def _walk(value: bytes, field: str) -> tuple[int, int]:
    """Do what `value_span` does, in Python."""
    depth = 0
    name: bytes | None = None  # the last string read at depth 1
    opened = -1  # where the value of the wanted field begins, while it is being read
    found: tuple[int, int] | None = None
    place = 0
    while (token := BETWEEN.match(value, place)) is not None:
        at = token.end() - 1
        place = token.end()
        mark = token[1]
        if mark == b'"':
            place = _string_end(value, at)
            if depth == 1 and opened < 0:
                name = value[at:place]
        elif mark in b"[{":
            depth += 1
        elif mark == b":" and depth == 1:
            opened = place if name is not None and orjson.loads(name) == field else opened
        if mark in b"]}":
            depth -= 1
        if opened >= 0 and ((mark == b"," and depth == 1) or (mark == b"}" and depth == 0)):
            found = _trim(value, opened, at)
            opened = -1
        if mark == b"}" and depth == 0:
            break
    if found is None:
        raise SpanNotFound(field)
    return found


def _string_end(value: bytes, start: int) -> int:
    """Give the index after the quote that closes the string whose first quote is at `start`."""
    place = start
    while True:
        place = value.index(b'"', place + 1)
        before = place - 1
        while value[before] == ord("\\"):
            before -= 1
        if (place - before) % 2:  # after an even number of backslashes the quote is not escaped
            return place + 1


def _trim(value: bytes, start: int, end: int) -> tuple[int, int]:
    """Leave out the white space around a value."""
    piece = value[start:end]
    return start + len(piece) - len(piece.lstrip(b" \t\r\n")), end - (len(piece) - len(piece.rstrip(b" \t\r\n")))
