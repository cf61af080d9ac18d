"""Which paragraphs are repeats, and which are only similar or short."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest

from stream.core.paragraphs import keys, normal
from stream.core.repeats import find_repeats
from stream.core.stack import FEW, LONG, MANY, Stack, is_long

LONGS = [f"Paragraph number {i} tells of the ferry and of the people who waited for it on the quay." for i in range(30)]
A, B, C, D, E = LONGS[:5]


def repeats(lines: list[str]) -> list[int]:
    return list(find_repeats(lines, keys([normal(line) for line in lines])))


@pytest.mark.parametrize(
    ("lines", "want"),
    [
        ([A, B, C], []),
        ([A, B, C, A, B, C], [3, 4, 5]),  # the whole body twice
        ([A, B, A, B, A, B], [2, 3, 4, 5]),  # three times
        ([A, B, C, D, B, C, D], [4, 5, 6]),  # from the middle
        ([A, B, "Related", "x", A, B, "Related", "x"], [4, 5, 6, 7]),  # after the footer
        ([A, "Sub", B, "—", A, "Sub", B], [4, 5, 6]),  # the subhead goes with them
        ([A, "Sub", B, "—", C, "Sub", D], []),
        ([A, "Q:", B, "A:", C, "Q:", D], []),
        ([A, "Q:", B, "A:", C, "Q:", B, "A:", D], [5, 6]),  # "A:" introduces D
        ([A, B, C, A, D], [3]),  # a long one wherever
        ([A, A, A], [1, 2]),
        ([A, "", B, "", "", A, "", B], [5, 7]),  # blank lines are not looked at
        ([A, A + "!", A.replace("ferry", "boat")], []),  # near duplicates
        (["la", "la", "la", "la"], []),
        (["Q:", "Yes.", "Q:", "Yes.", "Q:", "Yes."], []),
        (["-" * 99, A, "-" * 99, B, "-" * 99], []),
        (["", "", ""], []),
        ([], []),
        ([A, B, A, C, A, B, D], [2, 4, 5]),
        ([f"  {A}", A.replace(" ", "  "), "e\u0301" * LONG, "\u00e9" * LONG], [1, 3]),
    ],
)
def test_find_repeats(lines: list[str], want: list[int]) -> None:
    assert repeats(lines) == want


def test_the_line_that_is_repeated() -> None:
    lines = [A, "—", B, A, "—", B]
    assert find_repeats(lines, keys(lines)) == {3: 0, 4: 1, 5: 2}


def test_a_run_of_short_lines_needs_many_different_ones() -> None:
    verse = [f"Line {i}" for i in range(MANY)]
    assert repeats(["Title", *verse, "x", *verse]) == list(range(MANY + 2, 2 * MANY + 2))
    assert repeats(["Title", *verse[1:], "x", *verse[1:]]) == []
    assert repeats(["Title", *["a", "b"] * 30]) == []


def test_a_short_text_given_twice() -> None:
    text = [f"Line {i}" for i in range(FEW)]
    assert repeats(text + text) == list(range(FEW, 2 * FEW))
    assert repeats([*text, *text, "The end"]) == list(range(FEW, 2 * FEW - 1)), "the last line may introduce the end"
    assert repeats(["Title", *text, *text]) == []
    assert repeats(text[1:] * 2) == []
    assert repeats([*"abcdefga", *"cdefgacd"]) == []  # many pairs come back, the text does not


@pytest.mark.parametrize(
    ("line", "want"),
    [("x" * LONG, True), ("x" * (LONG - 1), False), ("=" * 500, False), ("中" * 20, True), ("中" * 19, False)],
)
def test_is_long(line: str, want: bool) -> None:  # noqa: FBT001 - a table's column
    assert is_long(line) is want


def test_the_short_way_and_the_stack_agree() -> None:
    spaced = [A, "1", "2", "3", "—", B, "4", "5", A, "6", "—", B, C, *"abcdefg", "7", "8", *"abcdefg", C]
    few = [*"abc", "1", "2", *"abc"]
    for lines in ([A, B, C, B, C, D], [A, "Sub", B, A, "Sub", B, "x"], [A, B, C, C], [A, B, B, B, C], spaced, few):
        first = [lines.index(line) for line in lines]
        assert Stack(lines, list(range(len(lines))), first).run() == find_repeats(lines, keys(lines))


def fibonacci(count: int) -> list[str]:
    one, two = ["a"], ["a", "b"]
    while len(two) < count:
        one, two = two, two + one
    return two[:count]


def steps(lines: list[str]) -> int:
    """The number of lines of Python that `find_repeats` executes: unlike a time, it is the same on every machine."""
    count = 0

    def trace(_frame: FrameType, event: str, _arg: Any) -> Callable[..., Any]:
        nonlocal count
        count += event == "line"
        return trace

    hashes = keys(lines)
    before = sys.gettrace()
    sys.settrace(trace)
    try:
        find_repeats(lines, hashes)
    finally:
        sys.settrace(before)
    return count


@pytest.mark.parametrize(
    "make",
    [
        lambda count: [A] * count,
        lambda count: ["a"] * count,
        lambda count: [f"word {i % 100}" for i in range(count)],
        fibonacci,
        lambda count: [{"a": A, "b": B}[line] for line in fibonacci(count)],
        lambda count: [*"abcdefg", *"abcdefx", *[A] * count],
        lambda count: [LONGS[i * i % 30] if i % 3 else "—" for i in range(count)],
        lambda count: [f"{i % (count // 2)}" for i in range(count - 5)] + [A] * count,
    ],
)
def test_growth_is_linear(make: Callable[[int], list[str]]) -> None:
    few, many = steps(make(500)), steps(make(4000))
    assert many <= 9 * few + 500
    assert many <= 80 * 8000


def test_a_million_words() -> None:
    assert repeats([f"w{i % 3}" for i in range(200_000)]) == []
    assert len(repeats([A] * 100_000)) == 99_999


def kept(lines: list[str]) -> list[str]:
    gone = set(repeats(lines))
    return [line for at, line in enumerate(lines) if at not in gone]


@pytest.mark.parametrize(
    "name", ["MS ORD", "Nuria Baum:", "Q:", "问：", "Свидетель", "ผู้พิพากษา", "II.", "What followed"]
)
def test_what_introduces_the_next_line_stays_at_the_end_of_each_copy(name: str) -> None:
    said = ["THE CLERK", A, name]
    assert kept([*said, B, *said, C, *said, D]) == [*said, B, name, C, name, D]
    assert kept([*said, B, "", *said, "", C]) == [*said, B, "", name, "", C]
    assert kept([*said, B, *said]) == [*said, B], "nothing follows"
    assert kept(["Afternoon", *said, B, "Afternoon", *said, "Noon", C])[-3:] == [name, "Noon", C]


def test_no_more_than_a_few_lines_introduce_what_follows() -> None:
    menu = [f"Page {at}" for at in range(8)]
    assert kept([A, *menu, B, A, *menu, C]) == [A, *menu, B, *menu[-3:], C]


def test_of_many_short_lines_the_last_one_stays_before_others() -> None:
    verse = [f"Line {at}" for at in range(MANY)]
    assert kept(["Title", *verse, A, *verse, B]) == ["Title", *verse, A, verse[-1], B]
    assert kept(["Title", *verse, A, *verse]) == ["Title", *verse, A]


def test_a_label_is_not_left_above_what_another_one_said() -> None:
    assert kept(["MS ORD:", A, B, "MR LAKE:", A, C]) == ["MS ORD:", A, B, "MR LAKE:", A, C]
    assert kept(["MR LAKE", B, "MS ORD", A, "MR LAKE", A, C]) == ["MR LAKE", B, "MS ORD", A, "MR LAKE", A, C]
    assert kept(["MS ORD:", A, B, "MR LAKE:", A, "MS ORD:", C]) == ["MS ORD:", A, B, "MR LAKE:", "MS ORD:", C]
    assert kept(["MS ORD:", A, B, "MR LAKE:", A]) == ["MS ORD:", A, B, "MR LAKE:"], "nothing follows"
    assert kept([A, B, C, "The same again:", A, B, C, D]) == [A, B, C, "The same again:", D], "that is a copy"
    assert kept([A, B, "A caption", A, C]) == [A, B, "A caption", C]
