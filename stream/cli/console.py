"""Where output goes: colours where a terminal is there, plain text where not; what comes from outside is only text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol

from rich.console import Console, ConsoleOptions, RenderableType
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
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


class Advance(Protocol):
    """Tells that so much more is done."""

    def __call__(self, amount: float = 1) -> None:
        """So much more, in the unit of the total."""


@contextmanager
def progress(what: str, total: float | None) -> Iterator[Advance]:
    """A progress bar on standard error, shown where that is a terminal; `total` None: not known."""
    console = errors()
    told = TextColumn("{task.description}", markup=False)
    columns = (told, BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(what, total=total)

        def advance(amount: float = 1) -> None:
            bar.advance(task, amount)

        yield advance
