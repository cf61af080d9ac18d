"""What a worker counts and names of the sites that it knows."""

from __future__ import annotations

import orjson
import pytest

from stream.core.sites import Profile
from stream.learner.messages import Published
from stream.records.known_sites import MOST_OF_A_SITE, KnownSites
from stream.records.outcomes import Beside

TEXT = "The ferry runs all winter, so the board said, and nobody at the quay was surprised at that.\n© Harbour"


@pytest.fixture
def known() -> KnownSites:
    made = KnownSites("articles.lines", applies=True)
    made.tell_partitions(4)
    return made


def observe(known: KnownSites, site: str = "example.org") -> Beside | None:
    return known.beside(site, b'{"v":1}') if known.one_in(site, known.known_of(site)) else None


def published(name: str) -> Published:
    return Published(Profile(name, "none"), 1, "applied", settled=False)


def test_an_article_of_a_new_site_is_learned_from(known: KnownSites) -> None:
    beside = observe(known)
    assert beside is not None
    assert (beside.topic, beside.key) == ("articles.lines", b"example.org")
    assert orjson.loads(beside.value or b"")["v"] == 1
    assert known.take_unpublished() == 0


def test_what_cannot_be_published_is_counted_once(known: KnownSites) -> None:
    known.tell_partitions(0)
    assert observe(known) is None
    assert observe(known, "other.example") is None
    known.tell_partitions(4)
    known.suspend(60)
    assert observe(known) is None
    assert (known.take_unpublished(), known.take_unpublished()) == (3, 0)


def test_what_would_not_be_published_anyway_is_not_counted(known: KnownSites) -> None:
    known.tell_partitions(0)
    for _ in range(MOST_OF_A_SITE + 5):
        observe(known)
    assert known.take_unpublished() == MOST_OF_A_SITE


def test_the_names_are_of_what_is_in_force_and_of_what_was_told_since(known: KnownSites) -> None:
    for name in ("a.example", "b.example"):
        known.tell(name, published(name))
    known.begin_batch()
    known.tell("a.example", None)
    known.tell("c.example", published("c.example"))
    assert known.names() == {"b.example", "c.example"}
    assert len(known) == 2
    known.begin_batch()
    assert known.names() == {"b.example", "c.example"}
    assert len(known) == 2
