"""Where reading resumes if the committed offset is no longer in the log."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.kafka.gaps import gap

OFFSETS = st.integers(0, 10**6)


@pytest.mark.parametrize(
    ("position", "low", "high", "truncated", "same", "target", "skipped", "says"),
    [
        (
            5,
            105,
            200,
            False,
            True,
            105,
            100,
            "100 records were deleted before the worker read them, between the committed offset 5",
        ),
        (104, 105, 200, False, True, 105, 1, "1 record was deleted before the worker read it"),
        (100, 0, 5, False, False, 0, 0, "ends at 5, before the committed offset 100"),
        (100, 3, 5, False, True, 3, 0, "reading resumes at 3"),
        (100, 0, 95, True, True, 95, 0, "The log was truncated; reading resumes at 95"),
        (100, 0, 300, False, True, 100, 0, "did not have the committed offset 100 for a moment"),
        (100, 0, 300, False, False, 0, 0, "Reading resumes at the log's start, 0"),
    ],
    ids=[
        "retention",
        "one record",
        "cut or made again",
        "cut",
        "cut back",
        "for a moment",
        "grown since, of whatever topic",
    ],
)
def test_a_gap(  # noqa: PLR0913, PLR0917 - the table's columns
    position: int,
    low: int,
    high: int,
    truncated: bool,  # noqa: FBT001 - a column
    same: bool,  # noqa: FBT001 - a column
    target: int,
    skipped: int,
    says: str,
) -> None:
    found = gap("t [0]", position, low, high, truncated=truncated, same=same)
    assert (found.target, found.skipped) == (target, skipped)
    assert says in found.says
    assert found.says.count("\n") == 0


@given(position=OFFSETS, low=OFFSETS, length=OFFSETS, truncated=st.booleans(), same=st.booleans())
def test_nothing_that_is_in_the_log_is_passed_over_unread(
    position: int,
    low: int,
    length: int,
    truncated: bool,  # noqa: FBT001 - given by name
    same: bool,  # noqa: FBT001 - given by name
) -> None:
    """Reading resumes within the log, at or before the position, or at the log's start; deleted records are counted."""
    found = gap("t [0]", position, low, low + length, truncated=truncated, same=same)
    assert low <= found.target <= low + length
    assert found.target <= position or found.target == low
    assert found.skipped == max(0, low - position)
