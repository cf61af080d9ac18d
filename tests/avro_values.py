"""Avro schemas and values of any shape, and an encoder of the tests' own, which also writes blocks with sizes."""

from __future__ import annotations

import random
import struct
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from hypothesis import strategies as st

Schema = Any
"""A schema as parsed JSON. What is named is defined where it first stands."""
strings = st.text(st.characters(codec="utf-8"), max_size=9)
NUMBERS = {"int": st.integers(-(2**31), 2**31 - 1), "long": st.integers(-(2**63), 2**63 - 1)}
FLOATS = {"float": st.floats(width=32, allow_nan=False), "double": st.floats(allow_nan=False)}
SIMPLE = ("string",) * 6 + ("null", "boolean", "int", "long", "float", "double", "bytes", "fixed", "enum")
NESTED = ("array", "array", "map", "record", "named")
FIELDS = ("a", "b", "text")
KEYS = ("k", "0")


class Branch(NamedTuple):
    """A value of a union, with the index of its branch."""

    at: int
    value: Any


class Symbol(NamedTuple):
    """A value of an enum."""

    at: int
    name: str


class Entries(NamedTuple):
    """A map as it is written: a key may stand twice."""

    pairs: list[tuple[str, Any]]


class Drawer:
    """Draws schemas: records that hold anything, with a text at home somewhere in them."""

    def __init__(self, draw: st.DrawFn) -> None:
        self.draw = draw
        self.names: list[str] = []
        self.number = iter(range(1000))

    def top(self) -> Schema:
        """The record of an article."""
        made = self.record(self.draw(st.integers(1, 3)))
        made["fields"].append({"name": "home", "type": self.home(self.draw(st.integers(0, 5)))})
        return made

    def record(self, depth: int) -> Schema:
        """A record of a few fields."""
        name = f"R{next(self.number)}"
        self.names.append(name)
        fields = self.draw(st.lists(st.sampled_from(FIELDS), min_size=1, unique=True))
        return {
            "type": "record",
            "name": name,
            "fields": [{"name": each, "type": self.any(depth - 1)} for each in fields],
        }

    def home(self, depth: int, around: str = "") -> Schema:
        """A text within so many other types, whatever else they hold."""
        kind = self.draw(st.sampled_from(("array", "record", "map", "union"))) if depth else "string"
        if kind == "array" or (kind == "union" and around == "union"):
            return {"type": "array", "items": self.home(depth - 1)}
        if kind == "map":
            return {"type": "map", "values": self.home(depth - 1)}
        if kind == "union":
            return union([*self.draw(st.sampled_from(([], ["null"], ["int", "null"]))), self.home(depth - 1, "union")])
        if kind == "record":
            made = self.record(1)
            made["fields"].insert(self.draw(st.integers(0, 1)), {"name": "home", "type": self.home(depth - 1)})
            return made
        return "string"

    def any(self, depth: int, *, in_union: bool = False) -> Schema:
        """Any type; one that has a name may be named again, also within itself."""
        kinds = [*(NESTED * depth), *("union" for _ in range(0 if in_union else depth)), *SIMPLE]
        kind = self.draw(st.sampled_from(kinds))
        if kind == "union":
            return union([self.any(depth - 1, in_union=True) for _ in range(self.draw(st.integers(1, 3)))])
        if kind == "named":  # within a list or a map, so that what holds itself can end
            return {"type": "array", "items": self.draw(st.sampled_from(self.names))}
        made: dict[str, Callable[[], Schema]] = {
            "array": lambda: {"type": "array", "items": self.any(depth - 1)},
            "map": lambda: {"type": "map", "values": self.any(depth - 1)},
            "record": lambda: self.record(depth),
            "fixed": lambda: {"type": "fixed", "name": f"F{next(self.number)}", "size": self.draw(st.integers(0, 3))},
            "enum": lambda: {"type": "enum", "name": f"E{next(self.number)}", "symbols": ["A", "B", "text"]},
        }
        return made[kind]() if kind in made else self.draw(st.sampled_from([kind, {"type": kind}]))


def union(branches: Sequence[Schema]) -> Schema:
    """A union of these; no two unnamed branches are of one kind."""
    kinds: dict[object, Schema] = {}
    for branch in branches:
        kind = branch["type"] if isinstance(branch, dict) else branch
        kinds.setdefault(branch["name"] if kind in {"record", "fixed", "enum"} else kind, branch)
    return [*kinds.values()]


def definitions(schema: Schema) -> dict[str, Schema]:
    """All types with names."""
    found = {}
    for node in nodes(schema):
        if "name" in node and "type" in node and node["type"] in {"record", "enum", "fixed"}:
            found[node["name"]] = node
    return found


def nodes(schema: Schema) -> Iterator[dict[str, Any]]:
    """All objects of a schema."""
    for each in schema if isinstance(schema, list) else [schema]:
        if isinstance(each, dict):
            yield each
            for inner in (each.get("items"), each.get("values"), *(f["type"] for f in each.get("fields", ()))):
                yield from nodes(inner)


def paths(
    schema: Schema, names: dict[str, Schema], steps: tuple[str, ...] = (), depth: int = 6
) -> Iterator[tuple[str, ...]]:
    """The steps to everything in a schema, to what is no text as well; some lead to what a value does not have."""
    if depth == 0:
        return
    if steps:
        yield steps
    real = names.get(schema, schema) if isinstance(schema, str) else schema
    if isinstance(real, list):
        for branch in real:
            yield from paths(branch, names, steps, depth - 1)
    elif isinstance(real, dict):
        inner: list[tuple[str, Schema]] = [(each["name"], each["type"]) for each in real.get("fields", ())]
        if "values" in real:
            inner = [(key, real["values"]) for key in KEYS]
        elif "items" in real:
            inner = [(step, real["items"]) for step in (("0", "1") if "*" in steps else ("*", "0", "1"))]
        for step, kind in inner:
            yield from paths(kind, names, (*steps, step), depth - 1)


def values(draw: st.DrawFn, schema: Schema, names: dict[str, Schema], depth: int = 7) -> Any:
    """Draw a value, as the encoder takes it."""
    real = names.get(schema, schema) if isinstance(schema, str) else schema
    if isinstance(real, list):
        empty = [at for at, branch in enumerate(real) if branch == "null"] if depth <= 0 else []
        index = draw(st.sampled_from(empty or range(len(real))))
        return Branch(index, values(draw, real[index], names, depth - 1))
    kind = real["type"] if isinstance(real, dict) else real
    if kind == "record":
        return {each["name"]: values(draw, each["type"], names, depth - 1) for each in real["fields"]}
    if kind in {"array", "map"}:
        count = draw(st.sampled_from((0, 1, 2, 2, 3, 3))) if depth > 0 else 0
        items = [values(draw, real["items" if kind == "array" else "values"], names, depth - 1) for _ in range(count)]
        return items if kind == "array" else Entries([(draw(st.sampled_from(KEYS)), item) for item in items])
    if kind == "enum":
        index = draw(st.integers(0, 2))
        return Symbol(index, real["symbols"][index])
    if kind == "fixed":
        return draw(st.binary(min_size=real["size"], max_size=real["size"]))
    leaves = {
        "null": st.none(),
        "boolean": st.booleans(),
        "string": strings,
        "bytes": st.binary(max_size=4),
        **NUMBERS,
        **FLOATS,
    }
    return draw(leaves[kind])


@st.composite
def written(draw: st.DrawFn) -> tuple[Schema, Any, list[tuple[str, ...]]]:
    """A schema, a value of it, and the steps to everything in it."""
    schema = Drawer(draw).top()
    names = definitions(schema)
    return schema, values(draw, schema, names), [*dict.fromkeys(paths(schema, names))]


def read(raw: Any, symbols: Callable[[Symbol], Any]) -> Any:
    """The value as a reader gives it: without branches, of equal keys the last. `symbols` reads those of enums."""
    if isinstance(raw, Branch):
        return read(raw.value, symbols)
    if isinstance(raw, Symbol):
        return symbols(raw)
    if isinstance(raw, Entries):
        return {key: read(item, symbols) for key, item in raw.pairs}
    if isinstance(raw, dict):
        return {key: read(item, symbols) for key, item in raw.items()}
    if isinstance(raw, list):
        return [read(item, symbols) for item in raw]
    return raw


class Encoder:
    """Writes values. With `pick` it cuts arrays and maps into blocks, some of which say how many bytes they have."""

    def __init__(self, names: dict[str, Schema], pick: random.Random | None) -> None:
        self.names, self.pick = names, pick

    def write(self, schema: Schema, raw: Any) -> bytes:
        """Give the bytes of a value."""
        real = self.names.get(schema, schema) if isinstance(schema, str) else schema
        if isinstance(real, list):
            return number(raw.at) + self.write(real[raw.at], raw.value)
        kind = real["type"] if isinstance(real, dict) else real
        if kind == "record":
            return b"".join(self.write(each["type"], raw[each["name"]]) for each in real["fields"])
        if kind == "array":
            return self._blocks([self.write(real["items"], item) for item in raw])
        if kind == "map":
            return self._blocks(
                [self.write("string", key) + self.write(real["values"], item) for key, item in raw.pairs]
            )
        if kind in {"string", "bytes"}:
            content: bytes = raw.encode() if kind == "string" else raw
            return number(len(content)) + content
        if kind in {"int", "long", "enum"}:
            return number(raw.at if kind == "enum" else raw)
        plain: dict[str, Callable[[], bytes]] = {
            "null": lambda: b"",
            "boolean": lambda: bytes([raw]),
            "float": lambda: struct.pack("<f", raw),
            "double": lambda: struct.pack("<d", raw),
            "fixed": lambda: bytes(raw),
        }
        return plain[kind]()

    def _blocks(self, items: list[bytes]) -> bytes:
        out = []
        while items:
            count = len(items) if self.pick is None else self.pick.randint(1, len(items))
            body, items = b"".join(items[:count]), items[count:]
            sized = self.pick is not None and self.pick.random() < 0.7
            out.append((number(-count) + number(len(body)) if sized else number(count)) + body)
        return b"".join((*out, number(0)))


def number(value: int) -> bytes:
    """Write a number in zigzag."""
    value = (value << 1) ^ (value >> 63)
    out = []
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes((*out, value))


def checked(schema: Schema, names: dict[str, Schema], data: bytes, at: int = 0) -> int:
    """Go through a value, and make sure that every block is as long as it says; give the offset behind it."""
    real = names.get(schema, schema) if isinstance(schema, str) else schema
    kind = real["type"] if isinstance(real, dict) else "union" if isinstance(real, list) else real
    sizes = {"null": 0, "boolean": 1, "float": 4, "double": 8}
    if kind == "record":
        for each in real["fields"]:
            at = checked(each["type"], names, data, at)
        return at
    if kind in sizes or kind == "fixed":
        return at + (real["size"] if kind == "fixed" else sizes[kind])
    count, at = read_number(data, at)
    if kind == "union":
        return checked(real[count], names, data, at)
    if kind in {"string", "bytes"}:
        return at + count
    while kind in {"array", "map"} and count:
        size = -1
        if count < 0:
            size, at = read_number(data, at)
        end = at + size
        for _ in range(abs(count)):
            at = checked("string", names, data, at) if kind == "map" else at
            at = checked(real["items" if kind == "array" else "values"], names, data, at)
        assert size < 0 or at == end
        count, at = read_number(data, at)
    return at


def read_number(data: bytes, at: int) -> tuple[int, int]:
    """Read a number in zigzag."""
    value = shift = 0
    while True:
        value |= (data[at] & 127) << shift
        at += 1
        if data[at - 1] < 128:
            return (value >> 1) ^ -(value & 1), at
        shift += 7
