"""The articles that flow in the demo: all kinds, none learned wrongly, without end."""

from __future__ import annotations

from collections import Counter
from itertools import islice

import orjson

from stream.core.rules import builtin
from stream.demo.flow import SITES, articles
from stream.demo.run import POISON
from stream.offline.value import clean_value
from stream.records.process import Processor

MANY = 400


def test_they_are_of_all_kinds_and_each_has_a_key_of_its_own() -> None:
    sent = list(islice(articles(), MANY))
    assert len({article.key for article in sent}) == MANY
    whole = [orjson.loads(article.value or b"") for article in sent if article.value != POISON]
    assert 0 < MANY - len(whole) < MANY / 20, "now and then half an article"
    assert len({article["lang"] for article in whole}) >= 10
    sites = Counter(article["source"] for article in whole if "source" in article)
    assert set(sites) == set(SITES)
    assert sum(sites.values()) > MANY / 4


def test_no_story_of_a_site_comes_so_often_that_it_would_be_learned() -> None:
    told: dict[str, Counter[str]] = {site: Counter() for site in SITES}
    for article in islice(articles(), MANY):
        found = orjson.loads(article.value or b"") if article.value != POISON else {}
        if "source" in found:
            told[found["source"]].update(found["text"].split("\n"))
    for site, lines in told.items():
        usual = {line for line, _ in lines.most_common(len(SITES[site]))}
        assert usual == set(SITES[site])
        assert lines.most_common()[len(SITES[site])][1] < lines.total() / 20


def test_no_rule_finds_the_lines_of_the_sites() -> None:
    """Else there would be nothing to learn."""
    rules = builtin()
    assert [line for lines in SITES.values() for line in lines if rules.find(line)] == []


def test_they_can_be_cleaned() -> None:
    processor = Processor.for_field("text", "auto", builtin())
    for article in islice(articles(), MANY // 4):
        result = clean_value(processor, article.value or b"", "json")
        assert bool(result.problem) == (article.value == POISON)
