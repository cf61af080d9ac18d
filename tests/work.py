"""Counts the work that a call does: what is counted is the same on every machine, and does not change with its load."""

from __future__ import annotations

import sys
import unicodedata
from collections import Counter
from collections.abc import Callable
from types import FrameType
from typing import Any


class Work:
    """Counts lines of Python run, calls of C, characters of the strings whose methods are called, and swaps of marks.

    What C does with a string is linear in it, but for sorting the marks on a letter (`unicodedata.normalize`).
    """

    def __init__(self) -> None:
        """Begin at nothing."""
        self.lines = self.calls = self.characters = self.swaps = 0

    @property
    def count(self) -> int:
        """All of it."""
        return self.lines + self.calls + self.characters + self.swaps

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
        self.lines += event == "line"
        return self._line

    def _call(self, _frame: FrameType, event: str, called: object) -> None:
        if event == "c_call":
            self.calls += 1
            text = getattr(called, "__self__", None)
            self.characters += len(text) if type(text) is str else 0

    def normalize(self, form: str, text: str) -> str:
        """Normalise, and count the swaps of neighbours that sorting by insertion takes."""
        marks: Counter[int] = Counter()
        for character in _decomposed(text):
            own = unicodedata.combining(character)
            if own:
                self.swaps += sum(many for other, many in marks.items() if other > own)
                marks[own] += 1
            else:
                marks.clear()
        return unicodedata.normalize("NFC" if form == "NFC" else "NFD", text)  # the stubs want a literal


def _decomposed(text: str) -> str:
    return "".join(unicodedata.normalize("NFD", character) for character in text)
