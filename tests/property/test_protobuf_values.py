"""Whatever Protobuf an article is in: its texts are replaced, and every other part of the value stays."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from google.protobuf.message import DecodeError, Message
from hypothesis import assume, given
from hypothesis import strategies as st

from stream.config.paths import Path, path_of
from stream.records.json_values import pointer
from stream.records.schemas import SchemaError, format_of, texts_in
from stream.records.shape import Shape, Undecodable
from tests.proto_values import Compiled, compiled, fill, paths, plain, schemas
from tests.schema_values import NO_SOURCE, changed, changes_for, overlap, texts_of, unharmed
from tests.trials import trials

FIRST = b"\0"
UNKNOWN = b"\xfa\xff\xff\xff\x07\x03abc"
"""A field with a number that no schema here has."""


@st.composite
def written(draw: st.DrawFn) -> tuple[str, Compiled, Message, bytes]:
    """A schema, as text and compiled; a message; and its bytes, in which fields may stand twice."""
    text = draw(schemas())
    made = compiled(text)
    parts = [fill(draw, made.message()).SerializeToString() for _ in range(draw(st.integers(1, 3)))]
    value = draw(st.sampled_from((b"", UNKNOWN))).join(parts)
    return text, made, made.message.FromString(value), value


@trials(300)
@given(st.data(), written())
def test_only_the_texts_change(data: st.DataObject, given_: tuple[str, Compiled, Message, bytes]) -> None:
    text, made, message, value = given_
    anywhere = [path_of(pointer(steps)) for steps in dict.fromkeys(paths(message.DESCRIPTOR))]
    anywhere = anywhere[:: len(anywhere) // 40 + 1]
    leading = [path for path in anywhere if _leads(text, path)]
    weighed = [*anywhere[:20], *(path for path in leading for _ in range(9 * len(path.steps) ** 2))]
    drawn = st.lists(st.sampled_from(weighed), min_size=1, max_size=2)
    chosen = data.draw(drawn.filter(lambda paths: len(paths) == 1 or not overlap(*paths)))
    shape, before = Shape(tuple(chosen), NO_SOURCE), plain(message)
    try:
        by_text = format_of("PROTOBUF", text, {}, shape)
    except SchemaError:
        assert len(chosen) > 1 or isinstance(_found(before, chosen), Undecodable) or chosen[0] not in leading
        return
    by_descriptor = format_of("PROTOBUF", made.base64, {}, shape)
    found, want = by_text.decode(FIRST + value), _found(before, chosen)
    assert _unsaid(by_descriptor.decode(FIRST + value)) == _unsaid(found)
    if isinstance(want, Undecodable):
        # A text that is set and empty is there for us, and not for readers.
        assert isinstance(found, Undecodable) or all(not text.value for text in found)
        return
    assert not isinstance(found, Undecodable)
    found_texts = [text for text in found if text.value]
    assert found_texts == [text for text in want if text.value]
    changes = changes_for(data, found)
    out = by_text.encode(FIRST + value, changes)
    after = deepcopy(before)
    for each, change in zip(found, changes, strict=True):
        if each.value:
            changed(after, path_of(each.field), change)
    read = plain(made.message.FromString(out[1:]))
    if all(each.value for each in found):
        assert _filled(read) == _filled(after)
    assert by_text.encode(FIRST + value, [None] * len(found)) == FIRST + value
    same = [each.value if isinstance(each.value, str) else frozenset[int]() for each in found]
    assert by_text.encode(FIRST + value, same) == FIRST + value


def _found(value: Any, chosen: list[Path]) -> Any:
    return texts_of(value, chosen)


def _unsaid(answer: Any) -> Any:
    """Leave out the words: a descriptor names types in full, and text as it was written."""
    return answer._replace(message="") if isinstance(answer, Undecodable) else answer


def _leads(schema: str, path: Path) -> bool:
    try:
        return bool(format_of("PROTOBUF", schema, {}, Shape((path,), NO_SOURCE)))
    except SchemaError:
        return False


def _filled(value: Any) -> Any:
    """Leave out empty texts and lists: for readers they are as good as not there."""
    if isinstance(value, dict):
        return {key: _filled(item) for key, item in value.items() if item not in ("", [])}
    return [_filled(item) for item in value] if isinstance(value, list) else value


@trials(300)
@given(st.data(), written(), st.binary(max_size=40))
def test_hostile_bytes_never_raise(
    data: st.DataObject, given_: tuple[str, Compiled, Message, bytes], noise: bytes
) -> None:
    text, made, _, value = given_
    told = texts_in("PROTOBUF", text, {})
    assume(told)
    way = format_of("PROTOBUF", text, {}, Shape((path_of(data.draw(st.sampled_from(told))),), NO_SOURCE))
    value = FIRST + value
    at = data.draw(st.integers(0, len(value)))
    for hostile in (noise, value[:at], value[:at] + noise + value[at:], value[:at] + noise + value[at + len(noise) :]):
        unharmed(way, hostile)
        found = way.decode(hostile)
        if isinstance(found, Undecodable) or hostile[:1] != FIRST:
            continue
        try:
            made.message.FromString(hostile[1:])
        except DecodeError:
            continue
        out = way.encode(hostile, [None] * len(found))
        assert out == hostile
