"""Avro: makes the way to the texts from a writer's schema, and the format of its values."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from functools import partial

from stream.config.paths import ALL, MOST_STEPS
from stream.records.json_values import is_index, pointer
from stream.records.schemas.avro_bytes import written
from stream.records.schemas.avro_find import (
    BesideFinder,
    EachFinder,
    Finder,
    ListFinder,
    MapFinder,
    NotingFinder,
    RecordFinder,
    TextFinder,
    UnionFinder,
)
from stream.records.schemas.avro_schema import Schema, Type, schema_of
from stream.records.schemas.avro_skip import Program, Programs
from stream.records.schemas.found import Enclosure, Hit, Hits, Malformed, Nowhere
from stream.records.schemas.spliced import SchemaFormat
from stream.records.schemas.wanted import Leads, SchemaError, Wanted, no_field, slots_of, wanted
from stream.records.shape import Shape

Why = list[tuple[int, Nowhere]]
MOST_TYPES = 10_000
"""So many types of a schema are looked through for texts to tell of."""


def avro_format(schema: str, references: Mapping[str, str], shape: Shape) -> SchemaFormat:
    """Make the format of the values that were written with this schema. Raises `SchemaError`."""
    read = schema_of(schema, references)
    ways = _Ways(read, len(shape.texts))
    top = ways.way(read.top, wanted(slots_of(shape)))
    error = ways.leads.error(len(shape.texts))
    if error is not None:
        raise error
    count = len(shape.texts) + 1

    def walk(value: bytes) -> Hits:
        hits: list[Hit] = [None] * count
        try:
            end = top.find(value, 0, None, hits)
        except IndexError:
            end = len(value) + 1
        if end > len(value):
            raise Malformed(len(value), "it ends, and its schema goes on")
        if end < len(value):
            raise Malformed(end, f"it should end, and goes on for {len(value) - end:,} bytes")
        return hits

    return SchemaFormat(shape, "not_avro", walk, written, _head)


def _head(within: Enclosure, count: int, size: int) -> bytes:
    """Write what a block says of itself."""
    return written(-count) + written(size) if within.sized else written(count)


class _Ways:
    """Makes finders. Whether the paths lead to a string is noted in `leads`; `source` is the slot of the source."""

    def __init__(self, schema: Schema, source: int) -> None:
        self.schema = schema
        self.programs = Programs(schema)
        self.source = source
        self.leads = Leads()
        # With the steps, so that no other ones get their id.
        self._made: dict[tuple[int, int, bool], tuple[Finder, Wanted]] = {}

    def way(self, of: Type, here: Wanted, *, inside: bool = False) -> Finder:
        """Make the finder of a type. `inside` a list of paragraphs there is no other one."""
        key = (id(of), id(here), inside)
        if key not in self._made:
            self._made[key] = (self._way(self.schema.real(of), here, inside=inside), here)
        return self._made[key][0]

    def _way(self, of: Type, here: Wanted, *, inside: bool) -> Finder:
        if of.kind == "union":
            if not of.inner:
                self.leads.refuse(
                    here.written, partial(SchemaError, f"{here.where or 'the value'} is a union without branches")
                )
            for branch in sorted(of.inner, key=_is_null):  # what null says of a path counts least
                self.way(branch, here, inside=inside)
            return UnionFinder(tuple(self.way(branch, here, inside=inside) for branch in of.inner), here.where)
        if of.kind == "string" and not here.steps:
            self.leads.good.update(here.slots)
            return TextFinder(here.slots, here.where)
        if of.kind == "record":
            return self._record(of, here, inside=inside)
        if of.kind == "map":
            return self._map(of, here, inside=inside)
        if of.kind == "array":
            return self._array(of, here, inside=inside)
        return self._beside(of, self._nowhere(of, here, here.written))

    def _record(self, of: Type, here: Wanted, *, inside: bool) -> Finder:
        why = self._nowhere(of, here, here.slots)
        for step, beyond in here.steps.items():
            if step in of.fields:
                continue
            if step == ALL:
                why += self._misled(
                    beyond, f"{here.where or 'the value'} is {of}; {ALL} stands for the items of an array"
                )
            else:
                self.leads.refuse(beyond.written, partial(no_field, f"{of.kind} {of.name}", step, of.fields))
                why += [(slot, Nowhere(f"{of.name} has no field {step!r}", absent=True)) for slot in beyond.written]
        fields: list[tuple[Program, Finder]] = []
        before: list[Type] = []
        for name, kind in zip(of.fields, of.inner, strict=True):
            if name in here.steps:
                fields.append((self.programs.of(*before), self.way(kind, here.steps[name], inside=inside)))
                before = []
            else:
                before.append(kind)
        if not fields:
            return self._beside(of, why)
        return _noting(RecordFinder(tuple(fields), self.programs.of(*before)), why)

    def _map(self, of: Type, here: Wanted, *, inside: bool) -> Finder:
        why = self._nowhere(of, here, here.slots)
        keys = {}
        for step, beyond in here.steps.items():
            if step == ALL:
                why += self._misled(
                    beyond, f"{here.where or 'the value'} is a map; {ALL} stands for the items of an array"
                )
            else:
                keys[step.encode()] = (self.way(of.inner[0], beyond, inside=inside), tuple(beyond.written))
        if not keys:
            return self._beside(of, why)
        return _noting(MapFinder(keys, self.programs.of(of.inner[0])), why)

    def _array(self, of: Type, here: Wanted, *, inside: bool) -> Finder:
        item = of.inner[0]
        ends = () if inside else tuple(slot for slot in here.slots if slot != self.source)
        each = here._replace(slots=ends, steps={}) if ends else here.steps.get(ALL)
        why = self._nowhere(of, here, [slot for slot in here.slots if slot not in ends])
        items = {}
        for step, beyond in here.steps.items():
            if is_index(step):
                items[int(step)] = self.way(item, beyond, inside=inside)
            elif beyond is not each:
                what = f"{here.where or 'the value'} is an array, so a number or {ALL} has to follow it, not {step!r}"
                why += self._misled(beyond, what)
        if each is not None:
            way = self.way(item, each, inside=True)
            return _noting(EachFinder(min(ends or each.written), way, items, here.where, not each.steps), why)
        return _noting(ListFinder(items, self.programs.of(item)), why) if items else self._beside(of, why)

    def _beside(self, of: Type, why: Why) -> Finder:
        return _noting(BesideFinder(self.programs.of(of)), why)

    def _nowhere(self, of: Type, here: Wanted, slots: Iterable[int]) -> Why:
        """Say why these paths find nothing in values of this type, and that the schema is at fault."""
        absent = of.kind == "null"
        why: Why = []
        for slot in slots:
            path = here.written[slot]
            if absent or slot not in here.slots:
                what = refused = f"{here.where or 'the value'} is {of}, so {path} leads nowhere"
            else:
                what, refused = f"{path} is no string but {of}", f"{path} leads to {of}, and not to a string"
            self.leads.refuse((slot,), partial(SchemaError, refused))
            why.append((slot, Nowhere(what, absent)))
        return why

    def _misled(self, beyond: Wanted, what: str) -> Why:
        """Say that a step cannot follow, whatever the value."""
        self.leads.refuse(beyond.written, partial(SchemaError, what))
        return [(slot, Nowhere(what, absent=False)) for slot in beyond.written]


def _noting(finder: Finder, why: Why) -> Finder:
    return NotingFinder(finder, tuple(why)) if why else finder


def _is_null(of: Type) -> bool:
    return of.kind == "null"


def avro_texts(schema: str, references: Mapping[str, str], most: int) -> list[str]:
    """Give the paths to the strings of a schema, the shortest first, and at most so many. Raises `SchemaError`."""
    read = schema_of(schema, references)
    found: dict[str, None] = {}
    waiting = deque([("", read.top, True, frozenset[str]())])
    for _ in range(MOST_TYPES):
        if not waiting or len(found) >= most:
            break
        where, of, single, around = waiting.popleft()
        real = read.real(of)
        if real.kind == "string":
            found[where] = None
        elif real.name in around or where.count("/") == MOST_STEPS:
            continue
        elif real.kind == "record":
            around |= {real.name}
            fields = zip(real.fields, real.inner, strict=True)
            waiting.extend((where + pointer((name,)), kind, single, around) for name, kind in fields)
        elif real.kind == "union":
            waiting.extend((where, branch, single, around) for branch in real.inner)
        elif real.kind == "array" and single:
            waiting.append((f"{where}/{ALL}", real.inner[0], False, around))
    return [*found]
