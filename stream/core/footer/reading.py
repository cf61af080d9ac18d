"""Looks at a page's lines, and corrects what only the page as a whole can tell."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from stream.core.footer.codes import CLOSED, codes_of, halves
from stream.core.footer.lines import PROSE, Line, line_of, lines_of
from stream.core.rules.topics import SILENT, Signs
from stream.core.sentence_ends import is_open_ended


class Reading(NamedTuple):
    """The lines as the network sees them. `open_ended`: the page ends its sentences without a mark."""

    lines: list[Line]
    open_ended: bool


class Known(NamedTuple):
    """What else is known about a page's lines.

    `code` tells whether the line at an index is code. `said` holds the lines with their format characters, in which
    phrases are looked up; None if no line has any.
    """

    code: Callable[[int], bool] | None = None
    said: Sequence[str] | None = None


NOTHING_KNOWN = Known()


def read(texts: list[str], signs: Signs, known: Known = NOTHING_KNOWN) -> Reading:
    """Look at each line; none is blank or has format characters.

    A line of code has no topic. On an open-ended page every line as long as prose counts as closed.
    """
    code, said = known
    lines = lines_of(texts, signs)
    open_ended = is_open_ended(texts)
    other = [] if said is None else [at for at, line in enumerate(said) if line != texts[at]]
    silent = [] if code is None else [at for at, line in enumerate(lines) if line.topic and code(at)]
    unclosed = (
        [at for at, line in enumerate(lines) if line.end != CLOSED and line.length >= PROSE] if open_ended else []
    )
    if other or silent or unclosed:
        per_letter = halves(texts)
        for at in {*other, *silent, *unclosed}:
            asked = SILENT if at in silent else signs
            codes = codes_of(texts[at], per_letter, asked, texts[at] if said is None else said[at])
            if open_ended and codes[0] >= PROSE:
                codes = (codes[0], CLOSED, *codes[2:])
            lines[at] = line_of(codes)
    return Reading(lines, open_ended)
