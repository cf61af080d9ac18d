"""Which part of the Python core takes how much of cleaning. Its compiled twin does an article in one call."""

from __future__ import annotations

import importlib
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from functools import wraps
from typing import Any
from unittest.mock import patch

PARTS = {
    "split, places": ("stream.core.cleaning.first_of",),
    "repeats": ("stream.core.cleaning._repeats", "stream.core.cleaning.repeats_of"),
    "lines": ("stream.core.footer.page.read",),
    "features": ("stream.core.footer.page.said", "stream.core.footer.page.traits_of"),
    "network": ("stream.core.footer.network.Network.scores",),
    "decision": ("stream.core.footer.page.cut_of",),
    "phrases, junk, comments": (
        "stream.core.cleaning._marks", "stream.core.cleaning.comments_at", "stream.core.cleaning.footer_of",
        "stream.core.footer.page._marked_tail", "stream.core.footer.page.find_junk",
        "stream.core.footer.page._comments",
    ),
    "budget": ("stream.core.cleaning._within_budget",),
    "the rest of the footer's search": ("stream.core.cleaning.find_footer",),
    "parts": ("stream.core.cleaning._part",),
}  # fmt: skip
"""The functions of each part. What they call of another part is that one's."""
REST = "the rest"


def by_part(call: Callable[[str], object], texts: Iterable[str]) -> dict[str, float]:
    """Microseconds of processor time a text, by part, and `in all`."""
    spent: Counter[str] = Counter()
    count = 0
    with timed_parts(spent):
        for text in texts:
            began = time.thread_time_ns()
            call(text)
            spent["in all"] += time.thread_time_ns() - began
            count += 1
    known = {part: spent[part] / count / 1000 for part in PARTS}
    whole = spent["in all"] / count / 1000
    return {**known, REST: whole - sum(known.values()), "in all": whole}


@contextmanager
def timed_parts(spent: Counter[str]) -> Iterator[None]:
    """Add to `spent` the nanoseconds of each part, without those of others that it calls."""
    with ExitStack() as stack:
        inner = [0]  # nanoseconds of what was called, for each function that runs now
        for part, names in PARTS.items():
            for name in names:
                stack.enter_context(patch(name, _timed(part, found(name), spent, inner)))
        yield


def found(name: str) -> Callable[..., Any]:
    """The function of this name. Raises `AttributeError` if it is not there any more."""
    owner, _, attribute = name.rpartition(".")
    try:
        home: Any = importlib.import_module(owner)
    except ModuleNotFoundError:  # of a class
        module, _, class_name = owner.rpartition(".")
        home = getattr(importlib.import_module(module), class_name)
    call: Callable[..., Any] = getattr(home, attribute)
    return call


def _timed(part: str, call: Callable[..., Any], spent: Counter[str], inner: list[int]) -> Callable[..., Any]:
    @wraps(call)
    def timed(*given: Any, **named: Any) -> Any:
        inner.append(0)
        began = time.thread_time_ns()
        try:
            return call(*given, **named)
        finally:
            took = time.thread_time_ns() - began
            spent[part] += took - inner.pop()
            inner[-1] += took

    return timed
