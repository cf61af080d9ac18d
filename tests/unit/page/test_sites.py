"""Sites as the page shows them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from unittest.mock import MagicMock

import pytest

from stream.config.loading import load
from stream.core.rules import builtin
from stream.core.sites import Profile
from stream.errors import KafkaUnavailable, StreamError
from stream.kafka import learned_sites
from stream.kafka.learned_sites import LOOK_RECORDS
from stream.learner.learned import MOST_REJECTED, LearnedSite
from stream.learner.messages import Command, Published
from stream.learner.observation import sketch
from stream.page import sites
from stream.page.refused import Refused
from stream.records.known_sites import KnownSites

SETTINGS = load({"sites": "apply"}, environ={})
LINE = "Tides by the pound"
PROSE = "it would take the paragraph 'The warden of the island'"


def known() -> KnownSites:
    made = KnownSites("lines", applies=True)
    made.tell("a.example", Published(Profile("a.example", "v1"), 3, "applied", settled=False))
    made.tell("b.example", Published(Profile("b.example", "v2"), 9, "applied", settled=True, usual=4))
    made.begin_batch()
    made.tell(
        "c.example", Published(Profile("c.example", "v3"), 1, "proposed", settled=False, proposed="v4", why=PROSE)
    )
    return made


def learned() -> LearnedSite:
    site = LearnedSite.named("a.example")
    for number in range(6):
        story = [f"Story {number} tells in its part {part} what nobody has told before." for part in "abc"]
        site.learn(sketch([*story, LINE], builtin()))
        site.refresh(builtin())
    return site


def going() -> bool:
    """Do not end early."""
    return False


class Record:
    """A record that says that a site is gone."""

    def key(self) -> bytes:
        """Give the site."""
        return b"a.example"

    def value(self) -> None:
        """Give nothing."""


class OnKafka:
    """The topics of one site, without Kafka."""

    def __init__(self) -> None:
        """Know one site."""
        self.sent: list[Any] = []
        self.known = learned()

    def __call__(self, _settings: Any) -> OnKafka:
        """Connect."""
        return self

    def counts(self, _only: str, _stopping: Any) -> dict[str, LearnedSite]:
        """Give the site."""
        return {"a.example": self.known}

    def send(self, wanted: Any) -> dict[int, int]:
        """Note what was asked; give the offset behind it."""
        self.sent += wanted
        return {3: 8}


@pytest.fixture
def on_kafka(monkeypatch: pytest.MonkeyPatch) -> OnKafka:
    made = OnKafka()
    monkeypatch.setattr(sites, "LearnedSites", made)
    return made


def test_what_waits_for_a_person_comes_first_then_what_is_known_best() -> None:
    told = sites.listed(known(), articles=True)
    assert [row["name"] for row in told["sites"]] == ["c.example", "b.example", "a.example"]
    assert told["sites"][0]["in_force"] == f"version v3; v4 waits for approval: {PROSE}"
    assert told["count"] == 3


def test_why_a_version_waits_is_text_of_an_article() -> None:
    assert "warden" not in repr(sites.listed(known(), articles=False))


@pytest.mark.usefixtures("on_kafka")
def test_lines_are_text_of_articles_too() -> None:
    assert LINE not in repr(sites.whole(SETTINGS, "a.example", going, articles=False))
    told = sites.whole(SETTINGS, "a.example", going, articles=True)
    assert [line["line"] for line in told["lines"] if line["text"] == LINE] == [LINE]
    assert told["total"] == 6


def test_what_is_asked_is_sent_to_the_learner(on_kafka: OnKafka) -> None:
    on_kafka.known.offset = 5
    assert sites.asked(SETTINGS, "a.example", "reject", LINE, going) == {"offset": 7, "before": 5}
    assert on_kafka.sent == [("a.example", Command("reject", line=LINE))]


def test_what_the_learner_would_refuse_is_done_already(on_kafka: OnKafka) -> None:
    """Somebody else has rejected the line meanwhile: its site would never come to the offset of another command."""
    on_kafka.known.obey(Command("reject", line=LINE))
    on_kafka.known.offset = 7
    assert sites.asked(SETTINGS, "a.example", "reject", LINE, going) == {"offset": 7, "before": None}
    assert on_kafka.sent == []
    assert not on_kafka.known.obey(Command("reject", line=LINE))


def test_what_was_rejected_is_not_said_to_do_anything(on_kafka: OnKafka) -> None:
    on_kafka.known.obey(Command("reject", line=LINE))
    on_kafka.known.offset = 7
    told = sites.whole(SETTINGS, "a.example", going, articles=True)
    assert LINE not in {line["line"] for line in told["lines"]}
    assert told["rejected"] == [{"text": LINE, "line": LINE}]
    assert told["offset"] == 7


def test_a_line_too_many_is_not_sent_to_a_learner_that_will_not_take_it(on_kafka: OnKafka) -> None:
    on_kafka.known.rejected = dict.fromkeys(map(str, range(MOST_REJECTED)))
    with pytest.raises(StreamError, match="1,000 rejected lines already"):
        sites.asked(SETTINGS, "a.example", "reject", LINE, going)
    sites.asked(SETTINGS, "a.example", "reject", "7", going)
    sites.asked(SETTINGS, "a.example", "reject", "", going)
    assert [command.line for _, command in on_kafka.sent] == [""]


@pytest.mark.usefixtures("on_kafka")
def test_a_site_that_is_not_known() -> None:
    with pytest.raises(Refused, match="knows no site"):
        sites.whole(SETTINGS, "x.example", going, articles=True)
    with pytest.raises(Refused, match="knows no site"):
        sites.asked(SETTINGS, "x.example", "reject", "", going)


@pytest.mark.parametrize("name", ["", "x.example", "A.EXAMPLE", "\ud800"])
def test_only_a_site_that_is_listed_is_looked_for(name: str) -> None:
    with pytest.raises(Refused) as refused:
        sites.known_name(known(), name)
    assert refused.value.status == 404
    assert refused.value.sentence.isascii()
    for row in sites.listed(known(), articles=True)["sites"]:
        assert sites.known_name(known(), row["name"]) == row["name"]


def test_all_sites_are_never_looked_for_even_if_a_record_has_no_key() -> None:
    made = known()
    made.tell("", Published(Profile("", "v1"), 1, "applied", settled=False))
    with pytest.raises(Refused, match="names no site"):
        sites.known_name(made, "")


def test_reading_a_site_keeps_the_pages_pace_and_ends_with_the_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[int] = []

    def records(*_: Any) -> Iterator[Record]:
        for number in range(3 * LOOK_RECORDS):
            read.append(number)
            yield Record()

    monkeypatch.setattr(learned_sites, "Cluster", MagicMock())
    monkeypatch.setattr(learned_sites, "partitions_in", lambda *_: 4)
    monkeypatch.setattr(learned_sites, "read_whole", records)
    on_kafka, asked = learned_sites.LearnedSites(SETTINGS), iter([False, False, True])
    with pytest.raises(StreamError, match="the worker is stopping"):
        on_kafka.counts("a.example", lambda: next(asked))
    assert len(read) == 2 * LOOK_RECORDS + 1
    assert on_kafka.counts("a.example") == {}


def test_what_kafka_does_not_take_is_not_said_to_be_done(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither does a command wait for an offset that nobody has, and take it for done."""
    producer = MagicMock()
    monkeypatch.setattr(learned_sites, "Cluster", MagicMock())
    monkeypatch.setattr(learned_sites, "partitions_in", lambda *_: 4)
    monkeypatch.setattr(learned_sites, "Producer", lambda _: producer)
    monkeypatch.setattr(learned_sites, "flush", lambda *_: (1, []))
    on_kafka = learned_sites.LearnedSites(SETTINGS)
    for ask in (on_kafka.send, on_kafka.ask):
        with pytest.raises(KafkaUnavailable, match="Kafka has not taken what the learner was to do within 30 s"):
            ask([("a.example", Command("reject"))])
    assert producer.purge.call_count == 2


@pytest.mark.parametrize("asked", [None, [], {}, {"do": "forget"}, {"do": "reject", "what": 3}, {"do": ["reject"]}])
def test_only_what_a_person_may_say_is_taken(asked: Any) -> None:
    with pytest.raises(Refused):
        sites.deed_of(asked)
