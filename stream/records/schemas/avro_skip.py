"""Programs that skip Avro values without decoding them.

A program is made once for a type: a flat list of steps, such as "a number, then 12 bytes, then a string". A record's
fields stand in it one after the other; what is defined elsewhere is called, so that a program is no longer than its
schema, and a schema may refer to itself. The machine that runs it keeps its own stack, so that depth is only a number.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, repeat
from typing import Any

from stream.records.schemas.avro_bytes import bad_branch, bad_length, block
from stream.records.schemas.avro_schema import Schema, Type
from stream.records.schemas.found import Malformed
from stream.records.schemas.varints import MORE, varint

NUMBER, BYTES, FIXED, UNION, CALL, ITEMS, MORE_ITEMS = range(7)
Step = tuple[int, Any]
Program = list[Step]
MOST_LEVELS = 10_000
"""Values may be nested so deep: unions, lists and names of types within each other."""


class Programs:
    """Makes the programs of a schema, each once."""

    def __init__(self, schema: Schema) -> None:
        self.schema = schema
        self._named: dict[str, Program] = {}

    def of(self, *types: Type) -> Program:
        """Give the program that skips one value of each of these types."""
        program: Program = []
        for each in types:
            self._add(program, each)
        return program

    def _add(self, program: Program, of: Type) -> None:
        size = self.schema.size(of)
        if size is not None:
            if size and program and program[-1][0] == FIXED:
                program[-1] = (FIXED, program[-1][1] + size)
            elif size:
                program.append((FIXED, size))
        elif of.kind in {"int", "long", "enum"}:
            program.append((NUMBER, None))
        elif of.kind in {"bytes", "string"}:
            program.append((BYTES, None))
        elif of.kind == "union":
            program.append((UNION, [self._step(branch) for branch in of.inner]))
        elif of.kind in {"array", "map"}:
            program.append((ITEMS, self.items(of)))
        elif of.kind == "record":
            for each in of.inner:
                self._add(program, each)
        else:
            program.append((CALL, self._call(of.name)))

    def _step(self, branch: Type) -> Step:
        """Give one step for a branch of a union."""
        program = self.of(branch)
        if not program:
            return (FIXED, 0)
        return program[0] if len(program) == 1 and program[0][0] != UNION else (CALL, program)

    def items(self, of: Type) -> tuple[Program, int | None]:
        """Give the program of one item of an array, or of an entry of a map, and its size if that is fixed."""
        if of.kind == "map":
            return self.of(Type("string"), of.inner[0]), None
        return self.of(of.inner[0]), self.schema.size(of.inner[0])

    def _call(self, name: str) -> Program:
        if name not in self._named:
            program = self._named[name] = []
            self._add(program, self.schema.names[name])
        return self._named[name]


def skip(program: Program, data: bytes, at: int) -> int:  # noqa: C901, PLR0912 - a loop that calls little is quicker
    """Give the offset behind what the program skips; it may lie behind the end. Raises `IndexError` and `Malformed`."""
    steps: Iterator[Step] = iter(program)
    waiting: list[Iterator[Step]] = []
    while True:
        for kind, given in steps:
            if kind == UNION:
                begin, number = at, data[at]
                at += 1
                if number >= MORE:
                    number, at = varint(data, begin)
                if number & 1 or number >> 1 >= len(given):
                    raise bad_branch(begin, (number >> 1) ^ -(number & 1), len(given))
                kind, given = given[number >> 1]  # noqa: PLW2901 - the step of the branch is taken instead
            if kind == FIXED:
                at += given
                continue
            if kind == CALL:
                inner: Iterator[Step] = iter(given)
            else:
                begin, number = at, data[at]
                at += 1
                if number >= MORE:
                    number, at = varint(data, begin)
                if kind == BYTES:
                    at += number >> 1
                    if number & 1 or at > len(data):
                        raise bad_length(data, begin, (number >> 1) ^ -(number & 1))
                    continue
                if kind == NUMBER or number == 0:  # a block of no items ends a list
                    continue
                inner, at = _items(data, at, (number >> 1) ^ -(number & 1), given)
                if kind == MORE_ITEMS:
                    steps = inner
                    break
            if len(waiting) == MOST_LEVELS:
                raise Malformed(at, f"a value is nested deeper than {MOST_LEVELS:,} levels")
            waiting.append(steps)
            steps = inner
            break
        else:
            if not waiting:
                return at
            steps = waiting.pop()


def _items(data: bytes, at: int, number: int, given: tuple[Program, int | None]) -> tuple[Iterator[Step], int]:
    """Give the steps through a block and to the next one, and where they begin."""
    item, size = given
    count, at, end = block(data, at, number, size)
    more = ((MORE_ITEMS, given),)
    if end >= 0:
        return iter(more), end
    if len(item) == 1 and item[0][0] == BYTES:
        return iter(more), _strings(data, at, count)
    return chain(chain.from_iterable(repeat(item, count)), more), at


def _strings(data: bytes, at: int, count: int) -> int:
    """Skip so many strings: what most lists hold."""
    for _ in range(count):
        begin, number = at, data[at]
        at += 1
        if number >= MORE:
            number, at = varint(data, begin)
        at += number >> 1
        if number & 1 or at > len(data):
            raise bad_length(data, begin, (number >> 1) ^ -(number & 1))
    return at
