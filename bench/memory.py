"""`python -m bench.memory`: the memory that cleaning an article of 1 MB takes, by the length of its lines.

Each article is cleaned in a process of its own, whose peak is what counts; what the process takes without it is not
in the figures. With "known", its site has a profile.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
from itertools import count

from rich.console import Console

from harness import news
from harness.commands import ROOT, environment
from stream.core import native
from stream.core.cleaning import clean, clean_in_python, story_of
from stream.core.rules import builtin
from stream.core.sites import Known, Profile

SIZE = 1_000_000
KINDS = {
    "same": "one letter in each line",
    "distinct": "short lines, no two of them equal",
    "footer": "a page, and such lines below it",
    "again": "a hundred short lines again and again",
    "page": "a page again and again",
}
"""The articles, and what they are."""


def article(kind: str, size: int = SIZE) -> str:
    """Give an article of one of `KINDS`, of so many characters or a little more."""
    page = "\n".join(news.page(0).lines) + "\n"
    if kind == "same":
        return "a\n" * (size // 2)
    if kind == "page":
        return page * (size // len(page) + 1)
    lines, left = [page] if kind == "footer" else [], size
    for number in count():
        lines.append(f"a{number % 100 if kind == 'again' else number}\n")
        left -= len(lines[-1])
        if left <= 0:
            return "".join(lines)
    raise AssertionError


def profile_for(text: str) -> Profile:
    """What is known of a site of which a fifth of the articles has the article's first lines."""
    keys = {key for said in story_of(text[:2000]).said for key in said.keys if key}
    return Profile("example.org", "made", 2560, {key: Known(512, 0, 512) for key in keys})


def taken(kind: str, *, known: bool, python: bool = False, size: int = SIZE) -> int:
    """The bytes that a new process takes for cleaning one article, beyond those that it takes for a small one."""
    command = [sys.executable, "-m", "bench.memory", "--one", kind, "--size", str(size)]
    command += ["--known"] * known + ["--python"] * python
    ended = subprocess.run(command, cwd=ROOT, env=environment(), capture_output=True, text=True, check=True)
    return int(ended.stdout)


def measure(kind: str, size: int, *, known: bool, python: bool) -> int:
    """Clean one article in this process; give the bytes by which its peak has grown."""
    work = clean_in_python if python else clean
    text, small = article(kind, size), article(kind, 10_000)
    profile = profile_for(text) if known else None
    work(small, builtin(), profile)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    work(text, builtin(), profile)
    return (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * (1 if sys.platform == "darwin" else 1024)


def main() -> None:
    """Measure and print; with `--one` be the process that is measured."""
    parser = argparse.ArgumentParser(prog="python -m bench.memory", description=__doc__)
    parser.add_argument("--one", choices=KINDS, help=argparse.SUPPRESS)
    parser.add_argument("--known", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--python", action="store_true", help="measure the Python core")
    parser.add_argument("--size", type=int, default=SIZE, help=f"characters of an article ({SIZE:,})")
    given = parser.parse_args()
    if given.one is not None:
        sys.stdout.write(f"{measure(given.one, given.size, known=given.known, python=given.python)}\n")
        return
    out = Console(highlight=False).print
    for kind, what in KINDS.items():
        each = [taken(kind, known=known, python=given.python, size=given.size) / 1e6 for known in (False, True)]
        out(f"{kind:9}{each[0]:7.0f} MB, known {each[1]:4.0f} MB    {what}")
    out(f"{given.size:,} characters each; the {'Python' if given.python else native.NAME} core.")


if __name__ == "__main__":
    main()
