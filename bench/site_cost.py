"""`python -m bench.site_cost`: what `STREAM_SITES` costs a worker, by turns: off; new sites; sites that have settled.

Of new sites every article is published to learn from, at most 50 of one in a batch. Of settled ones one in twenty is,
and the articles are cleaned with what is known of their sites.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace

import orjson
from confluent_kafka.admin import AdminClient, NewTopic
from rich.console import Console
from rich.table import Table

from bench.load import producer
from bench.machine import kafka_to_measure
from bench.measure import PARTITIONS, Throughput, make_topics, settings_for, throughput
from bench.texts import about, real_pages
from stream.core.rules import builtin
from stream.kafka import client
from stream.learner.learned import LearnedSite
from stream.learner.messages import write_published
from stream.learner.observation import sketch
from stream.offline.evaluation import LabelledPage
from stream.records.known_sites import partition_of

OFF, NEW, SETTLED = "off", "apply, new sites", "apply, settled sites"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.site_cost", description=__doc__)
    parser.add_argument("-n", "--articles", type=int, default=30_000, help="articles of the backlog (30,000)")
    parser.add_argument("--runs", type=int, default=3, help="runs of each, by turns; the best counts (3)")
    arguments = parser.parse_args()
    found: dict[str, list[Throughput]] = {OFF: [], NEW: [], SETTLED: []}
    with kafka_to_measure() as kafka:
        servers = kafka.bootstrap_servers
        make_topics(servers, "raw")
        backlog(servers, "raw", real_pages(), arguments.articles)
        for run in range(arguments.runs):
            for name, runs in found.items():
                group = f"run{run}-{len(name)}"
                settings = settings_for(servers, group, "raw", sites="off" if name == OFF else "apply")
                if name != OFF:
                    topics = {f"{role}_topic": f"{group}.{role}" for role in ("lines", "sites", "counts")}
                    make_plain(servers, *topics.values())
                    settings |= topics
                if name == SETTLED:
                    publish_settled(servers, f"{group}.sites", real_pages())
                runs.append(throughput(servers, ("stream", "worker"), settings, arguments.articles))
    report(found)


def make_plain(servers: str, *topics: str) -> None:
    """Create topics as the cluster makes them."""
    admin = AdminClient({"bootstrap.servers": servers})
    for made in admin.create_topics([NewTopic(topic, PARTITIONS, 1) for topic in topics]).values():
        made.result(30)


def backlog(servers: str, topic: str, pages: Sequence[LabelledPage], count: int) -> None:
    """Publish so many pages, with their sites."""
    sender = producer(servers)
    for number in range(count):
        page = pages[number % len(pages)]
        text = "\n".join(page.lines)
        value = orjson.dumps({"id": f"a{number}", "source": page.source, "text": f"Head {number}\n{text}"})
        client.produce(sender, topic, value=value, key=f"a{number}".encode())
        if number % 64 == 0:
            sender.poll(0)
    sender.flush()


def publish_settled(servers: str, topic: str, pages: Sequence[LabelledPage]) -> None:
    """Publish what all pages of each site have taught, as settled."""
    sites: dict[str, LearnedSite] = {}
    for page in pages:
        if page.source:
            site = sites.setdefault(page.source, LearnedSite.named(page.source))
            site.learn(sketch("\n".join(page.lines), builtin()))
            site.refresh(builtin())
    sender = producer(servers)
    for name, site in sites.items():
        value = write_published(replace(site.published(), settled=True))
        client.produce(sender, topic, value, name.encode(), partition=partition_of(name, PARTITIONS))
    sender.flush()


def report(found: dict[str, list[Throughput]]) -> None:
    """Print the best run of each."""
    out = Console(width=None if sys.stdout.isatty() else 140)
    table = Table(title=f"What STREAM_SITES costs a worker: {about('real')}")
    for name in ("", "articles/s", "of off", "CPU per article", "of off", "peak memory"):
        table.add_column(name, justify="right" if name else "left")
    off = max(run.per_second for run in found[OFF]), min(run.cpu_us for run in found[OFF])
    for name, runs in found.items():
        speed, cpu_us = max(run.per_second for run in runs), min(run.cpu_us for run in runs)
        peak_mb = max(run.peak_mb for run in runs)
        table.add_row(
            name, f"{speed:,.0f}", f"{speed / off[0]:.2f}", f"{cpu_us:.0f} µs", f"{cpu_us / off[1]:.2f}",
            f"{peak_mb:.0f} MB",
        )  # fmt: skip
    out.print(table)


if __name__ == "__main__":
    main()
