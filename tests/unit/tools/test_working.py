"""A long command shows that it is working, and what went wrong."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

TOOL = Path(__file__).parents[3] / "tools" / "working.py"


def run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, TOOL, "Installing", "--", *command], capture_output=True, text=True, timeout=60, check=False
    )


def said_by(ended: subprocess.CompletedProcess[str]) -> list[str]:
    """What it has said, however long it took: after ten seconds it says that it goes on."""
    lines = re.sub(r"\d+ s\.", "N s.", ended.stderr).splitlines()
    return [line for line in lines if not re.fullmatch(r"Installing \.\.\. \d+ s", line)]


def test_a_command_that_works_shows_only_that_it_does() -> None:
    ended = run(sys.executable, "-c", "print('much output')")
    assert (ended.returncode, ended.stdout) == (0, "")
    assert said_by(ended) == ["Installing ...", "Installing: done after N s."]


def test_a_command_that_fails_shows_what_it_printed_and_its_exit_code() -> None:
    ended = run(sys.executable, "-c", "print('no space left'); raise SystemExit(3)")
    assert ended.returncode == 3
    assert said_by(ended)[1:] == ["Installing: failed after N s.", "no space left"]
