"""Learning from files: which site and time an article has, and in which order they are learned."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest

from stream import Profiles
from stream.core.rules import builtin
from stream.offline.chunks import Chunk
from stream.offline.learning import LearnCounts, Learning, summary, time_of
from stream.records.codec import JsonCodec
from stream.records.site import site_in

CODEC = JsonCodec.of("text")
WRONG: list[object] = [
    *(None, True, "", "soon", "1700000000", "0000-01-01", "9999-99-01", [], {}, 1e300, -(10**20), 10**400),
]


def learned(articles: Sequence[Any], time_field: str = "") -> tuple[Profiles, LearnCounts, list[str]]:
    profiles = Profiles(by_time=bool(time_field))
    data = b"".join(json.dumps(each).encode() + b"\n" if not isinstance(each, bytes) else each for each in articles)
    with Learning(profiles, builtin(), CODEC, time_field) as learning:
        problems = list(learning.take(Chunk("a.jsonl", "jsonl", 1, data)))
        learning.finish()
    return profiles, learning.counts, problems


def story(number: int, **fields: Any) -> dict[str, Any]:
    text = (
        f"The harbour master told reporters on day {'x' * number} that the pier is kept open as long as it is needed."
    )
    return {"text": f"{text}\nWrite to the desk", "url": "https://island.example/news", **fields}


@pytest.mark.parametrize(
    ("fields", "site"),
    [
        ({"source": "Island.example", "url": "https://other.example/"}, "island.example"),
        ({"source": "The Island Herald", "url": "https://island.example/1"}, "island.example"),
        ({"source": ["island.example"], "link": "https://www.island.example/1"}, "island.example"),
        ({"url": "not an address", "canonical_url": "https://island.example/1"}, "island.example"),
        ({"url": None, "link": 7}, ""),
        ({"host": "island.example"}, ""),
    ],
)
def test_the_source_names_the_site_or_else_the_address_does(fields: dict[str, Any], site: str) -> None:
    assert site_in(CODEC, json.dumps(fields).encode()) == site


def test_what_is_no_object_has_no_site() -> None:
    for value in (b"", b"[]", b"text", b"\xff", b'{"url":'):
        assert site_in(CODEC, value) == ""


def test_why_an_article_taught_nothing_is_counted_and_what_cannot_be_read_is_named() -> None:
    articles = [story(1), story(1), story(2, url=""), b"broken\n", b'{"url":"https://island.example"}\n', story(3)]
    profiles, counts, problems = learned(articles)
    assert (counts.articles, counts.new, counts.known, counts.no_site, counts.failed) == (6, 2, 1, 1, 2)
    assert [site.total for site in profiles] == [2]
    assert [problem.partition(": ")[0] for problem in problems] == ["a.jsonl:4", "a.jsonl:5"]
    shown = "6 articles: 2 learned, 1 known already, 1 without a site, 2 failed; 1 site known"
    assert summary(counts, len(profiles)) == shown


def test_with_a_time_the_order_in_the_file_makes_no_difference() -> None:
    articles = [story(number, at=f"2024-05-{number:02}T12:00:00Z") for number in range(1, 29)]
    one, _, _ = learned(articles, "at")
    other, _, _ = learned(articles[::-1], "at")
    assert one.sites == other.sites
    (site,) = one
    assert max(each.first for each in site.counted.values()) == time_of("2024-05-28T12:00:00Z")


def test_without_a_time_where_one_is_asked_for_an_article_teaches_nothing() -> None:
    profiles, counts, _ = learned([story(1), story(2, at="yesterday"), story(3, at=0), story(4, at=True)], "at")
    assert (counts.new, counts.no_time) == (1, 3)
    assert "3 without a time" in summary(counts, len(profiles))


def test_a_text_of_a_file_has_no_site() -> None:
    with Learning(Profiles(), builtin(), CODEC, "") as learning:
        assert list(learning.take(Chunk("a.txt", "text", 1, b"An article."))) == []
    assert learning.counts.no_site == 1


@pytest.mark.parametrize(
    ("value", "at_ms"),
    [
        (0, 0),
        (1_700_000_000_000, 1_700_000_000_000),
        (1.5e12, 1_500_000_000_000),
        ("2024-05-01", 1_714_521_600_000),
        ("2024-05-01T02:00:00.250+02:00", 1_714_521_600_250),
        (" 20240501T000000Z ", 1_714_521_600_000),
        ("1969-12-31T23:59:59Z", -1000),
        *((wrong, None) for wrong in WRONG),
    ],
)
def test_times(value: object, at_ms: int | None) -> None:
    assert time_of(value) == at_ms
