"""Where the footer begins, as one decision over the page; and what else goes from a page."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.core.cleaning import clean, clean_in_python
from stream.core.footer.budget import ARTICLE, Budget
from stream.core.footer.codes import codes_of, halves
from stream.core.footer.decision import (
    LEFT_LINE,
    LOST_LINE,
    LOST_PARAGRAPH,
    LOST_SENTENCE,
    PARAGRAPH,
    SENTENCE,
    by_harm,
    harm_of,
    likelihoods,
    price,
)
from stream.core.footer.lines import lines_of
from stream.core.footer.page import NOTHING, Found
from stream.core.restoring import restore
from stream.core.rules import builtin
from tests.trials import trials

P = [
    f"Paragraph {i} tells what the harbour master said that day. He had seen it all, and he said so to anybody."
    for i in range(12)
]
LINKS = ["Five stations worth a stop", "Ferry stops for the winter", "Baker: 'I rise early'", "Market in the old depot"]
pages = st.lists(st.tuples(st.integers(0, 1 << 40), st.integers(0, 300)), min_size=1, max_size=40)


def harm_one_by_one(likely: Sequence[int], lengths: Sequence[int], cut: int, caution: int) -> int:
    """What is lost or left by a cut, in percent, for each line at which the footer may really begin."""
    harm = 0
    for true, chance in enumerate(likely, 1):
        lost = caution * sum(price(length) for length in lengths[cut:true])
        harm += chance * (lost if true > cut else 100 * LEFT_LINE * (cut - true))
    return harm


@trials(200)
@given(pages, st.sampled_from([100, 100, 50, 133, 800]))
def test_the_harm_of_a_cut_is_what_it_takes_and_leaves(page: list[tuple[int, int]], caution: int) -> None:
    likely, lengths = map(list, zip(*page, strict=True))
    cuts = range(1, len(page) + 1)
    wanted = [harm_one_by_one(likely, lengths, cut, caution) for cut in cuts]
    assert harm_of(likely, lengths, caution) == wanted
    assert list(by_harm(likely, lengths, caution)) == sorted(cuts, key=lambda cut: (wanted[cut - 1], -cut))


def test_of_two_cuts_that_do_the_same_harm_the_one_that_removes_less_is_first() -> None:
    assert list(by_harm([1, 1], [10, 10])) == [2, 1]
    assert list(by_harm([1, 1], [10, 200])) == [2, 1], "it costs more to lose a paragraph than to leave a line"
    assert list(by_harm([99, 1], [10, 200])) == [1, 2]


def test_a_longer_line_costs_more_to_lose() -> None:
    assert [price(0), price(SENTENCE - 1)] == [LOST_LINE] * 2
    assert [price(SENTENCE), price(PARAGRAPH - 1)] == [LOST_SENTENCE] * 2
    assert [price(PARAGRAPH), price(4_000)] == [LOST_PARAGRAPH] * 2
    assert 0 < LOST_LINE < LOST_SENTENCE < LOST_PARAGRAPH


@trials(200)
@given(st.lists(st.integers(-(2**53), 2**53), min_size=1, max_size=50))
def test_likelihoods_are_whole_numbers_and_in_the_order_of_the_scores(scores: list[int]) -> None:
    found = likelihoods(scores)
    assert all(type(each) is int and each >= 0 for each in found)
    assert max(found) == found[scores.index(max(scores))] == 1 << 40
    for one, other in zip(range(len(scores)), range(1, len(scores)), strict=False):
        assert (found[one] > found[other]) <= (scores[one] > scores[other])


def test_a_score_of_256_less_is_half_as_likely() -> None:
    assert likelihoods([0, -256, -512, -256 * 40, -256 * 41]) == [1 << 40, 1 << 39, 1 << 38, 1, 0]
    found = likelihoods([0, -1, -128])
    assert found[1] == int(2 ** (40 - 1 / 256))
    assert abs(found[2] - 2**39.5) < 1


def within(lines: list[str], cut: int) -> bool:
    return Budget(lines_of(lines, builtin().signs)).allows(cut)


def test_the_budget_counts_prose_unless_it_is_surely_not_the_articles() -> None:
    assert within([*P[:9], *LINKS, *P[9:12]], 9)
    assert not within([*P[:4], *LINKS, *P[4:]], 4)
    assert within([*P[:4], "Comments (8)", *LINKS, *P[4:]], 4)
    assert not within([*P[:4], "Related articles", *LINKS, *P[4:]], 4)
    assert within([*P[:8], "Related articles", *LINKS, *P[7:]], 8)
    assert not within([*P[:7], "Related articles", *LINKS, *P[7:]], 7), "more than two thirds of the article"
    assert within([*P[:2], "Comments (8)", *P[: len(ARTICLE) - 1]], 2)
    assert not within([*P[:2], "Comments (8)", *P[: len(ARTICLE)]], 2), "that is another article"


def test_a_button_alone_or_far_below_is_less_evidence_than_a_bar() -> None:
    def under(before: int, top: list[str]) -> bool:
        return within([*P[:before], *top, *P[before:]], before)

    table = ["Platform", "Price", "Facebook", "0.40", "0.90", *LINKS]
    assert under(3, ["Facebook", "Twitter", *table])
    assert not under(3, table), "the name of a network in a table"
    assert under(7, table)
    assert under(3, [*LINKS, *LINKS, "Comments (8)"])
    assert not under(3, [*LINKS, *LINKS, *LINKS, *LINKS, "Comments (8)"])
    assert under(7, [*LINKS, *LINKS, *LINKS, *LINKS, "Comments (8)"])


def test_below_the_last_line_there_is_always_budget() -> None:
    assert within(P, len(P) - 1)
    assert Budget(lines_of(P, builtin().signs)).allows(len(P))


def test_scripts_without_spaces_say_more_with_a_letter() -> None:
    assert halves(["Elf Fähren"]) == 2
    assert halves(["渡轮星期一再次停航"]) == 5
    assert codes_of("渡轮星期一再次停航。", 5, builtin().signs)[0] == 25


@pytest.mark.parametrize("footer", [["Related articles", *LINKS], ["Share", "Tweet", "Print", *LINKS]])
def test_a_footer_is_found(footer: list[str]) -> None:
    removed = clean("\n".join([*P, *footer])).removed
    assert [removal.text for removal in removed] == footer


@pytest.mark.parametrize("lines", [[], ["One line"], P, ["A title", *P], P[:1]])
def test_a_body_has_none(lines: list[str]) -> None:
    assert clean("\n".join(lines)).removed == ()


def test_a_text_that_each_pass_takes_more_of_keeps_its_footer(monkeypatch: pytest.MonkeyPatch) -> None:
    left = 0

    def bite(_lines: object, places: Sequence[int], *_: object) -> Found:
        return Found({places[-1]: "x"}, {}, sure=[places[-1]]) if len(places) > left else NOTHING

    monkeypatch.setattr("stream.core.cleaning.find_footer", bite)
    left = len(P) - 3
    assert len(clean_in_python("\n".join(P), builtin()).removed) == 3
    left = len(P) - 4
    assert clean_in_python("\n".join(P), builtin()).removed == ()


@pytest.mark.parametrize("dash", ["\u2013 ", "- ", "> "])
def test_what_stands_under_a_heading_within_the_body_stays(dash: str) -> None:
    answers = [
        f"{dash}That is what he answered to the question number {at}, and nobody at the quay was surprised."
        for at in range(9)
    ]
    cleaned = clean("\n".join([*P[:3], "Related articles", f"{dash}A headline of another day", *answers, *P[3:5]]))
    assert [removal.text for removal in cleaned.removed] == ["Related articles"]


def test_a_link_between_two_paragraphs_goes_and_others_stay() -> None:
    link = "Read more: the ferry leaves again"
    cleaned = clean("\n".join([*P[:3], link, *P[3:]]))
    assert [(removal.text, removal.rule) for removal in cleaned.removed] == [(link, "en.read-more")]
    quoted = P[2].rstrip(".") + ".\u201d"
    for why, lines in {
        "behind that phrase it is as often the author's": [*P[:3], "See also: the ferry leaves again", *P[3:]],
        "under a heading": [*P[:2], "What comes next", link, *P[2:]],
        "before a heading": [*P[:3], link, "What comes next", *P[3:]],
        "after a quotation": [*P[:2], quoted, link, *P[3:]],
    }.items():
        assert clean("\n".join(lines)).removed == (), why


def test_a_line_of_junk_goes_alone_and_says_so() -> None:
    raw = "\n".join([*P[:5], "Advertisement", *P[5:8], "Share", "Tweet", *P[8:], ""])
    cleaned = clean(raw)
    assert [(removal.line, removal.reason) for removal in cleaned.removed] == [(6, "junk"), (10, "junk"), (11, "junk")]
    assert restore(cleaned) == raw
