"""The compiled parts called with wrong arguments, from other processes, and often: errors are raised, nothing leaks."""

from __future__ import annotations

import gc
import pickle
import sys
from dataclasses import replace
from typing import Any

import orjson
import pytest

from harness.twins import needs_compiled
from stream.core import native
from stream.core.article import Removal
from stream.core.cleaning import clean, clean_list, compiled_articles
from stream.core.footer.candidates import FEATURES
from stream.core.footer.codes import ENDS_TABLE, QUOTES, STARTS
from stream.core.footer.model import shipped
from stream.core.rules import builtin
from stream.records.splice import value_span
from tests.property.test_native import FAST, PROSE

pytestmark = needs_compiled


def test_what_is_no_argument_is_an_error() -> None:
    code, lookup = native.compiled, builtin().signs.compiled
    lines, scores, why = shipped().line_reader.lines, shipped().compiled.scores, ("a", 1, None)
    leaf, whole = {"f": [-1], "v": [1], "l": [0], "r": [0]}, compiled_articles(builtin())
    calls: list[tuple[Any, ...]] = [
        (code.places, "a"), (code.places, b"a", b""), (code.span, "a", b""), (code.repeats, (), ""),
        (code.repeats, ["x"], ""), (code.weigh, [1], b"", b"", b""), (code.weigh, ()),
        (code.candidates, ["a"], [1], set(), 9), (code.candidates, ["a"], [0], {}, 9),
        (code.candidates, [0], [0], set(), 9), (code.part, dict, {}, [], [], ""),
        (code.part, Removal, {1: why}, ["a", "b"], ["x", 1], ""), (code.part, Removal, {3: why}, ["a"], [], ""),
        (code.part, Removal, {0: ("a", 1)}, ["a"], [], ""), (code.part, Removal, {"x": why}, ["a"], [], ""),
        (code.opening, [1], lookup, ENDS_TABLE, QUOTES, b""), (code.opening, ["a"], 1, b"", b"", b""),
        (code.Lookup, {}, {}, 1, b"", b"", b""), (code.Lookup, {1: 1}, {}, None, b"", b"", b""), (code.Lookup,),
        (lookup.topic, 1), (lookup.silent, ("a",)), (lookup.silent, [1]), (code.LineReader, STARTS, ENDS_TABLE, QUOTES),
        (lines, [1], 2, lookup), (lines, ["a"], 2, 3), (shipped().line_reader.code, 1, 2, lookup),
        (code.Trees, [{}], 3), (code.Trees, [], 0), (code.Trees, [], 65), (code.Trees, [{**leaf, "f": [0]}], 1),
        (code.Trees, [{**leaf, "f": [1], "l": [1]}], 1), (code.Trees, [{**leaf, "v": ["x"]}], 1),
        (code.Articles,), (code.Articles, True, lookup, {}, *[b""] * 7), (whole.clean, "", b"", "", 1),
        (code.Articles, True, 1, set(), *[b""] * 7), (whole.clean, b"{}", b"", b"", 1), (whole.clean, b"{}", b"", ""),
        (code.Trees, [{**leaf, "r": []}], 1), (scores, [(1,)]), (scores, [(2**80,) * len(FEATURES)]), (scores, ()),
    ]  # fmt: skip
    for call, *arguments in calls:
        with pytest.raises((TypeError, ValueError, OverflowError)):
            call(*arguments)


def test_an_error_in_what_is_called_back_comes_out() -> None:
    def fails(_: object) -> None:
        msg = "no line"
        raise LookupError(msg)

    reader, lookup = native.compiled.LineReader(STARTS, ENDS_TABLE, QUOTES, fails), builtin().signs.compiled
    with pytest.raises(LookupError, match="no line"):
        reader.lines(["a"], 2, lookup)
    whole = compiled_articles(replace(builtin(), openings=frozenset({"share"})))
    with pytest.raises(LookupError, match="no line"):
        whole.clean(b'{"text": ""}', b'"text"', "\n".join([*PROSE[:2], "Share", "a", "b"]), fails)


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
        shipped().lines(lines, FAST[1].signs)
        shipped().scores([(1,) * len(FEATURES)])
        value_span(value, "text")
        compiled_articles(FAST[1]).clean(value, b'"text"', text, FAST[1].find)
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
