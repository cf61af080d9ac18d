"""`python -m bench.records`: the processor time of a record by where, and in what, its text is."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from typing import NamedTuple

import orjson
from rich.console import Console

from bench.costs import PAGES, least, show
from bench.texts import about, add_text_option, texts_of
from harness.fakes import FakeRecord
from stream.config.paths import path_of, paths_of
from stream.core.rules import builtin
from stream.records.process import CleanedText, Processor
from stream.records.schemas import Kind, format_of
from stream.records.schemas.avro_bytes import written
from stream.records.schemas.varints import written_varint
from stream.records.shape import Change, Format, Shape

AROUND = {"id": "a1", "url": "https://news.example/1", "published": "2026-11-29T06:00:00Z"}
"""The fields beside the text."""
AVRO = {
    "type": "record",
    "name": "Article",
    "fields": [{"name": name, "type": "string"} for name in (*AROUND, "text")],
}
PROTOBUF = """syntax = "proto3";
message Article { string id = 1; string url = 2; string published = 3; string text = 4; }"""


class Way(NamedTuple):
    """A format of values, and a value for each text."""

    codec: Format
    values: list[bytes]
    process: Processor
    whole: Callable[[FakeRecord], object]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.records", description=__doc__)
    add_text_option(parser)
    out = Console(width=None if sys.stdout.isatty() else 100)
    for kind in parser.parse_args().text:
        title = f"A record by where its text is, µs of processor time; {about(kind)}"
        show(out, title, {name: steps(way) for name, way in ways_of(texts_of(kind)[:PAGES]).items()})


def ways_of(texts: Sequence[str]) -> dict[str, Way]:
    """The ways in which a record may have these texts."""
    return {
        "a field at the top": json("text", [{"text": text} for text in texts]),
        "/payload/after/body": json("/payload/after/body", [{"payload": {"after": {"body": text}}} for text in texts]),
        "/elements/*/content": json(
            "/elements/*/content", [{"elements": [{"content": line} for line in text.split("\n")]} for text in texts]
        ),
        "in Avro": with_schema("AVRO", orjson.dumps(AVRO).decode(), [avro(text) for text in texts]),
        "in Protobuf": with_schema("PROTOBUF", PROTOBUF, [protobuf(text) for text in texts]),
    }


def json(path: str, documents: list[dict[str, object]]) -> Way:
    """Give values in JSON, each with other fields around its text."""
    processor = Processor.for_field(path, "json", builtin())
    values = [orjson.dumps(AROUND | document) for document in documents]
    return Way(processor.codec, values, processor, processor.process)


def with_schema(kind: Kind, schema: str, values: list[bytes]) -> Way:
    """Give values of a schema. Their whole way is without that of a record's key and headers."""
    processor = Processor.for_field("text", "json", builtin())
    codec = format_of(kind, schema, {}, Shape(paths_of("text"), path_of("source")))

    def whole(record: FakeRecord) -> object:
        value = record.value() or b""
        texts = codec.decode(value)
        return isinstance(texts, list) and codec.encode(value, changes(processor.clean(texts, processor.rules)))

    return Way(codec, values, processor, whole)


def avro(text: str) -> bytes:
    """An article in Avro."""
    return b"".join(written(len(part.encode())) + part.encode() for part in (*AROUND.values(), text))


def protobuf(text: str) -> bytes:
    """An article in Protobuf, the first message of its schema."""
    parts = enumerate((*AROUND.values(), text), 1)
    return b"\0" + b"".join(
        bytes([number << 3 | 2]) + written_varint(len(part.encode())) + part.encode() for number, part in parts
    )


def steps(way: Way) -> dict[str, float]:
    """Give the time of each step, per record."""
    decoded = [way.codec.decode(value) for value in way.values]
    cleaned = [way.process.clean(texts, way.process.rules) for texts in decoded if isinstance(texts, list)]
    changed = [(value, changes(each)) for value, each in zip(way.values, cleaned, strict=True)]
    return least({
        "decode": (way.codec.decode, [(value,) for value in way.values]),
        "encode": (way.codec.encode, changed),
        "in all, with the cleaning": (way.whole, [(FakeRecord(value),) for value in way.values]),
    })  # fmt: skip


def changes(cleaned: list[CleanedText]) -> list[Change]:
    """Give what to change in a value."""
    return [text.change for text in cleaned]


if __name__ == "__main__":
    main()
