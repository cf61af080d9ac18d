"""What cleaning leaves alone, on any article: who says what, code, and the paragraphs that close an article."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.core.cleaning import clean
from stream.core.listing import is_code_alone
from stream.core.paragraphs import keys, normal
from stream.core.repeats import find_repeats
from stream.core.rules import Rules, builtin, load
from stream.core.stack import is_long
from tests.trials import trials
from tests.unit.core.test_listing import BODY, CLOSE, LISTINGS

both = pytest.mark.parametrize("name", ["markers", "model"])
RULES = {"markers": load(whole_page=False), "model": builtin()}
NAMES = ["MS ORD", "THE CLERK", "Q:", "A:", "Nuria Baum:", "Afternoon", "—", "", "问：", "Свидетель"]
SAID = [
    f"Answer {at} is one that may be given to more than one question, in the same words as before." for at in range(4)
]
blocks = st.lists(st.sampled_from([*NAMES, *SAID]), max_size=14)
hearings = st.lists(st.tuples(blocks, st.booleans()), max_size=5).map(
    lambda parts: [
        line
        for at, (block, new) in enumerate(parts)
        for line in [
            *block,
            *([f"Words number {at} stand in this place of the minutes and in no other one."] if new else []),
        ]
    ]
)


@trials(600)
@given(hearings, st.integers(1, 3))
def test_what_stands_once_keeps_the_short_line_above_it(lines: list[str], times: int) -> None:
    again = [line for line in lines if not line.startswith("Words")]
    whole = [*lines, *again * times, "The end of it."]
    gone = find_repeats(whole, keys([normal(line) for line in whole]))
    there = [at for at, line in enumerate(whole) if line]
    for above, at in pairwise(there):
        if whole.count(whole[at]) == 1 and not is_long(whole[above]):
            assert above not in gone
    left = [line for at, line in enumerate(whole) if at not in gone]
    assert find_repeats(left, keys([normal(line) for line in left])) == {}


code = st.lists(
    st.sampled_from([line for listing in LISTINGS.values() for line in listing if is_code_alone(line)]), max_size=30
)


@both
@trials(150)
@given(st.lists(code, min_size=1, max_size=3), st.integers(1, 2))
def test_code_between_paragraphs_stays_as_it_is(name: str, listings: list[list[str]], closing: int) -> None:
    rules: Rules = RULES[name]
    lines = [line for at, listing in enumerate(listings) for line in (BODY[at], *listing)]
    assert clean("\n".join([*BODY[3:], *lines, *CLOSE[:closing]]), rules).removed == ()


cells = st.lists(
    st.sampled_from(
        ["North", "12", "6.15", "South pier", "Nuria Baum 3", "- rope", "- a lamp", "2 : 1", "Ilse, Knut, Ole"]
    ),
    min_size=1,
    max_size=40,
)


@both
@trials(200)
@given(st.integers(2, 5), cells, st.lists(st.sampled_from(CLOSE), min_size=1, max_size=2, unique=True))
def test_the_close_of_an_article_is_not_taken_for_a_list_above_it(
    name: str, paragraphs: int, table: list[str], close: list[str]
) -> None:
    rules: Rules = RULES[name]
    cleaned = clean("\n".join([*BODY[:paragraphs], *table, *close]), rules)
    assert cleaned.text.split("\n")[-len(close) :] == close
