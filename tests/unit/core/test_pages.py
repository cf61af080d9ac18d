"""Real pages, where a corpus of them is at hand: every removal can be undone, and every repeated run is removed.

The corpus may not be published. Its lines are in the format of `article-stream evaluate` (docs/cleaning.md).
"""

from __future__ import annotations

import gzip
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import orjson
import pytest

from harness.fakes import FakeRecord
from harness.twins import in_python, needs_compiled, slow
from stream.core.cleaning import clean
from stream.core.footer.page import find_footer, weigh_page
from stream.core.footer.plain import LONGEST, plain_tail
from stream.core.listing import is_code_alone
from stream.core.removals import as_json, original
from stream.core.rules import Rules, builtin, load
from stream.core.stack import LEAD, is_long
from stream.offline.evaluation import LabelledPage, labelled_page
from stream.records.process import Processor

CORPUS = Path(__file__).parents[4] / "shared" / "corpus" / "articles.jsonl.gz"
EVERY = 4  # one page in so many is tested: all of them would take minutes
pytestmark = pytest.mark.skipif(not CORPUS.exists(), reason="the corpus is not here")
both = pytest.mark.parametrize("rules", [load(whole_page=False), builtin()], ids=["markers", "model"])


def pages() -> Iterator[LabelledPage]:
    with gzip.open(CORPUS) as file:
        for number, line in enumerate(file):
            if number % EVERY == 0:
                yield labelled_page(orjson.loads(line))


@both
def test_every_removal_can_be_undone_and_a_second_cleaning_removes_nothing(rules: Rules) -> None:
    for page in pages():
        raw = "\n".join(page.lines)
        cleaned = clean(raw, rules)
        assert original(as_json({}, cleaned), cleaned.text) == raw, page.id
        assert clean(cleaned.text, rules).removed == (), page.id


@both
@needs_compiled
def test_pages_are_cleaned_alike_without_the_compiled_parts(rules: Rules) -> None:
    slowly = slow(rules)
    for page in pages():
        body = (line for line, belongs in zip(page.lines, page.body, strict=True) if belongs)
        texts = "\n".join(page.lines), "\n".join(body)
        found = [clean(text, rules) for text in texts]
        with in_python():
            assert found == [clean(text, slowly) for text in texts], page.id


@both
@needs_compiled
def test_pages_are_cleaned_at_once_as_they_are_step_by_step(rules: Rules) -> None:
    processor = Processor.for_field("text", "json", rules)
    slowly, in_one_call = replace(processor, compiled_articles=None), 0
    for page in pages():
        body = (line for line, belongs in zip(page.lines, page.body, strict=True) if belongs)
        for text in ("\n".join(page.lines), "\n".join(body)):
            value = orjson.dumps({"text": text})
            record = FakeRecord(value)
            assert processor.process(record) == slowly.process(record), page.id
            in_one_call += processor.clean_compiled(value, text, rules) is not None
    assert in_one_call > 300


@both
def test_a_body_that_comes_again_goes_and_nothing_else(rules: Rules) -> None:
    chance = random.Random(5)  # noqa: S311 - the same each time
    tried = other = 0
    for page in pages():
        body = [line for line, belongs in zip(page.lines, page.body, strict=True) if belongs]
        footer = list(page.lines[page.footer_start :])
        run = body[chance.choice([0, len(body) // 2, chance.randrange(len(body) + 1)]) :]
        if not any(map(is_long, run)) or any(map(is_code_alone, run)):
            continue  # a few short lines may come back, and code: a refrain, a list's entries
        tried += 1
        again = run * chance.randint(1, 3)
        twice = chance.choice([[*body, *again, *footer], [*body, *footer, *again]])
        left, want = (clean("\n".join(lines), rules).text.split("\n") for lines in (twice, [*body, *footer]))
        more = Counter(left) - Counter(want)
        leads = {line for line in run[-LEAD:] if not is_long(line)}  # they may introduce what follows
        assert more.keys() <= leads.union(footer), f"{page.id}: more is left"
        lost = (set(want) - set(left)) & set(body)
        assert not any(map(is_long, lost)), f"{page.id}: a paragraph is lost"
        assert lost <= leads, f"{page.id}: something is lost"
        other += bool(lost) or more.total() > LEAD
    assert tried > 100
    assert other <= tried // 100, "with a short line twice the model may see the end of the body elsewhere"


def test_a_plain_tail_is_what_the_model_sees_in_it() -> None:
    chance, plain = random.Random(5), 0  # noqa: S311 - the same each time
    rules = builtin()
    for page in pages():
        body = [line.strip() for line, belongs in zip(page.lines, page.body, strict=True) if belongs]
        footer = [line.strip() for line in page.lines[page.footer_start :]]
        for size in range(2, LONGEST + 1):
            for lines in [*body, *footer[:size]], [*body[: chance.randint(1, len(body))], *footer[:size]]:
                if plain_tail(lines, rules) < len(lines):
                    plain += 1
                    places = range(len(lines))
                    assert find_footer(lines, places, rules).footer == weigh_page(lines, places, rules).footer, page.id
    assert plain > 500
