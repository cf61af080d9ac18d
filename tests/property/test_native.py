"""The compiled parts of the core do what their twins in Python do, to the byte, for any input."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import orjson
from hypothesis import example, given
from hypothesis import strategies as st

from harness.twins import in_python, needs_compiled, plain, slow
from stream.core import native
from stream.core.article import Removal
from stream.core.cleaning import _part, _repeats, clean, clean_list
from stream.core.footer.codes import ENDS_TABLE, QUOTES, STARTS, codes_of, unpacked
from stream.core.footer.lines import lines_of
from stream.core.markers import weigh
from stream.core.paragraphs import PLAIN_LETTERS, first_of, outline, separator_of
from stream.core.rules import Rules, builtin, load
from stream.core.rules.topics import LEFT, RIGHT
from stream.records.splice import SpanNotFound, _walk, value_span
from tests.trials import trials

pytestmark = needs_compiled

PROSE = [
    "The ferry to the outer islands was cancelled again on Monday. Nobody at the quay was surprised by it.",
    "A second vessel is on its way from the mainland, the harbour master said; it should be here by “Friday.”",
    "渡轮星期一再次停航，码头上没有人感到意外。港务长说，另一艘船正从大陆赶来，预计星期五到达，大家都在等待消息，港口已经准备好了一切。",
    "Паром на внешние острова в понедельник снова отменили, и никого на причале это не удивило, сказал капитан порта.",
]
PHRASES = sorted({phrase for rule in builtin().rules for phrase in rule.phrases})
UNREAD = "\u200b\u200f\u2066\ufeff\u00ad\U0001f449\u2605\u2022\u00bb\uff08\u3010\ue001\u0301\u20e3"
MARKS = st.text(st.sampled_from(sorted({*LEFT, *RIGHT, *UNREAD, "\x85", "\u2028"})), max_size=3)
letters = st.characters(codec=None) | st.sampled_from(
    "\n\r\t \x0b\x1c\x85\xa0\u2028\u3000\u0301İßǅΣς年月时©文aZ19.:@!?”’)"
)
wild = st.text(letters, max_size=60)
about = st.sampled_from(
    ["3 min", "5 часов", "1999", "12:30", "7年8", "www.a.b", "http", "a@b", "All rights reserved", "v", "ights reserve"]
)
phrases = st.tuples(MARKS, st.sampled_from(PHRASES), MARKS, st.sampled_from(["", " 12", ": x", "x", "  of  y"])).map(
    lambda parts: parts[0] + parts[1].swapcase() + parts[3] + parts[2]
)
titles = st.lists(st.sampled_from(["Storm", "Closes", "the", "BRIDGE", "Ǆ", "7", "é", "Élan"]), max_size=9).map(
    " ".join
)
line = st.one_of(wild, phrases, about, titles, st.tuples(wild, about, titles).map(" ".join), st.sampled_from(PROSE))
shapes = st.tuples(
    st.sampled_from(["a", "a. B", "a: b", "\u6587", "\u0436", "7", "@x", "Storm Closes the Bridge"]),
    st.sampled_from([1, 30, 59, 60, 100, 300, 2_100]),
    st.sampled_from([".", "?", ":", '"', ".\u201d", "a", "7", ")", ",", " \u00a9", " All rights reserved"]),
).map(lambda parts: f"{parts[0]} " * parts[1] + parts[2])
OPENED = [
    (one, two)
    for one in ("A", "\u00c0", "\u200fo", "\u6587")
    for two in ("", " ", "  nas", " lire:", " LIR\u00c9", " n\u00e1s x")
]
blank = st.sampled_from(["", " ", "\t ", "\r"])
pages = st.tuples(st.lists(line | blank, max_size=12), st.lists(st.integers(0, 11), max_size=24)).map(
    lambda parts: [*parts[0], *(parts[0][at % len(parts[0])] for at in parts[1] if parts[0])]
)
tails = st.tuples(st.lists(st.sampled_from(PROSE), max_size=4), st.lists(phrases | titles | line, max_size=12)).map(
    lambda parts: [*parts[0], *parts[1]]
)
texts = st.tuples(pages | tails, st.sampled_from(["\n", "\n", "\n\n", "\r\n", " \n ", "\r", "\u2029"])).map(
    lambda parts: parts[1].join(parts[0])
)


FAST = [load(whole_page=False), builtin()]
SLOW = [slow(rules) for rules in FAST]


@trials(500)
@given(texts | wild)
def test_a_text_is_cleaned_alike(text: str) -> None:
    found = [clean(text, rules) for rules in FAST]
    with in_python():
        assert found == [clean(text, rules) for rules in SLOW]


@trials(150)
@given(pages | tails)
def test_a_list_is_cleaned_alike(paragraphs: list[str]) -> None:
    found = [clean_list(paragraphs, rules) for rules in FAST]
    with in_python():
        assert found == [clean_list(paragraphs, rules) for rules in SLOW]


@trials(400)
@given(texts | wild)
@example("a  b\na b\n a b \na\tb\r\nab\n\n \n")
@example("\x85\n\x85")
@example("\ud800\n\ud800")
def test_lines_and_their_first_places(text: str) -> None:
    found = first_of(text, separator_of(text))
    with in_python():
        assert found == first_of(text, separator_of(text))
    places = native.compiled.places(text, PLAIN_LETTERS)
    assert (places is None) == (outline(text.replace("\r", "\n"), "\n") is None or "\u2028" in text or "\u2029" in text)


@trials(400)
@given(line)
def test_what_a_line_says(text: str) -> None:
    signs = builtin().signs
    assert signs.topic(text) == plain(signs).topic(text)


def test_every_phrase_is_found() -> None:
    signs = builtin().signs
    for phrase in PHRASES:
        for shown in (phrase, phrase.upper(), f"• {phrase} (3)", f"[{phrase}]", f"{phrase}: more", f"  {phrase}  x"):
            assert signs.topic(shown) == plain(signs).topic(shown), shown


@trials(150)
@given(line)
def test_what_a_line_says_on_a_site_of_its_own(text: str) -> None:
    own = replace(builtin().rules[0], phrases=("what the sea says", "ferry"), source=("sea.example",))
    rules = Rules.from_rules((*builtin().rules, own), "v", whole_page=True).for_site("www.sea.example")
    mine = rules.signs
    slowly = mine._replace(compiled=None, base=plain(mine.base))
    for shown in (text, "Ferry", "What the sea says", f"ferry {text}"):
        assert mine.topic(shown) == slowly.topic(shown)


@trials(500)
@given((line | shapes).filter(bool), st.sampled_from([2, 5]))
@example("x" * 5000, 2)
def test_a_line_in_one_number(text: str, per_letter: int) -> None:
    signs = builtin().signs
    code = native.compiled.LineReader(STARTS, ENDS_TABLE, QUOTES, int).code(text, per_letter, signs.compiled)
    size, *codes = codes_of(text, per_letter, plain(signs))
    assert unpacked(code) == (min(size, 4000), *codes)


@trials(200)
@given(st.lists((line | shapes).map(str.strip).filter(bool), min_size=1, max_size=8))
def test_lines(lines: list[str]) -> None:
    signs = builtin().signs
    found = lines_of(lines, signs)
    with in_python():
        assert found == lines_of(lines, plain(signs))


@trials(400)
@given(st.lists(line | st.tuples(line, st.integers(1, 30)).map(lambda it: it[0] * it[1]), max_size=6))
def test_the_width_of_prose(lines: list[str]) -> None:
    found = weigh(lines)
    with in_python():
        assert found == weigh(lines)


@trials(400)
@given(st.lists(line | phrases.map("a ".__add__) | st.sampled_from(OPENED).map("".join), max_size=6))
def test_which_lines_are_looked_up(lines: list[str]) -> None:
    rules, places = builtin(), list(range(0, len(lines), 2))
    found = rules.candidates(lines, places)
    with in_python():
        assert found == rules.candidates(lines, places)


numbers = st.lists(st.integers(0, 9), max_size=30)


@trials(400)
@given(numbers, st.lists(st.integers(0, 29), max_size=4))
@example([0, 1, 2, 0, 1, 2], [])
@example([0, 1, 2, 3, 1, 2, 4], [3])
def test_repeats(kinds: list[int], blanks: list[int]) -> None:
    lines = ["" if at in blanks else f"{kind} " + "long " * 20 for at, kind in enumerate(kinds)]
    short = [line[:1] if at % 3 else line for at, line in enumerate(lines)]
    for each in (lines, short):
        first = first_of("\n".join(each), "\n")[1] if each else []
        found = _repeats(each, first)
        with in_python():
            again = _repeats(each, first)
        assert found == again
        assert list(found[0]) == list(again[0])


@trials(150)
@given(st.dictionaries(st.integers(0, 9), st.sampled_from([("repeat", 1, None), ("footer", None, "a.b")]), max_size=9))
def test_parts(gone: dict[int, Any]) -> None:
    lines = ["a", "", "b", " ", "", "c", "d", "e", "", "f"]
    for first in ([0, -1, 2, -1, -1, 5, 6, 7, -1, 9], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]):
        there = {at: why for at, why in gone.items() if first[at] >= 0}
        found = _part(there, lines, first, "\n")
        with in_python():
            assert found == _part(there, lines, first, "\n")
        assert all(type(removal) is Removal for removal in found[1])


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**60), 2**60)
    | st.text(max_size=9)
    | st.sampled_from(['"', "\\", '\\"']),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)


@trials(400)
@given(
    st.dictionaries(st.sampled_from(["text", 'te"xt', "te\\xt", "a", ""]) | st.text(max_size=4), values, max_size=5),
    st.sampled_from(["text", 'te"xt', "te\\xt", "a", ""]),
    st.booleans(),
)
def test_a_fields_place(document: dict[str, Any], field: str, indented: bool) -> None:  # noqa: FBT001
    value = orjson.dumps(document, option=orjson.OPT_INDENT_2 if indented else 0)
    try:
        wanted: object = _walk(value, field)
    except SpanNotFound:
        wanted = None
    try:
        found: object = value_span(value, field)
    except SpanNotFound:
        found = None
    assert found == wanted


@trials(400)
@given(st.binary(max_size=60) | st.text('{}[]",:\\ ta1', max_size=40).map(str.encode))
def test_what_is_no_json_does_no_harm(value: bytes) -> None:
    place = native.compiled.span(value, b'"t"')
    assert place is None or 0 <= place[0] <= place[1] <= len(value)
