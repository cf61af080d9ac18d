"""Numbers in headers, which anybody may write: only those that Kafka's own fields can hold are numbers."""

from __future__ import annotations

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.fakes import FakeRecord
from stream.records.dead_letters import letter_headers, read_letter
from stream.records.demotion import original_ms
from stream.records.headers import LARGEST, Headers, whole_number, why_unreadable
from stream.records.redrive import Redriven, times_redriven

NONE = [None, b"", b"-", b"--1", b"1.5", b" 1", "²".encode(), b"9" * 20, b"9" * 4301, b"%d" % (LARGEST + 1)]


@given(st.integers(-(2**70), 2**70), st.integers(-(2**63), 0))
def test_a_number_is_read_if_64_bits_hold_it(number: int, least: int) -> None:
    said = whole_number(b"%d" % number, least=least)
    assert said == (number if least <= number <= LARGEST else None)


@given(st.binary() | st.text("0123456789-", max_size=30).map(str.encode))
def test_nothing_raises(said: bytes) -> None:
    orjson.dumps(whole_number(said))


@pytest.mark.parametrize("said", NONE)
def test_what_is_no_number_counts_as_absent(said: bytes | None) -> None:
    why = letter_headers("x", "y", "t", 0, 0)[:4]
    headers: Headers = [*why, ("__streams.errors.partition", said), ("__streams.errors.offset", said)]
    letter = read_letter(headers)
    assert (letter.partition, letter.offset) == (-1, -1)
    record = FakeRecord(b"", the_timestamp=(1, 7))
    assert original_ms(record, [*headers, ("article-stream.timestamp", said)]) == 7
    assert times_redriven([("article-stream.redriven", said)]) == 0
    assert times_redriven([("article-stream.redriven", b"2"), ("article-stream.redriven", said)]) == 2


@pytest.mark.parametrize("metadata", ["²", "5-²", "9" * 4301, "5-" + "9" * 4301])
def test_metadata_that_somebody_else_has_committed_is_no_error(metadata: str) -> None:
    assert 4 not in Redriven(3, metadata)
    assert (5 in Redriven(3, metadata)) == metadata.startswith("5")


def test_a_lack_of_memory_is_no_fault_of_a_records_headers() -> None:
    error = SystemError("returned a result with an exception set")
    error.__cause__ = MemoryError()
    with pytest.raises(MemoryError):
        why_unreadable(None, error)
    with pytest.raises(SystemError):
        why_unreadable(None, SystemError("bad argument to internal function"))


def test_several_names_that_are_no_text_are_one_fault_of_the_record() -> None:
    first = UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte")
    second, third = SystemError("returned a result"), SystemError("returned a result")
    second.__cause__, third.__cause__ = first, second
    taken: list[object] = []
    record = type("Record", (), {"set_headers": lambda _self, headers: taken.append(headers)})()
    assert why_unreadable(record, third) == "the name of a header is not UTF-8 (invalid start byte)"
    assert taken == [[]]
