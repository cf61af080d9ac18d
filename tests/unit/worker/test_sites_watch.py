"""The topic of sites is read anew: which of several records of a site counts, and what is forgotten."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from harness.fakes import FakeRecord
from stream.config.loading import load
from stream.core.sites import Profile
from stream.learner.messages import Published
from stream.records.known_sites import KnownSites, partition_of
from stream.worker.sites_watch import Reading, SitesWatch

SITE = "example.org"
HOME = partition_of(SITE, 7)
ELSEWHERE = (HOME + 1) % 7


@pytest.fixture
def reading() -> Reading:
    known = KnownSites("articles.lines", applies=True)
    for name in (SITE, "gone.example"):
        known.tell(name, Published(Profile(name, "none"), 1, "applied", settled=False))
    known.begin_batch()
    return Reading(known, 7)


def record(partition: int) -> FakeRecord:
    return FakeRecord(b"{}", SITE.encode(), the_partition=partition)


def test_after_partitions_were_added_the_record_where_the_site_belongs_counts(reading: Reading) -> None:
    assert reading.is_newest(record(ELSEWHERE)), "there may be no other"
    assert reading.is_newest(record(HOME))
    assert not reading.is_newest(record(ELSEWHERE)), "it is older, wherever it is read"
    assert reading.is_newest(record(HOME))


def test_what_the_topic_does_not_hold_any_more_is_forgotten(reading: Reading) -> None:
    reading.is_newest(record(HOME))
    reading.forget_others()
    known = reading.known
    known.begin_batch()
    assert known.names() == {SITE}


def test_an_error_nobody_thought_of_is_said_and_what_is_known_is_followed_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The thread must not end without a word, while the worker goes on with what it knew."""
    sites: Any = SimpleNamespace(trouble="", was_read=lambda: read.append(True))
    engine: Any = SimpleNamespace(settings=load(environ={}), sites=sites)
    watch = SitesWatch(engine)
    read: list[bool] = []
    troubles: list[str] = []

    def follow(_: object) -> None:
        troubles.append(sites.trouble)
        if len(troubles) > 1:
            watch._stopping.set()  # noqa: SLF001 - as a stop does
            return
        raise RecursionError

    monkeypatch.setattr("stream.worker.sites_watch.ASK_EVERY_S", 0)
    monkeypatch.setattr(watch, "_follow", follow)
    watch._run(sites)  # noqa: SLF001 - what the thread does
    assert troubles == ["", "what is known of sites is not kept up to date: an unexpected error, RecursionError()"]
    assert read == [True]


@pytest.mark.parametrize(("answers", "looks"), [((None, "a"), 1), (("a", None, "a", "b"), 3), (("", "", "", "a"), 3)])
def test_it_begins_anew_where_the_topic_may_be_another_one_than_the_one_that_was_read(
    monkeypatch: pytest.MonkeyPatch, answers: tuple[str | None, ...], looks: int
) -> None:
    """An id that Kafka tells only later may be that of a topic made since; a missing answer says nothing."""
    left, made = iter([*answers, "c", "d"]), list[object]()

    class Ids:
        def __init__(self, _: object) -> None:
            """Know nothing."""
            made.append(self)

        def begin(self) -> None:
            """Do nothing."""

        def ask(self, topics: list[str]) -> dict[str, str] | None:
            answer = next(left)
            return None if answer is None else {topics[0]: answer} if answer else {}

    reads: list[float] = []

    def read(wait_s: float) -> list[object]:
        reads.append(wait_s)
        return []

    following = SimpleNamespace(read=read, caught_up=False, close=lambda: None)
    sites: Any = SimpleNamespace(
        known=KnownSites("articles.lines", applies=True), metrics=SimpleNamespace(read=lambda _: None)
    )
    monkeypatch.setattr("stream.worker.sites_watch.TopicIds", Ids)
    watch = SitesWatch(SimpleNamespace(settings=load(environ={}), sites=sites))  # type: ignore[arg-type]
    monkeypatch.setattr("stream.worker.sites_watch.Following", lambda *_: following)
    monkeypatch.setattr("stream.worker.sites_watch.asking", lambda _: None)
    monkeypatch.setattr("stream.worker.sites_watch.ASK_EVERY_S", -1)
    monkeypatch.setattr(watch, "_ask", lambda *_: 4)
    watch._follow(sites)  # noqa: SLF001 - what the thread does
    assert len(reads) == looks
    watch._follow(sites)  # noqa: SLF001 - what the thread does
    assert len(made) == 1, "another client for each reading might never be connected in time"
