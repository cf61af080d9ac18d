"""`python -m bench.learn`: the processor time of an observation in a learner that has a backlog on a real Kafka.

Unlike `python -m bench.sites`, which calls what counts, this is a whole process: Kafka's client, transactions, Python.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator, Sequence
from itertools import chain, repeat, zip_longest

from confluent_kafka import Consumer
from rich.console import Console
from rich.table import Table

from bench.load import producer
from bench.machine import kafka_to_measure
from bench.measure import PARTITIONS, PATIENCE_S, committed, make_topics
from bench.process import Measured
from bench.sites import ENOUGH, sketches, told_anew
from bench.texts import REAL, about
from stream.config.learner import for_learner
from stream.config.loading import load
from stream.core.rules import builtin
from stream.records.known_sites import partition_of

Record = tuple[str, bytes]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.learn", description=__doc__)
    parser.add_argument("--pages", type=int, default=1697, help="the most pages that are learned from (1697)")
    parser.add_argument("--copies", type=int, default=4, help="each site comes under so many names (4)")
    arguments = parser.parse_args()
    records = [*observations(arguments.pages, arguments.copies)]
    if not records:
        sys.exit(f"No site has {ENOUGH} pages among these: {about(REAL)}.")
    with kafka_to_measure() as kafka:
        found, took_s = learned(kafka.bootstrap_servers, records)
    table = Table(title="A learner with a backlog, processor time", title_justify="left")
    for heading in ("", "µs an observation"):
        table.add_column(heading, justify="right" if heading else "left")
    for name, spent_us in found.items():
        table.add_row(name, f"{spent_us:.0f}")
    in_all = sum(found.values())
    table.add_row("in all", f"{in_all:.0f}")
    table.add_row("observations a second of a core", f"{1e6 / in_all:,.0f}")
    table.add_row("observations a second, by the clock", f"{len(records) / took_s:,.0f}")
    out = Console(width=None if sys.stdout.isatty() else 110)
    out.print(table)
    sites = {site for site, _ in records}
    out.print(f"{len(records):,} observations of {len(sites)} sites, {PARTITIONS} partitions. Pages: {about(REAL)}.")


def observations(pages: int, copies: int) -> Iterator[Record]:
    """Records of sites in turn, as articles come, each with its site."""
    sites = {site: found for site, found in sketches(pages, builtin()).items() if len(found) >= ENOUGH}
    streams = [
        zip(repeat(name), told_anew(found), strict=False)
        for site, found in sites.items()
        for name in (site, *(f"n{number}-{site}" for number in range(1, copies)))
    ]
    return (each for each in chain.from_iterable(zip_longest(*streams)) if each is not None)


def learned(servers: str, records: Sequence[Record]) -> tuple[dict[str, float], float]:
    """Microseconds an observation by thread, from the first commit on; and the seconds that it took in all."""
    given = {"bootstrap_servers": servers, "http_port": 0, "sites": "apply", "log_level": "warning"}
    settings = for_learner(load(given, environ={}))
    make_topics(servers, settings.input_topic, settings.sites_topic, settings.counts_topic)
    sender = producer(servers)
    for site, record in records:
        sender.produce(settings.input_topic, record, site, partition=partition_of(site, PARTITIONS))
        sender.poll(0)
    sender.flush()
    asker = Consumer({"bootstrap.servers": servers, "group.id": settings.group_id})
    with Measured(("stream", "learn"), given) as run:
        deadline = time.monotonic() + PATIENCE_S
        before, first, began = run.cpu_s(), 0, time.monotonic()
        while (done := committed(asker, settings.input_topic, PARTITIONS)) < len(records):
            run.check()
            if time.monotonic() > deadline:
                sys.exit(f"only {done} of {len(records)} observations within {PATIENCE_S:g} s")
            if first == 0:
                before, first, began = run.cpu_s(), done, time.monotonic()
            time.sleep(0.02)
        after, took_s = run.cpu_s(), time.monotonic() - began
    asker.close()
    left = len(records) - first
    if not left:
        sys.exit("All of it was learned at once: give more pages or copies.")
    return {name: (after[name] - before[name]) / left * 1e6 for name in after}, took_s * len(records) / left


if __name__ == "__main__":
    main()
