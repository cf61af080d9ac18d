"""What is learned of sites depends on the articles and their times alone."""

from __future__ import annotations

import random
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest import mock

from hypothesis import example, given
from hypothesis import strategies as st

from stream import Profiles, clean
from stream.core.sites import UNIT
from stream.errors import StreamError
from stream.learner import site as site_module
from stream.learner.address import _worked_out, site_of
from stream.learner.observation import Observation
from stream.offline.sites_file import read_profiles, read_sites, write_sites
from tests.observations import article
from tests.trials import trials

SITES = st.sampled_from(["a.org", "b.org", "c.org"])
LINES = st.lists(st.sampled_from(["Footer", "Sign up", "Share", "Correction", "By Ada Renn"]), max_size=4)
ARTICLES = st.builds(
    lambda number, below, inside: article(number, *below, inside=inside), st.integers(0, 40), LINES, LINES
)
INSTANTS = st.lists(st.tuples(st.integers(0, 10**10), st.lists(st.tuples(SITES, ARTICLES), max_size=8)), max_size=12)
Instants = list[tuple[int, list[tuple[str, Observation]]]]


def file_of(instants: Instants, *, stop: int | None = None, by_time: bool = True) -> bytes:
    """What is written when all is learned; `stop`: after so many instants it is written and read again."""
    profiles = Profiles(by_time=by_time)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "sites.jsonl"
        for number, (at_ms, observed) in enumerate(instants):
            if number == stop:
                write_sites(path, profiles)
                profiles = read_sites(path)
            profiles.learn_together(observed, at_ms if by_time else None)
        write_sites(path, profiles)
        return path.read_bytes()


CHANGED = file_of(
    [(number, [("a.org", article(number, "Footer", "Share")), ("b.org", article(7))]) for number in range(3)]
)


@trials(100)
@given(instants=INSTANTS, chance=st.randoms(use_true_random=False), by_time=st.booleans())
def test_the_order_within_an_instant_makes_no_difference(
    instants: Instants, chance: random.Random, *, by_time: bool
) -> None:
    shuffled = [(at_ms, chance.sample(observed, len(observed))) for at_ms, observed in instants]
    assert file_of(shuffled, by_time=by_time) == file_of(instants, by_time=by_time)


@trials(100)
@given(instants=INSTANTS, stop=st.integers(0, 11), by_time=st.booleans())
def test_a_replay_and_one_in_two_parts_teach_the_same(instants: Instants, stop: int, *, by_time: bool) -> None:
    assert file_of(instants, stop=stop, by_time=by_time) == file_of(instants, by_time=by_time)


EDITS = st.lists(st.tuples(st.floats(0, 1), st.integers(0, 3), st.binary(max_size=3)), min_size=1, max_size=3)


@trials(300)
@given(edits=EDITS)
def test_a_file_that_was_changed_in_any_way_is_read_or_refused(edits: list[tuple[float, int, bytes]]) -> None:
    data = CHANGED
    for place, gone, put in edits:
        at = round(place * len(data))
        data = data[:at] + put + data[at + gone :]
    with TemporaryDirectory() as folder:
        path = Path(folder) / "sites.jsonl"
        path.write_bytes(data)
        for read in (read_sites, read_profiles):
            with suppress(StreamError):
                read(path)


@trials(100)
@given(INSTANTS, st.integers(5, 30))
def test_no_count_exceeds_that_of_the_articles_and_no_bound_is_exceeded(instants: Instants, most: int) -> None:
    profiles = Profiles(by_time=True)
    with mock.patch.object(site_module, "KEYS", most):
        for at_ms, observed in instants:
            profiles.learn_together(observed, at_ms)
            for site in profiles:
                assert len(site.counted) <= most
                assert 0 < site.articles <= site.total * UNIT
                for counted in site.counted.values():
                    assert 0 < counted.articles <= site.articles
                    assert max(counted.inside, counted.below) <= counted.articles
                    assert counted.first <= counted.last


@trials(300)
@given(st.text() | st.from_regex(r"(https?:)?//([a-z]+@)?[\w.-]{1,20}(:\d+)?(/.*)?"))
def test_a_site_is_a_host_and_its_own_site(address: str) -> None:
    site = site_of(address)
    assert site == site_of(site) == site_of(f"https://{site}:8080/") == site_of(f"//www.{site}") or not site
    assert site.isascii()
    assert site == site.lower()


@trials(50)
@given(st.lists(st.text(max_size=60), max_size=8), st.lists(st.text(max_size=60), min_size=1, max_size=8))
def test_any_text_teaches_and_is_cleaned_with_what_was_learned(learned: list[str], lines: list[str]) -> None:
    profiles = Profiles()
    for text in (*learned, "\n".join(learned)):
        profiles.learn(text, "example.org")
    text, profile = "\n".join(lines), profiles.of("example.org")
    cleaned = clean(text, profile=profile)
    assert clean(cleaned.text, profile=profile).removed == ()


HOSTS = st.sampled_from(["Example.org", "münchen.example", "www.a-b.example", "10.0.0.1", "a。b", "[::1]", "x" * 260])
ODD = st.text(alphabet="a.:/?#\\@ \t\u3000W\u00df\ud800", max_size=12)
ADDRESSES = ODD | st.builds("".join, st.tuples(ODD, st.sampled_from(["", "http://", "https:", "//"]), ODD, HOSTS, ODD))


@trials(400)
@given(ADDRESSES)
@example(" http://a.example /b")
@example("feed.example://b.example/c")
@example("http:///a.example/b")
def test_a_site_is_remembered_by_the_beginning_of_an_address_alone(address: str) -> None:
    assert site_of(address) == _worked_out(address)
