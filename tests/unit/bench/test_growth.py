"""The work for a record grows as its size does, however it was made: counted, not timed."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from types import SimpleNamespace
from typing import Literal

import pytest

from harness.fakes import FakeRecord
from stream.core import paragraphs
from stream.core.rules import Rules, builtin, load
from stream.core.rules.model import Rule
from stream.records.process import Processor
from tests.hostile import TEXTS, VALUES
from tests.work import Work

SMALL = 400
# Twice the size, twice the work; what is more is for passes that a small record does not need.
GROWTH = 2.3
JSON = Processor.for_field("text", "json", builtin())
TEXT = Processor.for_field("text", "text", builtin())
MARKERS = Processor.for_field("text", "text", load(whole_page=False))


def work(monkeypatch: pytest.MonkeyPatch, processor: Processor, value: bytes) -> int:
    """Count the work for one record."""
    counter = Work()
    known = SimpleNamespace(normalize=counter.normalize, combining=unicodedata.combining)
    monkeypatch.setattr(paragraphs, "unicodedata", known)
    return counter.of(lambda: processor.process(FakeRecord(value)))


def grows(monkeypatch: pytest.MonkeyPatch, processor: Processor, make: Callable[[int], bytes]) -> None:
    """Fail where twice the size is more than twice the work."""
    small, large = (work(monkeypatch, processor, make(size)) for size in (SMALL, 2 * SMALL))
    assert large <= GROWTH * small + 1000


@pytest.mark.parametrize("shape", VALUES)
def test_work_for_a_json_record_is_linear(monkeypatch: pytest.MonkeyPatch, shape: str) -> None:
    grows(monkeypatch, JSON, VALUES[shape])


@pytest.mark.parametrize("processor", [TEXT, MARKERS], ids=["model", "markers"])
@pytest.mark.parametrize("shape", TEXTS)
def test_work_for_a_plain_text_record_is_linear(
    monkeypatch: pytest.MonkeyPatch, processor: Processor, shape: str
) -> None:
    grows(monkeypatch, processor, lambda size: TEXTS[shape](size).encode())


@pytest.mark.parametrize("match", ["start", "line"])
def test_work_does_not_grow_with_rules_that_begin_alike(
    monkeypatch: pytest.MonkeyPatch, match: Literal["start", "line"]
) -> None:
    """Also for the shortest of the phrases that a line begins with, which stands behind all others that it may be."""

    def rules(count: int) -> Rules:
        phrases = ("the ferry", *(f"the ferry to island {number}" for number in range(count)))
        return Rules.from_rules((Rule("own", "section", match, phrases, phrases[0], "related"),), "", whole_page=True)

    text = "\n".join(f"The ferry leaves at {number} from the old quay" for number in range(SMALL))
    few, many = (
        work(monkeypatch, Processor.for_field("text", "text", rules(count)), text.encode()) for count in (10, 10_000)
    )
    assert many <= 1.01 * few


def test_the_count_sees_what_is_not_linear(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each of the three counts, on a function that does its worst."""
    marks = "a" + "\u0301" * SMALL + "\u0316" * SMALL
    assert Work().of(lambda: [[None for _ in range(100)] for _ in range(100)]) > 10_000
    assert Work().of(lambda: [marks.split() for _ in range(100)]) > 100 * SMALL
    counter = Work()
    counter.normalize("NFC", marks)
    assert counter.count == SMALL**2
    monkeypatch.setattr(paragraphs, "_UNUSUAL_RUN", SimpleNamespace(sub=lambda _function, text: text))
    with pytest.raises(AssertionError):
        grows(monkeypatch, TEXT, lambda size: TEXTS["marks in disorder"](size).encode())
