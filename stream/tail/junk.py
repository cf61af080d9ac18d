"""Lines of junk within the body: only what is certain, and nothing of what follows it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from stream.rules import Rule
from stream.rules.signs import LEFT, OPENING, RIGHT, TOPICS
from stream.tail.lines import CLOSED, SHORT, Line

_CJK = "\u2e80"
_COUNTED = "])} \u00a0"
_NEVER = ("end", "inline")
_BARS = (TOPICS["share"], TOPICS["subscribe"], TOPICS["nav"])
_HEADS = (TOPICS["related"], TOPICS["share"], TOPICS["popular"], TOPICS["subscribe"])
_COMMENTS = TOPICS["comments"]


def find_junk(texts: Sequence[str], lines: Sequence[Line], marks: Mapping[int, Rule]) -> list[tuple[int, str]]:
    """Give the lines of junk and their rules: those of `marks` that stand before the footer and are certain.

    An advertisement's label; a bar of buttons, two or more together; the whole line a heading of several
    words ("Related articles"). A link behind its phrase ("Read more: ...") is as often an author's as not, and
    what stands under a heading may be: they stay. The first line never goes.
    """
    end = len(texts)
    return [(at, rule.id) for at, rule in marks.items() if 0 < at < end and _certain(texts, lines, at, rule)]


def _certain(texts: Sequence[str], lines: Sequence[Line], at: int, rule: Rule) -> bool:
    text, topic = texts[at], lines[at].topic
    if rule.kind == "notice":
        return len(text) <= SHORT and lines[at].end != CLOSED
    if rule.kind in _NEVER or topic > OPENING:
        return False
    if topic in _BARS and (_whole(lines, at - 1) or (at + 1 < len(texts) and _whole(lines, at + 1))):
        return True
    key = text.lower().lstrip(LEFT).rstrip(RIGHT)
    if " " not in key and not (len(key) > 3 and key[0] > _CJK):  # noqa: PLR2004 - four ideographs are two words
        return False
    if topic == _COMMENTS:
        return text[0].isalpha() and not text.rstrip(_COUNTED)[-1:].isdigit()
    return topic in _HEADS


def _whole(lines: Sequence[Line], at: int) -> bool:
    return 0 < lines[at].topic <= OPENING
