"""`python -m bench.scale`: calculates what a cluster needs for a rate of articles. Nothing is measured here.

Each line of the table is one method of `Need`, so that every number can be traced.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields

DAY_S = 86_400
TOPICS = 2
"""The input and the output; dead letters are few."""


@dataclass(frozen=True)
class Given:
    """What was measured or is assumed. Each field is an option of the command."""

    articles_per_second_per_process: float = 2_700  # real pages, 375 µs of one core each: docs/performance.md
    busy: float = 0.7  # the share of it that is used; the rest is for catching up with a backlog
    article_bytes: float = 8_200
    kept: float = 1.0  # output bytes per input byte; 1: nothing is removed
    compressed: float = 0.6  # compressed bytes per plain byte: news in batches, LZ4
    replicas: float = 3
    readers: float = 1  # consumer groups that read the output
    retention_days: float = 1
    records_per_transaction: float = 1_000  # STREAM_BATCH_MAX_RECORDS, or fewer by STREAM_BATCH_MAX_BYTES
    commit_s: float = 0.02  # how long the commit of a transaction takes
    partitions_per_process: float = 2  # so that workers can be added
    partition_bytes: float = 10e6  # compressed bytes per second that one partition may have to take
    broker_written_bytes: float = 200e6  # per second, by one broker
    broker_network_bytes: float = 600e6  # per second, in or out of one broker: half of 10 Gbit/s


@dataclass(frozen=True)
class Need:
    """What a cluster needs for `rate` articles per second."""

    rate: float
    given: Given

    def processes(self) -> int:
        """Worker processes. Each uses about one core and 512 MiB."""
        return math.ceil(self.rate / (self.given.articles_per_second_per_process * self.given.busy))

    def input_bytes(self) -> float:
        """Compressed bytes of the input per second."""
        return self.rate * self.given.article_bytes * self.given.compressed

    def output_bytes(self) -> float:
        """Compressed bytes of the output per second."""
        return self.input_bytes() * self.given.kept

    def partitions(self) -> int:
        """Partitions of the input; the output has as many."""
        by_bytes = math.ceil(self.input_bytes() / self.given.partition_bytes)
        return max(by_bytes, math.ceil(self.processes() * self.given.partitions_per_process))

    def written_bytes(self) -> float:
        """Bytes that all brokers write per second, all copies counted."""
        return (self.input_bytes() + self.output_bytes()) * self.given.replicas

    def network_out_bytes(self) -> float:
        """Bytes per second out of all brokers: to workers, to readers, and to the other copies."""
        copies = (self.input_bytes() + self.output_bytes()) * (self.given.replicas - 1)
        return self.input_bytes() + self.output_bytes() * self.given.readers + copies

    def brokers(self) -> int:
        """Brokers: as many as the disks, the network and the copies need."""
        network = max(self.written_bytes(), self.network_out_bytes()) / self.given.broker_network_bytes
        return math.ceil(max(self.given.replicas, self.written_bytes() / self.given.broker_written_bytes, network))

    def disk_bytes(self) -> float:
        """Bytes on the disks of all brokers, for the retention time."""
        return self.written_bytes() * DAY_S * self.given.retention_days

    def replicas_per_broker(self) -> float:
        """Copies of partitions on each broker."""
        return TOPICS * self.partitions() * self.given.replicas / self.brokers()

    def transactions(self) -> float:
        """The fewest transactions per second: each one is full."""
        return self.rate / self.given.records_per_transaction

    def most_transactions(self) -> float:
        """The most transactions per second: every worker commits all the time."""
        return max(self.transactions(), min(self.rate, self.processes() / self.given.commit_s))

    def touched(self) -> float:
        """Output partitions to which a full transaction writes, if keys are spread evenly."""
        partitions = self.partitions()
        missed = math.pow(1 - 1 / partitions, self.given.records_per_transaction)
        return partitions * (1 - missed)

    def markers(self) -> float:
        """Markers per second, if transactions are full: one per partition touched, and one for the group's offsets."""
        return self.transactions() * (self.touched() + 1)


def _bytes(value: float) -> str:
    for unit in ("B", "kB", "MB", "GB", "TB"):
        if value < 1000:
            return f"{value:.3g} {unit}"
        value /= 1000
    return f"{value:.3g} PB"


def _count(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 else f"{value:.2g}"


ROWS: Mapping[str, Callable[[Need], str]] = {
    "worker processes": lambda need: _count(need.processes()),
    "partitions, input and output each": lambda need: _count(need.partitions()),
    "brokers": lambda need: _count(need.brokers()),
    "replicas of partitions on a broker": lambda need: _count(need.replicas_per_broker()),
    "into the workers, and out of them": lambda need: (
        f"{_bytes(need.input_bytes())}/s, {_bytes(need.output_bytes())}/s"
    ),
    "into the brokers, written to disk": lambda need: f"{_bytes(need.written_bytes())}/s",
    "out of the brokers": lambda need: f"{_bytes(need.network_out_bytes())}/s",
    "disk": lambda need: _bytes(need.disk_bytes()),
    "transactions a second, full ones to most": lambda need: (
        f"{_count(need.transactions())} to {_count(need.most_transactions())}"
    ),
    "output partitions in a full transaction": lambda need: _count(need.touched()),
    "markers a second, of full transactions": lambda need: _count(need.markers()),
}


def table(rates: list[float], given: Given) -> str:
    """In Markdown."""
    needs = [Need(rate, given) for rate in rates]
    lines = [["articles a second", *(f"{rate:,.0f}" for rate in rates)], ["---", *["---:"] * len(rates)]]
    lines += [[name, *map(row, needs)] for name, row in ROWS.items()]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m bench.scale", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rates", default="1000,100000,1000000", help="articles a second, with commas (%(default)s)")
    for each in fields(Given):
        parser.add_argument(f"--{each.name.replace('_', '-')}", type=float, default=each.default, help="(%(default)g)")
    arguments = vars(parser.parse_args())
    rates = [float(rate) for rate in arguments.pop("rates").split(",")]
    print(table(rates, Given(**arguments)))  # noqa: T201 - what was asked for


if __name__ == "__main__":
    main()
