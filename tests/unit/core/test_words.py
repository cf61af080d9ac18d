"""What a line says: the rows of its words, and the keys by which a site's other articles are asked."""

from __future__ import annotations

import pytest

from stream.core.footer.words import HEAD, KEYS, MOST, NOTHING, TAIL, WORDS, said

WORD = "harbour "


@pytest.mark.parametrize(
    ("why", "one", "other"),
    [
        ("another number", "Posted 3 hours ago", "Posted 12 hours ago"),
        ("another number within a word", "Berth b7", "Berth b123"),
        ("capitals", "POSTED by Ada", "Posted By ada"),
        ("width", "Ｐｏｓｔｅｄ ３", "posted 4"),
        ("digits of another script", "Posted ٣", "Posted 3"),
        ("accents", "Publié", "publie"),
        ("invisible characters", "Pub\u00adlished\u200b", "published"),
        ("punctuation", "\u201cPosted\u201d \u2013 Ada!", "posted ada"),
        ("white space", "  Posted\u3000by\tAda ", "posted by ada"),
        ("decoration", "\U0001f449 Read on \u2605", "read on"),
        ("characters of a script without spaces", "相关 新闻", "相关新闻"),
    ],
)
def test_what_says_the_same(why: str, one: str, other: str) -> None:
    assert said(one) == said(other) != NOTHING, why


@pytest.mark.parametrize(
    ("one", "other"),
    [("Share", "Shared"), ("Share it", "It share"), ("a b", "ab"), ("Tags: a", "Tags: b"), ("x 7", "x")],
)
def test_what_says_something_else(one: str, other: str) -> None:
    assert said(one).words != said(other).words
    assert said(one).keys[0] != said(other).keys[0]


@pytest.mark.parametrize("line", ["", " ", "\u2014", "* * *", "?!", "_", "\u200b", "\ud800", "\U0001f449"])
def test_what_has_no_words_says_nothing(line: str) -> None:
    assert said(line) == NOTHING


def test_words_are_rows_of_the_table_and_keys_are_of_64_bits() -> None:
    lines = ["Share", "Read more: a headline", "All rights reserved 2024", "渡轮星期一再次停航", WORD * 9, WORD * 900]
    for line in lines:
        words, keys = said(line)
        assert 0 < len(words) <= MOST
        assert all(0 < word < WORDS for word in words)
        assert len(keys) == KEYS
        assert all(0 <= key < 1 << 64 for key in keys)


def test_lines_that_begin_or_end_alike_share_those_keys() -> None:
    one, other, third = (
        said(line).keys for line in ("Photo credit: Ada Renn", "Photo credit by Jan", "Courtesy of Ada Renn")
    )
    assert one[1] == other[1]
    assert one[2] != other[2]
    assert one[3] == third[3]
    assert one[4] != third[4]
    assert len({one[0], other[0], third[0]}) == 3
    assert len(set(one)) == KEYS


def test_a_long_line_is_read_at_its_ends_and_is_no_template() -> None:
    begin, end = WORD * (HEAD // len(WORD)), WORD * (TAIL // len(WORD) + 1)
    one, other = (said(f"{begin}{middle * 9_999}{end}") for middle in ("and so ", "on "))
    assert one == other != said(begin)
    assert one.keys[0] > 0
    assert one.keys[1:] == (0,) * (KEYS - 1)
    assert said(f"{begin} and so on, and {end}").keys[1:] == (0,) * (KEYS - 1)
    assert said(f"{begin}{'x ' * 999}{end}it").keys[0] != one.keys[0]
