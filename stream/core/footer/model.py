"""The weights, and the score of a cut: the sum of gradient-boosted trees, evaluated by table lookups.

Each tree has at most eight leaves, represented by eight bits (a byte) of one long integer, all set at first. A node
that asks for a feature rules out the leaves on its wrong side; for all nodes of a feature together its value selects
one mask, found by bisection, that clears the bits of the leaves ruled out. After all features the lowest bit left in a
tree's byte is its leaf. No tree is ever walked.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from operator import getitem
from typing import Any, NamedTuple

import orjson

from stream.core import native
from stream.core.footer.candidates import FEATURES
from stream.core.footer.codes import halves
from stream.core.footer.lines import COLUMNS, Line, Memo, line_reader, lines_of
from stream.core.rules.topics import Signs

LEAVES = 8
"""Maximum leaves of a tree."""
UNIT = 1000
"""Scores are in thousandths of log-odds."""
_EXP_STEPS = 1401
_BYTE = 256


class Model(NamedTuple):
    """The line weights, the trees as tables, and the constants of the decision."""

    line_weights: tuple[int, ...]
    trees: int
    asked: tuple[tuple[int, tuple[int, ...], tuple[int, ...]], ...]  # feature, n thresholds, n + 1 masks between them
    leaves: tuple[tuple[int, ...], ...]  # for each tree its score by the value of its byte
    rule: Mapping[str, int]
    version: str
    line_reader: Any = None  # the compiled twin of `lines_of`, where it was built
    compiled: Any = None  # the compiled twin of `score`, where it was built

    def lines(self, texts: list[str], signs: Signs, memo: Memo | None = None) -> list[Line]:
        """Look at each line of a page; none is blank."""
        if self.line_reader is None or signs.compiled is None:
            return lines_of(texts, self.line_weights, signs, memo)
        found: list[Line] = self.line_reader.lines(texts, halves(texts), signs.compiled)
        return found

    def scores(self, rows: list[tuple[int, ...]]) -> list[int]:
        """Give the score of each row of features, in thousandths of log-odds."""
        if self.compiled is None:
            return list(map(self.score, rows))
        found: list[int] = self.compiled.scores(rows)
        return found

    def score(self, row: Sequence[int]) -> int:
        """Give the score of one row of features."""
        left = (1 << LEAVES * self.trees) - 1
        for feature, thresholds, masks in self.asked:
            left &= masks[bisect_left(thresholds, row[feature])]
        return sum(map(getitem, self.leaves, left.to_bytes(self.trees, "little")))


@cache
def shipped() -> Model:
    """Give the model that comes with the package."""
    return model_of(orjson.loads(files(__name__.rpartition(".")[0]).joinpath("weights.json").read_bytes()))


def model_of(data: Mapping[str, Any]) -> Model:
    """Make the tables from parsed weights. Raises `ValueError` if the weights are for other features."""
    if tuple(data["features"]) != FEATURES or len(data["line_weights"]) != COLUMNS:
        msg = "These weights are for other features."
        raise ValueError(msg)
    nodes: dict[int, list[tuple[int, int]]] = {}
    tables = []
    for at, tree in enumerate(data["trees"]):
        values: list[int] = []
        _walk(tree, 0, at * LEAVES, values, nodes)
        tables.append(tuple(values[(byte & -byte).bit_length() - 1] if byte else 0 for byte in _bytes(len(values))))
    everything = (1 << LEAVES * len(tables)) - 1
    asked = []
    for feature, found in sorted(nodes.items()):
        masks = [everything]
        for _, ruled_out in sorted(found):
            masks.append(masks[-1] & ~ruled_out)
        asked.append((feature, tuple(threshold for threshold, _ in sorted(found)), tuple(masks)))
    weights = tuple(data["line_weights"])
    trees = None if native.compiled is None else native.compiled.Trees(list(data["trees"]), len(FEATURES))
    return Model(
        weights,
        len(tables),
        tuple(asked),
        tuple(tables),
        dict(data["rule"]),
        data["version"],
        line_reader(weights),
        trees,
    )


def _bytes(leaves: int) -> list[int]:
    """Give every value of a byte, without the bits that stand for no leaf."""
    return [byte & ((1 << leaves) - 1) for byte in range(_BYTE)]


def _walk(
    tree: Mapping[str, Sequence[int]], node: int, first: int, values: list[int], nodes: dict[int, list[tuple[int, int]]]
) -> None:
    """Number a tree's leaves from left to right, and collect what each node rules out.

    A value above the node's threshold rules out the leaves of its left branch. `values` gets the leaves' scores,
    `nodes` for each feature the thresholds with the bits of the leaves they rule out.
    """
    feature, value = tree["f"][node], tree["v"][node]
    if feature < 0:
        values.append(value)
        return
    begin = len(values)
    _walk(tree, tree["l"][node], first, values, nodes)
    ruled_out = ((1 << len(values)) - (1 << begin)) << first
    nodes.setdefault(feature, []).append((value, ruled_out))
    _walk(tree, tree["r"][node], first, values, nodes)


def _exponentials() -> tuple[int, ...]:
    """Give 2**20 * exp(-i/100) for each i up to `_EXP_STEPS`, computed with integers only."""
    one = 1 << 80
    hundredth, term, divisor = one, one, 0
    while term:
        divisor += 1
        term = -(abs(term) // (100 * divisor)) if divisor % 2 else abs(term) // (100 * divisor)
        hundredth += term
    value, found = one, []
    for _ in range(_EXP_STEPS):
        found.append(value >> 60)
        value = value * hundredth >> 80
    return tuple(found)


_EXP = _exponentials()


def chances(scores: Sequence[int]) -> list[int]:
    """Turn scores into likelihoods: integers that are to be divided by their sum."""
    top = max(scores)
    steps = [(top - score) // 10 for score in scores]
    return [_EXP[step] if step < _EXP_STEPS else 0 for step in steps]
