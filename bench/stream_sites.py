"""`python -m bench.stream_sites`: labelled pages through Kafka, a worker and a learner, beside `evaluate --learn`.

In rounds: a page of each site, then a wait until all of the round is learned; so each page is cleaned with what all
pages of its site before it taught, as `evaluate --learn` cleans it. At a rate: as a scraper would send them; then it
shows how many articles what is known lags behind.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from statistics import mean, median

import orjson
from confluent_kafka import Consumer, TopicPartition
from rich.console import Console
from rich.table import Table

from harness import corpus
from harness.kafka.server import RealKafka
from harness.processes import free_port, until
from stream.config.learner import for_learner
from stream.config.loading import load
from stream.config.settings import Settings
from stream.core.cleaning import clean
from stream.core.rules import builtin
from stream.kafka import topics
from stream.kafka.sending import Sender
from stream.learner.address import site_of
from stream.learner.messages import read_published
from stream.learner.observation import observe
from stream.learner.profiles import Profiles
from stream.offline.evaluation import LabelledPage, Tally, flags_of
from stream.offline.playing import BEFORE

PATIENCE_S = 120.0
OFFLINE, STREAM = "evaluate --learn", "stream"
SHOWN = ("footer lines removed %", "body chars lost %", "pages losing a paragraph %", "pages cut perfectly %")


def main() -> None:
    """Play the pages and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.stream_sites", description=__doc__)
    parser.add_argument("--rate", type=float, help="pages a second; if not given, in rounds")
    parser.add_argument("--rounds", type=int, default=40, help="pages of one site at most, in rounds (40)")
    arguments = parser.parse_args()
    if not corpus.is_here():
        sys.exit(f"There are no pages: {corpus.WITHOUT} ({corpus.CORPUS}).")
    pages = [page for page in corpus.news() if page.source and site_of(page.source) == page.source]
    if not arguments.rate:
        pages = [page for of_round in rounds_of(pages, arguments.rounds) for page in of_round]
    with RealKafka() as kafka:
        given = {"bootstrap_servers": kafka.bootstrap_servers, "http_port": free_port(), "sites": "apply"}
        settings = load(given, environ={})
        for made in topics.create(settings, 4, 1, {}):
            assert made.new, made
        came = played(settings, pages, arguments)
        totals = totals_of(settings)
    report(pages, came, totals)


def rounds_of(pages: Sequence[LabelledPage], most: int) -> Iterator[list[LabelledPage]]:
    """Pages in rounds of one of each site, in their order."""
    by_round: dict[int, list[LabelledPage]] = defaultdict(list)
    seen: Counter[str] = Counter()
    for page in pages:
        by_round[seen[page.source]].append(page)
        seen[page.source] += 1
    for number in range(min(most, len(by_round))):
        yield by_round[number]


Came = dict[str, tuple[str, str]]
"""By the page's id: the cleaned text, and the version of what was known."""


def played(settings: Settings, pages: Sequence[LabelledPage], arguments: argparse.Namespace) -> Came:
    """Send the pages; give what came out."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("STREAM_")}
    environment |= {
        "STREAM_BOOTSTRAP_SERVERS": settings.bootstrap_servers, "STREAM_HTTP_PORT": str(settings.http_port),
        "STREAM_SITES": "apply", "STREAM_LOG_LEVEL": "warning",
    }  # fmt: skip
    worker = subprocess.Popen([sys.executable, "-m", "stream", "worker", "--learn"], env=environment)
    try:
        if arguments.rate:
            sender = Sender(settings, settings.input_topic)
            began = time.monotonic()
            for number, page in enumerate(pages):
                time.sleep(max(0.0, began + number / arguments.rate - time.monotonic()))
                send(sender, page)
            sender.finish()
            wait(settings, len(pages))
        else:
            sent = 0
            for of_round in rounds_of(pages, arguments.rounds):
                sender = Sender(settings, settings.input_topic)
                for page in of_round:
                    send(sender, page)
                sender.finish()
                sent += len(of_round)
                wait(settings, sent)
        return {
            (record.key() or b"").decode(): (orjson.loads(record.value() or b"")["text"], version_of(record))
            for record in topics.read(settings, settings.output_topic)
        }
    finally:
        worker.terminate()
        worker.wait(PATIENCE_S)


def send(sender: Sender, page: LabelledPage) -> None:
    """Publish a page as an article."""
    value = {"id": page.id, "source": page.source, "text": "\n".join(page.lines)}
    sender.send(page.id, page.id.encode(), orjson.dumps(value))


def version_of(record: object) -> str:
    """The version of what was known of the site, as the header says."""
    headers: dict[str, bytes] = dict(record.headers() or [])  # type: ignore[attr-defined]
    return headers.get("article-stream.site", b"@").decode().rpartition("@")[2]


def wait(settings: Settings, sent: int) -> None:
    """Wait until so many articles are through and learned, and the worker knows what was learned."""

    def done(group: str, topic: str, at_least: int) -> bool:
        consumer = Consumer({"bootstrap.servers": settings.bootstrap_servers, "group.id": group})
        try:
            places = [TopicPartition(topic, number) for number in range(4)]
            committed = {place.partition: place.offset for place in consumer.committed(places, timeout=PATIENCE_S)}
            ends = [consumer.get_watermark_offsets(place, timeout=PATIENCE_S)[1] for place in places]
            # Behind the last record there is the marker of its transaction.
            return sum(ends) >= at_least and all(
                end - max(0, committed[number]) <= 1 for number, end in enumerate(ends)
            )
        finally:
            consumer.close()

    learner = for_learner(settings)
    until(lambda: done(settings.group_id, settings.input_topic, sent), "the articles to be cleaned", PATIENCE_S)
    until(lambda: done(learner.group_id, learner.input_topic, 1), "the articles to be learned", PATIENCE_S)
    time.sleep(1.0)  # the worker polls what is known every fifth of a second


def totals_of(settings: Settings) -> dict[tuple[str, str], int]:
    """By site and version: how many articles it was learned from."""
    found: dict[tuple[str, str], int] = {}
    for record in topics.read(settings, settings.sites_topic):
        site = (record.key() or b"").decode()
        known = read_published(site, record.value())
        found.setdefault((site, known.profile.version), known.total)
    return found


def report(pages: Sequence[LabelledPage], came: Came, totals: dict[tuple[str, str], int]) -> None:
    """Print what the stream made of the pages, beside what `evaluate --learn` does."""
    profiles = Profiles()
    tallies = {who: {name: Tally() for name in BEFORE} for who in (OFFLINE, STREAM)}
    lags, unlike = [], 0
    for page in pages:
        rules = builtin().for_site(page.source)
        known = profiles.sites.get(page.source)
        total = known.total if known is not None else 0
        text, version = came[page.id]
        whole = "\n".join(page.lines)
        wanted = clean(whole, rules, None if known is None else known.profile()).text
        before = next(name for name, most in BEFORE.items() if total <= most)
        for who, cleaned in ((OFFLINE, wanted), (STREAM, text)):
            tallies[who][before].add(page, flags_of(page, cleaned))
        unlike += text != wanted
        lags.append(total - totals.get((page.source, version), 0))
        profiles.learn_together([(page.source, observe(whole, rules))])
    out = Console(width=None if sys.stdout.isatty() else 140)
    table = Table(title=f"{len(pages):,} news pages, by how many articles of the site came before")
    for name in ("", "", *BEFORE):
        table.add_column(name, justify="right" if name else "left")
    for shown in SHOWN:
        for who, by_before in tallies.items():
            figures = [f"{tally.row()[shown]:.2f}" if tally.pages else "" for tally in by_before.values()]
            table.add_row(shown if who == OFFLINE else "", who, *figures, end_section=who == STREAM)
    out.print(table)
    out.print(
        f"{unlike:,} pages were cleaned otherwise than by `evaluate --learn`. "
        f"What is known lags {mean(lags):.2f} articles of the site in the mean, {median(lags):g} in the median, "
        f"{max(lags)} at most."
    )


if __name__ == "__main__":
    main()
