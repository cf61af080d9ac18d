"""What is changed in a dead letter that its topic rejects is undone when the letter goes back to the input."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.fakes import FakeRecord
from stream.errors import StreamError
from stream.kafka.refused import Refused
from stream.records.dead_letters import dead, letter_headers, read_letter
from stream.records.demotion import dated_now, is_pointer, keyed, pointer
from stream.records.headers import Headers
from stream.records.outcomes import Outcome
from stream.records.record import NOW
from stream.records.redrive import back
from tests.rig import Rig

NAMES = st.sampled_from(["a", "", "article-stream.timestamp", "article-stream.no-key", "__streams.errors.message"])
HEADERS = st.lists(st.tuples(NAMES, st.none() | st.binary(max_size=3)), max_size=9)
TIMES = st.integers(-(2**63), 2**63 - 1)
RECORDS = st.builds(
    FakeRecord,
    st.none() | st.binary(max_size=5),
    st.none() | st.binary(max_size=5),
    HEADERS,
    the_timestamp=st.tuples(st.just(1), TIMES),
)
STEPS = st.lists(st.sampled_from([keyed, dated_now]), max_size=2, unique=True)


@settings(deadline=None)
@given(RECORDS, STEPS)
def test_a_letter_goes_back_as_its_record_came(record: FakeRecord, steps: list[Callable[[Outcome], Outcome]]) -> None:
    letter = dead(record, "rejected", "why")
    for step in steps:
        if step is not keyed or letter.key is None:
            letter = step(letter)
    time = (1, letter.timestamp_ms if letter.timestamp_ms != NOW else 1_777_777_777_777)
    again = back(
        FakeRecord(letter.value, letter.key, letter.headers, the_timestamp=time), letter.headers, is_letter=True
    )
    said: Headers = [("article-stream.timestamp", b"0")] if record.the_timestamp[1] == 0 else []
    assert again.key == record.the_key
    assert again.headers == [*(record.the_headers or []), *said, ("article-stream.redriven", b"1")]
    assert again.timestamp_ms == (record.the_timestamp[1] or 1)
    assert read_letter(letter.headers).reason == "rejected"


def test_a_letter_of_another_system_goes_back_without_the_headers_that_say_why() -> None:
    why = letter_headers("x", "y", "t", 0, 0)[::-1]
    again = back(FakeRecord(b"", the_headers=[("a", b"1"), *why]), [("a", b"1"), *why], is_letter=True)
    assert again.headers == [("a", b"1"), ("article-stream.redriven", b"1")]
    assert back(FakeRecord(b""), [("a", b"1")], is_letter=True).headers == [
        ("a", b"1"),
        ("article-stream.redriven", b"1"),
    ]


def test_a_key_that_was_made_names_the_records_place_and_a_pointers_too() -> None:
    letter = dead(FakeRecord(b"", None, the_partition=3, the_offset=9), "rejected", "why")
    assert keyed(letter).key == keyed(pointer(letter)).key == b"articles.raw/3/9"
    assert is_pointer(keyed(pointer(letter)).headers)


async def settled(rig: Rig, record: FakeRecord, takes: Callable[[Outcome], str]) -> Outcome | None:
    """Give what a dead letter topic receives for a record; `takes` gives its reason to reject an outcome, or ""."""

    def act(publication: object) -> None:
        for one in publication.outcomes:  # type: ignore[attr-defined]
            if reason := takes(one):
                raise Refused(reason.partition(":")[0], "no", for_its_time=reason.endswith("time"))

    rig.committer.act = act
    await rig.put([dead(record, "not_json", "why")])
    return rig.committer.published[0] if await rig.drained() else None


def no_null_keys(one: Outcome) -> str:
    """Reject as a compacted topic does."""
    return "rejected" if one.key is None else ""


def no_old_times(one: Outcome) -> str:
    """Reject as a topic with a limit on timestamps does."""
    return "" if one.timestamp_ms == NOW else "rejected:time"


def nothing_large(one: Outcome) -> str:
    """Reject as a topic with a small limit on size does."""
    return "too_large" if one.value else ""


TOPICS = [no_null_keys, no_old_times, nothing_large]


@pytest.mark.parametrize("first", TOPICS)
@pytest.mark.parametrize("second", TOPICS)
@pytest.mark.parametrize("third", TOPICS)
@pytest.mark.parametrize("key", [None, b"k"])
async def test_each_letter_finds_a_form_that_its_topic_takes_and_keeps_what_it_can(
    rig: Rig, first: Callable[[Outcome], str], second: Callable[[Outcome], str], third: Callable[[Outcome], str],
    key: bytes | None,
) -> None:  # fmt: skip
    rules = [first, second, third]
    record = FakeRecord(b"{", key, [("own", b"1")])
    came = await settled(rig, record, lambda one: next((why for rule in rules if (why := rule(one))), ""))
    assert came is not None
    assert is_pointer(came.headers) == (nothing_large in rules)
    assert (came.timestamp_ms == NOW) == (no_old_times in rules or nothing_large in rules)
    if nothing_large not in rules:
        assert came.value == b"{"
        assert came.key == (key or (b"articles.raw/0/0" if no_null_keys in rules else None))


@pytest.mark.parametrize(("reason", "fix"), [("too_large", "max.message.bytes"), ("rejected", "message.timestamp")])
async def test_where_nothing_is_taken_the_sentence_names_the_record_and_a_fix_that_fits(
    rig: Rig, reason: str, fix: str
) -> None:
    assert await settled(rig, FakeRecord(b"{", the_partition=2, the_offset=7), lambda _: reason) is None
    assert isinstance(rig.flow.error, StreamError)
    assert "articles.dead refuses even a pointer to the record at articles.raw/2/7: no. " in str(rig.flow.error)
    assert fix in rig.flow.error.fix
