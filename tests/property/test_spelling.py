"""The lookup spelling of any line: the compiled one equals its twin's, and invisible characters do not change it."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from harness.twins import needs_compiled
from stream.core import native
from stream.core.rules import builtin, fold
from stream.core.spelling import spell, spell_each
from tests.trials import trials

PHRASES = sorted({phrase for rule in builtin().rules if rule.kind != "hint" for phrase in rule.phrases})
SCRIPTS = "aZéßıİΣςωЁйاأىيکगक़が가각ｶﾞᄀ\u1161\u11a8์ỗ\u0301\u0323\u064b\u0640"
characters = st.characters(codec=None) | st.sampled_from(
    f"{SCRIPTS} \t\n\x85\u3000\x00\x1c.:|(（＋１ﬃﷺ№©\U0001f449\ufe0f\u20e3"
)
unseen = st.sampled_from(
    "\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff\u00ad\u061c\ufe0f"
)
seen = st.sampled_from("\u2022\u25ba\u2192\u27a4\u2605\U0001f449\U0001f525\u2714\ue001\u2010\u2500\u00b7\u203a")


@needs_compiled
@trials(1000)
@given(st.text(characters, max_size=200))
@example("ｶﾞ" * 70)
@example("\ufdfa" * 130)
@example("a" * 119 + "é")
@example("가" * 300)
def test_twins(line: str) -> None:
    alike = {spell(line), spell_each(line) if not line.isascii() else spell(line)}
    assert {native.compiled.spelled(line) or spell(line)} == alike


@trials(500)
@given(st.text(characters, max_size=80))
def test_it_is_spelled_once(line: str) -> None:
    spelled = spell(line)
    assert spell(spelled.upper().lower()) == spell(spelled)
    assert spelled == " ".join(spelled.split())


@trials(300)
@given(st.sampled_from(PHRASES), st.lists(st.tuples(st.integers(0, 80), unseen), max_size=6), st.text(seen, max_size=3))
def test_what_is_not_read_changes_nothing(phrase: str, signs: list[tuple[int, str]], around: str) -> None:
    line = phrase
    for at, sign in signs:
        line = line[:at] + sign + line[at:]
    rules = builtin()
    topic = rules.signs.topic(phrase)
    for each in (line, f"{around} {line} {around}"):
        assert fold(each) == fold(phrase)
        assert rules.find(each) is rules.find(phrase)
        assert rules.signs.topic(each) == topic
