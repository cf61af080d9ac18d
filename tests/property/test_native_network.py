"""The compiled twins of what a line says and of the network: the same bits for any line, any weights and any page."""

from __future__ import annotations

from functools import cache
from random import Random

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from harness.networks import ALL, network
from harness.twins import needs_compiled
from stream.core.footer.network import Network, network_of
from stream.core.footer.traits import TRAITS
from stream.core.footer.words import HEAD, MOST, TAIL, WORDS, Said, said, said_each
from stream.core.sites import EVIDENCE
from tests.property.test_native import line, shapes
from tests.trials import trials

pytestmark = needs_compiled

SCRIPTS = "abc ABC 019 áéß ΣςЖж אב عربي हिन्दी ไทยกำ ລາວ မြန်မာ ខ្មែរ 한국어 ひらカタｶﾞ 漢字 𝒜𝟗 𐐀 ٣۴ ½²Ⅷ〇𐅀 _-.…、。"
words = st.text(st.sampled_from(SCRIPTS) | st.characters(codec=None), max_size=12)
spaced = st.lists(words, max_size=90).map(" ".join)
long = st.tuples(words, st.sampled_from(["", " ", "x", "7", "é", ". ", "漢"]), st.integers(0, 700), words).map(
    lambda parts: f"{parts[0]}{parts[1] * parts[2]}{parts[3]}"
)


@trials(2_000)
@given(line | shapes | spaced | long)
@example("x " * (HEAD // 2) + "." * TAIL)
@example("x " * (HEAD // 2 + 1) + "." * TAIL)
@example("x" * HEAD)
@example("x" * (HEAD + 1))
@example(" " * 230 + "ab" + " " * (2 * (HEAD + TAIL) - 232))
@example(" " * 230 + "ab" + " " * (2 * (HEAD + TAIL) - 231))
@example("1a" * HEAD)
@example("a〇 𐅀 7〇7")
@example("\U00010400" * HEAD + "1" + "\U00010400" * TAIL)
@example("." * HEAD + "x" * TAIL)
@example("a" * (2 * (HEAD + TAIL)) + "é")
@example("\ud800a\udfff")
@example("a" * 63 + "b 1" + "2" * 70 + "c" * 63 + "1")
@example("é" + "A" * 15 + "  " + "b 1" * 20 + "\x7fc \x1fd" + "e" * 16 + "1")
@example("é A" + "b" * (HEAD - 4) + "cd 12 é")
@example("é " + "b " * (HEAD // 2 - 1) + " é")
def test_what_a_line_says(text: str) -> None:
    found = said(text)
    assert found == said_each(text)
    assert type(found) is Said


@cache
def made(channels: int, kind: str, spread: float, numbers: tuple[int, int, int]) -> Network:
    shift, most, nothing = numbers
    data = network(
        Random(f"{channels} {kind} {spread} {numbers}"),  # noqa: S311 - the same each time
        channels,
        words=kind,
        spread=spread,
        words_shift=shift,
        most_body=most,
        no_footer=nothing,
    )
    return network_of(data)


networks = st.builds(
    made,
    st.sampled_from([1, 7, 8, 16, 32, 64]),
    st.sampled_from(["|i1", "<i2"]),
    st.sampled_from([0.0, 0.01, 0.1, ALL]),
    st.sampled_from([(12, 1_600, 121), (0, 1, -(1 << 31)), (40, 1 << 20, (1 << 31) - 1), (9, 77, 0)]),
)


def rows(pick: Random, end: int, most: int) -> tuple[int, ...]:
    few = pick.choice([0, 1, pick.randrange(most + 1), most])
    return tuple(pick.choice([0, end - 1, pick.randrange(end)]) for _ in range(few))


@trials(300)
@given(networks, st.integers(0, 300) | st.sampled_from([0, 1, 2, 31, 32, 33, 64, 65]), st.integers(0, 1 << 30))
@example(made(16, "<i2", ALL, (0, 1 << 20, 0)), 300, 1)
@example(made(32, "<i2", 0.01, (12, 1_600, 121)), 300, 1)
def test_scores(network: Network, count: int, seed: int) -> None:
    pick = Random(seed)  # noqa: S311 - Hypothesis chooses the seed
    words = [rows(pick, WORDS, MOST) for _ in range(count)]
    traits = [rows(pick, TRAITS + EVIDENCE + 1, 40) for _ in range(count)]
    assert network.scores(words, traits) == network.scores_each(words, traits)


@pytest.mark.slow
@pytest.mark.parametrize("count", [4096, 4097, 4096 + 63, 4096 + 64, 9000])
def test_a_page_of_several_pieces(count: int) -> None:
    """The compiled network goes through a page by pieces of 4,096 lines, each with the lines around it that count."""
    network, pick = made(16, "|i1", 0.1, (12, 1_600, 121)), Random(count)  # noqa: S311 - the same each time
    words = [rows(pick, WORDS, 3) for _ in range(count)]
    traits = [rows(pick, TRAITS + EVIDENCE + 1, 4) for _ in range(count)]
    assert network.scores(words, traits) == network.scores_each(words, traits)


@pytest.mark.parametrize("line_count", [1, 40])
def test_channels_that_are_full_stay_full(line_count: int) -> None:
    """The greatest sums that there are: weights and channels at their limits, of either sign."""
    for sign in (1, -1):
        highest = {
            "|i1": 127 if sign > 0 else -128,
            "<i2": 32_767 if sign > 0 else -32_768,
            "<i4": sign * ((1 << 31) - 1),
        }
        found = network_of(network(Random(1), 64, highest=highest))  # noqa: S311 - nothing is random here
        page = [tuple(range(MOST))] * line_count, [tuple(range(64))] * line_count
        assert found.scores(*page) == found.scores_each(*page)
