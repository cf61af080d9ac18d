"""An article in every format with a schema is cleaned as it is alone, and nothing else changes."""

from __future__ import annotations

import io
import json
from pathlib import Path

import fastavro
import pytest

from stream.config.paths import path_of, paths_of
from stream.core.cleaning import clean
from stream.records.schemas import format_of
from stream.records.shape import Shape
from tests.proto_values import compiled

DATA = Path(__file__).parents[3] / "data"
SEED = Path(__file__).parents[5] / "shared" / "seed"
SHAPE = Shape(paths_of("/article/text"), path_of("/article/site"))
AVRO = {
    "type": "record", "name": "Envelope", "fields": [
        {"name": "id", "type": "long"},
        {"name": "article", "type": ["null", {"type": "record", "name": "Article", "fields": [
            {"name": "site", "type": "string"},
            {"name": "text", "type": "string"},
            {"name": "tags", "type": {"type": "array", "items": "string"}},
        ]}]},
        {"name": "price", "type": "double"},
    ],
}  # fmt: skip
PROTOBUF = """
syntax = "proto3";
message Envelope {
  message Article { string site = 1; string text = 2; repeated string tags = 3; }
  int64 id = 1;
  Article article = 2;
  double price = 3;
}
"""


def pair(raw: Path, want: Path, reason: str) -> object:
    """An article before and after it is cleaned."""
    return pytest.param(raw, want, marks=pytest.mark.skipif(not raw.exists(), reason=reason))


ARTICLES = [
    pair(DATA / "twice.txt", DATA / "twice.clean.txt", "it is part of this repository"),
    pair(SEED / "raw.txt", SEED / "clean.txt", "the sample is not beside this checkout"),
]


@pytest.mark.parametrize(("raw", "want"), ARTICLES)
def test_avro(raw: Path, want: Path) -> None:
    def value(text: str) -> bytes:
        article = {"site": "example.org", "text": text, "tags": ["harbour"]}
        out = io.BytesIO()
        fastavro.schemaless_writer(out, fastavro.parse_schema(AVRO), {"id": 7, "article": article, "price": 1.1})
        return out.getvalue()

    check("AVRO", json.dumps(AVRO), value(raw.read_text("utf-8")), value(cleaned(raw, want)))


@pytest.mark.parametrize(("raw", "want"), ARTICLES)
def test_protobuf(raw: Path, want: Path) -> None:
    def value(text: str) -> bytes:
        message = compiled(PROTOBUF).message
        article = {"site": "example.org", "text": text, "tags": ["harbour"]}
        return b"\0" + message(id=7, article=article, price=1.1).SerializeToString()

    check("PROTOBUF", PROTOBUF, value(raw.read_text("utf-8")), value(cleaned(raw, want)))


def cleaned(raw: Path, want: Path) -> str:
    """What cleaning makes of the article: the wanted text, but for line ends at its end."""
    text = clean(raw.read_text("utf-8")).text
    assert text.rstrip("\n") == want.read_text("utf-8").rstrip("\n")
    return text


def check(kind: str, schema: str, before: bytes, after: bytes) -> None:
    """Clean the article in a value, byte for byte."""
    assert kind in {"AVRO", "PROTOBUF"}
    way = format_of("AVRO" if kind == "AVRO" else "PROTOBUF", schema, {}, SHAPE)
    found = way.decode(before)
    assert isinstance(found, list)
    assert isinstance(found[0].value, str)
    assert way.encode(before, [clean(found[0].value).text]) == after
    assert way.site(before) == "example.org"
