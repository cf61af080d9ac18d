"""Where output goes: colours where a terminal is there, plain text where not; what comes from outside is only text."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol

from rich.console import Console, ConsoleOptions, RenderableType
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.segment import Segment
from rich.text import Text

# What a terminal obeys or shows in another order than it stands: control characters other than tab and line feed,
# marks of direction, other line separators, lone surrogates.
_OBEYED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
_BREAKS = str.maketrans({"\n": "\\n", "\t": "\\t"})


def visible(text: str) -> str:
    """A text that came from outside, with what a terminal would obey spelled out as its escape."""
    return _OBEYED.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def on_one_line(text: str) -> str:
    """The same with line ends and tabs spelled out, too: no name with a line end in it looks like two lines of ours."""
    return visible(text).translate(_BREAKS)


def as_json(value: object) -> str:
    """A JSON text without line ends, in which what a terminal would obey is written as JSON's own escapes."""
    return _OBEYED.sub(lambda found: f"\\u{ord(found[0]):04x}", json.dumps(value, ensure_ascii=False))


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
