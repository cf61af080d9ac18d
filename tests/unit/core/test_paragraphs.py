"""Lines, the normal form and its hash."""

from __future__ import annotations

import unicodedata

import pytest

from stream.core.paragraphs import (
    _OTHER_SPACES,
    _PLAIN,
    BLANK,
    digests,
    first_places,
    keys,
    normal,
    normal_lines,
    normal_list,
    outline,
    outlines_tell,
    split,
    width,
)


@pytest.mark.parametrize(
    ("text", "separator"),
    [
        ("", "\n"),
        ("a\nb\n", "\n"),
        ("a\r\nb", "\n"),
        ("a\rb\u2028", "\r"),
        ("a\u2029b\u2028", "\u2029"),
        ("\u2028", "\u2028"),
    ],
)
def test_split_joins_to_the_text(text: str, separator: str) -> None:
    lines, found = split(text)
    assert found == separator
    assert found.join(lines) == text


def test_carriage_return_is_white_space_of_its_line() -> None:
    assert split("a\r\nb") == (["a\r", "b"], "\n")
    assert normal("a\r") == "a"


@pytest.mark.parametrize(
    ("raw", "want"),
    [("  a \t b\xa0", "a b"), ("e\u0301", "\u00e9"), (" \u3000\r", ""), ("\u00e9", "\u00e9"), ("\u2001x", "x")],
)
def test_normal(raw: str, want: str) -> None:
    assert normal(raw) == want


@pytest.mark.parametrize(
    "text",
    [
        "a b\nc d",
        " a\n\tb  c \n\n d\u2009e\xa0\nf\r\n",
        "e\u0301\ne \u0301\u0323\n\u0301x\n\u2003\u0301",
        "\u1100\u1161\n\u11a8\n\uac00\u11a8",
        "\x1c\x85 x\x0b\n\ud800\u202e\x00",
        "a\rb \r c",
        "a \u2028b\u2029",
    ],
)
def test_whole_text_and_single_lines_agree(text: str) -> None:
    lines, separator = split(text)
    assert normal_lines(text, lines, separator) == [normal(line) for line in lines]
    assert normal_list(lines) == [normal(line) for line in lines]


def test_lines_in_normal_form_are_handed_back() -> None:
    lines = ["a b", "c \u201cd\u201d"]
    assert normal_lines("\n".join(lines), lines, "\n") is lines


def test_plain_characters_never_change_nor_combine() -> None:
    spaces = {chr(code) for code in range(0x110000) if chr(code).isspace()}
    assert spaces - set(map(chr, range(128))) == set(_OTHER_SPACES)
    for code in (code for code in range(0x80, 0x20000) if _PLAIN.fullmatch(chr(code))):
        character = chr(code)
        assert not character.isspace()
        assert unicodedata.combining(character) == 0
        assert unicodedata.normalize("NFC", character) == character


def test_outline_refuses_what_it_cannot_tell() -> None:
    assert outline(" a b\n\u201cc\u201d \n", "\n") == [b"ab", "\u201cc\u201d".encode(), b""]
    assert outline("e\u0301\n", "\n") is None
    assert outline("a\xa0b\n", "\n") is None
    assert outline("a\rb", "\r") is None


def test_outlines_that_deceive() -> None:
    assert not outlines_tell(first_places([b"1", b"1"]), ["on line", "online"])
    assert outlines_tell(first_places([b"1", b"1"]), ["on  line", "on line"])


def test_first_places() -> None:
    assert first_places([b"1", b"", b"2", b"1", b""]) == [0, -1, 2, 0, -1]
    assert first_places(digests([b"", b"a", b""]), BLANK) == [-1, 1, -1]
    assert outlines_tell([-1, 1, -1, 1], ["", "a", " ", "a"])


def test_keys() -> None:
    one, two, blank = keys(["a", "\ud800", ""])
    assert (len(one), len(two), blank) == (16, 16, b"")
    assert one != two
    assert keys([]) == []


def test_width_counts_ideographs_threefold() -> None:
    assert (width("abc"), width("中文"), width("é中")) == (3, 6, 4)
