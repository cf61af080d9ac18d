"""Protobuf: makes the way to the texts from a schema, and the format of its values."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping

from stream.config.paths import ALL, MOST_STEPS
from stream.records.json_values import pointer
from stream.records.schemas.found import Enclosure, Hit, Hits, Malformed, Nowhere
from stream.records.schemas.proto_descriptor import descriptor_of, is_descriptor, well_known
from stream.records.schemas.proto_find import MessageFinder, State
from stream.records.schemas.proto_text import file_of
from stream.records.schemas.proto_types import File, Message, Types
from stream.records.schemas.proto_ways import Ways
from stream.records.schemas.spliced import SchemaFormat
from stream.records.schemas.varints import signed, written_varint
from stream.records.schemas.wanted import SchemaError, slots_of, wanted
from stream.records.shape import Shape

MOST_BYTES = 4_000_000
"""A schema with what it imports is at most so long; reading one takes a second or two then."""
MOST_INDEXES = 100
MOST_FIELDS = 10_000
"""So many fields of a schema are looked through for texts to tell of."""
FIRST = (0,)


def protobuf_format(schema: str, references: Mapping[str, str], shape: Shape) -> SchemaFormat:
    """Make the format of the values of this schema. Each begins with the indexes of its message in the schema.

    Raises `SchemaError` if there is no message in which all paths of the texts lead to strings.
    """
    types = types_of(schema, references)
    paths = slots_of(shape)
    tree, texts = wanted(paths), len(shape.texts)
    made: dict[tuple[int, ...], MessageFinder | SchemaError] = {}

    def way(indexes: tuple[int, ...]) -> MessageFinder | SchemaError:
        if indexes not in made:
            found = types.at(indexes)
            if found is None:
                raise Malformed(0, f"a message of index {_dotted(indexes)} is named, which its schema does not have")
            ways = Ways(types, texts)
            finder = ways.message(found, tree)
            made[indexes] = ways.leads.error(texts) or finder
        return made[indexes]

    if not any(isinstance(way(indexes), MessageFinder) for indexes in _messages(types.file)):
        first = made.get(FIRST)
        raise first if isinstance(first, SchemaError) else SchemaError("the schema defines no message")

    def walk(value: bytes) -> Hits:
        hits: list[Hit] = [None] * len(paths)
        try:
            indexes, at = _indexes(value)
            finder = way(indexes)
            if isinstance(finder, SchemaError):
                return [Nowhere(str(finder), absent=False)] * len(paths)
            finder.walk(State(value, hits), at, len(value), None)
        except IndexError:
            raise Malformed(len(value), "it ends within a field") from None
        return hits

    return SchemaFormat(shape, "not_protobuf", walk, written_varint, _head)


def protobuf_texts(schema: str, references: Mapping[str, str], most: int) -> list[str]:
    """Give the paths to the strings of a schema's first message, the shortest first, and at most so many.

    Raises `SchemaError`.
    """
    types = types_of(schema, references)
    first = types.at(FIRST)
    found: list[str] = []
    waiting = deque([("", first, True, frozenset[str]())] if first is not None else ())
    seen = 0
    while waiting and len(found) < most and seen < MOST_FIELDS:
        where, of, single, around = waiting.popleft()
        around |= {of.name}
        deeper = where.count("/") < MOST_STEPS - 2  # an item's step and its field's may follow
        for each in of.message.fields:
            seen += 1
            here, kind = where + pointer((each.name,)), types.named(each.type, of.name)
            if each.repeated and not single:
                continue
            if each.type == "string":
                found.append(here)
            elif not isinstance(kind, str) and not kind.message.entry and kind.name not in around and deeper:
                further = f"{here}/{ALL}" if each.repeated else here
                waiting.append((further, kind, single and not each.repeated, around))
    return found[:most]


def types_of(schema: str, references: Mapping[str, str]) -> Types:
    """Read a schema and what it imports. Raises `SchemaError`."""
    if sum(map(len, (schema, *references.values()))) > MOST_BYTES:
        msg = f"the schema is longer than {MOST_BYTES:,} characters"
        raise SchemaError(msg)
    file = _read(schema)
    imported = {name: _read(text) for name, text in references.items()}
    names = [name for each in (file, *imported.values()) for name in each.imports if name not in imported]
    return Types(file, [*well_known(names), *imported.values()])


def _read(schema: str) -> File:
    return descriptor_of(schema) if is_descriptor(schema) else file_of(schema)


def _messages(file: File) -> Iterator[tuple[int, ...]]:
    """Give the indexes of all messages, the outer ones first."""
    waiting: deque[tuple[tuple[int, ...], list[Message]]] = deque([((), file.messages)])
    while waiting:
        indexes, messages = waiting.popleft()
        for at, message in enumerate(messages):
            if not message.entry:
                yield (*indexes, at)
                waiting.append(((*indexes, at), message.nested))


def _indexes(value: bytes) -> tuple[tuple[int, ...], int]:
    """Read the indexes before a message, and give where it begins. A single 0 stands for the first message."""
    if value[0] == 0:
        return FIRST, 1
    count, at = signed(value, 0)
    if not 0 <= count <= MOST_INDEXES:
        raise Malformed(0, f"it is said to begin with {count:,} indexes of messages")
    indexes = []
    for _ in range(count):
        index, at = signed(value, at)
        indexes.append(index)
    return tuple(indexes), at


def _dotted(indexes: tuple[int, ...]) -> str:
    return ".".join(map(str, indexes[:9]))


def _head(within: Enclosure, _: int, size: int) -> bytes:
    """Write the length of a message."""
    del within
    return written_varint(size)
