"""All sites."""

from __future__ import annotations

import pytest

from stream import Profiles, clean
from stream.learner import profiles as profiles_module
from tests.observations import article, key_of

STORY = "The ferry to Halsey Point will run all winter for the first time since 1998, the harbour board said on day"


def test_an_article_without_a_site_teaches_nothing() -> None:
    profiles = Profiles()
    for address in ("", "news", "http://localhost/1", "https://[::1]/", "x" * 1_000_000):
        assert not profiles.learn(f"{STORY} one.", address)
        assert profiles.of(address) is None
    assert len(profiles) == 0


def test_the_spelling_of_an_address_makes_no_difference() -> None:
    profiles = Profiles()
    assert profiles.learn(f"{STORY} one.", "https://www.Example.org:8080/1")
    assert profiles.learn(["Rain is expected for the whole of the week."], "http://ada@example.org./2")
    assert [(site.name, site.total) for site in profiles] == [("example.org", 2)]


def test_nothing_crosses_from_one_site_to_another() -> None:
    profiles = Profiles()
    for number in range(10):
        profiles.learn_together([("example.org", article(number, "An author's own words"))])
    profiles.learn_together([("example.com", article(1))])
    assert profiles.of("example.org") is not None
    other = profiles.of("https://example.com/")
    assert other is not None
    assert other.of_line(key_of("An author's own words")).articles == 0
    assert profiles.of("sub.example.org") is None


def test_what_one_site_repeats_stays_in_articles_of_others() -> None:
    profiles = Profiles()
    words = "Ada Renn has sailed these waters since she was nine."
    for number in range(10):
        profiles.learn_together([("example.org", article(number, words, inside=[words]))])
    text = f"{STORY} one.\n{words}\n{STORY} two."
    assert clean(text, profile=profiles.of("example.com")) == clean(text)


def test_an_author_s_prose_that_a_site_repeats_stays_within_the_body() -> None:
    profiles = Profiles()
    words = f"{STORY} three, as Ada Renn has written in each of her reports about the harbour."
    for number in range(10):
        profiles.learn_together([("example.org", article(number, inside=[words]))])
    text = f"{STORY} one.\n{words}\n{STORY} two."
    assert clean(text, profile=profiles.of("example.org")).removed == ()


def test_the_site_that_was_learned_from_the_longest_ago_gives_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(profiles_module, "SITES", 3)
    profiles = Profiles()
    for number, site in enumerate(["a.org", "b.org", "c.org", "a.org", "d.org"]):
        profiles.learn_together([(site, article(number))])
    assert [site.name for site in profiles] == ["a.org", "c.org", "d.org"]


def test_a_site_with_endless_new_lines_evicts_nobody_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(profiles_module, "SITES", 2)
    profiles = Profiles()
    profiles.learn_together([("quiet.org", article(0, "Footer"))])
    before = profiles.of_site("quiet.org")
    for number in range(300):
        profiles.learn_together([("loud.org", article(number, *(f"Line {number} {at}" for at in "abcdefgh")))])
    assert profiles.of_site("quiet.org") == before


def test_times_are_given_where_articles_are_learned_by_time_and_nowhere_else() -> None:
    for profiles, at_ms in ((Profiles(by_time=True), None), (Profiles(by_time=True), 1 << 60), (Profiles(), 1)):
        with pytest.raises(ValueError, match="time"):
            profiles.learn(f"{STORY} one.", "example.org", at_ms)
