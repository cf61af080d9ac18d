"""`python -m bench.offline`: `article-stream clean` on a large file with one job and with two, and cleaning alone."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import NamedTuple

from rich.console import Console

from bench import load
from bench.texts import about, add_text_option, texts_of
from stream.core.cleaning import clean
from stream.core.rules import builtin
from stream.records.process import Processor

MB = 1_000_000
LOOK_EVERY_S = 0.05
JOBS = (1, 2)


class Run(NamedTuple):
    """The figures of one run of the command."""

    seconds: float
    peak_mb: float


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.offline", description=__doc__)
    parser.add_argument("--megabytes", type=int, default=1000, help="the file's size (1000)")
    parser.add_argument("--runs", type=int, default=3, help="runs of each, by turns; the median counts (3)")
    add_text_option(parser)
    arguments = parser.parse_args()
    for kind in arguments.text:
        measure(kind, arguments)


def measure(kind: str, arguments: argparse.Namespace) -> None:
    """Measure and print for one kind of text."""
    out = Console(width=None if sys.stdout.isatty() else 200, highlight=False).print
    texts = texts_of(kind)
    out(f"{kind}: {about(kind)}")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "articles.jsonl"
        articles = write(path, arguments.megabytes * MB, texts)
        size = path.stat().st_size
        out(f"{articles:,} articles of {size / articles / 1000:.1f} KB, {size / MB:,.0f} MB")
        runs: dict[int, list[Run]] = {jobs: [] for jobs in JOBS}
        bare: list[float] = []
        for _ in range(arguments.runs):
            bare.append(cleaning_us(texts))
            for jobs in JOBS:
                runs[jobs].append(run(path, jobs))
    for jobs in JOBS:
        times = [one.seconds for one in runs[jobs]]
        seconds = median(times)
        out(
            f"--jobs {jobs}: {articles / seconds:,.0f} articles/s, {size / MB / seconds:.1f} MB/s, "
            f"{1e6 * seconds / articles:.0f} µs/article, peak memory of all processes "
            f"{max(one.peak_mb for one in runs[jobs]):.0f} MB; runs: {', '.join(f'{one:.1f} s' for one in times)}"
        )
    one, two = (median(run.seconds for run in runs[jobs]) for jobs in JOBS)
    pure = median(bare)
    out(f"two jobs are {one / two:.2f} times as fast as one")
    out(f"cleaning alone: {pure:.0f} µs/article; one job takes {1e6 * one / articles / pure:.2f} times that")


def write(path: Path, size: int, texts: Sequence[str]) -> int:
    """Write articles of these texts until the file has this size; return how many they are."""
    number = written = 0
    with path.open("wb") as file:
        while written < size:
            written += file.write(load.value(number, texts[number % len(texts)]) + b"\n")
            number += 1
    return number


def run(path: Path, jobs: int) -> Run:
    """Clean the file with this many jobs; the output is discarded."""
    began, peak = time.monotonic(), 0.0
    command = [sys.executable, "-m", "stream", "clean", "--jobs", str(jobs), str(path)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        while process.poll() is None:
            peak = max(peak, memory_mb(process.pid))
            time.sleep(LOOK_EVERY_S)
        if process.returncode:
            sys.exit(f"it ended with {process.returncode}")
    return Run(time.monotonic() - began, peak)


def memory_mb(pid: int) -> float:
    """Resident memory of a process and its children, in MB. Memory that they share counts for each of them."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text("ascii").split()[1])
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split()
    except OSError:  # the process has just ended
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE") / MB + sum(memory_mb(int(child)) for child in children)


def cleaning_us(texts: Sequence[str], count: int = 10_000) -> float:
    """The time that cleaning decoded texts takes. Each text is made when it is needed, as when a file is read."""
    processor = Processor.for_field("text", "auto", builtin())
    took = 0.0
    for number in range(count):
        text = f"Head {number}\n{texts[number % len(texts)]}"
        began = time.perf_counter()
        clean(text, processor.rules)
        took += time.perf_counter() - began
    return 1e6 * took / count


if __name__ == "__main__":
    main()
