"""Finds where in the bytes of a JSON object the value of a field stands.

It works only on JSON that a parser has accepted. The walk goes from token to token in bounded steps, so it takes linear
time.
"""

from __future__ import annotations

import orjson

from stream.core import native
from stream.core.patterns import pattern

# The next punctuation mark or quote, after white space, numbers and literals.
BETWEEN = pattern(rb'[^"\[\]{},:]*([\[\]{},:"])')


class SpanNotFound(LookupError):
    """The object has no such field."""


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
