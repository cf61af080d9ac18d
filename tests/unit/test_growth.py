"""The work for a record grows as its size does, however it was made: counted, not timed."""

from __future__ import annotations

import sys
import unicodedata
from collections import Counter
from collections.abc import Callable
from types import FrameType, SimpleNamespace
from typing import Any

import pytest

from stream import paragraphs
from stream.records import Processor
from stream.rules import builtin, load
from tests.fakes import FakeRecord
from tests.hostile import TEXTS, VALUES

SMALL = 400
# Twice the size, twice the work; what is more is for passes that a small record does not need.
GROWTH = 2.3
JSON = Processor.of("text", "json", builtin())
TEXT = Processor.of("text", "text", builtin())
MARKERS = Processor.of("text", "text", load(whole_page=False))


class Work:
    """Counts lines of Python run, characters of the strings whose methods are called, and swaps of marks.

    What C does with a string is linear in it, but for sorting the marks on a letter (`unicodedata.normalize`).
    """

    def __init__(self) -> None:
        """Begin at nothing."""
        self.count = 0

    def of(self, call: Callable[[], object]) -> int:
        """Count what a call does."""
        before = sys.gettrace(), sys.getprofile()
        sys.settrace(self._line)
        sys.setprofile(self._call)
        try:
            call()
        finally:
            sys.settrace(before[0])
            sys.setprofile(before[1])
        return self.count

    def _line(self, _frame: FrameType, event: str, _argument: object) -> Any:
        self.count += event == "line"
        return self._line

    def _call(self, _frame: FrameType, event: str, called: object) -> None:
        if event == "c_call":
            text = getattr(called, "__self__", None)
            self.count += len(text) if type(text) is str else 1

    def normalize(self, form: str, text: str) -> str:
        """Normalise, and count the swaps of neighbours that sorting by insertion takes."""
        marks: Counter[int] = Counter()
        for character in _decomposed(text):
            own = unicodedata.combining(character)
            if own:
                self.count += sum(many for other, many in marks.items() if other > own)
                marks[own] += 1
            else:
                marks.clear()
        return unicodedata.normalize("NFC" if form == "NFC" else "NFD", text)  # the stubs want a literal


def _decomposed(text: str) -> str:
    return "".join(unicodedata.normalize("NFD", character) for character in text)


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
