"""`python -m bench.records`: the processor time of a record by where, and in what, its text is."""

from __future__ import annotations

import argparse
import sys
from typing import NamedTuple

import orjson
from rich.console import Console

from bench import load
from bench.costs import PAGES, least, show
from harness.fakes import FakeRecord
from stream.core.rules import builtin
from stream.records.process import CleanedText, Processor
from stream.records.shape import Change, Format


class Way(NamedTuple):
    """A format of values, and a value for each text."""

    codec: Format
    values: list[bytes]
    process: Processor


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.records", description=__doc__)
    load.add_text_option(parser)
    arguments = parser.parse_args()
    texts = load.texts_of(arguments.text)[:PAGES]
    ways = {
        "a field at the top": json("text", [{"text": text} for text in texts]),
        "/payload/after/body": json("/payload/after/body", [{"payload": {"after": {"body": text}}} for text in texts]),
        "/elements/*/content": json(
            "/elements/*/content", [{"elements": [{"content": line} for line in text.split("\n")]} for text in texts]
        ),
    }
    title = f"A record by where its text is, µs of processor time; {load.KINDS[arguments.text]}"
    out = Console(width=None if sys.stdout.isatty() else 100)
    show(out, title, {name: steps(way) for name, way in ways.items()})


def json(path: str, documents: list[dict[str, object]]) -> Way:
    """Give values in JSON, each with other fields around its text."""
    around = {"id": "a1", "url": "https://news.example/1", "published": "2026-11-29T06:00:00Z"}
    processor = Processor.for_field(path, "json", builtin())
    return Way(processor.codec, [orjson.dumps(around | document) for document in documents], processor)


def steps(way: Way) -> dict[str, float]:
    """Give the time of each step, per record."""
    decoded = [way.codec.decode(value) for value in way.values]
    cleaned = [way.process.clean(texts, way.process.rules) for texts in decoded if isinstance(texts, list)]
    changed = [(value, changes(each)) for value, each in zip(way.values, cleaned, strict=True)]
    return least({
        "decode": (way.codec.decode, [(value,) for value in way.values]),
        "encode": (way.codec.encode, changed),
        "in all, with the cleaning": (way.process.process, [(FakeRecord(value),) for value in way.values]),
    })  # fmt: skip


def changes(cleaned: list[CleanedText]) -> list[Change]:
    """Give what to change in a value."""
    return [text.change for text in cleaned]


if __name__ == "__main__":
    main()
