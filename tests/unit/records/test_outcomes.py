"""What outcomes come to is the same whether they are counted at once, in parts or one by one."""

from __future__ import annotations

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from harness.fakes import CLEAN, PROCESSOR, REPEATED, FakeRecord
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


def of(picks: list[tuple[int, int]], first: int = 0) -> Outcomes:
    """Outcomes of values that stand in these partitions, one after the other."""
    places = enumerate(picks, first)
    return Outcomes.counted(
        PROCESSOR.process(FakeRecord(VALUES[pick], the_partition=partition, the_offset=offset))
        for offset, (pick, partition) in places
    )


@settings(deadline=None)
@given(PICKS, PICKS)
def test_parts_come_to_what_the_whole_comes_to(one: list[tuple[int, int]], other: list[tuple[int, int]]) -> None:
    whole, first = of(one + other), of(one)
    first.add(of(other, first=len(one)))
    assert first == whole
    assert whole.split(len(one)) == (of(one), of(other, first=len(one)))


@settings(deadline=None)
@given(PICKS)
def test_each_is_counted_once(picks: list[tuple[int, int]]) -> None:
    counted = of(picks)
    made = counted.made
    assert len(counted) == len(made) == len(picks)
    assert counted.names == Counter(it.name for it in made)
    assert counted.reasons == Counter(it.reason for it in made if it.reason)
    assert (counted.repeats, counted.footer) == (sum(it.repeats for it in made), sum(it.footer for it in made))
    assert (counted.junk, counted.withheld) == (sum(it.junk for it in made), sum(it.withheld > 0 for it in made))
    assert counted.bytes_in == sum(len(it.source.value() or b"") for it in made)
    assert counted.bytes_out == sum(len(it.value or b"") for it in made)
    assert counted.size_bytes == sum(it.size_bytes for it in made)
    assert counted.largest_bytes == max((it.size_bytes for it in made), default=0)
    assert counted.following == {partition: offset + 1 for offset, (_, partition) in enumerate(picks)}
