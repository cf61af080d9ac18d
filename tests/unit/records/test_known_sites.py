"""What a worker knows of sites: when it comes into force, and which articles are learned from."""

from __future__ import annotations

import orjson
import pytest

from harness.fakes import FakeRecord
from stream.config.loading import load
from stream.core.rules import builtin
from stream.demo import island
from stream.learner.learned import LearnedSite
from stream.learner.messages import Published, read_lines_record
from stream.learner.observation import Sketch, sketch
from stream.records import known_sites as module
from stream.records.known_sites import KnownSites, partition_of
from stream.records.outcomes import Outcome
from stream.records.process import Processor

SITE = "halsey.example"
TEXTS = [orjson.loads(line)["text"].split("\n") for line in island()]
FOOTER = TEXTS[0][-3:]
ISLAND = [lines[:-3] for lines in TEXTS]
PARTITIONS = 4


def text(number: int, *footer: str) -> str:
    if number < len(ISLAND):  # told with other words, as real stories are
        return "\n".join([*ISLAND[number], *footer])
    things = ("pier", "quay", "lock", "mole", "slip", "dock")
    thing = f"{things[number % 6]} {'i' * (number // 6)}".strip()
    return "\n".join(
        [
            f"The {thing} at Halsey Point stays closed, the board said on Monday, and nobody knows for how long.",
            f"Work on the {thing} began in spring, and the money ran out before the summer was over, it said.",
            *footer,
        ]
    )


def known(articles: int) -> Published:
    site = LearnedSite.named(SITE)
    for number in range(articles):
        site.learn(sketch(text(number, *FOOTER), builtin()))
        site.refresh(builtin())
    return site.published()


def processor(sites: KnownSites) -> Processor:
    return Processor.for_settings(load(environ={}), "auto", builtin(), sites=sites)


def process(sites: KnownSites, number: int, *footer: str, **fields: object) -> Outcome:
    article = {"url": f"https://www.{SITE}/{number}", "text": text(number, *footer), **fields}
    return processor(sites).process(FakeRecord(orjson.dumps(article)))


def knowing(articles: int, *, applies: bool = True) -> KnownSites:
    sites = KnownSites("articles.lines", applies=applies)
    sites.tell_partitions(PARTITIONS)
    if articles:
        sites.tell(SITE, known(articles))
    sites.begin_batch()
    return sites


def test_the_fourth_article_loses_a_footer_that_nothing_else_gives_away() -> None:
    assert process(knowing(0), 3, *FOOTER).name == "unchanged"
    outcome = process(knowing(3), 3, *FOOTER)
    assert (outcome.name, outcome.footer, outcome.site) == ("cleaned", 3, True)
    version = known(3).profile.version
    assert ("article-stream.site", f"{SITE}@{version}".encode()) in outcome.headers


def test_while_it_is_only_proposed_nothing_is_changed_and_all_is_learned() -> None:
    outcome = process(knowing(3, applies=False), 3, *FOOTER)
    assert (outcome.name, outcome.site) == ("unchanged", False)
    assert outcome.beside is not None


def test_what_is_told_comes_into_force_at_the_edge_of_a_batch() -> None:
    sites = knowing(0)
    sites.tell(SITE, known(3))
    assert process(sites, 3, *FOOTER).name == "unchanged"
    sites.begin_batch()
    assert process(sites, 3, *FOOTER).name == "cleaned"
    sites.tell(SITE, None)
    sites.begin_batch()
    assert (process(sites, 3, *FOOTER).name, len(sites)) == ("unchanged", 0)


def test_what_is_published_beside_an_article_is_what_can_be_learned_from_it() -> None:
    outcome = process(knowing(0), 1, *FOOTER)
    assert outcome.beside is not None
    topic, partition, key, value = outcome.beside
    assert (topic, partition, key) == ("articles.lines", partition_of(SITE, PARTITIONS), SITE.encode())
    said = read_lines_record(value)
    assert isinstance(said, Sketch)
    assert said == sketch(text(1, *FOOTER), builtin())
    plain = process(KnownSites("articles.lines", applies=True), 1, *FOOTER)
    assert outcome.size_bytes > plain.size_bytes + len(value or b"")


@pytest.mark.parametrize(
    ("value", "headers"),
    [
        ({"text": text(1)}, None),
        ({"text": text(1), "url": "http://localhost/1"}, None),
        ({"text": text(1), "source": "The Halsey Herald"}, None),
        ({"text": 7, "url": "https://halsey.example"}, None),
        ({"url": "https://halsey.example"}, None),
    ],
)
def test_an_article_without_a_site_or_a_text_teaches_nothing(
    value: dict[str, object], headers: list[tuple[str, bytes | None]] | None
) -> None:
    outcome = processor(knowing(0)).process(FakeRecord(orjson.dumps(value), the_headers=headers))
    assert outcome.beside is None


@pytest.mark.parametrize(
    ("fields", "headers"),
    [
        ({"source": "https://user@WWW.Halsey.example:8443/x"}, None),
        ({"source": "The Halsey Herald", "link": "halsey.example/9"}, None),
        ({}, [("source", b"HALSEY.EXAMPLE")]),
    ],
)
def test_the_site_is_found_in_the_source_the_address_or_a_header(
    fields: dict[str, object], headers: list[tuple[str, bytes | None]] | None
) -> None:
    record = FakeRecord(orjson.dumps({"text": text(1), **fields}), the_headers=headers)
    outcome = processor(knowing(0)).process(record)
    assert outcome.beside is not None
    assert outcome.beside.key == SITE.encode()


def test_a_plain_text_has_its_site_in_a_header() -> None:
    headers: list[tuple[str, bytes | None]] = [("content-type", b"text/plain"), ("source", SITE.encode())]
    outcome = processor(knowing(3)).process(FakeRecord(text(3, *FOOTER).encode(), the_headers=headers))
    assert (outcome.name, outcome.beside is not None) == ("cleaned", True)


def test_of_a_settled_site_a_part_is_learned_from_and_all_that_look_otherwise() -> None:
    sites = knowing(0)
    settled = known(30)
    assert settled.settled
    sites.tell(SITE, settled)
    observed = 0
    for number in range(400):
        sites.begin_batch()
        observed += process(sites, number, *FOOTER).beside is not None
    assert 5 <= observed <= 60  # one in twenty is 20
    sites.begin_batch()
    changed = [process(sites, number, "A new look", "Sea and land").beside is not None for number in range(10)]
    assert all(changed)


def test_one_busy_site_keeps_no_learner_from_the_others() -> None:
    sites = knowing(0)
    observed = [process(sites, number).beside is not None for number in range(module.MOST_OF_A_SITE + 50)]
    assert sum(observed) == module.MOST_OF_A_SITE
    assert process(sites, 1, source="other.example").beside is not None


def test_nothing_is_observed_while_the_topic_of_lines_takes_nothing() -> None:
    sites = knowing(0)
    sites.suspend(60)
    assert process(sites, 1).beside is None
    sites.suspend(-1)
    assert process(sites, 1).beside is not None
    sites.tell_partitions(0)
    assert process(sites, 1).beside is None


def test_of_several_texts_the_first_is_learned_from() -> None:
    given = load({"text_field": "title,text"}, environ={})
    made = Processor.for_settings(given, "auto", builtin(), sites=knowing(0))
    value = orjson.dumps({"url": f"https://{SITE}", "title": "The pier", "text": text(1)})
    outcome = made.process(FakeRecord(value))
    assert outcome.beside is not None
    said = read_lines_record(outcome.beside.value)
    assert isinstance(said, Sketch)
    assert said.lines == ("The pier",)


def test_a_line_of_a_megabyte_is_published_shortened() -> None:
    outcome = process(knowing(0), 1, "x" * 1_000_000, "word " * 200_000)
    assert outcome.beside is not None
    assert len(outcome.beside.value or b"") < 2_000


def test_of_an_article_of_megabytes_the_beginning_and_the_end_are_published() -> None:
    lines = [f"Line {number} of an endless article that somebody has scraped" for number in range(50_000)]
    outcome = process(knowing(0), 1, *lines)
    assert outcome.beside is not None
    said = read_lines_record(outcome.beside.value)
    assert isinstance(said, Sketch)
    assert len(outcome.beside.value or b"") < 1 << 17
    assert (said.lines[0], said.lines[-1]) == (text(1).split("\n")[0], lines[-1])


def test_what_one_site_repeats_is_taken_from_no_other() -> None:
    sites = knowing(0)
    stolen = LearnedSite.named("thief.example")
    for number in range(12):  # a site that prints another one's story below each of its own
        stolen.learn(sketch(text(number + 20, *text(1).split("\n")), builtin()))
        stolen.refresh(builtin())
    sites.tell("thief.example", stolen.published())
    sites.begin_batch()
    outcome = process(sites, 1, *FOOTER)
    assert (outcome.name, outcome.site) == ("unchanged", False)
