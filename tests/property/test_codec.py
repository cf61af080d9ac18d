"""Whatever JSON an article is in: its text is replaced, and every other byte stays."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from stream.records.codec import JsonCodec
from stream.records.json_values import pointer
from stream.records.shape import Change, Undecodable
from stream.records.splice import value_span
from tests.trials import trials

FIELDS = ["text", "body.text", 'quo"te', "back\\slash", "文"]
strings = st.text(st.characters(codec="utf-8"), max_size=12)
numbers = st.one_of(
    st.integers().map(str),
    st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**40), max_value=10**40).map(
        lambda number: format(number, "f")
    ),
    st.sampled_from(["1e300", "-0.0", "1E+2", "0.10000000000000000000000001", str(2**200)]),
)
spaces = st.text(" \t\r\n", max_size=2)


def spelled(text: str, escapes: bool) -> str:  # noqa: FBT001
    """Write a string in JSON, with an escape for every character or with as few as possible."""
    if escapes:
        pairs = text.encode("utf-16-be").hex()
        return '"' + "".join(f"\\u{pairs[at : at + 4]}" for at in range(0, len(pairs), 4)) + '"'
    return json.dumps(text, ensure_ascii=False)


names = st.one_of(st.sampled_from(FIELDS), strings)
json_strings = st.builds(spelled, st.one_of(strings, st.sampled_from(FIELDS)), st.booleans())
scalars = st.one_of(json_strings, numbers, st.sampled_from(["true", "false", "null"]))


def objects(values: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """JSON objects in any notation; a name may occur twice."""
    member = st.builds(
        lambda name, escapes, a, b, value, c: f"{a}{spelled(name, escapes)}{b}:{c}{value}{a}",
        names, st.booleans(), spaces, spaces, values, spaces,
    )  # fmt: skip
    return st.lists(member, max_size=5).map(lambda members: "{" + ",".join(members) + "}")


def lists(values: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """JSON lists in any notation."""
    return st.builds(lambda items, a: f"[{a}" + f"{a},".join(items) + f"{a}]", st.lists(values, max_size=4), spaces)


documents = objects(st.recursive(scalars, lambda values: objects(values) | lists(values), max_leaves=8))


def read(value: bytes) -> Any:
    """Parse, but keep every number as it is written, and every pair of an object in order."""
    text = value.removeprefix(b"\xef\xbb\xbf").decode()
    return json.loads(text, parse_float=str, parse_int=str, object_pairs_hook=lambda pairs: pairs)


@trials(200)
@given(documents, st.sampled_from(FIELDS), st.booleans(), strings, st.sets(st.integers(0, 3)))
def test_only_the_text_changes(document: str, field: str, mark: bool, new: str, gone: set[int]) -> None:  # noqa: FBT001
    codec = JsonCodec.of(field)
    value = (b"\xef\xbb\xbf" if mark else b"") + document.encode()
    texts = codec.decode(value)
    if isinstance(texts, Undecodable):
        assert texts.reason == "no_text", "the document is JSON"
        return
    (text,) = texts
    want = read(value)
    last = max(at for at, (name, _) in enumerate(want) if name == field)
    assert want[last][1] == text.value
    change: Change = new
    wanted: str | list[str] = new
    if isinstance(text.value, list):
        change = frozenset(gone.intersection(range(len(text.value))))
        wanted = [item for at, item in enumerate(text.value) if at not in change]
    written = codec.encode(value, [change])
    want[last] = (field, wanted)
    assert read(written) == want
    start, end = value_span(value, field)
    assert written[:start] == value[:start]
    assert written[len(written) - (len(value) - end) :] == value[end:]
    assert codec.encode(value, [None]) == value


paths = st.lists(st.one_of(st.sampled_from([*FIELDS, "a", "0", "1", "*"]), strings), min_size=1, max_size=4).map(
    pointer
)


@trials(300)
@given(st.recursive(scalars, lambda values: objects(values) | lists(values), max_leaves=20), paths, st.data())
def test_at_any_depth_only_the_text_changes(inner: str, path: str, data: st.DataObject) -> None:
    """The edited value says what the old one said, with the text replaced; without a change no byte differs."""
    try:
        codec = JsonCodec.of(path.replace(",", ""))
    except ValueError:
        return
    value = f'{{"a": {inner}, "0":[{inner} , {inner}],"text":{inner}}}'.encode()
    texts = codec.decode(value)
    if isinstance(texts, Undecodable):
        assert texts.message
        return
    assert codec.encode(value, [None]) == value
    (text,) = texts
    if isinstance(text.value, str):
        new = data.draw(strings)
        after = codec.decode(codec.encode(value, [new]))
        assert after == [text._replace(value=new)]
        return
    gone = data.draw(st.sets(st.sampled_from(range(len(text.value))))) if text.value else set()
    after = codec.decode(codec.encode(value, [frozenset(gone)]))
    left = [item for at, item in enumerate(text.value) if at not in gone]
    assert after == [text._replace(value=left)] or (not left and isinstance(after, Undecodable))


@trials(300)
@given(
    st.one_of(st.binary(max_size=60), documents.map(lambda it: it.encode()[:-1]), documents.map(str.encode)),
    st.sampled_from(["text", "/text/0", "/text/*/a", "/文/*", "text,/body.text/a"]),
)
def test_reading_never_raises(value: bytes, path: str) -> None:
    answer = JsonCodec.of(path).decode(value)
    if isinstance(answer, Undecodable):
        assert answer.message
