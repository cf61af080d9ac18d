"""Writes the table of docs/reliability.md."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Sequence
from pathlib import Path

import confluent_kafka

from harness.kafka.jars import kafka_version
from tests.chaos.result import LONGEST_SILENCE_S, Result

PAGE = Path(__file__).parents[2] / "docs" / "reliability.md"
BEGIN, END = "<!-- chaos: begin -->", "<!-- chaos: end -->"


def write(results: Sequence[Result], seconds: float) -> None:
    """Put the results between the page's markers."""
    page = PAGE.read_text("utf-8")
    before, rest = page.split(BEGIN)
    _, after = rest.split(END)
    PAGE.write_text(f"{before}{BEGIN}\n{_table(results, seconds)}\n{END}{after}", "utf-8")


def _table(results: Sequence[Result], seconds: float) -> str:
    total = sum(result.records for result in results)
    took = f"by `make chaos` in {seconds / 60:.0f} minutes: {len(results)} faults, {total:,} articles"
    lines = [
        f"Measured {time.strftime('%Y-%m-%d', time.gmtime())} {took}. {_machine()}",
        "",
        "| Fault | Articles | Lost | Twice | Altered | Longest silence | What was done |",
        "|---|--:|--:|--:|--:|--:|---|",
        *(_row(result) for result in results),
        "",
        f"Every single worker's death: output again within {_worst(results):.1f} s (bound: {LONGEST_SILENCE_S:g} s).",
    ]
    return "\n".join(lines)


def _row(result: Result) -> str:
    twice = f"{result.twice:,}" + (" (allowed)" if result.may_repeat else "")
    return (
        f"| {result.fault} | {result.records:,} | {result.lost:,} | {twice} | {result.altered:,} "
        f"| {result.longest_silence_s:.1f} s | {result.note} |"
    )


def _worst(results: Sequence[Result]) -> float:
    return max((result.longest_silence_s for result in results if result.single_death), default=0.0)


def _machine() -> str:
    cores = (
        f"{os.cpu_count()} cores shared by brokers, workers and the ledger ({platform.machine()}, {platform.system()})"
    )
    versions = f"Python {platform.python_version()}, librdkafka {confluent_kafka.libversion()[0]}"
    return f"{cores}, {versions}, Apache Kafka {kafka_version()}."
