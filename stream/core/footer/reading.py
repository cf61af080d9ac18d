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


def read(texts: list[str], signs: Signs, code: Callable[[int], bool], said: Sequence[str]) -> Reading:
    """Look at each line; none is blank or has format characters.

    `code` tells whether the line at an index is code; such a line has no topic. `said` holds the lines with their
    format characters, in which phrases are looked up. On an open-ended page every line as long as prose counts as
    closed.
    """
    lines = lines_of(texts, signs)
    open_ended = is_open_ended(texts)
    other = [] if said is texts else [at for at, line in enumerate(said) if line != texts[at]]
    silent = [at for at, line in enumerate(lines) if line.topic and code(at)]
    unclosed = (
        [at for at, line in enumerate(lines) if line.end != CLOSED and line.length >= PROSE] if open_ended else []
    )
    if other or silent or unclosed:
        per_letter = halves(texts)
        for at in {*other, *silent, *unclosed}:
            asked = SILENT if at in silent else signs
            codes = codes_of(texts[at], per_letter, asked, said[at])
            if open_ended and codes[0] >= PROSE:
                codes = (codes[0], CLOSED, *codes[2:])
            lines[at] = line_of(codes)
    return Reading(lines, open_ended)
