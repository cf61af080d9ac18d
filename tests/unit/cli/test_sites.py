"""`article-stream sites`: what is known, as a person judges it."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.commands import article_stream, one_sentence
from stream import Profiles
from stream.learner.site import Site
from stream.offline.known_lines import Effect, count_known, date_of, known_lines
from stream.offline.sites_file import write_sites
from tests.observations import article, words_of

PROSE = "Ada Renn has sailed these waters since she was nine years old, and has written about them for half her life."
DAY_MS = 24 * 60 * 60 * 1000


def learned(*, by_time: bool = False) -> Profiles:
    profiles = Profiles(by_time=by_time)
    for number in range(12):
        below = ["All rights reserved", PROSE, *(["Share"] if number % 2 else []), *(["Seldom"] if number < 2 else [])]
        observed = article(number, *below, inside=["Sign up now"] if number else [])
        source = words_of("Source: the News of day " + "abcdefghijkl"[number], observed, inside=False)
        profiles.learn_together([("example.org", source)], number * DAY_MS if by_time else None)
    return profiles


def site(*, by_time: bool = False) -> Site:
    (found,) = learned(by_time=by_time)
    return found


def test_what_goes_by_itself_comes_first_and_what_is_too_rare_is_left_out() -> None:
    shown = [(each.text, each.articles, each.where, each.effect) for each in known_lines(site(), by_time=False)]
    assert shown == [
        ("All rights reserved", 12, "at the end", Effect.GOES),
        ("Sign up now", 11, "inside", Effect.GOES),
        (PROSE, 12, "at the end", Effect.COUNTS),
        ("Source: the News …", 12, "at the end", Effect.COUNTS),
        ("Share", 6, "at the end", Effect.COUNTS),
    ]


def test_with_all_what_is_too_rare_is_shown_too() -> None:
    (seldom,) = [each for each in known_lines(site(), by_time=False, rare=True) if each.effect == Effect.RARE]
    assert (seldom.text, seldom.articles, seldom.removes) == ("Seldom", 2, "nothing by itself")


def test_since_when_is_a_day_where_there_is_a_time_and_else_the_number_of_the_article() -> None:
    (by_order,) = [each for each in known_lines(site(), by_time=False) if each.text == "Sign up now"]
    (by_time,) = [each for each in known_lines(site(by_time=True), by_time=True) if each.text == "Sign up now"]
    assert (by_order.since, by_time.since) == ("article 2", "1970-01-02")
    assert date_of(1 << 52) == "?"


def test_lines_that_do_something_are_counted() -> None:
    assert count_known(site()) == 4


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "sites.jsonl"
    write_sites(path, learned())
    return path


def test_the_commands(file: Path) -> None:
    listed = article_stream("sites", "list", "--sites", file)
    assert listed.code == 0
    assert "example.org │       12 │             12 │           4" in listed.out
    assert listed.out.endswith("1 site\n")
    shown = article_stream("sites", "show", "https://www.Example.org/1", "--sites", file)
    assert shown.out.startswith("example.org: 12 articles learned, of which 12 still count; version ")
    (row,) = [line for line in shown.out.splitlines() if "Sign up now" in line]
    cells = [cell.strip() for cell in row.strip("│").split("│")]
    assert cells == ["Sign up now", "11 of 12", "article 2", "inside", "yes, wherever it stands", "this line"]
    assert "Seldom" not in shown.out
    assert "Seldom" in article_stream("sites", "show", "example.org", "--all", "--sites", file).out


def test_a_site_that_is_not_known(file: Path) -> None:
    sentence = one_sentence(article_stream("sites", "show", "exmaple.org", "--sites", file), 1)
    assert sentence == f"{file} knows no site 'exmaple.org'. It knows example.org."
    assert "sites list" in one_sentence(article_stream("sites", "show", "zzz", "--sites", file), 1)


def test_a_site_of_which_little_is_known(tmp_path: Path) -> None:
    profiles = Profiles()
    profiles.learn_together([("example.org", article(1))])
    write_sites(tmp_path / "sites.jsonl", profiles)
    assert "see --all" in article_stream("sites", "show", "example.org", "--sites", tmp_path / "sites.jsonl").out
