"""The compiled core looks up what is known of a site, and looks at articles, as the Python core does."""

from __future__ import annotations

import pickle
import sys
from collections.abc import Callable
from copy import copy
from random import Random
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from harness.twins import in_python, needs_compiled
from stream.core import native
from stream.core.cleaning import clean, clean_list
from stream.core.packed import MOST_COUNTED, ROW, LookedUp, PackedKnown, kept_small, pack
from stream.core.rules import builtin
from stream.core.sites import Known
from stream.learner.messages import MOST_BYTES, clean_and_sketch, is_one_in, write_sketch
from stream.learner.observation import LINES, Sketch, sketch, sketch_in_python
from tests.property.test_native import PROSE, pages, tails, texts, wild
from tests.trials import trials

pytestmark = needs_compiled

MOST_KEY = (1 << 64) - 1
KEY = st.integers(1, MOST_KEY) | st.integers(1, 60) | st.integers((1 << 63) - 9, (1 << 63) + 50)
"""Hashes, and keys that somebody chose to stand close together."""


@trials(300)
@given(st.sets(KEY, max_size=80), st.lists(KEY, max_size=8))
def test_a_key_is_found_where_it_stands(keys: set[int], others: list[int]) -> None:
    data = b"".join(ROW.pack(key, key % 7, key % 5, key % 3) for key in sorted(keys))
    packed, known = native.compiled.Packed(data), PackedKnown(data)
    for key in (*keys, *others):
        assert packed.get(key) == known.get(key) == ((key % 7, key % 5, key % 3) if key in keys else None)


def split(key: int, rows: int) -> tuple[int, int]:
    """The part of the keys' range that a key is in, of a quarter as many as there are rows, and 32 bits behind it."""
    part, rest = divmod(key * -(-rows // 4), 1 << 64)
    return part, rest >> 32


@trials(300)
@given(
    st.dictionaries(KEY, st.tuples(*[st.integers(0, 2) | st.integers(0, MOST_COUNTED)] * 3), max_size=80),
    st.lists(KEY, max_size=8),
)
@example({number: (number, 2 * number, 0) for number in range(1, 256)}, [256])
@example({number << 55: (number, 0, number) for number in range(1, 258)}, [1, MOST_KEY])
@example({number << 54: (number, 7, 7) for number in range(1, 700)}, [(1 << 54) + 1, (1 << 54) - 1])
@example({MOST_KEY - (number << 40): (number % 2, number % 3, 7) for number in range(700)}, [1 << 63])
@example({}, [1])
def test_what_a_worker_keeps_tells_the_same_in_less_memory(
    counted: dict[int, tuple[int, int, int]], others: list[int]
) -> None:
    data = b"".join(ROW.pack(key, *counted[key]) for key in sorted(counted))
    known, small = PackedKnown(data), kept_small(data)
    assert isinstance(small, LookedUp)
    assert len(small) == len(known) == len(counted)
    assert {key: small[key] for key in counted} == known == {key: Known(*each) for key, each in counted.items()}
    kept = {split(key, len(counted)): key for key in counted}
    assert small.compact.is_exact == (len(kept) < len(counted))
    for key in [*others, *(key + 1 for key in counted if key < MOST_KEY)]:
        meant = key if small.compact.is_exact else kept.get(split(key, len(counted)), key)
        assert small.get(key) == known.get(meant)
    different = len({*counted.values()})
    size = 8 if small.compact.is_exact else 4
    bits = max(different - 1, 0).bit_length()
    assert sys.getsizeof(small.compact) <= len(counted) * (size + 0.5 + bits / 8) + 6 * different + 64


def test_of_a_key_39_bits_are_kept_so_that_a_page_in_millions_has_one_that_is_taken_for_another() -> None:
    pick = Random(7)  # noqa: S311 - the same keys each time
    counted = {pick.getrandbits(64): Known(1, 0, 1) for _ in range(512)}
    small = kept_small(pack(counted))
    assert isinstance(small, LookedUp)
    assert not small.compact.is_exact
    # Seven of them tell in which of 128 parts a key is: with one of these changed, all that is kept of it stays equal.
    assert not any(key ^ 1 << bit in small for key in counted for bit in range(25, 64))
    assert all(key ^ 1 << bit in small for key in counted for bit in range(25))
    assert not any(pick.getrandbits(64) in small for _ in range(100_000))


def test_where_two_keys_of_a_site_would_become_one_all_are_kept_whole() -> None:
    pick = Random(8)  # noqa: S311 - the same keys each time
    counted = {pick.getrandbits(62): Known(number, 0, 1) for number in range(500)}
    twin = min(counted) ^ 1
    small = kept_small(pack(counted | {twin: Known(999, 9, 9)}))
    assert isinstance(small, LookedUp)
    assert small.compact.is_exact
    assert (small[twin], small[twin ^ 1]) == (Known(999, 9, 9), counted[twin ^ 1])
    assert not any(key ^ 2 in small for key in counted)


@pytest.mark.parametrize(
    "use", [iter, dict, pack, sorted, pickle.dumps, copy, LookedUp.items, lambda known: known == known.__class__(b"")]
)
def test_what_a_worker_keeps_cannot_be_mistaken_for_the_rows(use: Callable[[LookedUp], Any]) -> None:
    known = kept_small(pack({7: Known(1, 0, 1)}))
    assert isinstance(known, LookedUp)
    with pytest.raises(TypeError, match="a worker keeps no keys"):
        list(use(known))


def test_the_python_core_keeps_the_rows() -> None:
    with in_python():
        assert dict(kept_small(pack({7: Known(1, 0, 1)}))) == {7: Known(1, 0, 1)}


@pytest.mark.parametrize("count", [5000, 70_000])
def test_of_many_keys_each_is_found(count: int) -> None:
    keys = sorted({hash((number, "key")) & ((1 << 64) - 1) for number in range(count)})
    data = b"".join(ROW.pack(key, number % 300, 2, 3) for number, key in enumerate(keys))
    for packed in (native.compiled.Packed(data), native.compiled.Packed.small(data)):
        asked = [*range(0, count, count // 1000), count - 1]
        assert all(packed.get(keys[number]) == (number % 300, 2, 3) for number in asked)
        assert not any(packed.get(keys[number] ^ 1 << 40) for number in asked)
        assert all((packed.get(keys[number] ^ 1) is None) == packed.is_exact for number in asked)


def test_rows_that_are_not_in_order_or_not_whole_are_refused_by_both() -> None:
    one, other = ROW.pack(1, 0, 0, 0), ROW.pack(2, 0, 0, 0)
    for data in (other + one, one + one, one + other[:-1]):
        with pytest.raises(ValueError, match="not whole, or not in order"):
            PackedKnown(data)
        with pytest.raises(ValueError, match="not whole, or not in order"):
            kept_small(data)
        with in_python(), pytest.raises(ValueError, match="not whole, or not in order"):
            kept_small(data)


@trials(300)
@given(texts | wild)
@example("")
@example("a\ud800b\nc")
@example("\n".join([*PROSE, 'a "\\\x00\x7f\x1f\t\b\f', *(f"line {number}" for number in range(2 * LINES + 9)), *PROSE]))
@example("\n".join(f"{number} {'ж' * 500}" for number in range(300)))
@example("Ferry\r" + PROSE[0])
def test_a_text_is_sketched_alike_while_it_is_cleaned_and_without(text: str) -> None:
    expected = sketch_in_python(text, builtin())
    assert sketch(text, builtin()) == expected
    assert clean_and_sketch(text, builtin()) == (clean(text, builtin()), write_sketch(expected))


@trials(100)
@given(texts | wild | pages, st.sampled_from([0, 1, 2, 3, 20]))
@example("a\ud800b", 2)
def test_the_same_articles_are_chosen_to_learn_from(article: str | list[str], one_in: int) -> None:
    expected = write_sketch(sketch_in_python(article, builtin())) if is_one_in(article, one_in) else None
    assert clean_and_sketch(article, builtin(), None, one_in)[1] == expected


@trials(150)
@given(pages | tails)
def test_a_list_is_sketched_alike(paragraphs: list[str]) -> None:
    expected = sketch_in_python(paragraphs, builtin())
    assert sketch(paragraphs, builtin()) == expected
    assert clean_and_sketch(paragraphs, builtin()) == (clean_list(paragraphs, builtin()), write_sketch(expected))


def test_of_an_article_that_is_too_long_the_middle_is_left_out_alike() -> None:
    lines = [f"{number} {'ж' * 300}" for number in range(400)]
    article = sketch(lines, builtin())
    written = write_sketch(article)
    assert clean_and_sketch(lines, builtin())[1] == written
    assert MOST_BYTES / 2 < len(written) < 2 * MOST_BYTES
    assert write_sketch(Sketch((), 0, ())) == b'{"v":1,"told":[],"end":0,"lines":[]}'
