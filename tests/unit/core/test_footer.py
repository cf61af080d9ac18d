"""Where the footer begins, as one decision over the page."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import Any

import pytest

from stream.core.cleaning import clean, restore
from stream.core.footer.candidates import FEATURES, PageLines, features_of, page_lines
from stream.core.footer.codes import codes_of, halves
from stream.core.footer.decision import decide, find_tail, late_cut
from stream.core.footer.lines import CLIP, lines_of
from stream.core.footer.model import chances, model_of, shipped
from stream.core.footer.page import NOTHING, Found, find_footer, weigh_page
from stream.core.footer.plain import LONGEST, plain_tail
from stream.core.footer.refusals import comes_late, refused, within_budget
from stream.core.rules import builtin

DATA = json.loads(files("stream.core.footer").joinpath("weights.json").read_text("utf-8"))
P = [
    f"Paragraph {i} tells what the harbour master said that day. He had seen it all, and he said so to anybody."
    for i in range(12)
]
LINKS = ["Five stations worth a stop", "Ferry stops for the winter", "Baker: 'I rise early'", "Market in the old depot"]


def walk(tree: Mapping[str, Sequence[int]], row: Sequence[int]) -> int:
    at = 0
    while tree["f"][at] >= 0:
        at = tree["l"][at] if row[tree["f"][at]] <= tree["v"][at] else tree["r"][at]
    return tree["v"][at]


def test_the_tables_give_what_walking_the_trees_gives() -> None:
    model, rng = shipped(), random.Random(1)  # noqa: S311 - the same each time
    for _ in range(50):
        row = [rng.choice([-300, -1, 0, 1, 5, 40, 500, 9000]) for _ in FEATURES]
        assert model.score(row) == sum(walk(tree, row) for tree in DATA["trees"])


def test_weights_of_other_features_are_refused() -> None:
    other: dict[str, Any] = DATA | {"features": ["place"]}
    with pytest.raises(ValueError, match="other features"):
        model_of(other)


def test_a_row_has_every_feature() -> None:
    page = page_lines(lines_of([*P, "Related articles", *LINKS], shipped().line_weights, builtin().signs), quick=False)
    assert {len(row) for row in features_of(page)} == {len(FEATURES)}
    assert page.cuts == sorted(set(page.cuts))
    assert page.cuts[-1] == len(page.lines)
    assert all(-CLIP <= line.clipped <= CLIP for line in page.lines)


def test_millions_of_lines_are_counted_right() -> None:
    """A count that overflows would add to the next one; here each line stands for 2**19 like it."""
    paragraph, heading = lines_of([P[0], "Share"], shipped().line_weights, builtin().signs)
    headings = [heading._replace(counts=heading.counts << 19)] * 20
    page = page_lines([paragraph, paragraph, *headings], quick=False)
    seen = dict(zip(FEATURES, features_of(page)[-1], strict=True))
    assert [seen[name] for name in ("topics_before", "any_before", "comments_before")] == [20 << 19, 20 << 19, 0]
    assert seen["prose_share"] == 100


def test_likelihoods_are_whole_numbers_and_in_order() -> None:
    found = chances([0, 1000, -1000, -99_999])
    assert found[1] == 1 << 20
    assert found[1] > found[0] > found[2] > found[3] == 0


def test_scripts_without_spaces_say_more_with_a_letter() -> None:
    assert halves(["Elf Fähren"]) == 2
    assert halves(["渡轮星期一再次停航"]) == 5
    assert codes_of("渡轮星期一再次停航。", 5, builtin().signs)[0] == 25


@pytest.mark.parametrize("footer", [["Related articles", *LINKS], ["Share", "Tweet", "Print", *LINKS]])
def test_a_footer_is_found(footer: list[str]) -> None:
    assert find_tail([*P, *footer], builtin().signs, shipped()).begin == len(P)


@pytest.mark.parametrize("lines", [[], ["One line"], P, ["A title", *P], P[:1]])
def test_a_body_has_none(lines: list[str]) -> None:
    assert find_tail(lines, builtin().signs, shipped()).begin == len(lines)


@pytest.mark.parametrize("footer", [["Related articles", *LINKS], ["Share", "Tweet"], ["Comments (8)", *LINKS, *LINKS]])
def test_where_a_tail_is_plain_the_model_is_not_asked_and_would_say_the_same(footer: list[str]) -> None:
    lines = [P[0], "A subhead", *P, *footer]
    places = list(range(len(lines)))
    found = find_footer(lines, places, builtin())
    assert plain_tail(lines, builtin()) == len(P) + 2
    assert list(found.footer) == places[len(P) + 2 :]
    assert found.settled
    assert found == weigh_page(lines, places, builtin())._replace(settled=True)


@pytest.mark.parametrize(
    ("why", "lines"),
    {
        "no tail": P,
        "a heading alone": [*P, "Related articles"],
        "no heading": [*P, *LINKS],
        "an advertisement": [*P, "Advertisement", *LINKS],
        "a menu": [*P, "Home", *LINKS],
        "a heading that goes on": [*P, "Related articles: the ferry leaves again", *LINKS],
        "a short line before the heading": [*P, "So it ends.", "Related articles", *LINKS],
        "a heading before": [*P[:4], "Share", *P[4:], "Related articles", *LINKS],
        "prose in it": [*P, "Related articles", P[3], *LINKS],
        "a long headline in it": [*P, "Related articles", P[3].rstrip("."), *LINKS],
        "many lines": [*P, "Related articles", *LINKS, *LINKS, *LINKS[:LONGEST - 8]],
        "one paragraph": [P[0], "Related articles", *LINKS],
        "nothing": [],
    }.items(),
)  # fmt: skip
def test_what_is_less_plain_is_the_models(why: str, lines: list[str]) -> None:
    assert plain_tail(lines, builtin()) == len(lines), why


def test_the_budget_counts_prose_unless_it_is_surely_not_the_articles() -> None:
    def within(lines: list[str], cut: int) -> bool:
        return within_budget(page_lines(lines_of(lines, shipped().line_weights, builtin().signs), quick=False), cut)

    assert within([*P[:9], *LINKS, *P[9:12]], 9)
    assert not within([*P[:4], *LINKS, *P[4:]], 4)
    assert within([*P[:4], "Comments (8)", *LINKS, *P[4:]], 4)
    assert not within([*P[:4], "Related articles", *LINKS, *P[4:]], 4)
    assert within([*P[:8], "Related articles", *LINKS, *P[7:]], 8)
    assert not within([*P[:7], "Related articles", *LINKS, *P[7:]], 7), "more than two thirds of the article"
    assert within([*P[:2], "Comments (8)", *P[:11]], 2)
    assert not within([*P[:2], "Comments (8)", *P[:12]], 2), "that is another article"


def test_a_button_alone_or_far_below_is_less_evidence_than_a_bar() -> None:
    def within(before: int, top: list[str]) -> bool:
        lines = [*P[:before], *top, *P[before:]]
        return within_budget(page_lines(lines_of(lines, shipped().line_weights, builtin().signs), quick=False), before)

    table = ["Platform", "Price", "Facebook", "0.40", "0.90", *LINKS]
    assert within(3, ["Facebook", "Twitter", *table])
    assert not within(3, table), "the name of a network in a table"
    assert within(7, table)
    assert within(3, [*LINKS, *LINKS, "Comments (8)"])
    assert not within(3, [*LINKS, *LINKS, *LINKS, *LINKS, "Comments (8)"])
    assert within(7, [*LINKS, *LINKS, *LINKS, *LINKS, "Comments (8)"])


TABLE = [f"Berth {at}, {at} boats" for at in range(40)]


@pytest.mark.parametrize(
    ("why", "late", "lines"),
    [
        ("a list longer than the article", True, [*P[:2], *TABLE, "Related articles"]),
        ("a heading soon", False, [*P[:2], *TABLE[:8], "Related articles", *TABLE]),
        ("a longer article", False, [*P[:9], *TABLE, "Related articles"]),
        ("prose in the list", True, [*P[:9], *TABLE[:20], *P[9:11], *TABLE[20:], "Related articles"]),
        ("hardly any prose, and half as much in the list", True, [*P[:2], *TABLE[:12], "Related articles"]),
        ("more prose, and half as much in the list", False, [*P[:8], *TABLE[:20], "Related articles"]),
        ("no heading at all", True, [*P[:2], *TABLE]),
        ("a link under each entry", True, [*P[:2], "Pier", "Share", *TABLE[:20], "Share", *TABLE[20:], "Share"]),
        ("a comment head for each", False, [*P[:2], "Pier", "Reply", *TABLE[:20], "Reply", *TABLE[20:], "Reply"]),
    ],
)
def test_a_heading_far_below_a_long_list_is_late(why: str, late: bool, lines: list[str]) -> None:  # noqa: FBT001
    page = page_lines(lines_of(lines, shipped().line_weights, builtin().signs), quick=False)
    cut = next(at for at, line in enumerate(lines) if line not in P)
    found = comes_late(page, cut)
    assert bool(found) == late, why
    assert refused(page, cut) or not late
    if found < len(lines) and late:
        assert lines[found] == "Related articles"


def test_above_a_late_heading_no_unlikely_cut_is_made() -> None:
    ends = ["The harbour is closed", "Pier (7)", "Old depot:", "2019", "'Quay'", "Ferry!"]
    lines = [*P[:2], *TABLE[:30], *ends, "Related articles", *LINKS]
    page = page_lines(lines_of(lines, shipped().line_weights, builtin().signs), quick=False)
    page = page._replace(cuts=[2, 34, 38, len(lines)])
    assert [refused(page, cut) for cut in page.cuts[:3]] == [True, False, False]
    assert decide(page, [900, 5, 60, 35], shipped().rule) == 2
    assert decide(page, [800, 105, 60, 35], shipped().rule) == 1


def test_a_footer_may_begin_at_a_late_heading_if_the_body_hardly_goes_on_there() -> None:
    lines = [*P[:2], *TABLE, "Related articles", *LINKS]
    page = page_lines(lines_of(lines, shipped().line_weights, builtin().signs), quick=False)
    end = len(lines)
    page = page._replace(cuts=[2, end - 2, end])
    assert late_cut(page, [900, 50, 50], 2) == 42
    assert late_cut(page, [700, 200, 100], 2) == end
    page = page_lines(lines_of([*P[:9], *LINKS], shipped().line_weights, builtin().signs), quick=False)
    assert late_cut(page._replace(cuts=[9, 13]), [900, 100], 9) == 13, "no heading is late"


def test_where_every_cut_is_refused_the_late_heading_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    def wants_the_first(page: PageLines, *_: object, guarded: bool = True) -> int:
        return len(page.cuts) - 1 if guarded else 0

    monkeypatch.setattr("stream.core.footer.decision.decide", wants_the_first)
    monkeypatch.setattr("stream.core.footer.decision.late_cut", lambda *_: 42)
    lines = [*P[:2], *TABLE, "Related articles", *LINKS]
    assert find_tail(lines, builtin().signs, shipped()).begin == 42


def test_above_a_late_heading_all_stays_and_the_rest_goes() -> None:
    lines = [*P[:3], *TABLE, "Related articles", *LINKS, "Share", "Tweet", *LINKS, "Home", "About us"]
    removed = clean("\n".join(lines)).removed
    assert [removal.line for removal in removed] == list(range(44, len(lines) + 1))


def test_a_text_that_each_pass_takes_more_of_keeps_its_footer(monkeypatch: pytest.MonkeyPatch) -> None:
    left = 0

    def bite(_lines: object, places: Sequence[int], _rules: object) -> Found:
        return Found({places[-1]: "x"}, {}, sure=[places[-1]]) if len(places) > left else NOTHING

    monkeypatch.setattr("stream.core.cleaning.find_footer", bite)
    left = len(P) - 3
    assert len(clean("\n".join(P)).removed) == 3
    left = len(P) - 4
    assert clean("\n".join(P)).removed == ()


@pytest.mark.parametrize("dash", ["\u2013 ", "- ", "> "])
def test_what_stands_under_a_heading_within_the_body_stays(dash: str) -> None:
    said = [
        f"{dash}That is what he answered to the question number {at}, and nobody at the quay was surprised."
        for at in range(9)
    ]
    cleaned = clean("\n".join([*P[:3], "Related articles", f"{dash}A headline of another day", *said, *P[3:5]]))
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
