"""How many instructions of the processor cleaning a page takes: also what is compiled cannot grow unseen.

Lines of Python and calls of C are counted in `test_cost.py`; neither tells what happens within a call.
"""

from __future__ import annotations

import platform

import pytest

from bench import instructions
from harness.twins import needs_compiled

# For a page of real proportions, where the processor has AVX2; a tenth more or less may be the compiler's.
PER_PAGE = 1_240_000
NEARLY = 0.1


@needs_compiled
@pytest.mark.slow
@pytest.mark.skipif(not instructions.can_count(), reason=instructions.WITHOUT)
@pytest.mark.skipif(platform.machine() != "x86_64", reason="the count is that of another kind of processor")
def test_the_instructions_for_a_page_stay() -> None:
    found = instructions.per_page("model")
    assert found == pytest.approx(PER_PAGE, rel=NEARLY), f"{found:,}: if that is meant, write the new count here."
