"""The compiled core called with wrong arguments, from other processes, and often: errors are raised, nothing leaks."""

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
from stream.core.footer.page import read_lines
from stream.core.footer.words import said
from stream.core.native import alphabet
from stream.core.rules import builtin
from stream.core.sites import Known, Profile
from stream.records.splice import value_span
from tests.property.test_native import FAST, PROSE, SLOW

pytestmark = needs_compiled
WHOLE = True


def test_what_is_no_argument_is_an_error() -> None:
    code, rules = native.compiled, (("a", "label", "share", True),)
    lookups = code.RuleSet(rules, {}, {}, {}, set(), {}, {}, None)
    network, powers = code.Network(*weights()), [1] * 256
    cleaner = code.Cleaner(lookups, network, powers, 100, WHOLE, Removal, "shape")
    calls: list[tuple[Any, ...]] = [
        (code.span, "a", b""), (code.spelled, b"a"), (code.said, 1), (code.said,),
        (code.RuleSet,), (code.RuleSet, rules, {"a": 1}, {}, {}, set(), {}, {}, None),
        (code.RuleSet, rules, {}, {}, {"a": {"": 9}}, set(), {}, {}, None),
        (code.RuleSet, rules, {}, {}, {"a": 1}, set(), {}, {}, None),
        (code.RuleSet, rules, {}, {}, {}, set(), {"a": 256}, {}, None),
        (code.RuleSet, rules, {}, {}, {}, set(), {}, {"ab": (["ab"], [], [])}, None),
        (code.RuleSet, rules, {}, {}, {}, set(), {}, {"ab": (["ab"], [1], [0])}, None),
        (code.RuleSet, rules, {}, {}, {}, set(), {}, {"a": (["a"], [1], [-1])}, None),
        (code.RuleSet, rules, {}, {}, {}, set(), {}, {}, 1), (code.RuleSet, [1], {}, {}, {}, set(), {}, {}, None),
        (code.Cleaner, lookups, network, powers[1:], 100, WHOLE, Removal, "shape"),
        (code.Cleaner, lookups, network, powers, 100, WHOLE, 1, "shape"), (code.Cleaner, lookups),
        (cleaner.clean, b"a", None), (cleaner.clean, "a", 1), (cleaner.clean, "a"), (cleaner.clean, "a", (1, [])),
        (cleaner.clean_list, "a", (-1, {})), (cleaner.clean_list, [1], None), (cleaner.read, [1]), (cleaner.read, 1),
    ]  # fmt: skip
    for call, *arguments in calls:
        with pytest.raises((TypeError, ValueError, OverflowError, IndexError)):
            call(*arguments)


def weights(**other: Any) -> tuple[Any, ...]:
    """The arguments of a network of one channel, three words and two traits; `other` ones by their places."""
    small: dict[str, Any] = {
        "words": b"\1\0\2\0\3\0", "width": 2, "traits": b"\1\0" * 6, "bias": b"\1\0",
        "layers": [(b"\1\0" * 3, b"\1\0")] * 6, "out": b"\1\0" * 2, "out_bias": b"\1\0\0\0" * 2, "sizes": (3, 2, 1),
        "numbers": (4, 5, 6),
    }  # fmt: skip
    return tuple({**small, **other}.values())


def test_weights_that_do_not_fit_are_an_error() -> None:
    others: list[dict[str, Any]] = [
        {"words": b"\0"}, {"words": 1}, {"width": 1}, {"width": 3}, {"traits": b""}, {"bias": ""}, {"layers": []},
        {"layers": [(b"\1\0" * 2, b"\1\0")] * 6}, {"layers": [1] * 6}, {"layers": [(b"\1\0" * 3, b"\1")] * 6},
        {"out": b"\1\0"}, {"out_bias": b"\1\0" * 2}, {"out_bias": None}, {"sizes": (3, 2)}, {"sizes": (3, 2, 0)},
        {"sizes": (3, 2, 65)}, {"sizes": (0, 2, 1)}, {"sizes": (1 << 40, 2, 1)}, {"sizes": (3, -1, 1)},
        {"sizes": (3, 2, 2)}, {"numbers": (-1, 5, 6)}, {"numbers": (41, 5, 6)}, {"numbers": (4, 5, 0)},
        {"numbers": (4, 1 << 31, 6)}, {"numbers": (4, 5, 1 << 21)}, {"numbers": ("4", 5, 6)},
    ]  # fmt: skip
    for other in others:
        with pytest.raises((TypeError, ValueError, OverflowError)):
            native.compiled.Network(*weights(**other))
    assert native.compiled.Network(*weights()).scores([[0, 1]], [[1]]) == [7]


def test_rows_that_there_are_not_are_an_error() -> None:
    scores = native.compiled.Network(*weights()).scores
    wrong: list[tuple[Any, ...]] = [
        (), ([],), ([], [], []), ([()], []), ([1], [()]), ([()], [None]), ([{}], [()]), ([(3,)], [()]),
        ([(-1,)], [()]), ([(1 << 70,)], [()]), ([("1",)], [()]), ([(1.0,)], [()]), ([(0,) * 25], [()]), ([()], [(2,)]),
        ([()], [(0,) * 65]), ([(), (3,)], [(), ()]),
    ]  # fmt: skip
    for arguments in wrong:
        with pytest.raises((TypeError, ValueError, IndexError, OverflowError)):
            scores(*arguments)


def test_rules_travel_to_other_processes() -> None:
    text = "\n".join([*PROSE, "You may also like", "Storm Closes Bridge", "Ferry"])
    clean(text)
    rules = pickle.loads(pickle.dumps(builtin()))  # noqa: S301 - our own
    assert clean(text, rules) == clean(text)


@pytest.mark.parametrize("unmet", ["\U000abcd0", "\U000abcd1"])
@pytest.mark.parametrize("listed", [False, True])
def test_where_the_compiled_core_fails_the_python_core_takes_over(
    monkeypatch: pytest.MonkeyPatch,
    unmet: str,
    listed: bool,  # noqa: FBT001
) -> None:
    def fails(_: str) -> int:
        msg = "no such letter"
        raise LookupError(msg)

    monkeypatch.setattr(alphabet, "kinds", fails)
    lines = [*PROSE, "Share", f"Tweet{unmet}"]
    call: Any = clean_list if listed else clean
    with pytest.warns(RuntimeWarning, match="the compiled core failed: LookupError: no such letter"):
        found, want = (call(lines if listed else "\n".join(lines), rules) for rules in (FAST[1], SLOW[1]))
    assert found == want


def test_ctrl_c_is_handed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(_: str) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(alphabet, "kinds", fails)
    with pytest.raises(KeyboardInterrupt):
        clean("\n".join([*PROSE, "Share", "Tweet\U000abcd2"]))


def test_nothing_is_kept_or_given_back_twice() -> None:
    text = "\n".join([*PROSE, *PROSE, " a  b", "a b", "You may also like", "Storm Closes Bridge", "Ferry"])
    value = orjson.dumps({"id": 1, "text": text})

    def work() -> None:
        for rules in FAST:
            clean(text, rules)
        clean_list(text.split("\n"), FAST[1])
        lines = [each.strip() for each in text.split("\n")]
        read_lines([each for each in lines if each], FAST[1])
        for each in (*lines, "", "é", "a b " * 300, "é b " * 300):
            said(each)
        native.compiled.Network(*weights()).scores([(0, 1)] * 20, [(1,)] * 20)
        value_span(value, "text")
        clean(text, FAST[1], Profile("a.example", "v", 3000, {1: Known(1, 1, 1)}))

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
