"""The compiled core looks up what is known of a site, and looks at articles, as the Python core does."""

from __future__ import annotations

import pickle
import sys

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from harness.twins import in_python, needs_compiled
from stream.core import native
from stream.core.cleaning import clean, clean_list
from stream.core.packed import MOST_COUNTED, ROW, PackedKnown, pack
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


@trials(300)
@given(st.dictionaries(KEY, st.tuples(*[st.integers(0, 2) | st.integers(0, MOST_COUNTED)] * 3), max_size=80))
@example({number: (number, 2 * number, 0) for number in range(1, 256)})
@example({number << 55: (number, 0, number) for number in range(1, 258)})
@example({number << 54: (number, 7, 7) for number in range(1, 700)})
def test_what_a_worker_keeps_is_the_same_in_less_memory(counted: dict[int, tuple[int, int, int]]) -> None:
    data = b"".join(ROW.pack(key, *counted[key]) for key in sorted(counted))
    known, small = PackedKnown(data), PackedKnown.kept_small(data)
    assert small.data == data
    assert small == known == {key: Known(*each) for key, each in counted.items()}
    assert len(small) == len(known) == len(counted)
    assert [*small] == [*known] == sorted(counted)
    assert pack(pickle.loads(pickle.dumps(small))) == data  # noqa: S301 - our own
    assert all(key + 1 in counted or key + 1 not in small for key in counted if key < MOST_KEY)
    different = len({*counted.values()})
    if len(counted) >= 50 and different <= len(counted) // 10:
        assert sys.getsizeof(small.compact) < len(data)


@pytest.mark.parametrize("count", [5000, 70_000])
def test_of_many_keys_each_is_found(count: int) -> None:
    keys = sorted({hash((number, "key")) & ((1 << 64) - 1) for number in range(count)})
    packed = native.compiled.Packed(b"".join(ROW.pack(key, 1, 2, 3) for key in keys))
    asked = keys[:: count // 1000]
    assert all(packed.get(key) == (1, 2, 3) for key in (*asked, keys[-1]))
    assert not any(packed.get(key + 1) for key in asked)


def test_rows_that_are_not_in_order_or_not_whole_are_refused_by_both() -> None:
    one, other = ROW.pack(1, 0, 0, 0), ROW.pack(2, 0, 0, 0)
    for data in (other + one, one + one, one + other[:-1]):
        with pytest.raises(ValueError, match="not whole, or not in order"):
            PackedKnown(data)
        with in_python(), pytest.raises(ValueError, match="not whole, or not in order"):
            PackedKnown(data)


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
