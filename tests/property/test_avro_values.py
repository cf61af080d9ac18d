"""Whatever Avro an article is in: its texts are replaced, and every other part of the value stays."""

from __future__ import annotations

import io
import json
import random
from copy import deepcopy
from typing import Any

import fastavro
from hypothesis import assume, given
from hypothesis import strategies as st

from stream.config.paths import Path, path_of
from stream.records.json_values import pointer, text_at
from stream.records.schemas import SchemaError, format_of, texts_in
from stream.records.shape import Shape, Undecodable
from tests.avro_values import Encoder, checked, definitions, read, written
from tests.schema_values import NO_SOURCE, changed, changes_for, overlap, texts_of, unharmed
from tests.trials import trials


@trials(400)
@given(st.data(), written(), st.integers())
def test_only_the_texts_change(data: st.DataObject, given_: tuple[Any, Any, list[tuple[str, ...]]], seed: int) -> None:
    schema, raw, steps = given_
    anywhere = [path_of(pointer(each)) for each in steps]
    leading = [path for path in anywhere if _leads(schema, path)]
    weighed = [*anywhere, *(path for path in leading for _ in range(9 * len(path.steps) ** 2))]
    drawn = st.lists(st.sampled_from(weighed), min_size=1, max_size=2)
    paths = data.draw(drawn.filter(lambda paths: len(paths) == 1 or not overlap(*paths)))
    names = definitions(schema)
    value = Encoder(names, random.Random(seed) if seed % 3 else None).write(schema, raw)  # noqa: S311
    parsed = fastavro.parse_schema(schema)
    before = fastavro.schemaless_reader(io.BytesIO(value), parsed, None)
    assert before == read(raw, lambda symbol: symbol.name)
    try:
        made = format_of("AVRO", json.dumps(schema), {}, Shape(tuple(paths), NO_SOURCE))
    except SchemaError:
        for path in paths:
            nothing = text_at(read(raw, lambda symbol: symbol.at), path)
            assert isinstance(nothing, Undecodable) or not nothing or len(paths) > 1
        return
    found, want = made.decode(value), texts_of(read(raw, lambda symbol: symbol.at), paths)
    if isinstance(found, Undecodable) or isinstance(want, Undecodable):
        assert isinstance(found, Undecodable)
        assert isinstance(want, Undecodable)
        assert (found.reason, found.absent) == (want.reason, want.absent)
        return
    assert found == want
    changes = changes_for(data, found)
    out = made.encode(value, changes)
    after = deepcopy(before)
    for text, change in zip(found, changes, strict=True):
        changed(after, path_of(text.field), change)
    assert fastavro.schemaless_reader(io.BytesIO(out), parsed, None) == after
    assert checked(schema, names, out) == len(out)
    assert made.encode(value, [None] * len(found)) == value
    assert made.encode(value, [text.value if isinstance(text.value, str) else frozenset() for text in found]) == value


def _leads(schema: Any, path: Path) -> bool:
    try:
        return bool(format_of("AVRO", json.dumps(schema), {}, Shape((path,), NO_SOURCE)))
    except SchemaError:
        return False


@trials(200)
@given(written())
def test_the_texts_that_are_told_are_there(given_: tuple[Any, Any, list[tuple[str, ...]]]) -> None:
    schema = json.dumps(given_[0])
    for told in texts_in("AVRO", schema, {}):
        format_of("AVRO", schema, {}, Shape((path_of(told),), NO_SOURCE))


@trials(400)
@given(st.data(), written(), st.binary(max_size=40))
def test_hostile_bytes_never_raise(
    data: st.DataObject, given_: tuple[Any, Any, list[tuple[str, ...]]], noise: bytes
) -> None:
    schema, raw, _ = given_
    told = texts_in("AVRO", json.dumps(schema), {})
    assume(told)
    made = format_of("AVRO", json.dumps(schema), {}, Shape((path_of(data.draw(st.sampled_from(told))),), NO_SOURCE))
    value = Encoder(definitions(schema), random.Random(len(noise))).write(schema, raw)  # noqa: S311
    at = data.draw(st.integers(0, len(value)))
    for hostile in (noise, value[:at], value[:at] + noise + value[at:], value[:at] + noise + value[at + len(noise) :]):
        unharmed(made, hostile)
