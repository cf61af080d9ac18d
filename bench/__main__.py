"""`make bench`: the worker beside a bare loop that does the same cleaning, on a real Kafka of its own.

First on real news pages, then on the plain made-up article: each text is published, and cleaned by both, by turns.
"""

from __future__ import annotations

import argparse
import sys
import time
from typing import NamedTuple

from rich.console import Console
from rich.table import Table

from bench import load
from bench.machine import kafka_to_measure, machine
from bench.measure import Latency, Throughput, latency, make_topics, settings_for, throughput
from bench.process import stolen_s, stolen_since
from bench.texts import KINDS, PLAIN, REAL, about, add_text_option

BARE_LOOP, WORKER = "bare loop", "article-stream worker"
SYSTEMS = {BARE_LOOP: ("bench.bare_loop",), WORKER: ("stream", "worker")}
note = Console(stderr=True).print


class Runs(NamedTuple):
    """The runs of both systems on one kind of text, whose articles have so many bytes in the mean."""

    articles: int
    size: float
    fast: dict[str, list[Throughput]]
    quick: dict[str, list[Latency]]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("-n", "--articles", type=int, help="the backlog (60,000, of the plain article 200,000)")
    parser.add_argument("--rate", type=int, default=500, help="articles a second for latency (500)")
    parser.add_argument("--seconds", type=float, default=20, help="how long latency is measured (20)")
    parser.add_argument("--runs", type=int, default=3, help="runs of each; the best counts (3)")
    parser.add_argument("--footers", default="model", choices=("model", "markers"), help="STREAM_FOOTERS (model)")
    add_text_option(parser, f"{REAL},{PLAIN}")
    arguments = parser.parse_args()
    with kafka_to_measure() as kafka:
        servers = kafka.bootstrap_servers
        note("Warming the broker up …")  # a JVM that is still compiling takes three times as long to commit
        warm = settings_for(servers, "warm", "warm.raw")
        seconds = min(20, arguments.seconds)
        latency(servers, SYSTEMS[BARE_LOOP], warm, load.Pace(arguments.rate, seconds, arguments.text[0]))
        before, began = stolen_s(), time.monotonic()
        found = {kind: measured(servers, kind, arguments) for kind in arguments.text}
        share = stolen_since(before, began)
    show(arguments, found, share)


def measured(servers: str, kind: str, arguments: argparse.Namespace) -> Runs:
    """Publish a backlog of one kind of text; run both systems on it by turns, and at a rate."""
    count = arguments.articles or KINDS[kind].backlog
    source = f"backlog.{kind}"
    make_topics(servers, source)
    note(f"{kind}: publishing {count:,} articles …")
    size = load.backlog(servers, source, count, kind=kind)
    pace = load.Pace(arguments.rate, arguments.seconds, kind)
    runs = Runs(count, size, {name: [] for name in SYSTEMS}, {name: [] for name in SYSTEMS})
    for run in range(arguments.runs):
        for name, module in SYSTEMS.items():
            note(f"{kind}, run {run + 1}: {name} …")
            fresh = f"b{run}-{len(name)}-{time.time_ns() % 10**8}"
            settings = settings_for(servers, fresh, source, footers=arguments.footers)
            runs.fast[name].append(throughput(servers, module, settings, count))
            late = settings_for(servers, f"l{fresh}", f"l{fresh}.raw", footers=arguments.footers)
            runs.quick[name].append(latency(servers, module, late, pace))
    return runs


def show(arguments: argparse.Namespace, found: dict[str, Runs], stolen: float) -> None:
    """Print the results as a table, with the texts in their order."""
    out = Console(width=None if sys.stdout.isatty() else 130)
    table = Table(title=f"A backlog, and latency at {arguments.rate}/s; exactly once")
    for heading in ("text", "", "articles/s", "MB/s", "of the loop", "CPU/article", "peak memory", "p50", "p99", "max"):
        table.add_column(heading, justify="left" if heading in {"", "text"} else "right")
    for kind, runs in found.items():
        loop = max(run.per_second for run in runs.fast[BARE_LOOP])
        for name in SYSTEMS:
            best = max(runs.fast[name], key=lambda run: run.per_second)
            late = min(runs.quick[name], key=lambda run: run.p99_ms)
            table.add_row(
                kind if name == BARE_LOOP else "", name, f"{best.per_second:,.0f}",
                f"{best.per_second * runs.size / 1e6:.1f}", f"{best.per_second / loop:.2f}", f"{best.cpu_us:.0f} µs",
                f"{best.peak_mb:.0f} MB", f"{late.p50_ms:.1f} ms", f"{late.p99_ms:.1f} ms", f"{late.max_ms:.1f} ms",
                end_section=name == WORKER,
            )  # fmt: skip
    out.print(table)
    for kind, runs in found.items():
        details(out, kind, runs)
    out.print(f"{machine()}, Kafka on the same cores.")
    out.print(f"The machine's other guests took {stolen:.1%} of the processors' time in all.")


def details(out: Console, kind: str, runs: Runs) -> None:
    """Print what a kind of text is, and what of its runs is not in the table."""
    out.print(f"{kind}: {runs.articles:,} articles of {runs.size / 1000:.1f} KB; {about(kind)}.")
    memory = max(runs.fast[WORKER], key=lambda run: run.per_second).quarter_mb
    out.print("  The worker's memory at each quarter: " + ", ".join(f"{value:.0f} MB" for value in memory))
    out.print(
        "  p99 of each run, and the share of the processors' time that the machine's other guests took meanwhile:"
    )
    for name in SYSTEMS:
        out.print(f"    {name}: " + ", ".join(f"{run.p99_ms:.1f} ms ({run.stolen:.1%})" for run in runs.quick[name]))


if __name__ == "__main__":
    main()
