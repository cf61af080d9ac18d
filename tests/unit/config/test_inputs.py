"""Which topics are read, and that none of them is fed by the worker itself."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.config.inputs import parsed
from stream.config.loading import load
from stream.errors import SettingsError
from tests.trials import trials

NAMES = st.from_regex(r"[a-z]{1,3}(\.[a-z]{1,3}){0,2}", fullmatch=True)


def test_one_topic_a_list_or_a_pattern() -> None:
    assert parsed("articles.raw").one
    several = parsed("articles.en, articles.de")
    assert several.subscription == ["articles.en", "articles.de"]
    assert str(several) == "articles.en and articles.de"
    assert several.among(["x", "articles.de"]) == ["articles.de"]
    pattern = parsed(r"^articles\.(..)$")
    assert pattern.subscription == [r"^articles\.(..)$"]
    assert pattern.among(["articles.fr", "articles.en", "articles.raw", "articlesxen", "old.articles.en"]) == [
        "articles.en", "articles.fr"
    ]  # fmt: skip
    assert not pattern.one


@pytest.mark.parametrize(
    "text",
    [
        *(r"^a\.(en|de|fr)$", "^[a-z]+[0-9]{2,3}$", "^news-.*$", "^a_b?c*$", "^x{2}y{1,}$", "^[^x]+a$", "^a(b)?$"),
    ],
)
def test_what_every_engine_understands_alike(text: str) -> None:
    assert parsed(text).subscription == [text]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (r"^articles\.", r"ends with \$: write \^articles\\\.\$, or \^articles\\\.\.\*\$"),
        ("^cost\\$", "ends with"),
        (r"^\d+$", "a pattern may have letters"),
        ("^(?:a)$", "a pattern may have letters"),
        ("^a*?$", "a pattern may have letters"),
        ("^(a*)*$", "a pattern may have letters"),
        ("^a|b$", "a pattern may have letters"),
        ("^a$,^b$", "a pattern may have letters"),
        ("^(a$", "the pattern is not valid"),
        ("^[z-a]$", "the pattern is not valid"),
        ("^.*$", "matches Kafka's own topics, such as __consumer_offsets"),
        ("a,,b", "'' is not the name of a topic"),
        ("a,b c", "'b c' is not the name of a topic"),
        ("a,b,a", "it names a twice"),
        ("", "that is not the name of a topic"),
        ("^a{70000}$", "no name is longer than 249 characters"),
        ("^a{2,250}$", "no name is longer than 249 characters"),
    ],
)
def test_what_is_refused_says_how_to_write_it(text: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        parsed(text)


@trials(100)
@given(st.lists(NAMES, min_size=1, max_size=4, unique=True), NAMES)
def test_a_list_is_read_by_its_names(names: list[str], other: str) -> None:
    inputs = parsed(",".join(names))
    assert (other in inputs) == (other in names)
    assert inputs.among([other, *names]) == (names if inputs.one else sorted([other] * (other in names) + names)[:])


@trials(100)
@given(st.lists(NAMES, min_size=1, max_size=4, unique=True), NAMES)
def test_a_pattern_is_of_whole_names(names: list[str], other: str) -> None:
    inputs = parsed(f"^({'|'.join(map(re.escape, names))})$")
    assert (other in inputs) == (other in names)


@pytest.mark.parametrize(
    ("inputs", "output", "says"),
    [
        ("a,b,articles.dead", "c", "takes in dead_letter_topic articles.dead"),
        (r"^articles\..*$", "c", "takes in dead_letter_topic articles.dead"),
        ("^articles.*raw$", "articles.is.raw", "takes in output_topic articles.is.raw"),
        (
            "a,b,clean.a",
            "clean.{topic}",
            "input_topic a cannot be read: its output topic clean.a is an input topic, too",
        ),
        ("a,b", "{topic}", "input_topic a cannot be read: its output topic a is an input topic, too"),
        ("articles,b", "{topic}.dead", "its output topic would be articles.dead, which is the dead_letter_topic"),
        ("a,removed", "c", "takes in removed_topic removed"),
        ("a", "articles.dead", "must differ"),
        ("a,b", "c d", "that is not the name of a topic; write one, or one with {topic} in it such as clean.{topic}"),
        ("a,b", "{topic}{topic}", "that is not the name of a topic"),
        ("a" * 245 + ",b", "clean.{topic}", "would be longer than 249 characters"),
    ],
)
def test_a_topic_that_would_feed_itself_is_refused(inputs: str, output: str, says: str) -> None:
    with pytest.raises(SettingsError) as raised:
        load({"input_topic": inputs, "output_topic": output, "removed_topic": "removed"}, environ={})
    assert says in str(raised.value)


@trials(200)
@given(st.lists(NAMES, min_size=1, max_size=4, unique=True), NAMES | st.builds("{{topic}}.{}".format, NAMES), NAMES)
def test_what_is_accepted_feeds_nothing(names: list[str], output: str, dead: str) -> None:
    try:
        settings = load({"input_topic": ",".join(names), "output_topic": output, "dead_letter_topic": dead}, environ={})
    except SettingsError:
        return
    written = [topic for role, topic in settings.topics(names) if role != "input"]
    assert not set(written) & set(names)
    assert len(set(written)) == len(written)


def test_where_each_record_goes_and_when_a_header_names_its_topic() -> None:
    several = load({"input_topic": "a,b", "output_topic": "clean.{topic}"}, environ={})
    assert several.topics(["a", "b"]) == [
        ("input", "a"), ("input", "b"), ("output", "clean.a"), ("output", "clean.b"), ("dead letter", "articles.dead"),
    ]  # fmt: skip
    assert not several.names_origin
    assert load({"input_topic": "a,b"}, environ={}).names_origin
    assert load({"input_topic": "^a[bc]$"}, environ={}).names_origin
    assert not load(environ={}).names_origin


def test_a_topic_that_comes_later_is_asked_about_by_its_name() -> None:
    settings = load({"input_topic": "^.*news$", "output_topic": "clean.{topic}"}, environ={})
    assert "clean.de.news is an input topic" in settings.why_not_read("de.news")
    settings = load({"input_topic": "^news.*$", "output_topic": "clean.{topic}"}, environ={})
    assert not settings.why_not_read("news.de")


def test_a_settings_file_may_have_a_list() -> None:
    assert load({"input_topic": ["a", "b"]}, environ={}).inputs.names == ("a", "b")
