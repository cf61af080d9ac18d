"""`make bench`: the worker beside a bare loop that does the same cleaning, on a real Kafka of its own."""

from __future__ import annotations

import argparse
import sys
import time

from rich.console import Console
from rich.table import Table

from bench import load
from bench.machine import kafka_to_measure, machine
from bench.measure import Latency, Throughput, latency, make_topics, settings_for, throughput
from bench.process import stolen_s, stolen_since

BARE_LOOP = "bare loop"
SYSTEMS = {BARE_LOOP: ("bench.bare_loop",), "article-stream worker": ("stream", "worker")}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("-n", "--articles", type=int, default=200_000, help="the backlog (200,000)")
    parser.add_argument("--rate", type=int, default=500, help="articles a second for latency (500)")
    parser.add_argument("--seconds", type=float, default=20, help="how long latency is measured (20)")
    parser.add_argument("--runs", type=int, default=3, help="runs of each; the best counts (3)")
    parser.add_argument("--footers", default="model", choices=("model", "markers"), help="STREAM_FOOTERS (model)")
    load.add_text_option(parser)
    arguments = parser.parse_args()
    pace = load.Pace(arguments.rate, arguments.seconds, arguments.text)
    note = Console(stderr=True).print
    with kafka_to_measure() as kafka:
        servers = kafka.bootstrap_servers
        make_topics(servers, "backlog")
        note(f"Publishing {arguments.articles:,} articles …")
        size = load.backlog(servers, "backlog", arguments.articles, kind=arguments.text)
        note("Warming the broker up …")  # a JVM that is still compiling takes three times as long to commit
        warm = settings_for(servers, "warm", "warm.raw")
        latency(servers, SYSTEMS[BARE_LOOP], warm, pace._replace(seconds=min(20, pace.seconds)))
        before, began = stolen_s(), time.monotonic()
        fast: dict[str, list[Throughput]] = {name: [] for name in SYSTEMS}
        quick: dict[str, list[Latency]] = {name: [] for name in SYSTEMS}
        for run in range(arguments.runs):
            for name, module in SYSTEMS.items():
                note(f"Run {run + 1}: {name} …")
                fresh = f"b{run}-{len(name)}-{time.time_ns() % 10**8}"
                backlog = settings_for(servers, fresh, "backlog", footers=arguments.footers)
                fast[name].append(throughput(servers, module, backlog, arguments.articles))
                late = settings_for(servers, f"l{fresh}", f"l{fresh}.raw", footers=arguments.footers)
                quick[name].append(latency(servers, module, late, pace))
        share = stolen_since(before, began)
    show(arguments, size, fast, quick, share)


def show(
    arguments: argparse.Namespace,
    size: float,
    fast: dict[str, list[Throughput]],
    quick: dict[str, list[Latency]],
    stolen: float,
) -> None:
    """Print the results as a table."""
    out = Console(width=None if sys.stdout.isatty() else 120)
    table = Table(
        title=f"{arguments.articles:,} articles of {size / 1000:.1f} KB; latency at {arguments.rate}/s, exactly once"
    )
    for heading in ("", "articles/s", "of the loop", "CPU/article", "peak memory", "p50", "p99", "max"):
        table.add_column(heading, justify="left" if not heading else "right")
    loop = max(run.per_second for run in fast[BARE_LOOP])
    for name in SYSTEMS:
        best = max(fast[name], key=lambda run: run.per_second)
        late = min(quick[name], key=lambda run: run.p99_ms)
        table.add_row(
            name, f"{best.per_second:,.0f}", f"{best.per_second / loop:.2f}", f"{best.cpu_us:.0f} µs",
            f"{best.peak_mb:.0f} MB", f"{late.p50_ms:.1f} ms", f"{late.p99_ms:.1f} ms", f"{late.max_ms:.1f} ms",
        )  # fmt: skip
    out.print(table)
    memory = max(fast["article-stream worker"], key=lambda run: run.per_second).quarter_mb
    out.print("The worker's memory at each quarter: " + ", ".join(f"{value:.0f} MB" for value in memory))
    out.print("p99 of each run, and the share of the processors' time that the machine's other guests took meanwhile:")
    for name in SYSTEMS:
        out.print(f"  {name}: " + ", ".join(f"{run.p99_ms:.1f} ms ({run.stolen:.1%})" for run in quick[name]))
    out.print(f"The text: {load.KINDS[arguments.text]}.")
    out.print(f"{machine()}, Kafka on the same cores.")
    out.print(f"The machine's other guests took {stolen:.1%} of the processors' time in all.")


if __name__ == "__main__":
    main()
