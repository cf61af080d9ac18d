"""`python -m bench.costs`: where each microsecond of an article goes, on a backlog on a real Kafka and step by step."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import orjson
from confluent_kafka import Consumer
from rich.console import Console
from rich.table import Table

from bench import load
from bench.measure import PARTITIONS, committed, make_topics, settings_for
from bench.process import TICKS, Measured
from stream.paragraphs import BLANK, digests, first_places, outline
from stream.records import Processor
from stream.repeats import repeats_of
from stream.rules import Rules
from stream.rules import load as load_rules
from stream.tail.footer import look
from tests.fakes import FakeRecord
from tests.kafka_server import KAFKAS_HEAP, RealKafka

ROUNDS = 15
LOOP = "the event loop: decode, clean, encode; Faust, asyncio, metrics"
THREADS = "source and sink: fetching and publishing, in Python"
LIBRARY = "librdkafka: fetching, decompressing, compressing, sending"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.costs", description=__doc__)
    parser.add_argument("-n", "--articles", type=int, default=50_000, help="the backlog (50,000)")
    arguments = parser.parse_args()
    if reason := RealKafka.why_not():
        sys.exit(f"No Kafka to measure on: {reason}.")
    out = Console(width=None if sys.stdout.isatty() else 100)
    tables = [worker(arguments.articles, footers) for footers in ("model", "markers")]
    show(out, f"The worker on a backlog of {arguments.articles:,}: processor time, µs an article", tables)
    show(out, "One article, step by step, in a process with nothing else in it, µs", [steps("model"), steps("markers")])


def show(out: Console, title: str, columns: Sequence[dict[str, float]]) -> None:
    """Print a table with a column for each way to find footers."""
    table = Table(title=title)
    for heading in ("", "model", "markers"):
        table.add_column(heading, justify="right" if heading else "left")
    for name in columns[0]:
        table.add_row(name, *(f"{column[name]:.1f}" for column in columns))
    out.print(table)


def worker(articles: int, footers: str) -> dict[str, float]:
    """Processor time by thread, without the start's."""
    with RealKafka(jvm_options=KAFKAS_HEAP) as kafka:
        servers = kafka.bootstrap_servers
        settings = settings_for(servers, "costs", "backlog", footers=footers)
        make_topics(servers, "backlog", str(settings["output_topic"]), str(settings["dead_letter_topic"]))
        load.backlog(servers, "backlog", articles)
        asker = Consumer({"bootstrap.servers": servers, "group.id": "costs", "log_level": 0})  # it never joins
        before: dict[str, float] = {}
        with Measured(("stream", "worker"), settings) as run:
            while (done := committed(asker, "backlog", PARTITIONS)) < articles:
                run.check()
                before = before if done else by_thread(run.process.pid)
                time.sleep(0.05)
            after = by_thread(run.process.pid)
        asker.close()
    spent = {name: (after[name] - before.get(name, 0)) / articles * 1e6 for name in after}
    return {**spent, "in all": sum(spent.values())}


def by_thread(pid: int) -> dict[str, float]:
    """Seconds of processor time so far."""
    found = {LOOP: 0.0, THREADS: 0.0, LIBRARY: 0.0}
    for task in Path(f"/proc/{pid}/task").iterdir():
        try:
            name, fields = (task / "stat").read_text("ascii").split("(", 1)[1].rsplit(")", 1)
        except OSError:  # it has ended
            continue
        which = LIBRARY if name.startswith("rdk:") else LOOP if task.name == str(pid) else THREADS
        found[which] += (int(fields.split()[11]) + int(fields.split()[12])) / TICKS
    return found


def steps(footers: str) -> dict[str, float]:
    """The least time of several rounds for each step, each article another one."""
    rules = load_rules(whole_page=footers == "model")
    processor = Processor.of("text", "json", rules)
    values = [load.value(number, text) for number, text in enumerate(load.texts())]
    texts = [orjson.loads(value)["text"] for value in values]
    lines = [text.split("\n") for text in texts]
    firsts = list(map(places_of, texts))
    places = [
        [at for at, place in enumerate(first) if place >= 0 and at not in repeats_of(line, first)]
        for line, first in zip(lines, firsts, strict=True)
    ]
    cleaned = [processor.clean(text, rules)[1] for text in texts]
    calls: dict[str, tuple[Callable[..., Any], Sequence[tuple[Any, ...]]]] = {
        "in all": (processor.process, [(FakeRecord(value),) for value in values]),
        "decode": (processor.codec.decode, [(value,) for value in values]),
        "split, normalise, hash": (places_of, [(text,) for text in texts]),
        "repeats": (repeats_of, list(zip(lines, firsts, strict=True))),
        "clean": (processor.clean, [(text, rules) for text in texts]),
        "encode": (processor.codec.encode, list(zip(values, texts, cleaned, strict=True))),
    }
    if rules.whole_page:
        calls["the tail's model"] = (look, [(line, place, rules) for line, place in zip(lines, places, strict=True)])
    found = least(rules, calls)
    tail = found.get("the tail's model", 0.0)
    split, repeats = found["split, normalise, hash"], found["repeats"]
    return {
        "decode": found["decode"],
        "split, normalise, hash": split,
        "repeats": repeats,
        "the tail's model": tail,
        "the rest of clean: markers, budget, removals, joining": found["clean"] - split - repeats - tail,
        "encode": found["encode"],
        "headers, the outcome": found["in all"] - found["decode"] - found["clean"] - found["encode"],
        "in all": found["in all"],
    }


def places_of(text: str) -> list[int]:
    """Where each line first stands."""
    return first_places(digests(outline(text, "\n") or []), BLANK)


def least(rules: Rules, calls: dict[str, tuple[Callable[..., Any], Sequence[tuple[Any, ...]]]]) -> dict[str, float]:
    """Microseconds of processor time for each call: the least of several rounds, the calls by turns.

    Nothing is remembered from round to round.
    """
    best = dict.fromkeys(calls, float("inf"))
    for _ in range(ROUNDS):
        for name, (call, given) in calls.items():
            rules.seen.clear()
            began = time.process_time()
            for arguments in given:
                call(*arguments)
            best[name] = min(best[name], (time.process_time() - began) / len(given) * 1e6)
    return best


if __name__ == "__main__":
    main()
