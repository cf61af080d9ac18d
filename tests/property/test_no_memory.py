"""No article is lost where Python gets no more memory; `python -m tests.starving` looks in many more places."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec

import pytest

from harness.forking import ROOT


@pytest.mark.skipif(find_spec("_testcapi") is None, reason="this Python cannot let allocations fail")
def test_no_batch_is_passed_over_when_it_cannot_be_handed_to_the_sink_nor_that_be_logged() -> None:
    """Faust went on with the next batch: three of four of these lives lost one while its offsets were committed."""
    ran = subprocess.run(
        [sys.executable, "-m", "tests.starving", "--handing-on"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "0 of them lost articles" in ran.stdout
