"""A line cut to the width of a terminal, between words."""

from __future__ import annotations

from rich.cells import cell_len, chop_cells


def shortened(line: str, cells: int) -> str:
    """The line, or as many of its first words as fit, with an ellipsis; at most `cells` columns of a terminal.

    A Chinese or Japanese character takes two columns. Where the first word alone is too long, it is cut.
    """
    if cell_len(line) <= cells:
        return line
    fits = chop_cells(line, cells - 1)[0]
    if not line[len(fits)].isspace() and (words := fits.rpartition(" ")[0]):
        fits = words
    return f"{fits.rstrip()}…"
