"""`python -m bench.instructions`: the processor's instructions that cleaning a page of real proportions takes.

Valgrind counts them, so the same program gives the same number whatever else the machine does; a time does not.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence

from rich.console import Console

from harness import news
from harness.commands import ROOT, environment
from stream.core import native
from stream.core.cleaning import clean
from stream.core.rules import load
from stream.offline.evaluation import shortened

PAGES = 16
WAYS = ("model", "markers", "bodies")
"""The values of STREAM_FOOTERS, and the pages' bodies alone."""
WITHOUT = "valgrind, which counts instructions, is not installed"
_COUNTED = re.compile(r"I +refs: +([\d,]+)")


def main() -> None:
    """Count and print; with `--rounds` be what is counted."""
    parser = argparse.ArgumentParser(prog="python -m bench.instructions", description=__doc__)
    parser.add_argument("--way", choices=WAYS, help="count only this one")
    parser.add_argument("--rounds", type=int, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    ways = [arguments.way] if arguments.way else WAYS
    if arguments.rounds is not None:
        work(ways[0], arguments.rounds)
        return
    if not can_count():
        sys.exit(f"Nothing was counted: {WITHOUT} (Debian: apt-get install valgrind).")
    out = Console(highlight=False).print
    for way in ways:
        out(f"{way}: {per_page(way):,} instructions a page")
    out(f"{PAGES} pages of harness/news.py; {native.NAME} core.")


def can_count() -> bool:
    """Whether instructions can be counted here."""
    return shutil.which("valgrind") is not None


def per_page(way: str) -> int:
    """The instructions of cleaning one page in the mean, without those of the start."""
    once, twice = counted(way, 1), counted(way, 2)
    return (twice - once) // PAGES


def counted(way: str, rounds: int) -> int:
    """The instructions of a whole process that cleans the pages so many times."""
    return counted_process(["bench.instructions", "--way", way, "--rounds", str(rounds)], {})


def counted_process(module: Sequence[str], environ: Mapping[str, str]) -> int:
    """The instructions of a Python that runs a module with these arguments, and with these variables added."""
    command = [
        "valgrind", "--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null",
        sys.executable, "-m", *module,
    ]  # fmt: skip
    ended = subprocess.run(
        command,
        cwd=ROOT, env={**environment(), "PYTHONHASHSEED": "0", **environ}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    found = _COUNTED.search(ended.stderr)
    if found is None:
        sys.exit(f"valgrind counted nothing:\n{ended.stderr}")
    return int(found[1].replace(",", ""))


def work(way: str, rounds: int) -> None:
    """Clean the pages so many times. What is made once, in the first round, is not counted."""
    rules = load(whole_page=way != "markers")
    pages = (shortened(page, 0) if way == "bodies" else page for page in news.pages(PAGES))
    texts = ["\n".join(page.lines) for page in pages]
    for _ in range(rounds):
        for text in texts:
            clean(text, rules)


if __name__ == "__main__":
    main()
