"""`make bench-growth`: processor time of an article, by its lines, length, paragraphs, by rules, sites, partitions."""

from __future__ import annotations

import argparse
import gc
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import chain, cycle, islice
from pathlib import Path
from random import Random

import orjson
from rich.console import Console

from bench import load, shapes
from bench.curve import Curve, draw, show
from bench.machine import kafka_to_measure
from bench.measure import make_topics, settings_for, throughput
from bench.texts import REAL, texts_of
from harness import corpus
from harness.fakes import FakeRecord
from stream.core.packed import ROW, kept_small
from stream.core.rules import Rules
from stream.core.rules import load as load_rules
from stream.core.sites import UNIT, Profile
from stream.learner.messages import Published
from stream.records.known_sites import KnownSites
from stream.records.process import Processor

LENGTHS = (1_000, 10_000, 100_000, 1_000_000, 10_000_000)
LINES = (10, 100, 1_000, 10_000, 100_000)
PARAGRAPHS = (1, 10, 100, 1_000, 10_000, 100_000, 1_000_000)
RULES = (10, 100, 1_000, 10_000)
SITES = (10, 100, 1_000, 10_000, 100_000)
LINES_OF_SITE = 300
"""Lines and templates that are known of a made-up site."""
PARTITIONS = (1, 4, 16, 64, 256)
FOOTERS = {"model": True, "markers": False}
ALIKE = "model, 100 lines that begin as all rules do"
RUN_BYTES, RUN_ARTICLES = 3_000_000, 300
"""A run has as many different articles as both bounds allow, and at least one."""
LONGEST_S = 10.0
KIND = "real" if corpus.is_here() else "made-up"
note = Console(stderr=True).print


def main() -> None:
    """Measure, print, draw."""
    parser = argparse.ArgumentParser(prog="python -m bench.growth", description=__doc__)
    parser.add_argument("--only", default=",".join(PARTS), help="some of: %(default)s")
    parser.add_argument("--runs", type=int, default=5, help="runs of each; the least counts (5)")
    parser.add_argument("-n", "--articles", type=int, default=20_000, help="the backlog for partitions (20,000)")
    parser.add_argument("--plot", type=Path, metavar="FOLDER", help="write a picture of each, too")
    arguments = parser.parse_args()
    wanted = arguments.only.split(",")
    if unknown := sorted(set(wanted) - set(PARTS)):
        parser.error(f"--only: {unknown[0]!r} is none of {', '.join(PARTS)}")
    for name in wanted:
        note(f"Measuring {name} …")
        curve = PARTS[name](arguments)
        show(curve)
        if arguments.plot:
            draw(curve, arguments.plot)


def lines(arguments: argparse.Namespace) -> Curve:
    """News pages of a growing number of lines: the lines of one page after the other, up to that number."""
    series: dict[str, list[float]] = {footers: [] for footers in FOOTERS}
    for count in LINES:
        values = [shapes.value(text) for text in joined_pages(count)]
        for footers, processor in processors().items():
            series[footers].append(cpu_us(processor, values, arguments.runs))
    return Curve("lines", f"Processor time by a {KIND} page's lines", "lines", "µs per article", LINES, series)


def joined_pages(count: int) -> list[str]:
    """Texts of so many lines each, made of different pages: as many as a run may have."""
    every = chain.from_iterable(text.split("\n") for text in cycle(texts_of(REAL)))
    first = "\n".join(islice(every, count))
    return [first, *("\n".join(islice(every, count)) for _ in range(articles_of(len(first)) - 1))]


def length(arguments: argparse.Namespace) -> Curve:
    """Articles of the load's shape, of growing length."""
    series: dict[str, list[float]] = {footers: [] for footers in FOOTERS}
    for size in LENGTHS:
        values = [shapes.value(shapes.of_size(size, seed)) for seed in range(articles_of(size))]
        for footers, processor in processors().items():
            series[footers].append(cpu_us(processor, values, arguments.runs))
    return Curve("length", "Processor time by an article's length", "bytes", "µs per article", LENGTHS, series)


def paragraphs(arguments: argparse.Namespace) -> Curve:
    """Articles of a growing number of short paragraphs: all different, or all equal."""
    kinds = {"all different": False, "all equal": True}
    series: dict[str, list[float]] = {f"{footers}, {kind}": [] for kind in kinds for footers in FOOTERS}
    for count in PARAGRAPHS:
        for kind, equal in kinds.items():
            size = len(shapes.short_paragraphs(count))
            firsts = range(0, count * articles_of(size), count)
            values = [shapes.value(shapes.short_paragraphs(count, equal=equal, first=first)) for first in firsts]
            for footers, processor in processors().items():
                series[f"{footers}, {kind}"].append(cpu_us(processor, values, arguments.runs))
    title = "Processor time by the number of short paragraphs"
    return Curve("paragraphs", title, "paragraphs", "µs per article", PARAGRAPHS, series)


def rules(arguments: argparse.Namespace) -> Curve:
    """A growing number of user rules: on news pages, and on short lines that begin as all the rules do."""
    values = [load.value(number, text) for number, text in enumerate(texts_of(REAL)[:RUN_ARTICLES])]
    short = [shapes.value(shapes.short_paragraphs(100, first=first)) for first in range(0, 3_000, 100)]
    series: dict[str, list[float]] = {footers: [] for footers in (*FOOTERS, ALIKE)}
    notes = []
    with tempfile.TemporaryDirectory() as folder:
        for count in RULES:
            path = shapes.rules_file(Path(folder), count)
            began = time.process_time()
            loaded = load_rules([path])
            notes.append(f"Loading {count:,} rules beside the built-in ones: {time.process_time() - began:.2f} s")
            for footers, processor in processors(loaded).items():
                series[footers].append(cpu_us(processor, values, arguments.runs))
            alike = load_rules([shapes.rules_file(Path(folder), count, "the committee ")])
            series[ALIKE].append(cpu_us(processors(alike)["model"], short, arguments.runs))
    title = "Processor time by the number of rules in STREAM_RULES"
    return Curve("rules", title, "rules", "µs per article", RULES, series, notes)


def sites(arguments: argparse.Namespace) -> Curve:
    """News pages of a growing number of sites, of each of which as much is known: every article is of another site."""
    pick = Random(1)  # noqa: S311 - the same sites each time
    known = KnownSites("articles.lines", applies=True)
    texts = texts_of(REAL)[:RUN_ARTICLES]
    found: list[float] = []
    for count in SITES:
        for number in range(len(known), count):
            site = f"site{number}.example"
            known.tell(site, settled(site, pick))
        known.begin_batch()
        values = [
            orjson.dumps({"source": f"https://site{pick.randrange(count)}.example/{number}", "text": text})
            for number, text in enumerate(texts)
        ]
        found.append(cpu_us(replace(processors()["model"], sites=known), values, arguments.runs))
    title = "Processor time by the number of sites that are known"
    return Curve("sites", title, "sites", "µs per article", SITES, {"model": found})


def settled(site: str, pick: Random) -> Published:
    """Make what workers are told of a site that has been known for long."""
    keys = sorted({pick.getrandbits(64) | 1 for _ in range(LINES_OF_SITE)})
    packed = b"".join(ROW.pack(key, 60 * UNIT, 0, 60 * UNIT) for key in keys)
    return Published(Profile(site, "v", 64 * UNIT, kept_small(packed)), 64, "applied", settled=True)


def partitions(arguments: argparse.Namespace) -> Curve:
    """A whole worker on a real Kafka, with a backlog and an output of a growing number of partitions."""
    cpu: list[float] = []
    notes = []
    with kafka_to_measure() as kafka:
        servers = kafka.bootstrap_servers
        for count in PARTITIONS:
            note(f"{count} partitions …")
            source = f"p{count}.raw"
            make_topics(servers, source, partitions=count)
            load.backlog(servers, source, arguments.articles)
            found = []
            for run in range(arguments.runs):
                settings = settings_for(servers, f"p{count}-{run}", source)
                found.append(throughput(servers, ("stream", "worker"), settings, arguments.articles, count))
            cpu.append(min(run.cpu_us for run in found))
            speed, peak = max(run.per_second for run in found), max(run.peak_mb for run in found)
            notes.append(f"{count} partitions: {speed:,.0f} articles/s, peak memory {peak:.0f} MB")
    title = "Processor time of a whole worker by the number of its partitions"
    return Curve("partitions", title, "partitions", "µs per article", PARTITIONS, {"model": cpu}, notes)


PARTS: dict[str, Callable[[argparse.Namespace], Curve]] = {
    "lines": lines, "length": length, "paragraphs": paragraphs, "rules": rules, "sites": sites,
    "partitions": partitions
}  # fmt: skip


def processors(loaded: Rules | None = None) -> dict[str, Processor]:
    """One processor for each way to find footers."""
    loaded = loaded or load_rules()
    kinds = {name: replace(loaded, whole_page=whole_page) for name, whole_page in FOOTERS.items()}
    return {name: Processor.for_field("text", "auto", kind) for name, kind in kinds.items()}


def articles_of(size_bytes: int) -> int:
    """How many articles of this size a run has."""
    return max(1, min(RUN_ARTICLES, RUN_BYTES // size_bytes))


def cpu_us(processor: Processor, values: Sequence[bytes], runs: int) -> float:
    """The least processor time per article of several runs, or of fewer if they take long.

    The cache of lines is emptied before each run.
    """
    records = [FakeRecord(value) for value in values]
    found: list[float] = []
    while len(found) < runs and sum(found) * len(records) < LONGEST_S:
        fresh = replace(processor, rules=processor.rules.with_model(None))
        gc.collect()
        began = time.process_time()
        for record in records:
            fresh.process(record)
        found.append((time.process_time() - began) / len(records))
    return min(found) * 1e6


if __name__ == "__main__":
    main()
