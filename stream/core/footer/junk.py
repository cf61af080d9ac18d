"""Finds junk lines in the body: only those that are certain, and nothing of what follows them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from stream.core.footer.codes import CLOSED
from stream.core.footer.lines import Line
from stream.core.rules import Rule
from stream.core.rules.topics import LEFT, OPENING, RIGHT, SHORT, TOPICS
from stream.core.sentence_ends import SENTENCE_ENDS
from stream.core.sites import Known, Profile
from stream.core.spelling import spell

_CJK = "\u2e80"
_COUNTED = ")]} "
_COLONS = (":", "\uff1a")
_STOPS = (".", "\u3002")
_SENTENCE_MARKS = tuple(SENTENCE_ENDS.replace("?", "").replace("\uff1f", "").replace("\u2026", "").replace(";", ""))
_BARS = (TOPICS["share"], TOPICS["subscribe"], TOPICS["nav"])
_HEADS = (TOPICS["related"], TOPICS["share"], TOPICS["popular"], TOPICS["subscribe"])
_COMMENTS = TOPICS["comments"]


def find_junk(texts: Sequence[str], lines: Sequence[Line], marks: Mapping[int, Rule]) -> list[tuple[int, str]]:
    """Find the certain junk lines before the footer: (index, rule id) of those in `marks`.

    Certain are:

    - the label of an advertisement;
    - a button in a bar of two or more;
    - a heading of several words that is the whole line ("Related articles"); what stands below it stays, as it may be
      the author's;
    - a link behind its phrase ("Read more: ...") between two paragraphs of prose; elsewhere, and behind some phrases
      ("See also"), it is as often the author's.

    The first line is never junk.
    """
    end = len(texts)
    return [(at, rule.id) for at, rule in marks.items() if 0 < at < end and _certain(texts, lines, at, rule)]


def known_junk(page: Sequence[Line], known: Sequence[Known], profile: Profile) -> list[int]:
    """Find the lines before the footer that nearly every article of the site has within it: their indices.

    Prose is never among them: what is a standing introduction to one reader is the story to another.
    """
    return [at for at, line in enumerate(page) if at and not line.prose and profile.is_everywhere(known[at])]


def _certain(texts: Sequence[str], lines: Sequence[Line], at: int, rule: Rule) -> bool:
    """Whether the line at `at`, which `rule` matches, is certainly junk."""
    text, topic = texts[at], lines[at].topic
    if rule.kind == "notice":
        return len(text) <= SHORT and lines[at].end != CLOSED
    if rule.kind == "inline":
        return rule.within and _linked(text, rule) and _between_paragraphs(texts, lines, at)
    if rule.kind == "end" or topic > OPENING:
        return False
    if topic in _BARS and (_whole(lines, at - 1) or (at + 1 < len(texts) and _whole(lines, at + 1))):
        return True
    spelled = spell(text)
    key = spelled.lstrip(LEFT).rstrip(RIGHT)
    if " " not in key and not (len(key) > 3 and key[0] > _CJK):  # noqa: PLR2004 - four ideographs are two words
        return False
    if topic == _COMMENTS:
        return spelled[:1].isalpha() and not spelled.rstrip(_COUNTED)[-1:].isdigit()
    return topic in _HEADS


def _whole(lines: Sequence[Line], at: int) -> bool:
    """Whether a topic is the whole of a line."""
    return 0 < lines[at].topic <= OPENING


def _between_paragraphs(texts: Sequence[str], lines: Sequence[Line], at: int) -> bool:
    """Whether prose that ends with a full stop stands directly before a line, and prose directly after it."""
    return at + 1 < len(texts) and lines[at - 1].prose and lines[at + 1].prose and texts[at - 1].endswith(_STOPS)


def _linked(text: str, rule: Rule) -> bool:
    """Whether a headline, and not a sentence, follows the colon of a phrase such as "Read more:"."""
    if rule.about != "related" or len(text) > SHORT or text.endswith(_SENTENCE_MARKS) or "..." in text:
        return False
    for colon in _COLONS:
        head, found, link = text.partition(colon)
        if found and link.strip():
            said = spell(head)
            return " " in said or said[:1] > _CJK
    return False
