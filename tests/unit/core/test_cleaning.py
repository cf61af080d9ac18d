"""The whole core on whole articles."""

from __future__ import annotations

from pathlib import Path

import pytest

from stream.core.article import Removal
from stream.core.cleaning import _within_budget, clean, clean_list
from stream.core.restoring import restore, restore_list
from stream.core.rules import builtin, load

DATA = Path(__file__).parents[2] / "data"
SEED = Path(__file__).parents[4] / "shared" / "seed"
P = [
    f"Paragraph {i} tells what the harbour master said. He had seen it all, and he said so to anybody."
    for i in range(9)
]
FOOTER = ["You may also like", "Five stations worth a stop", "Ferry stops for the winter"]


def check(raw: str, want: str) -> None:
    cleaned = clean(raw)
    assert cleaned.text.rstrip("\n") == want.rstrip("\n")
    assert restore(cleaned) == raw
    assert clean(cleaned.text).removed == ()


def test_article_given_twice_with_a_footer() -> None:
    check((DATA / "twice.txt").read_text("utf-8"), (DATA / "twice.clean.txt").read_text("utf-8"))


@pytest.mark.skipif(not (SEED / "raw.txt").exists(), reason="the sample is not beside this checkout")
def test_sample() -> None:
    check((SEED / "raw.txt").read_text("utf-8"), (SEED / "clean.txt").read_text("utf-8"))


@pytest.mark.parametrize(
    "text", ["", "\n", "a", "\ud800\x00\u202e", "\n".join(P), "\r\n".join(P), "A title\n\nTwo", "—\n—\n—"]
)
def test_nothing_to_remove_is_the_same_object(text: str) -> None:
    cleaned = clean(text)
    assert cleaned.text is text
    assert (cleaned.removed, cleaned.withheld) == ((), ())
    assert cleaned.rules_version == builtin().version


@pytest.mark.parametrize("separator", ["\n", "\r", "\u2028", "\u2029"])
def test_removals_say_what_where_and_why(separator: str) -> None:
    raw = separator.join([P[0], "", P[1], "", " ", P[0], "", *FOOTER[:2]])
    cleaned = clean(raw)
    assert cleaned.text == separator.join([P[0], "", P[1]])
    assert cleaned.removed == (
        Removal(4, separator.join(["", " ", P[0]]), "repeat", of=1),
        Removal(7, separator.join(["", FOOTER[0]]), "footer", rule="en.also-like"),
        Removal(9, FOOTER[1], "footer", rule="en.also-like"),
    )
    assert restore(cleaned) == raw


def test_line_ends_stay_with_their_lines() -> None:
    cleaned = clean("\r\n".join([P[0], P[1], P[0], *FOOTER, ""]))
    assert cleaned.text == f"{P[0]}\r\n{P[1]}\r\n"


def test_body_repeated_after_the_footer() -> None:
    cleaned = clean("\n".join([*P, *FOOTER, *P, *FOOTER]))
    assert cleaned.text == "\n".join(P)


def test_white_space_and_normal_form_are_equal_but_letters_are_not() -> None:
    one = "On line sixty, he said, the café was closed and nobody knew when it would be opened again."
    raw = "\n".join([one, one.replace(" ", "  "), one.replace("é", "e\u0301"), one.replace("On line", "Online")])
    assert clean(raw).text == "\n".join([one, one.replace("On line", "Online")])
    plain = one.replace("é", "e")
    raw = "\n".join([plain, plain.replace("On line", "Online"), plain])
    assert clean(raw).text == "\n".join([plain, plain.replace("On line", "Online")])


def test_budget_withholds() -> None:
    raw = "Ferry\nAdvertisement\nHarbour"
    cleaned = clean(raw, load(whole_page=False))
    assert cleaned.text is raw
    assert cleaned.removed == ()
    assert cleaned.withheld == (Removal(2, "Advertisement", "footer", rule="en.advertisement"),)


def test_budget_is_of_prose() -> None:
    assert _within_budget([*P[:4], *FOOTER], {4, 5, 6})
    assert _within_budget([*P[:4], *FOOTER], {3, 4, 5, 6})
    assert not _within_budget([*P[:4], *FOOTER], {2, 3, 4, 5, 6})


def test_lines_that_meet_when_a_marker_goes() -> None:
    verse = [f"Line {i}" for i in range(12)]
    raw = [P[0], *verse, P[1], *verse[:6], "Advertisement", *verse[6:], P[2]]
    assert clean("\n".join(raw)).text == "\n".join([P[0], *verse, P[1], verse[-1], P[2]])


def test_repeats_do_not_count_against_the_budget() -> None:
    assert clean("\n".join([P[0]] * 50)).text == P[0]


def test_a_lone_line_left_is_not_split_anew() -> None:
    raw = f"{P[0]}\r{P[0]}\n{P[0]}\r{P[0]}"
    assert clean(clean(raw).text).removed == ()


def test_list_stays_a_list() -> None:
    raw = [P[0], "", P[1], " ", P[0] + "\n", "", *FOOTER]
    cleaned = clean_list(raw)
    assert cleaned.paragraphs == (P[0], "", P[1])
    assert restore_list(cleaned) == tuple(raw)
    assert [(removal.line, removal.reason) for removal in cleaned.removed] == [
        *((4, "repeat"), (5, "repeat")),
        *((6, "footer"), (7, "footer"), (8, "footer"), (9, "footer")),
    ]
    assert clean_list([]).paragraphs == ()
