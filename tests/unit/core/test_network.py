"""The network that scores the cuts of a page: its arithmetic, and which weights it takes."""

from __future__ import annotations

import pickle
import subprocess
import sys
from array import array
from collections.abc import Callable, Sequence
from math import isqrt
from random import Random
from typing import Any

import orjson
import pytest

from harness.commands import ROOT, environment
from harness.networks import network
from harness.twins import needs_compiled, without
from stream.core.footer.network import DISTANCES, HIGHEST, ROWS, network_of, shipped
from stream.core.footer.words import MOST, WORDS

DATA = network(Random(5), 4, spread=0.1, words_shift=14)  # noqa: S311 - the same each time


def arrays_of(data: bytes) -> dict[str, list[list[int]]]:
    """Read the arrays as lists of rows, those of one row too."""
    head, _, rest = data.partition(b"\n")
    found, at = {}, 0
    for name, kind, shape in orjson.loads(head)["arrays"]:
        columns, size = shape[-1], int(kind[2:])
        numbers = array({1: "b", 2: "h", 4: "i"}[size])
        count = columns * (shape[0] if len(shape) > 1 else 1)
        numbers.frombytes(rest[at : at + count * size])
        at += count * size
        found[name] = [list(numbers[row : row + columns]) for row in range(0, count, columns)]
    return found


def scores_one_by_one(data: bytes, words: Sequence[Sequence[int]], traits: Sequence[Sequence[int]]) -> list[int]:
    """What the module's docstring says, in whole numbers, one after the other."""
    about, weights = orjson.loads(data.partition(b"\n")[0]), arrays_of(data)
    channels, count = len(weights["bias"][0]), len(words)
    lines, direct = [], []
    for said, shown in zip(words, traits, strict=True):
        root = isqrt((1 << 24) // (1 + len(said)))
        filled = [*said, *[0] * (MOST - len(said))]
        sums = [
            sum(weights["words"][row][at] for row in filled) * root >> about["words_shift"] for at in range(channels)
        ]
        more = [sum(weights["traits"][row][at] for row in shown) for at in range(channels + 2)]
        began = [sums[at] + more[at] + weights["bias"][0][at] for at in range(channels)]
        lines.append([min(max(number, 0), HIGHEST) for number in began])
        direct.append(more[channels:])
    for number, distance in enumerate(DISTANCES):
        made = []
        for at, line in enumerate(lines):
            near = [
                lines[place] if 0 <= place < count else [0] * channels for place in (at - distance, at, at + distance)
            ]
            three = [each for one in near for each in one]
            out = []
            for to in range(channels):
                total = sum(each * row[to] for each, row in zip(three, weights[f"layer{number}"], strict=True))
                out.append(min(line[to] + max((total >> 10) + weights[f"bias{number}"][0][to], 0), HIGHEST))
            made.append(out)
        lines = made
    ends = [
        [
            (sum(each * row[to] for each, row in zip(line, weights["out"], strict=True)) >> 10)
            + direct[at][to]
            + weights["out_bias"][0][to]
            for to in range(2)
        ]
        for at, line in enumerate(lines)
    ]
    most, body, found = about["most_body"], 0, []
    for at, (speaks, _) in enumerate(ends):
        body += speaks * most // (most + abs(speaks))
        found.append(body + (ends[at + 1][1] if at + 1 < count else about["no_footer"]))
    return found


@pytest.mark.parametrize("count", [1, 2, 33, 70])
def test_scores_are_what_the_docstring_says(count: int) -> None:
    pick = Random(count)  # noqa: S311 - the same each time
    words = [[pick.randrange(WORDS) for _ in range(pick.randrange(MOST + 1))] for _ in range(count)]
    traits = [[pick.randrange(ROWS) for _ in range(pick.randrange(20))] for _ in range(count)]
    found = scores_one_by_one(DATA, words, traits)
    assert network_of(DATA).scores(words, traits) == found
    assert without(network_of(DATA)).scores(words, traits) == found
    assert len(set(found)) == count


def test_no_lines_have_no_cuts() -> None:
    assert network_of(DATA).scores([], []) == without(network_of(DATA)).scores([], []) == []


def with_head(change: Callable[[dict[str, Any]], object]) -> bytes:
    """The same weights under another head."""
    head, _, rest = DATA.partition(b"\n")
    about = orjson.loads(head)
    change(about)
    return orjson.dumps(about) + b"\n" + rest


@pytest.mark.parametrize(
    ("why", "data", "said"),
    [
        ("nothing", b"", "no weights"),
        ("something else", b"PK\x03\x04\n", "no weights"),
        ("a list", b"[]\n", "no weights"),
        ("no arrays", b"{}\n", "no weights"),
        ("a number is missing", with_head(lambda head: head.pop("most_body")), "no weights"),
        ("an array is missing", with_head(lambda head: head["arrays"].pop(2)), "other words or traits"),
        ("an array without a type", with_head(lambda head: head["arrays"][0].__setitem__(1, "float")), "no weights"),
        ("an array of another shape", with_head(lambda head: head["arrays"][2].__setitem__(2, [2, 2])), "no weights"),
        ("cut off", DATA[:-1], "cut off"),
        ("cut off early", DATA[: len(DATA) // 2], "cut off"),
        ("more than that", DATA + b"\0", "cut off"),
        ("other words", with_head(lambda head: head.update(words=WORDS // 2)), "other words or traits"),
        ("other traits", with_head(lambda head: head.update(traits=ROWS - 1)), "other words or traits"),
        ("a layer less", with_head(lambda head: head["arrays"].pop(4)), "other words or traits"),
        ("other types", with_head(lambda head: head["arrays"][-1].__setitem__(1, "|f4")), "other words or traits"),
        ("a bound of nothing", with_head(lambda head: head.update(most_body=0)), "most_body of 0, which is not"),
        ("a shift of half a bit", with_head(lambda head: head.update(words_shift=8.5)), "words_shift of 8.5, which"),
    ],
)
def test_other_weights_are_refused_in_one_sentence(why: str, data: bytes, said: str) -> None:
    with pytest.raises(ValueError, match=said) as refused:
        network_of(data)
    assert str(refused.value).startswith("These"), why
    assert str(refused.value).endswith("."), why


def test_the_version_is_that_of_the_weights() -> None:
    other = DATA[:-1] + bytes([DATA[-1] ^ 1])
    assert network_of(DATA).version == network_of(DATA).version != network_of(other).version
    assert shipped() is shipped()


def test_a_network_travels_to_other_processes() -> None:
    page = [(1, 2, 3), (4,)], [(1,), (2,)]
    sent = pickle.loads(pickle.dumps(network_of(DATA)))  # noqa: S301 - our own
    assert sent.version == network_of(DATA).version
    assert sent.scores(*page) == network_of(DATA).scores(*page)
    assert (sent.compiled is None) == (network_of(DATA).compiled is None)


@needs_compiled
def test_the_compiled_twin_needs_no_numpy() -> None:
    code = "import sys; from stream import clean; clean('A line.\\nAnother.'); sys.exit('numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment(), check=False).returncode == 0
