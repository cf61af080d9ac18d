"""Cuts that are never made, on three kinds of pages that the network has hardly seen."""

from __future__ import annotations

from collections.abc import Collection

from stream.core.cleaning import clean
from stream.core.footer.page import read_lines
from stream.core.footer.reading import Reading
from stream.core.footer.refusals import Refusals
from stream.core.rules import builtin

PROSE = "The harbour master said that day that he had seen it all, and he said so to anybody who asked him."


def refusals(
    lines: list[str],
    *,
    code: Collection[int] = (),
    sites: Collection[int] = (),
    open_ended: bool = False,
) -> Refusals:
    _, page, _ = read_lines(lines, builtin())
    return Refusals(Reading(page, open_ended), lambda at: at in code, lambda at: at in sites)


def test_what_removes_nothing_may_always_be() -> None:
    lines = [PROSE, "x = f(1)", PROSE]
    assert not refusals(lines, code={1}, open_ended=True).refuses(3)


def test_no_cut_opens_with_code_or_stands_among_it() -> None:
    lines = [PROSE, "x = f(1)", "and then", "y = g(2)", "Related articles", "One", "Two"]
    found = refusals(lines, code={1, 3})
    assert [cut for cut in range(1, 8) if found.takes_code(cut)] == [1, 2, 3]


def test_a_closing_paragraph_stays_unless_something_speaks_against_it() -> None:
    lines = [PROSE, "12", "6.15", PROSE]
    assert refusals(lines).takes_the_close(1)
    assert not refusals(lines, sites={2}).takes_the_close(1)
    assert refusals(lines, sites={2}).takes_the_close(3)
    assert not refusals([PROSE, "Related articles", "6.15", PROSE]).takes_the_close(1)
    assert not refusals([PROSE, "12", "6.15"]).takes_the_close(1), "no prose closes it"
    assert refusals([PROSE, "12", f"Next year {PROSE}"]).takes_the_close(1), "a paragraph that begins so says nothing"


def test_where_sentences_have_no_full_stop_only_words_open_a_footer() -> None:
    lines = [PROSE, "A headline", "Related articles", "Another"]
    found = refusals(lines, sites={3}, open_ended=True)
    assert [cut for cut in range(1, 4) if found.is_unsaid(cut)] == [1]
    assert not any(map(refusals(lines).is_unsaid, range(1, 4)))


def test_a_program_in_an_article_is_left_alone() -> None:
    program = ["for n in range(3):", "    print(f(n))", "print(total)"]
    text = "\n".join([PROSE, PROSE.replace("day", "week"), *program, PROSE.replace("anybody", "nobody")])
    assert clean(text).removed == ()
