"""Lines are cut between words, to the columns of a terminal."""

from __future__ import annotations

import pytest
from rich.cells import cell_len

from stream.cli.shorten import shortened


@pytest.mark.parametrize(
    ("line", "cells", "want"),
    [
        ("a line that fits", 16, "a line that fits"),
        ("a line that does not fit", 16, "a line that…"),
        ("a line that does not fit", 17, "a line that does…"),
        ("averyveryverylongword", 8, "averyve…"),
        ("澜门老茶厂变身夜校", 8, "澜门老…"),
        ("", 4, ""),
    ],
)
def test_no_word_is_cut_that_need_not_be(line: str, cells: int, want: str) -> None:
    found = shortened(line, cells)
    assert found == want
    assert cell_len(found) <= cells
