"""What the compiled core gives is a `Cleaned` in every respect, though its removals are made on demand."""

from __future__ import annotations

import copy
import pickle

import pytest

from harness.twins import needs_compiled
from stream.core.article import Cleaned, CleanedByCompiled, Removal
from stream.core.cleaning import clean, clean_in_python
from stream.core.rules import builtin
from stream.records.reasons import count_reasons, done_to

pytestmark = needs_compiled

P = [f"Paragraph {i} tells what the harbour master said. He had seen it all, and he said so to anybody." for i in "abc"]


def texts() -> list[str]:
    """Texts in which something goes: with blank lines before it, with other line ends, with characters beyond ASCII."""
    first, second, third = P
    lines = [first, second, "Advertisement", third, "", second, "\u00c9t\u00e9 \u6f22\u5b57 \U0001f600", "Share this"]
    return [separator.join(lines) for separator in ("\n", "\r\n", "\n\n", "\u2028")]


def test_what_is_withheld_is_made_on_demand_too() -> None:
    """The budget refuses the footer of what has hardly a body."""
    text = "Short.\nYou may also like\n" + "\n".join(f"A Headline of Story {number}" for number in range(9))
    found, expected = clean(text), clean_in_python(text, builtin())
    assert type(found) is CleanedByCompiled
    assert expected.withheld
    assert not expected.removed
    assert found == expected
    assert (found.withheld, found.withheld_count) == (expected.withheld, len(expected.withheld))
    assert (found.removed, found.counts, found.is_changed) == ((), (0, 0, 0, 0, 0), False)
    assert done_to(found) == done_to(expected)
    assert hash(found) == hash(expected)
    assert pickle.loads(pickle.dumps(found)) == expected  # noqa: S301 - it is our own


@pytest.mark.parametrize("text", texts())
def test_it_is_what_python_gives(text: str) -> None:
    found, expected = clean(text), clean_in_python(text, builtin())
    assert type(found) is CleanedByCompiled
    assert type(expected) is Cleaned
    assert expected.removed
    assert found.counts == (*count_reasons(expected.removed), 0)
    assert found.is_changed
    assert found == expected
    assert expected == found
    assert hash(clean(text)) == hash(expected)
    assert repr(clean(text)) == repr(expected)
    assert [*clean(text)] == [*expected]
    assert clean(text)[1] == clean(text)[1:2][0] == expected.removed
    assert clean(text)._asdict() == expected._asdict()
    assert clean(text)._replace(text="") == expected._replace(text="")
    assert clean(text) == clean(text)
    assert clean(text) != clean(text)._replace(removed=expected.removed[1:])


def test_removals_are_a_tuple_that_is_made_once() -> None:
    found = clean(texts()[0])
    ways = found.removed, found[1], [*found][1], found._asdict()["removed"], found._replace(text="").removed
    assert {type(way) for way in ways} == {tuple}
    assert {type(each) for each in found.removed} == {Removal}
    assert found.removed is found.removed


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_another_process_gets_a_plain_result(protocol: int) -> None:
    found = clean(texts()[0])
    sent = pickle.loads(pickle.dumps(found, protocol))  # noqa: S301 - it was just made
    assert type(sent) is type(copy.deepcopy(found)) is Cleaned
    assert sent == found


def test_what_changes_nothing_is_a_plain_result() -> None:
    found = clean(P[0])
    assert type(found) is Cleaned
    assert not found.is_changed
    assert found.removed == ()
