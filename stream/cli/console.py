"""Where output goes: colours where a terminal is there, plain text where not; what comes from outside is only text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from threading import Timer
from typing import Any, Protocol

from rich.console import Console, ConsoleOptions, RenderableType
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.segment import Segment
from rich.text import Text

from stream.observe.shown import on_one_line, visible


def line(*parts: str | tuple[str, str]) -> Text:
    """One line of texts and of (text, style): the only way to a style, for the consoles read no markup."""
    spelled = (on_one_line(it) if isinstance(it, str) else (on_one_line(it[0]), it[1]) for it in parts)
    return Text.assemble(*spelled)


class PlainConsole(Console):
    """A console to which every text is a text: no markup, no names of emoji, no control characters.

    What is printed may come from an article, a header, a file's name or a setting, so nothing but a style that is
    given as one changes how it looks.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(markup=False, emoji=False, highlight=False, **kwargs)

    def render_str(self, text: str, **kwargs: Any) -> Text:
        """Spelled out before it is measured, so that tables stay in line. Whatever is asked for, it is no markup."""
        return super().render_str(visible(text), **{**kwargs, "markup": False, "emoji": False})

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """The same for texts that were not given as strings."""
        for segment in super().render(renderable, options):
            yield segment if segment.control else Segment(visible(segment.text), segment.style)


def output() -> Console:
    """Standard output. Without a terminal nothing is wrapped."""
    console = PlainConsole()
    return console if console.is_terminal else PlainConsole(width=10_000, no_color=True)


def errors() -> Console:
    """Standard error."""
    return PlainConsole(stderr=True)


def say_error(error: str) -> None:
    """One sentence on standard error."""
    errors().print(line(("error:", "bold red"), f" {error}"), soft_wrap=True)


class Advance(Protocol):
    """Tells that so much more is done."""

    def __call__(self, amount: float = 1) -> None:
        """So much more, in the unit of the total."""


BAR_AFTER_S = 1.0
"""What takes less time than this shows no bar: it would only flicker."""


@contextmanager
def progress(what: str, total: float | None, console: Console | None = None) -> Iterator[Advance]:
    """A progress bar on standard error: after a second, and only where that is a terminal.

    `total` is None where it is not known. While there is a bar, print to standard error through `console` alone, so
    that the lines stand above the bar. It is for commands that write nothing to a terminal meanwhile.
    """
    console = console or errors()
    if not console.is_terminal:
        yield lambda amount=1: None  # noqa: ARG005 - it is called with it
        return
    told = TextColumn("{task.description}", markup=False)
    bar = Progress(told, BarColumn(), TaskProgressColumn(), TimeRemainingColumn(), console=console, transient=True)
    task = bar.add_task(what, total=total)
    begins = Timer(BAR_AFTER_S, bar.start)
    begins.daemon = True
    begins.start()
    try:
        yield partial(bar.advance, task)
    finally:
        begins.cancel()
        begins.join()  # else it might begin after it has ended
        bar.stop()
