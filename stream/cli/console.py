"""Where output goes: colours where a terminal is there, plain text where not."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn


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
