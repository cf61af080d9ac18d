"""A record that is cleaned in one compiled call gives the same outcome as step by step, to the byte."""

from __future__ import annotations

import json
import pickle
from dataclasses import replace
from typing import Any

import orjson
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bench import load as bench_load
from bench.peers import write_jobs_rules
from harness.fakes import FakeRecord
from harness.twins import needs_compiled
from stream.core.rules import Rules, builtin, load
from stream.records.process import Processor
from tests.property.test_native import PROSE, line, tails, texts, titles, wild
from tests.trials import trials

pytestmark = needs_compiled

HEADINGS = [
    "You may also like",
    "Read more:",
    "READ MORE",
    "Related Articles",
    "Share",
    "Background",
    "阅读更多",
    "Читайте также",
]
HEADLINE = "The Harbour Master Says That a Second Vessel Is Coming"
articles = st.tuples(
    st.lists(st.sampled_from(PROSE), min_size=1, max_size=6),
    st.lists(st.sampled_from(["", " ", *PROSE]), max_size=3),
    st.lists(st.sampled_from(HEADINGS), max_size=2),
    st.lists(titles | line, max_size=7),
    st.booleans(),
).map(lambda parts: "\n".join([*parts[0], *parts[1], *(parts[0] if parts[4] else []), *parts[2], *parts[3]]))
spelling = st.sampled_from(
    [
        orjson.dumps,
        lambda document: orjson.dumps(document, option=orjson.OPT_INDENT_2),
        lambda document: json.dumps(document).encode(),
    ]
)


@pytest.fixture(scope="module", params=["model", "markers", "job"])
def processor(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Processor:
    path = tmp_path_factory.mktemp("rules") / "job.toml"
    write_jobs_rules(path)
    rules = load([path] if request.param == "job" else (), whole_page=request.param == "model")
    return Processor.for_field("text", "json", rules)


def step_by_step(processor: Processor) -> Processor:
    return replace(processor, compiled_articles=None)


def check(processor: Processor, value: bytes) -> bool:
    """Compare both ways, and tell whether one call was enough."""
    record = FakeRecord(value)
    assert processor.process(record) == step_by_step(processor).process(record)
    text = processor.codec.decode(value)
    return isinstance(text, str) and processor.clean_compiled(value, text, processor.rules) is not None


@trials(500)
@given(articles | texts | tails.map("\n".join) | wild, spelling)
@example("\r" * 9 + "a\rb\ra", orjson.dumps)
@example("\n".join([*PROSE[:2], *PROSE[:2], "", " "]), orjson.dumps)
@example("\n".join([PROSE[0], "", PROSE[0]]), orjson.dumps)
def test_any_text(processor: Processor, text: str, spell: Any) -> None:
    document = {"id": 7, "texts": ["text"], "text": text, "more": {"text": "other"}}
    try:
        value = spell(document)
    except TypeError:  # a lone surrogate
        value = json.dumps(document).encode()
    check(processor, value)


def test_every_letter_is_written_as_it_was(processor: Processor) -> None:
    letters = [
        chr(code) for code in (*range(0x3100), *range(0xD7F0, 0xD800), *range(0xE000, 0xE010), *range(0x1F600, 0x1F650))
    ]
    body = "\n".join(f"{one} Nobody at the quay was surprised by it, said the harbour master." for one in letters)
    for text in (body, f"{PROSE[0]}\n{PROSE[1]}\n{body}\n{PROSE[0]}\n{PROSE[1]}"):
        check(processor, orjson.dumps({"text": text}))
    in_one_call = 0
    for one in letters:
        text = "\n".join([f"“{one}" if one > "\x7f" else f"a{one}b", *PROSE[:2], *PROSE[:2]])
        in_one_call += check(processor, orjson.dumps({"text": text}))
    assert in_one_call > 2_500  # the others have to be composed first, or may be white space


@pytest.mark.parametrize("teaser", [False, True])
def test_the_articles_of_the_benchmark(processor: Processor, *, teaser: bool) -> None:
    made = [bench_load.value(number, text) for number, text in enumerate(bench_load.texts(teaser=teaser))][:200]
    in_one_call = sum(check(processor, value) for value in made)
    assert in_one_call > 190 or (teaser and processor.rules.whole_page)


def test_what_is_no_plain_article_is_left_to_the_steps(processor: Processor) -> None:
    left = [
        "\n".join([*PROSE, "á", *PROSE]),  # a combining mark
        "short\nlines\nshort\nlines",  # repeats, and none is a paragraph
        "\n".join([PROSE[0], PROSE[1], PROSE[0], PROSE[2], PROSE[1]]),  # in two places
        "a\rb\ra",
        "\n".join([PROSE[0], PROSE[0]]),  # only one line would be left
        "\n".join([HEADLINE, *PROSE[:2], HEADLINE, *PROSE[2:]]),  # a headline may be repeated on purpose
    ]
    assert not any(check(processor, orjson.dumps({"text": text})) for text in left)


def test_every_rule_opens_the_tail_that_it_opens_step_by_step(processor: Processor) -> None:
    for rule in builtin().rules:
        for tail in ([HEADLINE, "Storm Closes the Bridge"], [HEADLINE, PROSE[0]], []):
            check(processor, orjson.dumps({"text": "\n".join([*PROSE[:2], rule.example, *tail])}))


def test_what_is_left_must_be_an_article(processor: Processor) -> None:
    """Two lines that end as prose may (a comma, a quote) but not as a sentence does, and are too short together."""
    lines = [
        f"{'a word ' * 12},”",
        f"{'the word ' * 9},”",
        "You may also like",
        "Storm Closes the Bridge",
        "Ferry Late",
    ]
    assert not check(processor, orjson.dumps({"text": "\n".join(lines)}))


def test_rules_of_a_site_are_asked_step_by_step() -> None:
    own = replace(builtin().rules[0], id="sea", phrases=("what the sea says",), source=("sea.example",))
    rules = Rules.from_rules((*builtin().rules, own), "v", whole_page=True)
    processor = Processor.for_field("text", "json", rules)
    text = "\n".join([*PROSE[:2], "What the sea says", "Storm Closes the Bridge", "Ferry Late", "Tide"])
    for site, removed in (("sea.example", 4), ("land.example", 0)):
        record = FakeRecord(orjson.dumps({"text": text, "source": site}))
        found = processor.process(record)
        assert found == step_by_step(processor).process(record)
        assert bool(found.footer) == bool(removed)


def test_a_text_that_is_not_the_values_does_no_harm(processor: Processor) -> None:
    text = "\n".join([*PROSE * 3, '"\x01' * 99])
    for value in (b'{"text":""}', b'{"text":"', b'"text"', b"", b'{"text":"a"}\xff', b'{"text"::}'):
        found = processor.compiled_articles.clean(value, b'"text"', text, processor.rules.find)
        assert found is None or isinstance(found[0], bytes)


def test_it_travels_to_other_processes(processor: Processor) -> None:
    text = "\n".join([*PROSE[:2], *PROSE[:2]])
    value = orjson.dumps({"text": text})
    sent = pickle.loads(pickle.dumps(processor))  # noqa: S301 - our own
    assert (
        sent.clean_compiled(value, text, sent.rules)
        == processor.clean_compiled(value, text, processor.rules)
        is not None
    )
