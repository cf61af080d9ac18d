"""Whole pages: every removal undone, every repeated run gone, the compiled core like the other one.

The pages are those of `harness/pages.py`, and besides, where a corpus of real pages is at hand, every fourth of it. The
corpus is not ours to ship; a page of it is a line of `article-stream evaluate`'s format (docs/cleaning.md).
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence

import pytest

from harness import corpus
from harness import pages as composed
from harness.twins import in_python, needs_compiled, slow
from stream.core.cleaning import clean
from stream.core.listing import is_code_alone
from stream.core.removals import as_json, original
from stream.core.rules import Rules, builtin, load
from stream.core.stack import LEAD, is_long
from stream.offline.evaluation import PARAGRAPH, LabelledPage, Tally, flags_of

EVERY = 4  # of so many pages one: all of them take minutes
IN_PYTHON_EVERY = 3  # and of those again, where the slower core cleans them too
# Of the composed pages' lines outside their articles, and of those inside, so many are removed, by STREAM_FOOTERS.
REMOVED = {"markers": (2_409, 4), "model": (8_661, 47)}
both = pytest.mark.parametrize("rules", [load(whole_page=False), builtin()], ids=["markers", "model"])
Pages = Sequence[LabelledPage]


@pytest.fixture(
    scope="module",
    params=[
        "composed",
        pytest.param(
            "corpus",
            marks=[pytest.mark.slow, pytest.mark.skipif(not corpus.is_here(), reason=corpus.WITHOUT)],
        ),
    ],
)
def pages(request: pytest.FixtureRequest) -> Pages:
    """Pages of each kind in turn."""
    return tuple(composed.pages()) if request.param == "composed" else corpus.corpus()[::EVERY]


@pytest.mark.parametrize("footers", REMOVED)
def test_what_is_removed_from_the_composed_pages_stays(footers: str) -> None:
    """No claim of quality: a change of these counts is a change of behaviour, which may be meant."""
    rules, tally = load(whole_page=footers == "model"), Tally()
    for page in composed.pages():
        tally.add(page, flags_of(page, clean("\n".join(page.lines), rules).text))
    found = tally.footer_gone + tally.junk_gone, tally.body_gone
    assert found == REMOVED[footers], "If that is meant, write the new counts here."


@both
def test_every_removal_can_be_undone_and_a_second_cleaning_removes_nothing(rules: Rules, pages: Pages) -> None:
    for page in pages:
        raw = "\n".join(page.lines)
        cleaned = clean(raw, rules)
        assert original(as_json({}, cleaned), cleaned.text) == raw, page.id
        assert clean(cleaned.text, rules).removed == (), page.id


@both
@needs_compiled
def test_pages_are_cleaned_alike_without_the_compiled_parts(rules: Rules, pages: Pages) -> None:
    slowly = slow(rules)
    for page in pages[::IN_PYTHON_EVERY]:
        body = (line for line, belongs in zip(page.lines, page.body, strict=True) if belongs)
        texts = "\n".join(page.lines), "\n".join(body)
        found = [clean(text, rules) for text in texts]
        with in_python():
            assert found == [clean(text, slowly) for text in texts], page.id


@both
def test_a_body_that_comes_again_goes_and_nothing_else(rules: Rules, pages: Pages) -> None:
    chance = random.Random(5)  # noqa: S311 - the same each time
    tried = other = 0
    for page in pages:
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
        assert not any(len(line) >= PARAGRAPH for line in lost), f"{page.id}: a paragraph is lost"
        other += bool(lost) or more.total() > LEAD
    assert tried > 0.8 * len(pages)
    assert other <= max(1, tried // 100), "with lines twice the model may see the end of the body elsewhere"
