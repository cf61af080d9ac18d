"""`python -m bench.kept_sites`: the memory that a worker takes for each site that is known, everything included.

Each site of the corpus is known as its pages tell, and comes many times under other names. The process that reads their
records is one of its own, and what it takes more than before is divided by their number: once after they were told,
once after an article of each was cleaned.
"""

from __future__ import annotations

import argparse
import gc
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from rich.console import Console

from bench.texts import REAL, about, real_pages
from harness.commands import ROOT, environment
from stream.core import native
from stream.core.cleaning import clean
from stream.core.rules import builtin
from stream.learner.learned import LearnedSite
from stream.learner.messages import read_published, write_published
from stream.learner.observation import sketch
from stream.records.known_sites import KnownSites

COPIES = 20


def main() -> None:
    """Measure and print; with `--read` be the process that is measured."""
    parser = argparse.ArgumentParser(prog="python -m bench.kept_sites", description=__doc__)
    parser.add_argument("--read", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.read is not None:
        measure(given.read)
        return
    with tempfile.NamedTemporaryFile() as file:
        rows = write_records(Path(file.name))
        command = [sys.executable, "-m", "bench.kept_sites", "--read", file.name]
        ended = subprocess.run(command, cwd=ROOT, env=environment(), capture_output=True, text=True, check=True)
    out = Console(highlight=False).print
    out(f"{ended.stdout.strip()}; {rows:.0f} lines and templates in the mean.\n{native.NAME} core. {about(REAL)}.")


def write_records(to: Path) -> float:
    """Write what is published of each site, a line each; give how many lines and templates are known in the mean."""
    sites: dict[str, LearnedSite] = {}
    for page in real_pages():
        if page.source:
            site = sites.setdefault(page.source, LearnedSite.named(page.source))
            site.learn(sketch("\n".join(page.lines), builtin()))
            site.refresh(builtin())
    told = {name: site.published() for name, site in sites.items()}
    to.write_bytes(b"".join(b"%s\t%s\n" % (name.encode(), write_published(each)) for name, each in told.items()))
    return sum(len(each.profile.known) for each in told.values()) / len(told)


def measure(path: Path) -> None:
    """Tell a worker's part that knows sites of each record, and print the bytes that a site takes."""
    records = [line.split(b"\t", 1) for line in path.read_bytes().splitlines()]
    known = KnownSites("articles.lines", applies=True)
    clean("a", builtin(), read_published("first.example", records[0][1]).profile)  # what is made once
    begin = resident()
    for copy in range(COPIES):
        for name, value in records:
            site = f"{name.decode()[:-2]}{copy:02}"
            known.tell(site, read_published(site, value))
        known.begin_batch()
    told = resident()
    for site in known.names():
        clean("a", builtin(), known.known_of(site).profile)
    count = len(known)
    by_site = [(now - begin) / count for now in (told, resident())]
    sys.stdout.write(f"{by_site[0]:,.0f} bytes a site of {count:,}, {by_site[1]:,.0f} after an article of each")


def resident() -> int:
    """The bytes of this process in memory, as Linux tells."""
    gc.collect()
    return int(Path("/proc/self/statm").read_text("ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")


if __name__ == "__main__":
    main()
