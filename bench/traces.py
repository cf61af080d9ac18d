"""`python -m bench.traces`: the processor's instructions that traces add to an article, sampled or not.

Valgrind counts them, as for `python -m bench.instructions`. What is counted is all that is done for a batch: its spans,
the links to its articles' contexts, the queue, and sending it over OTLP to a collector in another process.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable

from confluent_kafka import TopicPartition
from rich.console import Console
from rich.table import Table

from bench import instructions
from harness.fakes import CLEAN, PROCESSOR, FakeRecord, NotingProducer, ProducerSupply, at
from harness.otlp import Collector
from stream.config.loading import load
from stream.kafka.committer import Committer, Publication
from stream.kafka.traced import TracedCommitter, polling
from stream.kafka.transaction import Transactions
from stream.observe.telemetry.started import started
from stream.records.outcomes import Outcomes
from stream.records.trace_context import TraceContext

FEW, MANY = 10, 60
"""How many batches two runs have: their difference is without the start."""
WAYS = {"left out": "always_off", "sampled": "always_on"}
SIZES = (500, 1)
SHARE = 0.01
"""The share of batches that is sampled in the figure for both."""


def main() -> None:
    """Count and print; with `--batches` be what is counted."""
    parser = argparse.ArgumentParser(prog="python -m bench.traces", description=__doc__)
    parser.add_argument("--batches", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--size", type=int, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.batches is not None:
        work(arguments.batches, arguments.size)
        return
    if not instructions.can_count():
        sys.exit(f"Nothing was counted: {instructions.WITHOUT} (Debian: apt-get install valgrind).")
    page = instructions.per_page("model")
    table = Table(title=f"What traces add to an article, in instructions; cleaning a page takes {page:,}")
    for heading in ("articles in a batch", *WAYS, f"at {SHARE:.0%}", "of a page"):
        table.add_column(heading, justify="right")
    for size in SIZES:
        without = per_batch(size, "")
        left_out, sampled = ((per_batch(size, sampler) - without) / size for sampler in WAYS.values())
        both = (1 - SHARE) * left_out + SHARE * sampled
        table.add_row(str(size), f"{left_out:,.0f}", f"{sampled:,.0f}", f"{both:,.0f}", f"{both / page:.2%}")
    Console(width=None if sys.stdout.isatty() else 110).print(table)


def per_batch(size: int, sampler: str) -> float:
    """The instructions for one batch of so many articles. `sampler`: empty for no traces."""
    with Collector() as collector:
        asked = {"OTEL_TRACES_EXPORTER": "otlp", "OTEL_TRACES_SAMPLER": sampler} if sampler else {}
        environ = asked | {"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": f"{collector.url}/v1/traces"} if sampler else {}
        command = ["bench.traces", "--size", str(size), "--batches"]
        few, many = (instructions.counted_process([*command, str(batches)], environ) for batches in (FEW, MANY))
    return (many - few) / (MANY - FEW)


def work(batches: int, size: int) -> None:
    """Do what a worker does with batches beside cleaning and publishing them."""
    settings = load(environ={})
    telemetry = started(settings, os.environ)
    traces = None if telemetry is None else telemetry.traces(settings)
    records = [
        FakeRecord(
            b'{"text": "%s"}' % CLEAN.replace("\n", "\\n").encode(),
            the_headers=[("traceparent", TraceContext(7, number + 1, 1).parent())],
            the_partition=number % 4,
            the_offset=number,
        )
        for number in range(size)
    ]
    made = Outcomes.counted(map(PROCESSOR.process, records))

    def make(on_stage: Callable[[str, float], None]) -> Committer:
        supply = ProducerSupply(NotingProducer())
        return Transactions(settings, object, on_stage, batch_bytes=1_000_000, make_producer=supply)

    committer = make(ignored) if traces is None else TracedCommitter(settings, traces, make, ignored)
    committer.own([at(0)], [])
    fetch = (lambda: records) if traces is None else polling(lambda: list(records), traces)
    offsets = [TopicPartition(place.topic, place.number, after) for place, after in made.following.items()]
    for _ in range(batches):
        fetched = fetch()
        if traces is not None:
            traces.processed(traces.poll, fetched, made, 0.01)
        committer.commit(Publication(made.made, offsets, made.beside(), made.spans))
    if telemetry is not None:
        telemetry.close(60)


def ignored(_stage: str, _seconds: float) -> None:
    """Where a worker would count the time of a stage."""


if __name__ == "__main__":
    main()
