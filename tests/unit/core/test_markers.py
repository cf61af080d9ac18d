"""Where a footer begins, and above all where there is none."""

from __future__ import annotations

import pytest

from stream.core.markers import find_footer, prose
from stream.core.rules import load
from stream.core.sentence_ends import ends_sentence

P = [
    f"Paragraph {i} tells what the harbour master said. He had seen it all, and he said so to anybody."
    for i in range(12)
]
LINKS = ["Five stations worth a stop", "Ferry stops for the winter", "Baker: 'I rise early'", "Market in the old depot"]


def found(lines: list[str]) -> list[int]:
    return [at for at, _ in find_footer(lines, load(whole_page=False))]


def tail(body: int, lines: list[str]) -> list[int]:
    return list(range(body, len(lines)))


@pytest.mark.parametrize(
    "footer",
    [
        ["You may also like", *LINKS],
        ["Related articles:", *LINKS, "Share", "Tweet"],
        ["Share", "Tweet", "Print", *LINKS],
        ["Comments (3)", "Elena Marsh", "Well said", "Reply"],
        ["Tags", "ferry", "harbour"],
        ["Tags: ferry, harbour"],
        ["Read more: Ferry stops for the winter"],
        ["© The Island Paper", "All rights reserved"],
        ["Most read", *LINKS * 5, P[0][:90] + ".", *LINKS],
        ["", "You may also like", "", *LINKS],
    ],
)
def test_a_tail_goes_whole(footer: list[str]) -> None:
    lines = [*P[:8], *footer]
    assert found(lines) == [at for at in tail(8, lines) if lines[at]]


@pytest.mark.parametrize(
    ("lines", "want"),
    [
        (P, []),
        ([P[0], "Read more: The harbour plan", P[1], P[2]], [1]),
        ([P[0], "Read more: The harbour plan", *P[1:]], [1]),
        ([*P[:11], "Read more: The harbour plan", P[11]], [11]),  # a single last paragraph is body
        ([*P[:11], "Related articles", *LINKS, P[11]], [11]),  # links that could be subheads stay
        ([P[0], "Related articles", "- one", "• two", "Subhead", P[1], P[2]], [1, 2, 3]),
        ([P[0], "Advertisement", P[1], P[2]], [1]),
        ([P[0], "Comments", P[1], P[2]], []),  # may be a subhead
        ([P[0], "Share", "Tweet", P[1], P[2]], [1, 2]),  # two together are a bar of buttons
        (["Share", "Tweet", P[1], P[2]], [1]),  # the first line stays
        ([*P[:8], "Comments"], []),  # nothing follows
        ([*P[:4], "Topics", P[4]], []),
        ([*P[:8], "© Elena Marsh", *P[8:]], []),  # a photographer's credit
        (["You may also like", *LINKS], []),
        (["Title", "You may also like", *LINKS], [1]),
        ([], []),
        (["", " "], []),
    ],
)
def test_the_body_is_not_taken(lines: list[str], want: list[int]) -> None:
    assert found(lines) == want


@pytest.mark.parametrize(
    ("body", "after"),
    [
        (10, [*LINKS, P[10], "A link", P[11], "A link"]),  # too much prose for so few links
        (2, [*LINKS * 5, P[10], *LINKS]),  # too much prose for so short a body
        (10, [P[10], *LINKS * 5]),  # prose directly under the marker
        (10, [*LINKS * 8, P[10] * 2, P[11], *LINKS * 5]),  # two paragraphs of prose, one after the other
    ],
)
def test_where_the_body_goes_on_only_the_marker_goes(body: int, after: list[str]) -> None:
    assert found([*P[:body], "Most read", *after]) == [body]


def test_each_line_has_the_rule_that_found_it() -> None:
    lines = [*P, "You may also like", "One of them", "Share", "Tweet"]
    assert find_footer(lines, load(whole_page=False))[-4:] == [
        *((12, "en.also-like"), (13, "en.also-like")),
        *((14, "en.share"), (15, "en.share")),
    ]


def test_ends_sentence_and_prose() -> None:
    assert ends_sentence("He said “so.”")
    assert ends_sentence("他说。」")
    assert not ends_sentence("Ferry stops")
    assert not ends_sentence("")
    assert prose("x" * 79 + ".") == 80
    assert prose("x" * 78 + ".") == 0
    assert prose("x" * 100) == 0
    assert prose("渡" * 30 + "。") > 80
