"""Message types of Protobuf: what a schema says of its messages, from text or from a serialized descriptor."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from stream.records.schemas.wanted import LONGEST_NAME, SchemaError

VARINT, FIXED64, LENGTH, START, END, FIXED32 = range(6)
"""The wire types: how the bytes of a field are delimited."""
WIRE_TYPES = {
    **dict.fromkeys(("int32", "int64", "uint32", "uint64", "sint32", "sint64", "bool"), VARINT),
    **dict.fromkeys(("fixed64", "sfixed64", "double"), FIXED64),
    **dict.fromkeys(("fixed32", "sfixed32", "float"), FIXED32),
    **dict.fromkeys(("string", "bytes"), LENGTH),
}
"""How a field of a scalar type is written."""


@dataclass(slots=True)
class Field:
    """A field of a message. `type` is a scalar's name, or the name of a message or an enum as the schema writes it.

    `group`: its message stands between two tags instead of behind a length; None if the file decides. `oneof`: the
    index of its oneof, -1 if it is in none.
    """

    name: str
    number: int
    type: str
    json_name: str = ""
    repeated: bool = False
    oneof: int = -1
    group: bool | None = None


@dataclass(slots=True)
class Message:
    """A type of messages. `entry`: those of a map, which stand in their message's `nested`, as in descriptors."""

    name: str
    fields: list[Field] = field(default_factory=list)
    nested: list[Message] = field(default_factory=list)
    enums: list[str] = field(default_factory=list)
    entry: bool = False


@dataclass(slots=True)
class File:
    """A schema: its messages in order, and what it imports. `group`: messages are groups unless their fields say."""

    package: str = ""
    imports: list[str] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    enums: list[str] = field(default_factory=list)
    group: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """A type of messages with its full name, and whether its fields with messages are groups unless they say."""

    name: str
    message: Message
    group: bool


class Types:
    """All types of a schema, by their full names. Raises `SchemaError` for names that are too long to keep."""

    def __init__(self, file: File, imported: Iterable[File]) -> None:
        self.file = file
        self.messages: dict[str, Found] = {}
        self.enums: set[str] = set()
        for each in (*imported, file):
            self.enums.update(full(each.package, name) for name in each.enums)
            for message in each.messages:
                self._add(each.package, message, group=each.group)

    def _add(self, scope: str, message: Message, *, group: bool) -> None:
        waiting = [(scope, message)]
        while waiting:
            scope, message = waiting.pop()
            name = full(scope, message.name)
            self.messages[name] = Found(name, message, group)
            self.enums.update(full(name, enum) for enum in message.enums)
            waiting += [(name, nested) for nested in message.nested]

    def named(self, written: str, scope: str) -> Found | str:
        """The message that a name stands for within a scope; the full name of an enum; or the name, if it is unknown.

        The innermost scope that has it decides.
        """
        if written.startswith("."):
            return self.messages.get(written[1:], written[1:])
        while True:
            name = full(scope, written)
            if name in self.messages or name in self.enums:
                return self.messages.get(name, name)
            if not scope:
                return written
            scope = scope.rpartition(".")[0]

    def at(self, indexes: Sequence[int]) -> Found | None:
        """The message at these indexes: of one in the file, of one nested in it, and so on; None if there is none."""
        within, name = self.file.messages, self.file.package
        for index in indexes:
            if not 0 <= index < len(within):
                return None
            name = full(name, within[index].name)
            within = within[index].nested
        return self.messages.get(name)


def full(scope: str, name: str) -> str:
    """The full name of what is defined in a scope. Raises `SchemaError` if it is too long."""
    if len(scope) + len(name) > LONGEST_NAME:
        msg = f"the schema has a name of more than {LONGEST_NAME:,} characters: {(scope + name)[:60]}…"
        raise SchemaError(msg)
    return f"{scope}.{name}" if scope else name
