"""Protobuf schemas as `.proto` text, compiled by protoc, and values of any shape."""

from __future__ import annotations

import base64
import importlib.resources
import tempfile
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.message import Message
from grpc_tools import protoc
from hypothesis import strategies as st

FIELDS = ("a", "b", "body_text")
KEYS = ("k", "0")
strings = st.text(st.characters(codec="utf-8"), max_size=9)
SCALARS = ("string", "string", "string", "bytes", "int32", "sint64", "fixed32", "double", "bool", "Kind")


class Compiled(NamedTuple):
    """A schema as protoc reads it: its serialized file, and the class of its first message."""

    descriptor: bytes
    message: type[Message]

    @property
    def base64(self) -> str:
        """As registries give serialized schemas."""
        return base64.b64encode(self.descriptor).decode()


@lru_cache(maxsize=256)
def compiled(text: str, imports: tuple[tuple[str, str], ...] = (), first: str = "") -> Compiled:
    """Compile a schema with protoc."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for file, content in (("main.proto", text), *imports):
            (folder / file).write_text(content, "utf-8")
        known = importlib.resources.files("grpc_tools") / "_proto"
        out = folder / "out"
        given = [
            "protoc",
            f"-I{folder}",
            f"-I{known}",
            "--include_imports",
            f"--descriptor_set_out={out}",
            "main.proto",
        ]
        assert protoc.main(given) == 0, text
        files = descriptor_pb2.FileDescriptorSet.FromString(out.read_bytes()).file
    pool = descriptor_pool.DescriptorPool()
    for each in files:
        pool.AddSerializedFile(each.SerializeToString())
    main = files[-1]
    name = f"{main.package}.{first or main.message_type[0].name}".lstrip(".")
    return Compiled(main.SerializeToString(), message_factory.GetMessageClass(pool.FindMessageTypeByName(name)))


@st.composite
def schemas(draw: st.DrawFn) -> str:
    """Schemas with messages in messages, lists, maps, groups and oneofs."""
    old = draw(st.booleans())
    number = iter(range(1, 10_000))

    def message(name: str, depth: int) -> str:
        lines, inner = [], []
        for field in draw(st.lists(st.sampled_from(FIELDS), min_size=1, unique=True)):
            at = next(number)
            shape = draw(st.sampled_from(("one", "one", "list", "map", "oneof", *(("group", "lists") if old else ()))))
            deeper = depth > 0 and draw(st.booleans())
            kind = f"M{at}" if deeper else draw(st.sampled_from((*SCALARS, "Top")))
            label = "optional " if old else draw(st.sampled_from(("", "" if deeper or kind == "Top" else "optional ")))
            if deeper and shape not in {"group", "lists"}:
                inner.append(message(kind, depth - 1))
            if shape in {"group", "lists"}:
                body = message(f"G{at}", max(depth - 1, 0))
                label = "repeated" if shape == "lists" else "optional"
                lines.append(f"{label} group G{at} = {next(number)} {body[body.index('{') :]}")
            elif shape == "map":
                key = draw(st.sampled_from(("string", "int32", "sint64", "bool")))
                lines.append(f"map<{key}, {kind}> {field} = {at};")
            elif shape == "list":
                lines.append(f"repeated {kind} {field} = {at};")
            elif shape == "oneof":
                others = f"string other{at} = {next(number)}; int32 num{at} = {next(number)};"
                lines.append(f"oneof o{at} {{ {kind} {field} = {at}; {others} }}")
            else:
                lines.append(f"{label}{kind} {field} = {at};")
        return f"message {name} {{ {' '.join((*draw(st.permutations(inner)), *lines))} }}"

    top = message("Top", 3)
    syntax = "proto2" if old else "proto3"
    return f'syntax = "{syntax}";\npackage x.y;\nenum Kind {{ NONE = 0; SOME = 1; }}\n{top}\n'


def fill(draw: st.DrawFn, message: Message, depth: int = 5) -> Message:
    """Set some of a message's fields."""
    fields: Any = message.DESCRIPTOR.fields
    for field in fields:
        if depth == 0 or not draw(st.integers(0, 4)):
            continue
        if is_map(field):
            key, value = field.message_type.fields
            for _ in range(draw(st.integers(0, 2))):
                at = draw(st.sampled_from(KEYS)) if key.type == key.TYPE_STRING else draw(scalar(key))
                if value.message_type is None:
                    getattr(message, field.name)[at] = draw(scalar(value))
                else:
                    fill(draw, getattr(message, field.name)[at], depth - 1)
        elif field.is_repeated:
            for _ in range(draw(st.integers(0, 3))):
                if field.message_type is None:
                    getattr(message, field.name).append(draw(scalar(field)))
                else:
                    fill(draw, getattr(message, field.name).add(), depth - 1)
        elif field.message_type is None:
            setattr(message, field.name, draw(scalar(field)))
        else:
            getattr(message, field.name).SetInParent()
            fill(draw, getattr(message, field.name), depth - 1)
    return message


def is_map(field: Any) -> bool:
    """Whether a field is a map."""
    return field.message_type is not None and field.message_type.GetOptions().map_entry


def scalar(field: Any) -> st.SearchStrategy[Any]:
    """Values of a field without a message."""
    return {
        field.TYPE_STRING: strings,
        field.TYPE_BYTES: st.binary(max_size=4),
        field.TYPE_DOUBLE: st.floats(allow_nan=False),
        field.TYPE_BOOL: st.booleans(),
        field.TYPE_ENUM: st.just(1),
        field.TYPE_FIXED32: st.integers(0, 2**32 - 1),
    }.get(field.type, st.integers(-(2**31), 2**31 - 1))


def plain(message: Message) -> dict[str, Any]:
    """What is there of a message, as JSON has it."""
    found: dict[str, Any] = {}
    for field, value in message.ListFields():
        if is_map(field):
            pairs = ((key, value[key]) for key in value)
            found[field.name] = {_key(key): plain(item) if isinstance(item, Message) else item for key, item in pairs}
        elif field.is_repeated:
            found[field.name] = [plain(item) if isinstance(item, Message) else item for item in value]
        else:
            found[field.name] = plain(value) if isinstance(value, Message) else value
    return found


def _key(key: object) -> str:
    return str(key).lower() if isinstance(key, bool) else str(key)


def paths(of: Any, steps: tuple[str, ...] = (), depth: int = 4) -> Iterator[tuple[str, ...]]:
    """The steps to everything in a message, to what is no text as well."""
    for field in of.fields if depth else ():
        here = (*steps, field.name)
        yield here
        if is_map(field):
            value = field.message_type.fields_by_name["value"]
            ends: Iterable[tuple[str, ...]] = [(*here, key) for key in (*KEYS, "-1", "true")]
            inner = value.message_type
        else:
            inner = field.message_type
            ends = (
                [(*here, at) for at in (("0", "1") if "*" in steps else ("*", "0", "1"))]
                if field.is_repeated
                else [here]
            )
        for end in ends:
            yield end
            if inner is not None:
                yield from paths(inner, end, depth - 1)
