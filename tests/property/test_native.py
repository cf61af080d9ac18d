"""The compiled core does what the Python core does, to the byte, for any input."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import orjson
from hypothesis import example, given
from hypothesis import strategies as st

from harness.twins import needs_compiled, slow
from stream.core import native
from stream.core.cleaning import clean, clean_list
from stream.core.footer.page import read_lines
from stream.core.native import alphabet
from stream.core.packed import PackedKnown, kept_small, pack
from stream.core.rules import Rules, builtin, load
from stream.core.rules.topics import LEFT, RIGHT
from stream.core.sites import Known, Profile
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


CODE = [
    "def sail(to, at=None):", "    return to[at] + 1", "}", "$ make install", ">>> sail(1)", "x_1 = y->z && !w;",
    "<div>", "| a | b | c |", "key: value;", "SELECT a FROM b", "/usr/lib/x/", "--verbose", "{ article(s) }",
    '{ "a": 1 }', "->", "color: red; top: 1px;", "print 'x';", "\tgoto(end);", "  - name: x", "#include <a.h>",
    'f("x");', "%s of %d", "{ }", "0123456789abcdefgh", "https://a.b/?c=d", "name = 'x'", "```", "  ", "a::b::c",
    "\u6587(x) \u6587[0]",
]  # fmt: skip
COMMENTS = [
    "Comments (3)",
    "3 Comments",
    "Kommentare",
    "Anna B.",
    "ivan",
    "5 min ago",
    "12.11.2023 10:02",
    "Comment on",
]
mixed = st.lists(line | blank | st.sampled_from([*CODE, *COMMENTS, *PROSE]), max_size=30)
copied = st.tuples(mixed, mixed, st.integers(1, 3)).map(lambda parts: parts[0] * parts[2] + parts[1] + parts[0])

FAST = [load(whole_page=False), builtin()]
SLOW = [slow(rules) for rules in FAST]


def known(keys: list[int], counts: list[int]) -> Profile:
    """A profile that knows these keys, by these counts of 1/256 articles."""
    each = {key: Known(counts[at % 3], counts[at % 2], counts[-1]) for at, key in enumerate(keys)}
    return Profile("sea.example", "v", max(counts), each)


@trials(600)
@given(texts | wild | mixed.map("\n".join) | copied.map("\n".join))
@example("a  b\na b\n a b \na\tb\r\nab\n\n \n")
@example("\x85\n\x85")
@example("\ud800\n\ud800")
@example("\n".join(["\u200b", "\u200b", *PROSE, "Comments (3)", "\u200b", "x", "\u00ad"]))
@example("\n".join([*CODE, *PROSE, *CODE, *PROSE]))
def test_a_text_is_cleaned_alike(text: str) -> None:
    for fast, slowly in zip(FAST, SLOW, strict=True):
        assert clean(text, fast) == clean(text, slowly)


@trials(200)
@given(pages | tails | copied)
def test_a_list_is_cleaned_alike(paragraphs: list[str]) -> None:
    for fast, slowly in zip(FAST, SLOW, strict=True):
        assert clean_list(paragraphs, fast) == clean_list(paragraphs, slowly)


@trials(200)
@given(tails | mixed, st.lists(st.integers(0, 3000), min_size=3, max_size=3), st.randoms(use_true_random=False))
def test_with_what_is_known_of_the_site(paragraphs: list[str], counts: list[int], chance: Any) -> None:
    keys = [
        key for each in read_lines([one for one in paragraphs if one.strip()], SLOW[1])[2] for key in each.keys if key
    ]
    profile = known(chance.sample(keys, len(keys) // 2), counts)
    text = "\n".join(paragraphs)
    expected, expected_list = clean(text, SLOW[1], profile), clean_list(paragraphs, SLOW[1], profile)
    packed = pack(profile.known)
    for rows in (profile.known, PackedKnown(packed), kept_small(packed)):
        assert clean(text, FAST[1], replace(profile, known=rows)) == expected
        assert clean_list(paragraphs, FAST[1], replace(profile, known=rows)) == expected_list


@trials(400)
@given(st.lists((line | shapes | st.sampled_from(CODE)).filter(lambda one: bool(one.strip())), max_size=8))
@example(["x" * 5000])
@example(["\u200b", "\u200bShare", "a"])
def test_lines_are_seen_alike(lines: list[str]) -> None:
    assert read_lines(lines, FAST[1]) == read_lines(lines, SLOW[1])


def test_every_phrase_is_found() -> None:
    forms = ("{}", "• {} (3)", "[{}]", "{}: more", "  {}  x", "a {}")
    shown = [form.format(each) for phrase in PHRASES for each in (phrase, phrase.upper()) for form in forms]
    for some in (shown[begin : begin + 400] for begin in range(0, len(shown), 400)):
        assert read_lines(some, FAST[1]) == read_lines(some, SLOW[1])
        page = [each for one in some for each in (one, PROSE[len(one) % len(PROSE)] + one)]
        assert clean_list(page, FAST[0]) == clean_list(page, SLOW[0])


@trials(150)
@given(line)
def test_a_line_on_a_site_that_has_rules_of_its_own(text: str) -> None:
    own = replace(builtin().rules[0], id="sea", phrases=("what the sea says", "ferry"), source=("sea.example",))
    for whole_page in (True, False):
        rules = Rules.from_rules((*builtin().rules, own), "v", whole_page=whole_page).for_site("www.sea.example")
        for shown in (text, "Ferry", "What the sea says", f"ferry {text}"):
            page = [*PROSE[:2], shown, "Storm Closes the Bridge", "Tide"]
            assert clean_list(page, rules) == clean_list(page, slow(rules))


def test_what_is_known_of_characters_fits_into_numbers() -> None:
    for code in (*range(0x500), *range(0x3000, 0x3100), *range(0xAC00, 0xAC20), *range(0xFF00, 0x10000), 0x1F600):
        kinds, spelling = alphabet.known(chr(code))
        assert 0 <= kinds < 1 << 31, "the highest bit says that the character is known"
        assert 0 <= spelling < 1 << 64


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
