"""A new text is put into the old bytes; everything else in them stays as it was written."""

from __future__ import annotations

import orjson
import pytest

from stream.config.paths import Path
from stream.records.codec import JsonCodec, decode_text, format_of_value
from stream.records.shape import Change, Shape, Text, Undecodable
from stream.records.splice import SpanNotFound, value_span

TEXT = JsonCodec.of("text")


def text_of(value: bytes, codec: JsonCodec = TEXT) -> str | list[str]:
    texts = codec.decode(value)
    assert not isinstance(texts, Undecodable), texts
    (text,) = texts
    return text.value


def replaced(value: bytes, new: Change = "new", codec: JsonCodec = TEXT) -> bytes:
    text_of(value, codec)
    return codec.encode(value, [new])


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b'{"text":"old"}', b'{"text":"new"}'),
        (
            b' {\n\t"id" : 1 ,"text"\t:\r\n "old" \n, "z": 0 } \n',
            b' {\n\t"id" : 1 ,"text"\t:\r\n "new" \n, "z": 0 } \n',
        ),
        (b'{"text":"o\\u006cd \\/ \\"q\\" \\\\"}', b'{"text":"new"}'),
        (b'{"text":"ends in a backslash \\\\","b":"\\\\\\""}', b'{"text":"new","b":"\\\\\\""}'),
        ('{"text":"été 渡轮 😀","b":"été"}'.encode(), '{"text":"new","b":"été"}'.encode()),
        (b'{"text":""}', b'{"text":"new"}'),
    ],
)
def test_only_the_text_changes(before: bytes, after: bytes) -> None:
    assert replaced(before) == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b'{"a":{"text":"inner"},"text":"old"}', b'{"a":{"text":"inner"},"text":"new"}'),
        (b'{"text":"old","a":{"text":"inner"}}', b'{"text":"new","a":{"text":"inner"}}'),
        (b'{"a":[{"text":"inner"},["text"]],"text":"old"}', b'{"a":[{"text":"inner"},["text"]],"text":"new"}'),
        (b'{"a":"text","text":"old"}', b'{"a":"text","text":"new"}'),
        (b'{"text":"old","a":"text"}', b'{"text":"new","a":"text"}'),
        (b'{"text":"text"}', b'{"text":"new"}'),
        (b'{"a":"\\"text\\":\\"x\\"","text":"old"}', b'{"a":"\\"text\\":\\"x\\"","text":"new"}'),
        (b'{"a":"}]{[,:","text":"old","b":"{\\"text\\":"}', b'{"a":"}]{[,:","text":"new","b":"{\\"text\\":"}'),
    ],
)
def test_the_same_name_elsewhere_is_left_alone(before: bytes, after: bytes) -> None:
    assert replaced(before) == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b'{"t\\u0065xt":"old"}', b'{"t\\u0065xt":"new"}'),
        (b'{"a":{"text":"old"},"te\\u0078t":"old"}', b'{"a":{"text":"old"},"te\\u0078t":"new"}'),
        (b'{"te\\u0078t":"old","a":{"text":"old"}}', b'{"te\\u0078t":"new","a":{"text":"old"}}'),
    ],
)
def test_a_name_spelled_with_escapes_is_found(before: bytes, after: bytes) -> None:
    assert replaced(before) == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b'{"text":"first","text":"last"}', b'{"text":"first","text":"new"}'),
        (b'{"text":"first","te\\u0078t":"last"}', b'{"text":"first","te\\u0078t":"new"}'),
        (b'{"te\\u0078t":"first","text":"last"}', b'{"te\\u0078t":"first","text":"new"}'),
        (b'{"text":{"text":"x"},"text":"last"}', b'{"text":{"text":"x"},"text":"new"}'),
        (b'{"text":"same","text":"same"}', b'{"text":"same","text":"new"}'),
    ],
)
def test_of_a_name_given_twice_the_last_counts(before: bytes, after: bytes) -> None:
    assert text_of(before) == orjson.loads(before)["text"]
    assert replaced(before) == after


@pytest.mark.parametrize("name", ["body.text", "artikel-text", "naïve", 'quo"te', "back\\slash", "with space", "文"])
def test_any_field_name(name: str) -> None:
    codec = JsonCodec(Shape((Path(name, (name,)),), Path("source", ("source",))))
    value = orjson.dumps({"a": {name: "inner"}, name: "old", "z": name})
    assert replaced(value, codec=codec) == orjson.dumps({"a": {name: "inner"}, name: "new", "z": name})
    escaped = b'{"a":1,"' + "".join(f"\\u{ord(letter):04x}" for letter in name).encode() + b'":"old"}'
    assert replaced(escaped, codec=codec) == escaped.replace(b'"old"', b'"new"')


@pytest.mark.parametrize(
    "number",
    [
        b"123456789012345678901234567890",
        b"-9223372036854775809",
        b"0.1234567890123456789012345",
        b"1.0",
        b"1e2",
        b"-0.0",
    ],
)
def test_a_number_keeps_its_digits(number: bytes) -> None:
    before = b'{"n":' + number + b',"text":"old","m":[' + number + b"]}"
    assert replaced(before) == before.replace(b"old", b"new")


def test_a_byte_order_mark_stays() -> None:
    assert replaced(b'\xef\xbb\xbf{"id":1,"text":"old"}') == b'\xef\xbb\xbf{"id":1,"text":"new"}'


@pytest.mark.parametrize(
    ("spelled", "gone", "left"),
    [
        (b'["a","b"]', {1}, b'["a"]'),
        (b'["a","b"]', {0}, b'["b"]'),
        (b'["a","b"]', {0, 1}, b"[]"),
        (b'[ "a" ,\n"b" ]', {1}, b'[ "a" ]'),
        (b'[ "a" ,\n"b" ]', {0}, b'[ "b" ]'),
        (b'["\\u0061","b", "c" ,"d"]', {1}, b'["\\u0061", "c" ,"d"]'),
        (b'["\\u0061","b", "c" ,"d"]', {1, 2}, b'["\\u0061" ,"d"]'),
        (b'["a,]","[\\"","c"]', {1}, b'["a,]","c"]'),
    ],
)
def test_of_a_list_items_go_whole_and_the_others_keep_their_bytes(spelled: bytes, gone: set[int], left: bytes) -> None:
    value = b'{"a":["x"],"text":' + spelled + b',"z":[1]}'
    assert text_of(value) == orjson.loads(spelled)
    assert replaced(value, frozenset(gone)) == b'{"a":["x"],"text":' + left + b',"z":[1]}'


def test_the_new_text_is_written_as_json() -> None:
    new = 'a "quote", a \\ and\na line, \x00, été'
    assert orjson.loads(replaced(b'{"text":"old","n":1}', new)) == {"text": new, "n": 1}


@pytest.mark.parametrize(
    ("value", "reason", "says"),
    [
        (b"", "not_json", "not JSON"),
        (b"{", "not_json", "not JSON"),
        (b'{"text":"a"} b', "not_json", "not JSON"),
        (b'{"text":NaN}', "not_json", "not JSON"),
        (b"\xff\xfe", "not_utf8", "byte 0"),
        (b'{"text":"\xe9t\xe9"}', "not_utf8", "byte 9"),
        (b"[" * 100_000, "not_json", "not JSON"),
        (b'"text"', "no_text", "a string"),
        (b"null", "no_text", "null"),
        (b'[{"text":"a"}]', "no_text", "a list"),
        (b"12", "no_text", "a number"),
        (b"{}", "no_text", "no field 'text'"),
        (b'{"a":{"text":"inner"}}', "no_text", "no field 'text'"),
        (b'{"Text":"a"}', "no_text", "no field 'text'"),
        (b'{"text":null}', "no_text", "null"),
        (b'{"text":12.5}', "no_text", "a number"),
        (b'{"text":true}', "no_text", "a boolean"),
        (b'{"text":{"a":1}}', "no_text", "an object"),
        (b'{"text":["a",1]}', "no_text", "item 1 of 'text' is no string but a number"),
    ],
)
def test_what_holds_no_text_says_why(value: bytes, reason: str, says: str) -> None:
    answer = TEXT.decode(value)
    assert isinstance(answer, Undecodable)
    assert answer.reason == reason
    assert says in answer.message


def test_a_span_that_is_not_there_is_an_error() -> None:
    with pytest.raises(SpanNotFound):
        value_span(b'{"a":{"text":"inner"},"b":["text"]}', "text")


def test_plain_text_is_utf8() -> None:
    assert decode_text("été\n".encode()) == [Text("", "été\n")]
    answer = decode_text(b"ok \xff")
    assert isinstance(answer, Undecodable)
    assert (answer.reason, "byte 3" in answer.message) == ("not_utf8", True)


@pytest.mark.parametrize(
    ("content_type", "setting", "want"),
    [
        (None, "auto", "json"),
        (b"", "auto", "json"),
        (b"text/plain", "auto", "text"),
        (b" Text/Plain; charset=utf-8", "auto", "text"),
        ("text/plain", "auto", "text"),
        (b"application/json", "auto", "json"),
        (b"\xff\xfe", "auto", "json"),
        (b"text/plain", "json", "json"),
        (b"application/json", "text", "text"),
        (None, "text", "text"),
    ],
)
def test_the_setting_decides_the_format_before_the_header(
    content_type: bytes | str | None, setting: str, want: str
) -> None:
    assert format_of_value(content_type, setting) == want  # type: ignore[arg-type]


def test_a_number_past_a_double_does_not_make_an_article_undecodable() -> None:
    codec = JsonCodec.of("text")
    value = b'{"big": 1e400, "text": "old", "deep": {"text": -1e999}}'
    assert text_of(value, codec) == "old"
    assert codec.encode(value, ["new"]) == b'{"big": 1e400, "text": "new", "deep": {"text": -1e999}}'


def test_a_constant_that_json_does_not_have_beside_a_large_number_stays_undecodable() -> None:
    assert isinstance(JsonCodec.of("text").decode(b'{"big": 1e400, "text": "old", "x": NaN}'), Undecodable)


def test_half_a_surrogate_pair_beside_a_large_number_is_undecodable() -> None:
    assert isinstance(JsonCodec.of("text").decode(b'{"big": 1e400, "text": "\\ud800"}'), Undecodable)


def test_a_number_is_no_text_where_another_one_is_past_a_double() -> None:
    for text in (b"1", b"[1, 2, 1]", b"1.5"):
        assert isinstance(JsonCodec.of("text").decode(b'{"big": 1e400, "text": ' + text + b"}"), Undecodable)
