"""Makes finders for the ways that paths lead through the messages of a Protobuf schema."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from stream.config.paths import ALL
from stream.records.json_values import is_index
from stream.records.schemas.proto_find import (
    ANY,
    NO_GROUP,
    Beneath,
    EachFinder,
    Finder,
    ListFinder,
    MapFinder,
    MessageFinder,
    TextFinder,
)
from stream.records.schemas.proto_types import LENGTH, START, VARINT, WIRE_TYPES, Field, Found, Types
from stream.records.schemas.wanted import Leads, SchemaError, Wanted, no_field

BITS = {"fixed32": 32, "sfixed32": 32}


class Ways:
    """Makes finders. Whether the paths lead to a string is noted in `leads`; `source` is the slot of the source."""

    def __init__(self, types: Types, source: int) -> None:
        self.types = types
        self.source = source
        self.leads = Leads()
        self._lists = 0

    def message(self, of: Found, here: Wanted, group: int = NO_GROUP, *, inside: bool = False) -> MessageFinder:
        """Make the finder of a message; `group` is the number of the field if that is a group.

        `inside` a list of paragraphs there is no other one.
        """
        self._not_a_text(here, here.slots, f"message {of.name}")
        by_name = {each.json_name: each for each in of.message.fields} | {each.name: each for each in of.message.fields}
        fields: dict[int, Finder] = {}
        beneath: dict[int, Beneath] = {}
        chosen: list[Field] = []
        for step, beyond in here.steps.items():
            field = by_name.get(step)
            if field is None:
                names = [each.name for each in of.message.fields]
                self.leads.refuse(beyond.written, partial(no_field, f"message {of.name}", step, names))
                continue
            if field.number in fields:
                self.leads.refuse(beyond.written, partial(SchemaError, f"two paths lead to {here.where}/{field.name}"))
                continue
            lists = self._lists
            finder = self._field(of, field, beyond, inside=inside)
            if finder is not None:
                chosen.append(field)
                fields[field.number] = finder
                beneath[field.number] = Beneath(tuple(beyond.written), tuple(range(lists, self._lists)))
        return MessageFinder(fields, self._oneofs(of, chosen, beneath), group)

    def _oneofs(self, of: Found, chosen: list[Field], beneath: dict[int, Beneath]) -> dict[int, tuple[int, Beneath]]:
        """Give for each member of the oneofs of these fields how it is written, and what lies beneath the others."""
        found = {}
        for oneof in {each.oneof for each in chosen if each.oneof >= 0}:
            for member in of.message.fields:
                if member.oneof == oneof:
                    others = [each.number for each in chosen if each.oneof == oneof and each.number != member.number]
                    slots = tuple(slot for number in others for slot in beneath[number].slots)
                    lists = tuple(each for number in others for each in beneath[number].lists)
                    found[member.number] = (self._wire(of, member), Beneath(slots, lists))
        return found

    def _field(self, of: Found, field: Field, here: Wanted, *, inside: bool) -> Finder | None:
        kind = self.types.named(field.type, of.name)
        if not field.repeated:
            return self._single(of, field, here, inside=inside)
        if not isinstance(kind, str) and kind.message.entry:
            return self._map(kind, here, inside=inside)
        ends = () if inside else tuple(slot for slot in here.slots if slot != self.source)
        each = here._replace(slots=ends, steps={}) if ends else here.steps.get(ALL)
        self._not_a_text(here, [slot for slot in here.slots if slot not in ends], f"list of {field.type}")
        number, self._lists = self._lists, self._lists + 1
        items: dict[int, Finder] = {}
        for step, beyond in here.steps.items():
            if is_index(step):
                finder = self._single(of, field, beyond, inside=inside)
                items |= {int(step): finder} if finder is not None else {}
            elif beyond is not each:
                what = f"{here.where} is repeated, so a number or {ALL} has to follow it, not {step!r}"
                self.leads.refuse(beyond.written, partial(SchemaError, what))
        some = ListFinder(field.number << 3 | self._wire(of, field), number, items) if items else None
        lists = self._lists
        item = self._single(of, field, each, inside=True) if each is not None else None
        if item is None or each is None:
            return some
        return EachFinder(min(ends or each.written), item, some, Beneath((), tuple(range(lists, self._lists))))

    def _map(self, entry: Found, here: Wanted, *, inside: bool) -> Finder | None:
        self._not_a_text(here, here.slots, "map")
        key, value = entry.message.fields[:2]
        keys: dict[bytes | int, tuple[Finder, Beneath]] = {}
        for step, beyond in here.steps.items():
            lists = self._lists
            known = _key(step, key.type) if step != ALL else None
            if known is None:
                what = f"{here.where} is a map, so a key has to follow it ({key.type}), not {step!r}"
                self.leads.refuse(beyond.written, partial(SchemaError, what))
                continue
            finder = self._single(entry, value, beyond, inside=inside)
            if finder is not None:
                keys[known] = (finder, Beneath(tuple(beyond.written), tuple(range(lists, self._lists))))
        return MapFinder(keys, WIRE_TYPES[key.type]) if keys else None

    def _single(self, of: Found, field: Field, here: Wanted, *, inside: bool) -> Finder | None:
        """Make the finder of one value of a field."""
        if field.type == "string" and not here.steps:
            self.leads.good.update(here.slots)
            return TextFinder(here.slots)
        kind = self.types.named(field.type, of.name)
        if field.type in WIRE_TYPES or isinstance(kind, str):
            self._not_a_text(here, here.written, self._said(field, str(kind)))
            return None
        group = field.number if self._is_group(of, field) else NO_GROUP
        return self.message(kind, here, group, inside=inside)

    def _said(self, field: Field, kind: str) -> str:
        """Say what the type of a field is that holds no message."""
        if field.type in WIRE_TYPES:
            return field.type
        return f"enum {kind}" if kind in self.types.enums else f"{kind}, which the schema does not define"

    def _is_group(self, of: Found, field: Field) -> bool:
        return not of.message.entry and (of.group if field.group is None else field.group)

    def _wire(self, of: Found, field: Field) -> int:
        """How a field is written."""
        if field.type in WIRE_TYPES:
            return WIRE_TYPES[field.type]
        kind = self.types.named(field.type, of.name)
        if isinstance(kind, str):
            return VARINT if kind in self.types.enums else ANY
        return START if self._is_group(of, field) else LENGTH

    def _not_a_text(self, here: Wanted, slots: Iterable[int], what: str) -> None:
        """Note that paths lead to something else than a string, or through it."""
        what = f"an {what}" if what[0] in "aeiou" else f"a {what}"
        for slot in slots:
            path = here.written[slot]
            more = f"; try {here.where}/value" if what == "a message google.protobuf.StringValue" else ""
            said = f"{path} leads to {what}, and not to a string{more}"
            if slot not in here.slots:
                said = f"{here.where} is {what}, so {path} leads nowhere"
            self.leads.refuse((slot,), partial(SchemaError, said))


def _key(step: str, kind: str) -> bytes | int | None:
    """Give the key of a map that a step names, as an entry has it; None if it cannot be one."""
    if kind == "string":
        return step.encode()
    if kind == "bool":
        return {"true": 1, "false": 0}.get(step)
    try:
        number = int(step)
    except ValueError:
        return None
    if kind in {"sint32", "sint64"}:
        number = (number << 1) ^ (number >> 63)
    return number & ((1 << BITS.get(kind, 64)) - 1)
