"""The last fifteen minutes, second by second, in a bounded ring."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from stream.page.history import LINES, SECONDS, History


def test_a_sample_is_what_was_done_since_the_last_one_by_the_time_that_passed() -> None:
    history = History()
    assert history.take(10.0, {}) is None
    sample = history.take(12.0, {"cleaned": 4, "unchanged": 2, "passed": 1, "tombstone": 1, "dead": 2})
    assert sample is not None
    assert dict(zip(LINES, sample.rates, strict=True)) == {"in": 5, "cleaned": 2, "unchanged": 2, "dead": 1}
    assert history.as_json() == {"time": [12.0], "in": [5.0], "cleaned": [2.0], "unchanged": [2.0], "dead": [1.0]}


def test_a_clock_that_is_set_back_gives_no_sample() -> None:
    history = History()
    history.take(10.0, {})
    assert history.take(9.0, {"cleaned": 1}) is None
    assert history.take(10.0, {"cleaned": 2}) is not None


def test_no_more_than_fifteen_minutes_are_kept() -> None:
    history = History()
    for second in range(2 * SECONDS):
        history.take(float(second), Counter(cleaned=second))
    kept = history.as_json()
    assert len(kept["time"]) == SECONDS
    assert kept["time"][-1] == 2 * SECONDS - 1
    assert set(kept["cleaned"]) == {1.0}


@given(st.lists(st.integers(0, 1000), min_size=1, max_size=30))
def test_the_rates_add_up_to_what_was_done(counts: list[int]) -> None:
    history, total = History(), 0
    history.take(0.0, {})
    for second, count in enumerate(counts, 1):
        total += count
        history.take(float(second), {"dead": total})
    assert sum(history.as_json()["dead"]) == total
