"""Where output goes: colours where a terminal is there, plain text where not."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

# What a terminal obeys or shows in another order than it stands: control characters other than tab and line feed,
# marks of direction, other line separators, lone surrogates.
_OBEYED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def visible(text: str) -> str:
    """A text that came from outside, with what a terminal would obey spelled out as its escape."""
    return _OBEYED.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def plain(text: str) -> str:
    """The same where Rich reads markup: brackets stay brackets."""
    return escape(visible(text))


def output() -> Console:
    """Standard output. Without a terminal nothing is wrapped."""
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=10_000, no_color=True)


def errors() -> Console:
    """Standard error."""
    return Console(stderr=True, highlight=False)


class Advance(Protocol):
    """Tells that so much more is done."""

    def __call__(self, amount: float = 1) -> None:
        """So much more, in the unit of the total."""


@contextmanager
def progress(what: str, total: float | None) -> Iterator[Advance]:
    """A progress bar on standard error, shown where that is a terminal; `total` None: not known."""
    console = errors()
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(what, total=total)

        def advance(amount: float = 1) -> None:
            bar.advance(task, amount)

        yield advance
