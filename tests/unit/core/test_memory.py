"""How much memory an article of very short lines takes while it is cleaned: what is kept of each line counts there."""

from __future__ import annotations

import pytest

from bench import memory
from harness.twins import needs_compiled

# Megabytes for an article of one, `python -m bench.memory`, and a quarter more.
MOST = {
    ("same", False): 48,
    ("same", True): 77,
    ("distinct", False): 12,
    ("distinct", True): 24,
    ("footer", False): 24,
    ("again", False): 30,
}


@needs_compiled
@pytest.mark.slow
@pytest.mark.parametrize(("kind", "known"), MOST)
def test_short_lines_take_little(kind: str, *, known: bool) -> None:
    found = memory.taken(kind, known=known) / 1e6
    assert found < MOST[kind, known], f"{found:.0f} MB for an article of 1 MB"
