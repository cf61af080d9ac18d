"""Each reason for a removal is counted under its own name, and everything that tells of removals knows it."""

from __future__ import annotations

from typing import Any, get_args

import pytest

from harness.commands import ROOT
from stream.cli.demo import REASONS as IN_WORDS
from stream.core.article import Reason, Removal
from stream.offline.summary import summary
from stream.offline.value import Counts
from stream.records.outcomes import Outcome
from stream.records.reasons import count_reasons

EACH: tuple[Any, ...] = get_args(Reason)
COUNTED = {"repeat": "repeats", "footer": "footer", "junk": "junk"}  # the fields that count them
IN_FILES = {"site": "site"}  # the worker counts a line that its site's other articles have as footer or junk


def test_removals_are_counted_by_the_name_of_their_reason() -> None:
    removed = [Removal(1, "text", reason) for at, reason in enumerate(EACH, 1) for _ in range(at)]
    assert count_reasons(removed) == (1, 2, 3, 4)
    assert count_reasons([]) == (0, 0, 0, 0)


def test_a_reason_that_nobody_counts_is_no_repeat_and_no_junk() -> None:
    unknown: Any = "caption"
    with pytest.raises(ValueError, match="caption"):
        count_reasons([Removal(1, "text", "junk"), Removal(2, "text", unknown)])


def test_a_reason_that_is_added_fails_until_it_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stream.records.reasons.REASONS", (*EACH, "caption"))
    with pytest.raises(ValueError, match="unpack"):
        count_reasons([])


def test_whatever_tells_of_removals_knows_every_reason() -> None:
    assert set(EACH) - set(IN_FILES) == set(COUNTED)
    assert set(EACH) == set(IN_WORDS)
    assert set(COUNTED.values()) <= set(Outcome._fields)
    for reason, field in (COUNTED | IN_FILES).items():
        assert field in Counts._fields
        assert "removed 1 " in summary(Counts(articles=1)._replace(**{field: 1})), reason


@pytest.mark.parametrize(
    ("page", "name"),
    [
        ("docs/record-contract.md", "`{reason}`"),
        ("docs/library.md", "`{reason}`"),
        ("docs/cleaning.md", "`{reason}`"),
        ("docs/metrics.md", "`{reason}`"),
        ("docs/record-contract.md", "`article-stream.{field}`"),
        ("examples/reader.py", '"article-stream.{field}"'),
    ],
)
def test_whatever_is_written_about_removals_names_every_reason(page: str, name: str) -> None:
    text = (ROOT / page).read_text("utf-8")
    for reason, field in COUNTED.items():
        assert name.format(reason=reason, field=field) in text
