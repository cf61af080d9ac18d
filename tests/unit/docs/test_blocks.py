"""What the documents show is what happens: their blocks marked ``test`` are run.

A block ```` ```console test ```` holds commands, each after `$ `, and what they print; ```` ```python test ````
is a program.
"""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from harness.commands import ROOT, environment

BLOCK = re.compile(r"^```(console|python) test\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
BLOCKS = [
    pytest.param(kind, block, id=f"{page.name}-{number}")
    for page in PAGES
    for number, (kind, block) in enumerate(BLOCK.findall(page.read_text("utf-8")), 1)
]


def commands(block: str) -> list[tuple[str, str]]:
    """Give each command with what it is to print."""
    parts = re.split(r"^\$ (.*)\n", block, flags=re.MULTILINE)
    assert not parts[0].strip(), "a block begins with a command"
    return list(zip(parts[1::2], parts[2::2], strict=True))


@pytest.mark.parametrize("page", ["README.md", "docs/getting-started.md", "docs/library.md", "docs/rules.md"])
def test_there_are_examples_to_run(page: str) -> None:
    assert BLOCK.search((ROOT / page).read_text("utf-8"))


@pytest.mark.parametrize(("kind", "block"), BLOCKS)
def test_an_example_does_what_the_document_says(kind: str, block: str, tmp_path: Path) -> None:
    command = tmp_path / "article-stream"
    command.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m stream "$@"\n', "utf-8")
    command.chmod(0o755)
    variables = environment()
    variables["PATH"] = f"{tmp_path}:{variables['PATH']}"
    if kind == "python":
        subprocess.run([sys.executable, "-c", block], cwd=ROOT, env=variables, timeout=120, check=True)
        return
    for line, want in commands(block):
        ended = subprocess.run(
            ["bash", "-c", line], cwd=ROOT, env=variables, capture_output=True, text=True, timeout=120, check=False
        )
        assert (ended.stdout + ended.stderr).rstrip() == want.rstrip(), line
