"""Reads Avro schemas: JSON in, types out, with the names in them resolved."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter
from typing import Any

import orjson

from stream.records.schemas.wanted import LONGEST_NAME, SchemaError

MOST_BYTES = 4_000_000
"""A schema with what it refers to is at most so long; reading one takes a second or two then."""
MOST_LEVELS = 100
LARGEST = 1 << 40
"""Types of a fixed size are not counted further: no value is so long."""
SIZES = {"null": 0, "boolean": 1, "float": 4, "double": 8}
PRIMITIVES = frozenset((*SIZES, "int", "long", "bytes", "string"))
NAMED = frozenset(("record", "error", "enum", "fixed"))
_VOWELS = "aeiou"


@dataclass(slots=True)
class Type:
    """A type of a schema. `kind` is a primitive's name, or `record`, `enum`, `fixed`, `array`, `map`, `union`, `named`.

    A type that is `named` stands for the definition of that full name. `inner` are a union's branches, the types of a
    record's fields, or the one type of what an array or a map holds.
    """

    kind: str
    name: str = ""
    size: int = 0
    fields: list[str] = field(default_factory=list)
    inner: list[Type] = field(default_factory=list)

    def __str__(self) -> str:
        """Say what it is, with its article."""
        if self.kind in {"null", "bytes"}:
            return self.kind
        if self.kind == "union":
            return "a union of " + " and ".join(branch.name or branch.kind for branch in self.inner[:9])
        what = f"{self.kind} {self.name}" if self.name else self.kind
        return f"an {what}" if what[0] in _VOWELS else f"a {what}"


@dataclass(frozen=True, slots=True)
class Schema:
    """A schema's own type, and every type with a name by its full name. `sizes` are the fixed sizes of these."""

    top: Type
    names: dict[str, Type]
    sizes: dict[str, int | None]

    def real(self, of: Type) -> Type:
        """The definition that a type stands for."""
        return self.names[of.name] if of.kind == "named" else of

    def size(self, of: Type) -> int | None:
        """In how many bytes each value of this type is written; None if they differ."""
        return self.sizes[of.name] if of.name else _size(of, self.sizes)


def schema_of(text: str, references: Mapping[str, str]) -> Schema:
    """Read a schema; `references` are the texts of the schemas that it refers to. Raises `SchemaError`."""
    if sum(map(len, (text, *references.values()))) > MOST_BYTES:
        msg = f"the schema is longer than {MOST_BYTES:,} characters"
        raise SchemaError(msg)
    reader = _Reader()
    for name, reference in references.items():
        reader.read(_json(reference, f"the schema that is referred to as {name}"), "", 0)
    top = reader.read(_json(text, "the schema"), "", 0)
    reader.resolve()
    return Schema(top, reader.names, _sizes(reader.names))


def _json(text: str, what: str) -> object:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        msg = f"{what} is no JSON: {error}"
        raise SchemaError(msg) from None


class _Reader:
    """Reads the JSON of schemas, and collects the names that they define and use."""

    def __init__(self) -> None:
        self.names: dict[str, Type] = {}
        self.used: list[Type] = []

    def resolve(self) -> None:
        """Make sure that every name that is used is defined; if not in its namespace, then outside of all."""
        for each in self.used:
            if each.name not in self.names:
                short = each.name.rpartition(".")[2]
                if short not in self.names:
                    what = "which neither it nor a schema that it refers to defines"
                    msg = f"the schema uses a type {each.name}, {what}"
                    raise SchemaError(msg)
                each.name = short

    def read(self, node: object, space: str, level: int) -> Type:
        """Give the type that this JSON describes; `space` is the namespace around it."""
        if level > MOST_LEVELS:
            msg = f"the schema is nested deeper than {MOST_LEVELS} types"
            raise SchemaError(msg)
        if isinstance(node, str):
            return self._reference(node, space)
        if isinstance(node, list):
            return Type("union", inner=[self.read(branch, space, level + 1) for branch in node])
        if not isinstance(node, dict):
            msg = "the schema has a type that is neither a name, an object nor a list"
            raise SchemaError(msg)
        kind = node.get("type")
        if not isinstance(kind, str):
            return self.read(kind, space, level + 1)
        if kind in NAMED:
            return self._definition(node, kind, space, level)
        if kind in {"array", "map"}:
            return Type(kind, inner=[self.read(node.get("items" if kind == "array" else "values"), space, level + 1)])
        return self._reference(kind, space)

    def _reference(self, name: str, space: str) -> Type:
        if name in PRIMITIVES:
            return Type(name)
        made = Type("named", _full(name, space))
        self.used.append(made)
        return made

    def _definition(self, node: dict[str, Any], kind: str, space: str, level: int) -> Type:
        name, own = node.get("name"), node.get("namespace")
        if not isinstance(name, str) or not name:
            msg = f"the schema has {Type(kind)} without a name"
            raise SchemaError(msg)
        space = name.rpartition(".")[0] if "." in name else own if isinstance(own, str) else space
        full = _full(name, space)
        made = Type("record" if kind == "error" else kind, full)
        if full in self.names:
            msg = f"the schema defines {full} twice"
            raise SchemaError(msg)
        self.names[full] = made
        if kind == "fixed":
            size = node.get("size")
            if type(size) is not int or size < 0:
                msg = f"the size of {made} is no number"
                raise SchemaError(msg)
            made.size = min(size, LARGEST)
        for each in self._fields(node, made) if made.kind == "record" else ():
            made.fields.append(each["name"])
            made.inner.append(self.read(each.get("type"), space, level + 1))
        return made

    @staticmethod
    def _fields(node: dict[str, Any], made: Type) -> Iterator[dict[str, Any]]:
        fields = node.get("fields")
        if not isinstance(fields, list):
            msg = f"{made} has no list of fields"
            raise SchemaError(msg)
        for each in fields:
            if not isinstance(each, dict) or not isinstance(each.get("name"), str):
                msg = f"{made} has a field without a name"
                raise SchemaError(msg)
            yield each


def _full(name: str, space: str) -> str:
    name = name if "." in name or not space else f"{space}.{name}"
    if len(name) > LONGEST_NAME:
        msg = f"the schema has a name of more than {LONGEST_NAME:,} characters: {name[:60]}…"
        raise SchemaError(msg)
    return name


def _sizes(names: dict[str, Type]) -> dict[str, int | None]:
    """Give the fixed sizes of all types with names. Raises `SchemaError` for a record that cannot end."""
    graph = {name: _direct(made) if made.kind == "record" else set() for name, made in names.items()}
    sizes: dict[str, int | None] = {}
    try:
        for name in TopologicalSorter(graph).static_order():
            sizes[name] = _size(names[name], sizes)
    except CycleError as error:
        around = " in ".join(error.args[1][:9])
        msg = f"no value of the schema can end: {around}, without a union, array or map between"
        raise SchemaError(msg) from None
    return sizes


def _direct(made: Type) -> set[str]:
    """The names of what every value of a record holds."""
    return {each.name for each in made.inner if each.name}


def _size(of: Type, sizes: dict[str, int | None]) -> int | None:
    if of.kind == "record":
        parts = [sizes[each.name] if each.name else _size(each, sizes) for each in of.inner]
        whole = [part for part in parts if part is not None]
        return min(sum(whole), LARGEST) if len(whole) == len(parts) else None
    if of.kind == "named":
        return sizes[of.name]
    return of.size if of.kind == "fixed" else SIZES.get(of.kind)
