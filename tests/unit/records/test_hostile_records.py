"""Records made to do harm, in full size: each has one outcome, nothing raises, and no byte is lost."""

from __future__ import annotations

import orjson
import pytest

from harness.fakes import FakeRecord
from stream.core.rules import builtin, load
from stream.records.dead_letters import read_letter
from stream.records.headers import Headers
from stream.records.outcomes import Outcome
from stream.records.process import Processor
from tests.hostile import PROSE, TEXTS, VALUES, article, text_last

PROCESSORS = {name: Processor.for_field("text", name, builtin()) for name in ("auto", "json", "text")}
PROCESSORS["markers"] = Processor.for_field("text", "auto", load(whole_page=False))
MILLION = 1_000_000
TEN_MEGABYTES = 10_000_000
REPEATED = orjson.dumps(f"{PROSE}\n{PROSE}")
CLEAN = orjson.dumps(PROSE)

NOT_JSON = {
    "depth 100,000": b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b',"text":' + REPEATED + b"}",
    "objects in objects": b'{"text":' * 100_000 + b"1" + b"}" * 100_000,
    "never closed": b"[" * MILLION,
    "a lone surrogate, escaped": b'{"text":"\\ud800"}',
    "a lone surrogate in a name": b'{"\\udfff":1,"text":' + REPEATED + b"}",
    "surrogates in the wrong order": b'{"text":"\\ude00\\ud83d"}',
    "NaN": b'{"a":NaN,"text":' + REPEATED + b"}",
    "Infinity": b'{"a":-Infinity,"text":' + REPEATED + b"}",
    "NUL, raw": b'{"text":"\x00"}',
    "NUL behind": b'{"text":' + REPEATED + b"}\x00",
    "two marks of the byte order": b"\xef\xbb\xbf\xef\xbb\xbf{}",
    "two objects": b'{"text":"a"}{"text":"b"}',
    "a comma too many": b'{"text":"a",}',
    "a comment": b'{"text":"a"} // b',
    "single quotes": b"{'text':'a'}",
    "nothing": b"",
    "white space": b" " * 1000,
    "half an article": article(PROSE)[:-20],
}
NOT_UTF8 = {
    "a lone surrogate, raw": b'{"text":"\xed\xa0\x80"}',
    "too long a form": b'{"text":"\xc0\xaf"}',
    "beyond Unicode": b'{"text":"\xf4\x90\x80\x80"}',
    "cut in a character": '{"text":"é'.encode()[:-1],
    "UTF-16": '{"text":"a"}'.encode("utf-16"),
    "ten megabytes of 0xff": b"\xff" * TEN_MEGABYTES,
}
NO_TEXT = {
    "a list": b"[1]",
    "a list of a million": b"[" + b"1," * MILLION + b"1]",
    "the name in other letters": b'{"TEXT":"a"}',
    "the last of two is no text": b'{"text":"a","text":1}',
    "a list with a number": b'{"text":["a",1]}',
    "the text one deeper": b'{"a":{"text":"a"}}',
}
# Whatever else is in the value stays, byte for byte.
BESIDE = {
    "64 bits": b"[9223372036854775807,-9223372036854775808,9223372036854775808,18446744073709551615]",
    "beyond 64 bits": b"[18446744073709551616,-9223372036854775809,123456789012345678901234567890]",
    "long decimals": b"[0.1234567890123456789012345678901234567890,1.0,1e2,1E+2,-0,-0.0,1e-400,1e999]",
    "a long number": b"0." + b"1" * 100_000,
    "duplicate names": b'{"text":"a","text":"b","a":1,"a":2}',
    "NUL, escaped": b'"\\u0000"',
    "text in escapes": b'{"te\\u0078t":"a"}',
    "bidirectional marks": '"\u202e\u2066\u200f"'.encode(),
    "a million numbers": b"[" + b",".join(b"%d" % number for number in range(MILLION)) + b"]",
    "a million escapes": b'"' + b"\\\\" * MILLION + b'"',
    "a million quotes": b'"' + b'\\"' * MILLION + b'"',
    "depth 1,000": b"[" * 1000 + b"]" * 1000,
}
TEXT_SHAPES = {
    "200,000 lines of one word": "\n".join(f"w{number}" for number in range(200_000)),
    "the same word 200,000 times": "word\n" * 200_000,
    "one line of ten megabytes": "word " * (TEN_MEGABYTES // 5),
    "the same paragraph 100,000 times": "\n".join([PROSE] * 100_000),
    "half a million marks": "a" + "\u0301\u0316" * (MILLION // 4) + "\nb",
    "a mark of the byte order": f"\ufeff{PROSE}\n{PROSE}",
    "bidirectional marks": f"\u202e{PROSE}\n\u202e{PROSE}",
    "NUL": f"a\x00b\n{PROSE}\x00\n{PROSE}\x00",
    "no character": "",
    "line feeds": "\n" * MILLION,
}


def outcome_of(value: bytes | None, headers: Headers | None = None, name: str = "auto") -> Outcome:
    """Process a record; check that its one outcome has the record's own key, headers and time."""
    record = FakeRecord(value, the_headers=headers)
    outcome = PROCESSORS[name].process(record)
    assert isinstance(outcome, Outcome)
    assert (outcome.source, outcome.key) == (record, b"k")
    assert outcome.headers[: len(headers or [])] == (headers or [])
    assert outcome.name in {"cleaned", "unchanged", "dead"}
    if outcome.name != "cleaned":
        assert outcome.value is value
    assert (outcome.name == "dead") == (outcome.reason != "")
    return outcome


@pytest.mark.parametrize(
    ("reason", "name"),
    [
        *(("not_json", name) for name in NOT_JSON),
        *(("not_utf8", name) for name in NOT_UTF8),
        *(("no_text", name) for name in NO_TEXT),
    ],
)
def test_what_cannot_be_read_dies_with_all_its_bytes(reason: str, name: str) -> None:
    value = {"not_json": NOT_JSON, "not_utf8": NOT_UTF8, "no_text": NO_TEXT}[reason][name]
    outcome = outcome_of(value)
    assert (outcome.name, outcome.reason) == ("dead", reason)
    letter = read_letter(outcome.headers)
    assert letter.reason == reason
    assert 0 < len(letter.message) < 300


@pytest.mark.parametrize("name", BESIDE)
def test_what_stands_beside_the_text_keeps_every_byte(name: str) -> None:
    before = text_last(BESIDE[name])
    outcome = outcome_of(before)
    assert outcome.name == "cleaned"
    assert outcome.value == before.replace(REPEATED, CLEAN)


@pytest.mark.parametrize("name", TEXT_SHAPES)
@pytest.mark.parametrize("kind", ["json", "text", "list"])
def test_a_text_of_any_shape_is_cleaned_or_left(name: str, kind: str) -> None:
    text = TEXT_SHAPES[name]
    if kind == "text":
        outcome = outcome_of(text.encode(), name="text")
    else:
        outcome = outcome_of(article(text) if kind == "json" else orjson.dumps({"text": text.split("\n")}))
    assert outcome.name in {"cleaned", "unchanged"}
    assert len(outcome.value or b"") <= len(text.encode()) * 6 + 100
    if name == "the same paragraph 100,000 times":
        assert outcome.repeats == 99_999


@pytest.mark.parametrize("processor", sorted(PROCESSORS))
@pytest.mark.parametrize("shape", [*VALUES, *(f"plain {name}" for name in TEXTS)])
def test_each_shape_has_one_outcome_in_every_format(shape: str, processor: str) -> None:
    plain = shape.removeprefix("plain ")
    value = VALUES[shape](300) if shape in VALUES else TEXTS[plain](300).encode()
    outcome = outcome_of(value, name=processor)
    if outcome.name == "cleaned":
        again = outcome_of(outcome.value, name=processor)
        assert again.name == "unchanged", "what is clean stays as it is"


HEADERS: dict[str, Headers] = {
    "ten thousand": [(f"h{number}", b"%d" % number) for number in range(10_000)],
    "one of a megabyte": [("h", b"x" * MILLION)],
    "a name of a megabyte": [("h" * MILLION, b"x")],
    "names in other letters": [("名前", b"x"), ("имя", None), ("\u202eeman", b""), ("", b"x"), ("\x00", b"\x00")],
    "no values": [("h", None)] * 1000,
    "ours, made up": [("article-stream.pointer", b"1"), ("__streams.errors.offset", b"x")],
    "a content type that is none": [("content-type", b"\xff" * 1000)],
    "content types": [("Content-Type", b"text/html"), ("content-type", None), ("CONTENT-TYPE", b"application/json")],
}


@pytest.mark.parametrize("name", HEADERS)
@pytest.mark.parametrize(
    "value", [article(PROSE), text_last(b"1"), b"{", b"\xff"], ids=["unchanged", "cleaned", "not_json", "not_utf8"]
)
def test_headers_of_any_kind_go_through_in_order(name: str, value: bytes) -> None:
    outcome = outcome_of(value, HEADERS[name])
    raw = sum(len(header.encode()) + len(content or b"") for header, content in outcome.headers)
    assert outcome.size_bytes >= raw + len(outcome.value or b"")
    if outcome.name == "dead":
        letter = read_letter(outcome.headers)
        assert (letter.topic, letter.partition, letter.offset) == ("articles.raw", 0, 0)
