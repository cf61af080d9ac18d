"""The compiled parts called with wrong arguments, from other processes, and often: errors are raised, nothing leaks."""

from __future__ import annotations

import gc
import pickle
import sys
from typing import Any

import orjson
import pytest

from harness.twins import needs_compiled
from stream.core import native
from stream.core.article import Removal
from stream.core.cleaning import clean, clean_list
from stream.core.footer.codes import ENDS_TABLE, QUOTES, STARTS
from stream.core.footer.lines import lines_of
from stream.core.footer.words import Said, said
from stream.core.rules import builtin
from stream.records.splice import value_span
from tests.property.test_native import FAST, PROSE

pytestmark = needs_compiled


def test_what_is_no_argument_is_an_error() -> None:
    code, lookup = native.compiled, builtin().signs.compiled
    reader, why = code.LineReader(STARTS, ENDS_TABLE, QUOTES, int), ("a", 1, None)
    calls: list[tuple[Any, ...]] = [
        (code.places, "a"), (code.places, b"a", b""), (code.span, "a", b""), (code.repeats, (), ""),
        (code.repeats, ["x"], ""), (code.weigh, [1], b"", b"", b""), (code.weigh, ()),
        (code.candidates, ["a"], [1], set(), 9), (code.candidates, ["a"], [0], {}, 9),
        (code.candidates, [0], [0], set(), 9), (code.part, dict, {}, [], [], ""),
        (code.part, Removal, {1: why}, ["a", "b"], ["x", 1], ""), (code.part, Removal, {3: why}, ["a"], [], ""),
        (code.part, Removal, {0: ("a", 1)}, ["a"], [], ""), (code.part, Removal, {"x": why}, ["a"], [], ""),
        (code.Lookup, {}, {}, 1, b"", b"", b""), (code.Lookup, {1: 1}, {}, None, b"", b"", b""), (code.Lookup,),
        (lookup.topic, 1), (code.LineReader, STARTS, ENDS_TABLE, QUOTES),
        (reader.lines, [1], 2, lookup), (reader.lines, ["a"], 2, 3), (reader.code, 1, 2, lookup),
        (code.said, "a"), (code.said, b"a", Said, b""), (code.said, "a", dict, b""), (code.said, "a", 1, b""),
        (code.said, "a", Said, ""), (code.xxh3, "a"),
    ]  # fmt: skip
    for call, *arguments in calls:
        with pytest.raises((TypeError, ValueError, OverflowError)):
            call(*arguments)


def weights(**other: Any) -> tuple[Any, ...]:
    """The arguments of a network of one channel, three words and two traits; `other` ones by their places."""
    small: dict[str, Any] = {
        "words": b"\1\0\2\0\3\0", "width": 2, "traits": b"\1\0" * 6, "bias": b"\1\0", "layers": (b"\1\0" * 3,) * 6,
        "biases": (b"\1\0",) * 6, "out": b"\1\0" * 2, "out_bias": b"\1\0\0\0" * 2, "sizes": (3, 2, 1),
        "numbers": (4, 5, 6),
    }  # fmt: skip
    return tuple({**small, **other}.values())


def test_weights_that_do_not_fit_are_an_error() -> None:
    for other in (
        {"words": b"\0"}, {"words": 1}, {"width": 1}, {"width": 3}, {"traits": b""}, {"bias": ""}, {"layers": ()},
        {"layers": [b"\1\0" * 3] * 6}, {"layers": (b"\1\0" * 2,) * 6}, {"layers": (1,) * 6}, {"biases": (b"\1",) * 6},
        {"out": b"\1\0"}, {"out_bias": b"\1\0" * 2}, {"out_bias": None}, {"sizes": (3, 2)}, {"sizes": (3, 2, 0)},
        {"sizes": (3, 2, 65)}, {"sizes": (0, 2, 1)}, {"sizes": (1 << 40, 2, 1)}, {"sizes": (3, -1, 1)},
        {"sizes": (3, 2, 2)}, {"numbers": (-1, 5, 6)}, {"numbers": (41, 5, 6)}, {"numbers": (4, 5, 0)},
        {"numbers": (4, 1 << 31, 6)}, {"numbers": (4, 5, 1 << 21)}, {"numbers": ("4", 5, 6)},
    ):  # fmt: skip
        with pytest.raises((TypeError, ValueError, OverflowError)):
            native.compiled.Network(*weights(**other))
    assert native.compiled.Network(*weights()).scores([[0, 1]], [[1]]) == [7]


def test_rows_that_there_are_not_are_an_error() -> None:
    scores = native.compiled.Network(*weights()).scores
    wrong: list[tuple[Any, ...]] = [
        (), ([],), ([], [], []), ((), ()), ([()], []), ([1], [()]), ([()], [None]), ([{}], [()]), ([(3,)], [()]),
        ([(-1,)], [()]), ([(1 << 70,)], [()]), ([("1",)], [()]), ([(1.0,)], [()]), ([(0,) * 25], [()]), ([()], [(2,)]),
        ([()], [(0,) * 65]), ([(), (3,)], [(), ()]),
    ]  # fmt: skip
    for arguments in wrong:
        with pytest.raises((TypeError, ValueError, IndexError)):
            scores(*arguments)


def test_keywords_are_an_error() -> None:
    for made in (native.compiled.Lookup, native.compiled.LineReader, native.compiled.Network):
        with pytest.raises(TypeError, match="keyword"):
            made(words=1)


def test_an_error_in_what_is_called_back_comes_out() -> None:
    def fails(_: object) -> None:
        msg = "no line"
        raise LookupError(msg)

    reader, lookup = native.compiled.LineReader(STARTS, ENDS_TABLE, QUOTES, fails), builtin().signs.compiled
    with pytest.raises(LookupError, match="no line"):
        reader.lines(["a"], 2, lookup)


def test_the_look_ups_travel_to_other_processes() -> None:
    signs = pickle.loads(pickle.dumps(builtin())).signs  # noqa: S301 - our own
    assert signs.topic("You may also like") == builtin().signs.topic("You may also like") > 0


def test_nothing_is_kept_or_given_back_twice() -> None:
    text = "\n".join([*PROSE, *PROSE, " a  b", "a b", "You may also like", "Storm Closes Bridge", "Ferry"])
    value = orjson.dumps({"id": 1, "text": text})

    def work() -> None:
        for rules in FAST:
            clean(text, rules)
        clean_list(text.split("\n"), FAST[1])
        lines = [each.strip() for each in text.split("\n")]
        lines_of(lines, FAST[1].signs)
        for each in (*lines, "", "é", "a b " * 300, "é b " * 300):
            said(each)
        native.compiled.Network(*weights()).scores([(0, 1)] * 20, [(1,)] * 20)
        value_span(value, "text")
        pickle.dumps(FAST[1].signs.compiled)

    def grown() -> int:
        gc.collect()
        before = sys.getallocatedblocks()
        for _ in range(300):
            work()
        gc.collect()
        return sys.getallocatedblocks() - before

    work()
    assert (
        min(grown() for _ in range(3)) < 100
    )  # memory that something else keeps meanwhile would not grow all three times
