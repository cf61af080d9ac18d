"""`python -m bench.costs`: the processor time of each step per article, alone and in a backlog on a real Kafka."""

from __future__ import annotations

import argparse
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import orjson
from rich.console import Console
from rich.table import Table

from bench import load
from bench.machine import kafka_to_measure
from bench.measure import make_topics, settings_for, throughput
from harness.fakes import FakeRecord
from harness.twins import in_python, slow
from stream.core import native
from stream.core.cleaning import _repeats
from stream.core.footer.page import find_footer
from stream.core.paragraphs import first_of
from stream.core.rules import load as load_rules
from stream.records.process import Processor
from stream.records.shape import Text

ROUNDS = 15
PAGES = 96
"""Whole pages that are taken step by step: one of them costs as much as ten articles or more."""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.costs", description=__doc__)
    parser.add_argument("-n", "--articles", type=int, default=50_000, help="the backlog (50,000)")
    load.add_text_option(parser)
    arguments = parser.parse_args()
    out = Console(width=None if sys.stdout.isatty() else 100)
    workers = {footers: worker(arguments.articles, footers, arguments.text) for footers in ("model", "markers")}
    show(out, f"The worker on a backlog of {arguments.articles:,}: processor time, µs an article", workers)
    kind = arguments.text
    articles = {"model": steps("model", kind), "markers": steps("markers", kind)}
    with in_python():
        articles["model, in Python"] = steps("model", kind)
    show(out, "One article, step by step, in a process with nothing else in it, µs", articles)
    out.print(f"The text: {load.KINDS[kind]}.")


def show(out: Console, title: str, columns: Mapping[str, Mapping[str, float]]) -> None:
    """Print a table of these columns."""
    table = Table(title=title)
    for heading in ("", *columns):
        table.add_column(heading, justify="right" if heading else "left")
    for name in next(iter(columns.values())):
        table.add_row(name, *(f"{column[name]:.1f}" for column in columns.values()))
    out.print(table)


def worker(articles: int, footers: str, kind: str) -> dict[str, float]:
    """Processor time per article by thread, on a backlog, without that of the worker's start."""
    with kafka_to_measure() as kafka:
        servers = kafka.bootstrap_servers
        make_topics(servers, "backlog")
        load.backlog(servers, "backlog", articles, kind=kind)
        settings = settings_for(servers, "costs", "backlog", footers=footers)
        spent = throughput(servers, ("stream", "worker"), settings, articles).by_thread_us
    return {**spent, "in all": sum(spent.values())}


def steps(footers: str, kind: str) -> dict[str, float]:
    """The least time of several rounds for each step. No article is used twice."""
    rules = load_rules(whole_page=footers == "model")
    if native.compiled is None:
        rules = slow(rules)
    processor = Processor.for_field("text", "json", rules)
    chosen = load.texts_of(kind)[: PAGES if kind == load.WHOLE_PAGE else None]
    values = [load.value(number, text) for number, text in enumerate(chosen)]
    texts = [orjson.loads(value)["text"] for value in values]
    lines = [text.split("\n") for text in texts]
    firsts = list(map(places_of, texts))
    places = [_repeats(line, first)[1] for line, first in zip(lines, firsts, strict=True)]
    read = [[Text("text", text)] for text in texts]
    changes = [[text.change for text in processor.clean(each, rules)] for each in read]
    calls: dict[str, tuple[Callable[..., Any], Sequence[tuple[Any, ...]]]] = {
        "in all": (processor.process, [(FakeRecord(value),) for value in values]),
        "decode": (processor.codec.decode, [(value,) for value in values]),
        "split, normalise, hash": (places_of, [(text,) for text in texts]),
        "repeats": (_repeats, list(zip(lines, firsts, strict=True))),
        "clean": (processor.clean, [(each, rules) for each in read]),
        "encode": (processor.codec.encode, list(zip(values, changes, strict=True))),
    }
    if rules.whole_page:
        calls["footer"] = (find_footer, [(line, place, rules) for line, place in zip(lines, places, strict=True)])
    found = defaultdict(float, least(calls))
    tail, split, repeats, clean = found["footer"], found["split, normalise, hash"], found["repeats"], found["clean"]
    return {
        "decode": found["decode"],
        "split, normalise, hash": split,
        "repeats": repeats,
        "the page's footer and junk (not with markers)": tail,
        "the rest of clean: markers, budget, removals, joining": clean - split - repeats - tail,
        "encode": found["encode"],
        "headers, the outcome": found["in all"] - found["decode"] - clean - found["encode"],
        "in all": found["in all"],
    }


def places_of(text: str) -> list[int]:
    """For each line, where it first occurs."""
    return first_of(text, "\n")[1]


def least(calls: dict[str, tuple[Callable[..., Any], Sequence[tuple[Any, ...]]]]) -> dict[str, float]:
    """Microseconds of processor time per call: the least of several rounds, in which the calls take turns."""
    best = dict.fromkeys(calls, float("inf"))
    for _ in range(ROUNDS):
        for name, (call, given) in calls.items():
            began = time.process_time()
            for arguments in given:
                call(*arguments)
            best[name] = min(best[name], (time.process_time() - began) / len(given) * 1e6)
    return best


if __name__ == "__main__":
    main()
