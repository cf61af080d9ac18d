"""Cleaning keeps its promises on any text, and on articles with repeats and footers."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from stream.core.cleaning import clean, clean_list
from stream.core.paragraphs import normal, split
from stream.core.removals import as_json, original
from stream.core.restoring import restore, restore_list
from stream.core.rules import Rules, builtin, load
from tests.trials import trials

PARAGRAPHS = [
    "The ferry to the outer islands was cancelled again on Monday. Nobody at the quay was surprised by it.",
    "A second vessel is on its way from the mainland, the harbour master said. It should be here by Friday.",
    "Fishermen had warned of the weather for days, and most of their boats stayed in. One did not, and came back late.",
    "Die Fähre fährt erst am Freitag wieder, sagte der Hafenmeister. Bis dahin bleibt die Insel ohne Post und Brot.",
    "渡轮星期一再次停航，码头上没有人感到意外。港务长说，另一艘船正从大陆赶来，预计星期五到达。",
]
SHORT = [
    "—",
    "* * *",
    "Q:",
    "A:",
    "",
    " ",
    "What the harbour master said",
    "Row, row",
    "Elena Marsh",
    "Elena M. 3/3 18:40",
    "Jonas, 2 hours ago",
    "- a link",
    "\x85",
]
MARKERS = [
    *("You may also like", "Comments (3)", "Share", "Tweet", "Advertisement", "Read more: a headline of today"),
    *("© The Island Paper", "Related articles", "Tags: ferry", "相关新闻", "Читайте также"),
    *("\u200fRelated articles", "Adver\u00adtisement", "\U0001f449 Read more: a headline of today", "Write a comment"),
]
lines = st.one_of(st.sampled_from(PARAGRAPHS), st.sampled_from(SHORT), st.sampled_from(MARKERS))
blocks = st.lists(lines, max_size=12)
articles = st.tuples(blocks, blocks, st.integers(0, 3), st.sampled_from(["\n", "\r\n", "\r", "\u2028"])).map(
    lambda parts: parts[3].join(parts[0] + parts[1] * parts[2] + parts[0])
)
wild = st.text(st.characters(codec=None) | st.sampled_from("\n\r\u2028\u2029 \t\x00\ud800\u202e\u0301a"), max_size=200)
wild_lines = st.lists(
    st.sampled_from(["a", "b", "x" * 60, "y" * 61, "", "\r", "e\u0301" * 60, "\u00e9" * 60]), max_size=60
)

both = pytest.mark.parametrize("rules", [load(whole_page=False), builtin()], ids=["markers", "model"])


def is_subsequence(few: list[str], many: list[str]) -> bool:
    rest = iter(many)
    return all(line in rest for line in few)


@both
@trials(400)
@given(st.one_of(articles, wild, wild_lines.map("\n".join)))
@example("x" * 60 + "\r" + "x" * 60 + "\n" + "x" * 60 + "\r" + "x" * 60)
def test_any_text(rules: Rules, text: str) -> None:
    cleaned = clean(text, rules)
    assert clean(text, rules) == cleaned
    assert restore(cleaned) == text
    assert original(as_json({}, cleaned), cleaned.text) == text
    again = clean(cleaned.text, rules)
    assert again.removed == ()
    assert again.text is cleaned.text
    kept, lines = cleaned.text.split(cleaned.separator), text.split(cleaned.separator)
    assert is_subsequence([line.rstrip("\r") for line in kept], [line.rstrip("\r") for line in lines])
    if not cleaned.removed:
        assert cleaned.text is text
    for removal in cleaned.removed:
        assert (removal.of is None) == (removal.reason != "repeat")
        assert (removal.rule is None) == (removal.reason == "repeat")


@both
@trials(200)
@given(st.one_of(blocks, st.lists(wild, max_size=8)))
def test_any_list(rules: Rules, paragraphs: list[str]) -> None:
    cleaned = clean_list(paragraphs, rules)
    assert restore_list(cleaned) == tuple(paragraphs)
    assert original(as_json({}, cleaned), list(cleaned.paragraphs)) == paragraphs
    assert clean_list(cleaned.paragraphs, rules).removed == ()


@both
@trials(200)
@given(articles)
def test_repeats_stay_once_and_prose_needs_a_rule(rules: Rules, text: str) -> None:
    cleaned = clean(text, rules)
    kept = set(map(normal, split(cleaned.text)[0]))
    by_rule = {normal(removal.text) for removal in cleaned.removed if removal.reason != "repeat"}
    for removal in cleaned.removed:
        assert normal(removal.text) in kept | by_rule
        if removal.reason != "repeat":
            assert removal.rule
