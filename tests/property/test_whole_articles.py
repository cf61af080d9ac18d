"""A whole record gives the same outcome with and without the compiled core, to the byte."""

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
from bench.texts import plain
from harness.fakes import FakeRecord
from harness.twins import in_python, needs_compiled, slow
from stream.core.rules import Rules, builtin, load
from stream.records.outcomes import Outcome
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


class Twins:
    """A processor, and its twin without the compiled core."""

    def __init__(self, rules: Rules) -> None:
        """Make both."""
        self.fast = Processor.for_field("text", "json", rules)
        self.slow = Processor.for_field("text", "json", slow(rules))

    def outcome(self, value: bytes) -> Outcome:
        """Give the outcome of a record, which both have to agree upon."""
        record = FakeRecord(value)
        found = self.fast.process(record)
        with in_python():
            assert found == self.slow.process(record)
        return found


@pytest.fixture(scope="module", params=["model", "markers", "job"])
def twins(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Twins:
    path = tmp_path_factory.mktemp("rules") / "job.toml"
    write_jobs_rules(path)
    return Twins(load([path] if request.param == "job" else (), whole_page=request.param == "model"))


@trials(300)
@given(articles | texts | tails.map("\n".join) | wild, spelling)
@example("\r" * 9 + "a\rb\ra", orjson.dumps)
@example("\n".join([*PROSE[:2], *PROSE[:2], "", " "]), orjson.dumps)
@example("\n".join([PROSE[0], "", PROSE[0]]), orjson.dumps)
def test_any_text(twins: Twins, text: str, spell: Any) -> None:
    document = {"id": 7, "texts": ["text"], "text": text, "more": {"text": "other"}}
    try:
        value = spell(document)
    except TypeError:  # a lone surrogate
        value = json.dumps(document).encode()
    found = twins.outcome(value)
    if found.name == "unchanged":
        assert found.value is value
    elif found.name == "cleaned" and found.value is not None:
        assert orjson.loads(found.value) | {"text": text} == document


def test_every_letter_is_written_as_it_was(twins: Twins) -> None:
    letters = [
        chr(code) for code in (*range(0x3100), *range(0xD7F0, 0xD800), *range(0xE000, 0xE010), *range(0x1F600, 0x1F650))
    ]
    body = "\n".join(f"{one} Nobody at the quay was surprised by it, said the harbour master." for one in letters)
    twins.outcome(orjson.dumps({"text": body}))
    for begin in range(0, len(letters), 256):
        some = "\n".join(f"“{one}" if one > "\x7f" else f"a{one}b" for one in letters[begin : begin + 256])
        found = twins.outcome(orjson.dumps({"text": "\n".join([PROSE[2], some, *PROSE[:2], *PROSE[:2]])}))
        assert found.repeats >= 2
        if not found.footer + found.junk and begin:  # ASCII has separators among its letters
            assert found.value == orjson.dumps({"text": "\n".join([PROSE[2], some, *PROSE[:2]])})


def test_the_articles_of_the_benchmark(twins: Twins) -> None:
    made = [bench_load.value(number, text) for number, text in enumerate(plain()[:60])]
    assert {twins.outcome(value).name for value in made} == {"cleaned"}


def test_every_rule_opens_the_tail_that_it_opens_in_python(twins: Twins) -> None:
    for rule in builtin().rules:
        for tail in ([HEADLINE, "Storm Closes the Bridge"], [HEADLINE, PROSE[0]], []):
            twins.outcome(orjson.dumps({"text": "\n".join([*PROSE[:2], rule.example, *tail])}))


def test_rules_of_a_site_are_its_own() -> None:
    own = replace(builtin().rules[0], id="sea", phrases=("what the sea says",), source=("sea.example",))
    for whole_page in (True, False):
        twins = Twins(Rules.from_rules((*builtin().rules, own), "v", whole_page=whole_page))
        text = "\n".join([*PROSE[:2], "What the sea says", "Storm Closes the Bridge", "Ferry Late", "Tide"])
        rules = {site: twins.outcome(orjson.dumps({"text": text, "source": site})) for site in ("sea.example", "land")}
        if not whole_page:
            assert [found.footer for found in rules.values()] == [4, 0]


def test_it_travels_to_other_processes(twins: Twins) -> None:
    value = orjson.dumps({"text": "\n".join([*PROSE[:2], *PROSE[:2]])})
    sent: Processor = pickle.loads(pickle.dumps(twins.fast))  # noqa: S301 - our own
    record = FakeRecord(value)
    assert sent.process(record) == twins.fast.process(record)
    assert sent.process(record).repeats == 2
