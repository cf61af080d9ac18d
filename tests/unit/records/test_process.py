"""One record in, one record out, and everything but the text stays as it was."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import orjson
import pytest

from harness.fakes import BODY, CLEAN, FOOTER, PROCESSOR, REPEATED, FakeRecord
from stream.core.removals import original
from stream.core.rules import builtin, load
from stream.records.dead_letters import Letter, dead, letter_headers, read_letter
from stream.records.demotion import pointer, without_removals
from stream.records.headers import Headers
from stream.records.outcomes import Outcome
from stream.records.process import Processor

VERSION = builtin().version.encode()
WHY = [
    "__streams.errors.exception",
    "__streams.errors.message",
    "__streams.errors.stacktrace",
    "__streams.errors.topic",
    "__streams.errors.partition",
    "__streams.errors.offset",
]


def article(text: object) -> bytes:
    return orjson.dumps({"id": 1, "text": text, "tags": ["a"]})


def process(value: bytes | None, headers: Headers | None = None, processor: Processor = PROCESSOR) -> Outcome:
    return processor.process(FakeRecord(value, the_headers=headers, the_partition=3, the_offset=42))


def test_a_cleaned_article() -> None:
    outcome = process(article(REPEATED))
    assert outcome.name == "cleaned"
    assert outcome.value == article(CLEAN)
    assert (outcome.repeats, outcome.footer, outcome.withheld, outcome.reason) == (1, 3, 0, "")
    assert outcome.headers == [
        ("article-stream.repeats", b"1"),
        ("article-stream.footer", b"3"),
        ("article-stream.rules", VERSION),
    ]


def test_with_nothing_to_remove_the_value_is_the_same_object() -> None:
    value = b' {"text" : "' + BODY.encode() + b'" } '
    outcome = process(value)
    assert outcome.name == "unchanged"
    assert outcome.value is value
    assert [name for name, _ in outcome.headers] == [
        "article-stream.repeats",
        "article-stream.footer",
        "article-stream.rules",
    ]


def test_a_list_of_paragraphs_stays_a_list() -> None:
    outcome = process(article([BODY, BODY, *FOOTER.split("\n")]))
    assert outcome.value == article([BODY])
    assert (outcome.repeats, outcome.footer) == (1, 3)


def test_a_removal_that_was_withheld_is_said() -> None:
    outcome = process(article("Ferry\nAdvertisement\nHarbour"))
    assert (outcome.name, outcome.withheld) == ("unchanged", 1)
    assert outcome.headers[-1] == ("article-stream.withheld", b"1")


@pytest.mark.parametrize("text", [REPEATED, BODY])
def test_headers_keep_order_duplicates_and_nulls_and_ours_follow(text: str) -> None:
    theirs: Headers = [("b", b"1"), ("a", None), ("b", b"\xff"), ("b", b"1"), ("", b"")]
    outcome = process(article(text), list(theirs))
    assert outcome.headers[: len(theirs)] == theirs
    assert all(name.startswith("article-stream.") for name, _ in outcome.headers[len(theirs) :])


@pytest.mark.parametrize("value", [article(REPEATED), article(BODY), None, b"{"])
@pytest.mark.parametrize("key", [b"k", b"", None])
def test_key_and_timestamp_go_through(value: bytes | None, key: bytes | None) -> None:
    outcome = PROCESSOR.process(FakeRecord(value, key, the_timestamp=(1, 1_234_567_890_123)))
    assert outcome.key == key
    assert outcome.timestamp_ms == 1_234_567_890_123


@pytest.mark.parametrize("value", [article(REPEATED), article(BODY), None, b"{"])
@pytest.mark.parametrize(
    ("came", "goes"),
    [((0, 5), -1), ((1, -1), -1), ((1, -5), -5), ((1, 1), 1), ((2, 7), 7), ((1, 2**63 - 1), 2**63 - 1)],
)
def test_any_timestamp_goes_through_and_none_is_minus_1(value: bytes | None, came: tuple[int, int], goes: int) -> None:
    outcome = PROCESSOR.process(FakeRecord(value, the_timestamp=came))
    assert outcome.timestamp_ms == goes
    assert "article-stream.timestamp" not in dict(outcome.headers)


@pytest.mark.parametrize("value", [article(REPEATED), article(BODY), None, b"{"])
def test_0_which_the_client_takes_for_now_becomes_1_and_a_header_says_so(value: bytes | None) -> None:
    theirs: Headers = [("a", b"1")]
    outcome = PROCESSOR.process(FakeRecord(value, the_headers=theirs, the_timestamp=(1, 0)))
    assert outcome.timestamp_ms == 1
    assert outcome.headers[-1] == ("article-stream.timestamp", b"0")
    assert theirs == [("a", b"1")], "the record's own list stays what it is"


def test_a_tombstone_passes_with_its_headers_and_nothing_of_ours() -> None:
    outcome = process(None, [("a", b"1")])
    assert (outcome.name, outcome.value, outcome.headers) == ("tombstone", None, [("a", b"1")])


@pytest.mark.parametrize(
    ("value", "reason"),
    [(b"\xff", "not_utf8"), (b"{", "not_json"), (b"{}", "no_text"), (b"", "not_json"), (b"[1]", "no_text")],
)
def test_a_dead_letter_holds_the_record_and_why(value: bytes, reason: str) -> None:
    letter = process(value, [("a", b"1"), ("a", None)])
    assert (letter.name, letter.reason, letter.key) == ("dead", reason, b"k")
    assert letter.value is value
    assert letter.headers[:2] == [("a", b"1"), ("a", None)]
    assert [name for name, _ in letter.headers[2:]] == WHY
    read = read_letter(letter.headers)
    assert (read.reason, read.topic, read.partition, read.offset) == (reason, "articles.raw", 3, 42)
    assert read.message


def test_a_letter_that_died_before_says_the_last_reason() -> None:
    first = process(b"{", None)
    second = process(b"{", first.headers)
    assert len(second.headers) == 2 * len(WHY)
    assert read_letter(second.headers[len(WHY) :]) == read_letter(second.headers)


def test_a_pointer_is_small_and_says_where_the_record_stands() -> None:
    record = FakeRecord(article(REPEATED), b"k" * 100_000, [("big", b"x" * 100_000)], 3, 42)
    letter = dead(record, "too_large", "it is large")
    assert letter.size_bytes > 200_000
    small = pointer(letter)
    assert small.size_bytes < 1100
    assert (small.name, small.key, small.value, small.reason) == ("dead", None, b"", "too_large")
    assert (letter.timestamp_ms > 0, small.timestamp_ms) == (True, 0), "its own time may be what is refused"
    assert dict(small.headers)["article-stream.timestamp"] == b"%d" % letter.timestamp_ms
    assert small.headers[-1] == ("article-stream.pointer", b"1")
    assert read_letter(small.headers) == Letter("too_large", "it is large", "articles.raw", 3, 42)


def test_a_pointer_of_a_letter_that_died_before_says_the_last_reason_only() -> None:
    before = letter_headers("not_json", "x", "elsewhere", 1, 1)
    small = pointer(dead(FakeRecord(b"{", the_headers=before, the_offset=9), "too_large", "y"))
    assert read_letter(small.headers) == Letter("too_large", "y", "articles.raw", 0, 9)
    assert [name for name, _ in small.headers] == [*WHY, "article-stream.timestamp", "article-stream.pointer"]


@pytest.mark.parametrize(
    "headers", [None, [], [("__streams.errors.offset", b"x")], [("__streams.errors.offset", None)]]
)
def test_headers_that_are_no_letter_read_as_nothing(headers: Headers | None) -> None:
    assert read_letter(headers) == Letter("", "", "", -1, -1)


def test_the_content_type_header_chooses_plain_text() -> None:
    headers: Headers = [("Content-Type", b"text/plain; charset=utf-8")]
    outcome = process(REPEATED.encode(), headers)
    assert (outcome.name, outcome.value) == ("cleaned", CLEAN.encode())
    assert process(REPEATED.encode()).reason == "not_json"
    assert process(b"\xff", headers).reason == "not_utf8"


def test_of_two_content_types_the_last_counts() -> None:
    headers: Headers = [("content-type", b"text/plain"), ("content-type", b"application/json")]
    assert process(article(REPEATED), headers).value == article(CLEAN)


def test_the_setting_chooses_plain_text_for_all() -> None:
    processor = Processor.for_field("text", "text", builtin())
    outcome = process(REPEATED.encode(), [("content-type", b"application/json")], processor)
    assert outcome.value == CLEAN.encode()


def test_another_field_name() -> None:
    processor = Processor.for_field("body", "auto", builtin())
    value = orjson.dumps({"text": REPEATED, "body": REPEATED})
    assert process(value, None, processor).value == orjson.dumps({"text": REPEATED, "body": CLEAN})


@dataclass(frozen=True, slots=True)
class BadHeader(FakeRecord):
    """A record with a header name that is not UTF-8: confluent-kafka raises when its headers are read."""

    def headers(self) -> Headers | None:
        """Raise what confluent-kafka raises."""
        bad: bytes = b"\xff"
        bad.decode()
        return None


@pytest.mark.parametrize("value", [article(BODY), None])
def test_a_header_name_that_is_not_utf8_makes_a_dead_letter(value: bytes | None) -> None:
    letter = PROCESSOR.process(BadHeader(value))
    assert (letter.name, letter.reason, letter.value) == ("dead", "bad_header", value)
    assert [name for name, _ in letter.headers] == WHY


def test_the_size_is_an_upper_bound() -> None:
    outcome = process(article(REPEATED), [("名", b"x" * 300)])
    raw = len(outcome.key or b"") + len(outcome.value or b"")
    raw += sum(len(name.encode()) + len(value or b"") + 4 for name, value in outcome.headers)
    assert raw <= outcome.size_bytes <= raw + 1000


OF_A_SITE = """[[rule]]
id = "my.end"
kind = "end"
phrases = ["that was all from the island"]
example = "That was all from the island"
source = ["island.example"]
"""


@pytest.mark.parametrize(
    ("site", "headers", "goes"),
    [
        ({"source": "https://news.island.example/1"}, [], 1),
        ({}, [("source", b"island.example")], 1),
        ({"source": "mainland.example"}, [("source", b"island.example")], 0),
        ({"source": 7}, [], 0),
        ({"score": float("inf"), "source": "island.example"}, [], 1),
        ({}, [("Source", b"island.example")], 1),
        ({}, [], 0),
    ],
)
def test_rules_of_a_site_are_for_its_articles(
    tmp_path: Path, site: dict[str, object], headers: Headers, goes: int
) -> None:
    (tmp_path / "own.toml").write_text(OF_A_SITE, "utf-8")
    processor = Processor.for_field("text", "auto", load([tmp_path / "own.toml"]))
    text = f"{CLEAN}\nThat was all from the island"
    value = json.dumps({"text": text, **site}).replace("Infinity", "1e400").encode()
    assert process(value, headers, processor).footer == goes


def test_the_site_of_plain_text_stands_in_a_header(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text(OF_A_SITE, "utf-8")
    processor = Processor.for_field("text", "text", load([tmp_path / "own.toml"]))
    text = f"{CLEAN}\nThat was all from the island".encode()
    assert process(text, [("source", b"island.example")], processor).footer == 1


@pytest.mark.parametrize("text", [REPEATED, REPEATED.split("\n")])
def test_what_was_removed_is_kept_where_that_is_asked_for(text: str | list[str]) -> None:
    value = json.dumps({"text": text}).encode()
    processor = Processor.for_field("text", "auto", builtin(), keeps_removed=True)
    outcome = process(value, None, processor)
    assert outcome.removed is not None
    cleaned = orjson.loads(outcome.value or b"")["text"]
    assert original(outcome.removed, cleaned) == text
    with pytest.raises(ValueError, match="not the one"):
        original(outcome.removed, cleaned[:-1])
    for other in (b"[]", b"{}", outcome.removed.replace(b'"line"', b'"place"')):
        with pytest.raises(ValueError, match="no record of removals"):
            original(other, cleaned)
    assert dict(outcome.headers)["article-stream.raw"] == b"articles.raw/3/42"
    assert outcome.size_bytes > len(outcome.value or b"") + len(outcome.removed)
    assert orjson.loads(outcome.removed)["offset"] == 42
    assert process(value).removed is None
    assert process(outcome.value, None, processor).removed is None


def test_without_its_removals_an_article_keeps_the_headers_that_it_came_with() -> None:
    came: Headers = [("article-stream.raw", b"earlier/0/1")]
    outcome = process(article(REPEATED), came, Processor.for_field("text", "auto", builtin(), keeps_removed=True))
    headers = without_removals(outcome, "rejected").headers
    assert [value for name, value in headers if name == "article-stream.raw"] == [b"earlier/0/1"]
    assert headers[-1] == ("article-stream.removed", b"rejected")


def test_removals_many_times_as_large_as_their_article_are_left_out() -> None:
    run = [chr(0x4E00 + at) for at in range(3_000)]
    value = json.dumps({"text": "\n".join([*run, *run])}, ensure_ascii=False).encode()
    outcome = process(value, None, Processor.for_field("text", "auto", builtin(), keeps_removed=True))
    assert (outcome.repeats, outcome.removed) == (3_000, None)
    assert dict(outcome.headers)["article-stream.removed"] == b"too_large"
