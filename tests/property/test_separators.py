"""Separators between lines stay whole or are removed whole, whichever they are and however they are mixed."""

from __future__ import annotations

import re

import orjson
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from harness.fakes import FakeRecord
from harness.twins import in_python, slow
from stream.core.cleaning import clean
from stream.core.removals import as_json, original
from stream.core.restoring import restore
from stream.core.rules import builtin, load
from stream.records.process import Processor
from tests.trials import trials

LINE_ENDS = ("\n", "\r\n")
SEPARATORS = (
    *LINE_ENDS,
    "\r",
    "\u2028",
    "\u2029",
    "\x85",
    "\x0b",
    "\x0c",
    "\x1c",
    "\x1d",
    "\x1e",
    "\x1f",
    "\u200b",
    " \r\n",
)
PARAGRAPHS = [
    "The lock at Sluis Noord was repaired in the night, and the barges that had waited since Sunday went on at six.",
    "Der Schleusenwärter hatte vor drei Jahren gewarnt, die Tore seien alt. Gehört hat ihn damals im Rathaus niemand.",
    "Teraz barki płyną znowu, ale tylko w dzień, a kapitanowie pytają, kto im zapłaci za trzy stracone dni postoju.",
    "水门昨夜修好，等了三天的货船今晨六点通过，船长们说他们还不知道损失由谁来承担，市政府也没有回答他们的问题。",
]
OTHERS = [
    "",
    "",
    "Share this article",
    "Facebook",
    "Comments (2)",
    "Related articles",
    "Storm over the dunes",
    "\r",
    " ",
]
RULES = {"markers": load(whole_page=False), "model": builtin()}
SLOW = {footers: slow(rules) for footers, rules in RULES.items()}
both = pytest.mark.parametrize("footers", RULES)
parts = st.lists(
    st.tuples(st.sampled_from(PARAGRAPHS) | st.sampled_from(OTHERS), st.sampled_from(SEPARATORS)), max_size=14
)
line_ends = st.lists(
    st.tuples(st.sampled_from(PARAGRAPHS) | st.sampled_from(OTHERS[:-2]), st.sampled_from(LINE_ENDS)), max_size=14
)
OPEN, CLOSED = 0, 1  # whether the last line ends with a separator
endings = st.sampled_from([OPEN, CLOSED])
REPEATED = [*((each, "\r\n") for each in PARAGRAPHS[:3]), (PARAGRAPHS[0], "\r\n")]


def is_subsequence(few: list[str], many: list[str]) -> bool:
    rest = iter(many)
    return all(each in rest for each in few)


def text_of(parts: list[tuple[str, str]], ending: int) -> str:
    whole = "".join(map("".join, parts))
    return whole if ending == CLOSED or not parts else whole[: -len(parts[-1][1])]


@both
@trials(200)
@given(line_ends, endings)
@example(REPEATED, OPEN)
@example([*REPEATED[:3], (PARAGRAPHS[0], "\n")], CLOSED)
@example([(PARAGRAPHS[0], "\r\n"), (PARAGRAPHS[1], "\n"), (PARAGRAPHS[0], "\r\n"), (PARAGRAPHS[1], "\n")], OPEN)
def test_of_two_characters_none_goes_alone(footers: str, parts: list[tuple[str, str]], ending: int) -> None:
    text = text_of(parts, ending)
    pieces, before = re.split("(\r\n|\n)", clean(text, RULES[footers]).text), re.split("(\r\n|\n)", text)
    assert is_subsequence(pieces[::2], before[::2]), "lines as they were"
    assert is_subsequence(pieces[1::2], before[1::2]), "in their order, and none that was not there"


@both
@trials(200)
@given(parts, endings)
@example(REPEATED, OPEN)
@example([(PARAGRAPHS[0], "\r\n"), ("", "\n"), (PARAGRAPHS[0], "\r\n"), (PARAGRAPHS[0], "\n")], OPEN)
def test_whatever_is_mixed(footers: str, parts: list[tuple[str, str]], ending: int) -> None:
    text = text_of(parts, ending)
    cleaned = clean(text, RULES[footers])
    assert restore(cleaned) == text
    assert original(as_json({}, cleaned), cleaned.text) == text
    assert clean(cleaned.text, RULES[footers]).text == cleaned.text
    assert cleaned.text in text or cleaned.removed
    if "\n" in text and not text.endswith("\r"):
        assert not cleaned.text.endswith("\r"), "the half of a separator"
    with in_python():
        assert clean(text, SLOW[footers]) == cleaned


@both
@trials(100)
@given(line_ends | parts, endings)
@example(REPEATED, OPEN)
@example([(PARAGRAPHS[0], "\n"), (PARAGRAPHS[1], "\n"), (PARAGRAPHS[0], "\r\n"), (PARAGRAPHS[2], "\n")], CLOSED)
@example([(PARAGRAPHS[0], "\n"), (PARAGRAPHS[1], "\r\n"), (PARAGRAPHS[0], "\n"), (PARAGRAPHS[2], "\n")], CLOSED)
def test_in_a_record(footers: str, parts: list[tuple[str, str]], ending: int) -> None:
    text = text_of(parts, ending)
    outcome = Processor.for_field("text", "json", RULES[footers]).process(
        FakeRecord(orjson.dumps({"id": 7, "text": text}))
    )
    assert outcome.value is not None
    assert orjson.loads(outcome.value) == {"id": 7, "text": clean(text, RULES[footers]).text}
