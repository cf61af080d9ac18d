"""`python -m bench.costs`: the processor time of cleaning by kind of text and by part, of a record, of the worker."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from rich.console import Console
from rich.table import Table

from bench import load
from bench.machine import kafka_to_measure
from bench.measure import make_topics, settings_for, throughput
from bench.parts import by_part
from bench.texts import PLAIN, REAL, about, real_pages, texts_of
from bench.timing import Figures, figures, timed
from harness.fakes import FakeRecord
from harness.known_sites import share_of_sites, with_profiles
from harness.twins import in_python, slow
from stream.core import native
from stream.core.cleaning import clean
from stream.core.native.calls import OFTEN
from stream.core.rules import Rules
from stream.core.rules import load as load_rules
from stream.offline.evaluation import shortened
from stream.records.process import Processor
from stream.records.shape import Text

ROUNDS = 5
PAGES = 300
"""Pages that are taken step by step, and those without the compiled parts."""
SITES = 4
"""Of so many sites one is learned."""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.costs", description=__doc__)
    parser.add_argument("-n", "--articles", type=int, default=30_000, help="the worker's backlog (30,000)")
    parser.add_argument("--pages", type=int, default=1697, help="the most texts of a kind that are cleaned (1697)")
    parser.add_argument("--only", default=",".join(SECTIONS), help="some of: %(default)s")
    arguments = parser.parse_args()
    wanted = arguments.only.split(",")
    if unknown := sorted(set(wanted) - set(SECTIONS)):
        parser.error(f"--only: {unknown[0]!r} is none of {', '.join(SECTIONS)}")
    out = Console(width=None if sys.stdout.isatty() else 110)
    for name in wanted:
        SECTIONS[name](out, arguments)
    for kind in (REAL, PLAIN):
        out.print(f"{kind}: {about(kind)}.")


def cleaning(out: Console, arguments: argparse.Namespace) -> None:
    """What cleaning a text takes, in one thread."""
    table = Table(title=f"Cleaning, processor time in one thread ({native.NAME} core)")
    for heading in ("", "texts", "µs", "MB/s", "µs a line", "p99 / mean"):
        table.add_column(heading, justify="right" if heading else "left")
    for name, count, found in cleaning_rows(arguments.pages):
        cells = f"{found.us:.1f}", f"{found.mb_per_s:.1f}", f"{found.us_per_line:.2f}", f"{found.p99_to_mean:.1f}"
        table.add_row(name, f"{count:,}", *cells)
    out.print(table)


def cleaning_rows(most: int) -> list[tuple[str, int, Figures]]:
    """The rows of that table: a name, how many texts, and their figures."""
    model, markers = load_rules(), load_rules(whole_page=False)
    pages = real_pages()[:most]
    whole = texts_of(REAL)[:most]
    learned = [
        (page, profile) for page, profile in with_profiles(share_of_sites(real_pages(), SITES), model) if profile
    ]
    known = {"\n".join(page.lines): profile for page, profile in learned[:most]}

    def with_profile(text: str) -> object:
        return clean(text, model, known[text])

    for text in known:  # a site's profile is used for many articles
        for _ in range(OFTEN):
            with_profile(text)
    few = whole[:PAGES]
    calls: dict[str, tuple[Callable[[str], object], Sequence[str]]] = {
        "real pages": (cleaned_by(model), whole),
        "real pages, their bodies alone": (cleaned_by(model), ["\n".join(shortened(page, 0).lines) for page in pages]),
        "some real pages": (cleaned_by(model), [*known]),
        "the same with their site's profile": (with_profile, [*known]),
        "real pages, with markers": (cleaned_by(markers), whole),
        "plain articles": (cleaned_by(model), texts_of(PLAIN)[:most]),
    }
    took = timed({name: call for name, call in calls.items() if call[1]})
    with in_python():
        took |= timed({"real pages, in Python": (cleaned_by(slow(model)), few)}, rounds=2)
    return [(name, len(found), figures(found)) for name, found in took.items()]


def cleaned_by(rules: Rules) -> Callable[[str], object]:
    """What cleans with these rules."""
    return partial(clean, rules=rules)


def parts(out: Console, arguments: argparse.Namespace) -> None:
    """What each part of cleaning takes of it, in Python: what is compiled does an article in one call."""
    texts = texts_of(REAL)[: min(PAGES, arguments.pages)]
    with in_python():
        columns = {
            footers: by_part(cleaned_by(slow(load_rules(whole_page=footers == "model"))), texts)
            for footers in ("model", "markers")
        }
    show(out, f"Cleaning a real page in Python, by part, µs ({len(texts)} pages, with the cost of measuring)", columns)


def record(out: Console, arguments: argparse.Namespace) -> None:
    """What each step takes of a record."""
    most = min(PAGES, arguments.pages)
    columns = {kind: steps(load_rules(), kind, most) for kind in (REAL, PLAIN)}
    columns[f"{REAL}, markers"] = steps(load_rules(whole_page=False), REAL, most)
    with in_python():
        columns[f"{REAL}, in Python"] = steps(slow(load_rules()), REAL, most)
    show(out, "One record, step by step, in a process with nothing else in it, µs", columns)


def workers(out: Console, arguments: argparse.Namespace) -> None:
    """What a worker takes an article, by thread."""
    columns = {kind: worker(arguments.articles, "model", kind) for kind in (REAL, PLAIN)}
    columns[f"{REAL}, markers"] = worker(arguments.articles, "markers", REAL)
    show(out, f"The worker on a backlog of {arguments.articles:,}: processor time, µs an article", columns)


SECTIONS: Mapping[str, Callable[[Console, argparse.Namespace], None]] = {
    "cleaning": cleaning, "parts": parts, "record": record, "worker": workers,
}  # fmt: skip


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


def steps(rules: Rules, kind: str, most: int) -> dict[str, float]:
    """The least time of several rounds for each step."""
    processor = Processor.for_field("text", "json", rules)
    given = texts_of(kind)[:most]
    values = [load.value(number, text) for number, text in enumerate(given)]
    read = [[Text("text", text)] for text in given]
    changes = [[text.change for text in processor.clean(each, rules)] for each in read]
    found = least({
        "in all": (processor.process, [(FakeRecord(value),) for value in values]),
        "decode": (processor.codec.decode, [(value,) for value in values]),
        "clean": (processor.clean, [(each, rules) for each in read]),
        "encode": (processor.codec.encode, list(zip(values, changes, strict=True))),
    })  # fmt: skip
    rest = found["in all"] - found["decode"] - found["clean"] - found["encode"]
    return {
        "decode": found["decode"], "clean": found["clean"], "encode": found["encode"],
        "headers, the outcome": rest, "in all": found["in all"],
    }  # fmt: skip


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
