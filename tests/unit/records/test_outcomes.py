"""The totals of outcomes are the same whether they are counted together, in parts or one by one."""

from __future__ import annotations

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from harness.fakes import CLEAN, PROCESSOR, REPEATED, FakeRecord, at
from stream.records.outcomes import Outcomes

VALUES = [
    f'{{"text":"{REPEATED}"}}'.replace("\n", "\\n").encode(),
    f'{{"text":"{CLEAN}"}}'.replace("\n", "\\n").encode(),
    b'{"text":"Ferry\\nAdvertisement\\nHarbour"}',
    None,
    b"{",
    b"\xff",
]
PICKS = st.lists(st.tuples(st.integers(0, len(VALUES) - 1), st.integers(0, 2)), max_size=8)


def outcomes_of(picks: list[tuple[int, int]], first: int = 0) -> Outcomes:
    """Outcomes of values that stand in these partitions, one after the other."""
    places = enumerate(picks, first)
    return Outcomes.counted(
        PROCESSOR.process(FakeRecord(VALUES[pick], the_partition=partition, the_offset=offset))
        for offset, (pick, partition) in places
    )


@settings(deadline=None)
@given(PICKS, PICKS)
def test_parts_come_to_what_the_whole_comes_to(one: list[tuple[int, int]], other: list[tuple[int, int]]) -> None:
    whole, first = outcomes_of(one + other), outcomes_of(one)
    first.add(outcomes_of(other, first=len(one)))
    assert first == whole
    assert whole.split(len(one)) == (outcomes_of(one), outcomes_of(other, first=len(one)))


@settings(deadline=None)
@given(PICKS)
def test_each_is_counted_once(picks: list[tuple[int, int]]) -> None:
    counted = outcomes_of(picks)
    made = counted.made
    assert len(counted) == len(made) == len(picks)
    assert counted.names == Counter(one.name for one in made)
    assert counted.reasons == Counter(one.reason for one in made if one.reason)
    assert (counted.repeats, counted.footer) == (sum(one.repeats for one in made), sum(one.footer for one in made))
    assert (counted.junk, counted.withheld) == (sum(one.junk for one in made), sum(one.withheld > 0 for one in made))
    assert counted.bytes_in == sum(len(one.source.value() or b"") for one in made)
    assert counted.bytes_out == sum(len(one.value or b"") for one in made)
    assert counted.size_bytes == sum(one.size_bytes for one in made)
    assert counted.largest_bytes == max((one.size_bytes for one in made), default=0)
    assert counted.following == {at(partition): offset + 1 for offset, (_, partition) in enumerate(picks)}
