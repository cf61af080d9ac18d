"""Offsets that a person gives: what is none is said in a sentence, whatever the digits are."""

from __future__ import annotations

import pytest

from stream.cli.replay import _offsets
from stream.errors import StreamError


@pytest.mark.parametrize(
    ("text", "wanted"),
    [(None, (None, None)), ("7", (7, 7)), ("100-", (100, None)), ("100-199", (100, 199))],
)
def test_a_range_of_offsets(text: str | None, wanted: tuple[int | None, int | None]) -> None:
    assert _offsets(text) == wanted


@pytest.mark.parametrize("text", ["", "-5", "x", "1-x", "²", "9" * 5000, "1-" + "9" * 5000])
def test_what_is_no_range_is_said(text: str) -> None:
    with pytest.raises(StreamError, match="is not a range of offsets"):
        _offsets(text)
