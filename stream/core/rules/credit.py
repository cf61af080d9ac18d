"""Which rule an explanation names where rules of several languages have the same phrase.

The look-up of a line (`Rules.find`) is asked for every line of every article, so it keeps one rule a phrase: the last
one read. That "Facebook" under an English article is in `ru.share`, too, and found there, changes nothing in what
goes. But whoever reads why it went wants to see the rule of the article's own language. So that one is looked for
here, for explanations alone: the cleaning never asks.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

from stream.core.rules.loader import builtin
from stream.core.rules.model import MAX_MARKER, Rule, Rules, fold

FIRST = "en"
"""Names of services and other international words are credited to English where nothing else decides."""
MOST_LETTERS = 2000
"""So many letters of an article tell its script."""


def credited(removed: Sequence[tuple[str, str]], lines: Iterable[str], rules: Rules) -> list[str]:
    """Give for each removed line and the id of its rule the id to show, which is the same one in most cases.

    `lines` are all lines of the article. Another rule is named only where it is built in, has the same phrase, and is
    of the same kind and topic. Lines below a marker have its rule, and follow it here, too.
    """
    by_id = {rule.id: rule for rule in (*(rules.base.rules if rules.base is not None else ()), *rules.rules)}
    lines = list(lines)
    votes: Mapping[str, float] | None = None
    named: dict[str, str] = {}
    answer = []
    for line, rule_id in removed:
        rule = by_id.get(rule_id)
        if rule is not None and (phrase := _phrase(rule, line)):
            others = _others(rule, phrase)
            if len(others) > 1 and votes is None:
                votes = _votes(lines, rules)
            named[rule_id] = rule_id if votes is None else _best(rule, others, votes)
        answer.append(named.get(rule_id, rule_id))
    return answer


def same_phrase(rule: Rule, line: str) -> list[str]:
    """The ids of the rules that find this line as this rule does, which is among them; none where it does not."""
    phrase = _phrase(rule, line)
    return [other.id for other in _others(rule, phrase)] if phrase else []


def language_of(rule_id: str) -> str:
    """The language that a built-in rule's id begins with."""
    return rule_id.partition(".")[0]


def _best(rule: Rule, others: Sequence[Rule], votes: Mapping[str, float]) -> str:
    """The rule of the language with most votes; of two with as many the English one, else the one that was found."""
    order = [(votes.get(language_of(other.id), 0), language_of(other.id) == FIRST, other is rule) for other in others]
    return others[order.index(max(order))].id


def _phrase(rule: Rule, line: str) -> str:
    """The phrase by which a rule finds a line; "" where it does not."""
    folded = fold(line)
    if rule.kind == "hint" or not folded or len(line) > MAX_MARKER:
        return ""
    heads = {folded, *(fold(folded.partition(colon)[0]) for colon in (":", "|"))}
    phrases = [fold(phrase) for phrase in rule.phrases]
    starts = rule.match == "start"
    return max((one for one in phrases if one in heads or (starts and folded.startswith(one))), key=len, default="")


def _others(rule: Rule, phrase: str) -> list[Rule]:
    """The rules that may be named for this one, which is among them: built in, with its phrase, kind and topic."""
    known = _holders().get(phrase, ())
    if rule not in known:  # a user's own rule is named whatever else has the phrase
        return [rule]
    same = [other for other in known if (other.kind, other.about) == (rule.kind, rule.about)]
    return [other for other in same if other.match in (rule.match, "start")]  # which finds whole lines, too


@lru_cache(1)
def _holders() -> dict[str, list[Rule]]:
    """All built-in rules that have a phrase."""
    found: dict[str, list[Rule]] = {}
    for rule in builtin().rules:
        for phrase in () if rule.source or rule.kind == "hint" else {fold(phrase) for phrase in rule.phrases}:
            found.setdefault(phrase, []).append(rule)
    return found


def _votes(lines: Sequence[str], rules: Rules) -> dict[str, float]:
    """How much speaks for each language: one vote a line that a rule finds, shared by all languages that have it.

    A language of another script than the article's has fewer than none.
    """
    votes: dict[str, float] = {}
    for line in lines:
        rule = rules.find(line) if len(line) <= MAX_MARKER else None
        if rule is not None and (phrase := _phrase(rule, line)):
            languages = {language_of(other.id) for other in _holders().get(phrase, ())}
            for language in languages:
                votes[language] = votes.get(language, 0) + 1 / len(languages)
    script = script_of("".join(lines))
    if script:
        votes |= {language: -1 for language, other in _scripts().items() if other != script}
    return votes


@lru_cache(1)
def _scripts() -> dict[str, str]:
    """The script of each language's phrases."""
    texts: dict[str, str] = {}
    for rule in builtin().rules:
        language = language_of(rule.id)
        texts[language] = texts.get(language, "") + "".join(rule.phrases)
    return {language: script_of(text) for language, text in texts.items()}


def script_of(text: str) -> str:
    """The script of most letters ("LATIN", "CYRILLIC", "CJK", ...); "" where there are no letters."""
    letters = [letter for letter in text[: 4 * MOST_LETTERS] if letter.isalpha()][:MOST_LETTERS]
    scripts = Counter(unicodedata.name(letter, " ").partition(" ")[0] for letter in letters)
    for kana in ("HIRAGANA", "KATAKANA"):  # Japanese is written in three scripts at once
        scripts["CJK"] += scripts.pop(kana, 0)
    return max(scripts, key=scripts.__getitem__) if letters else ""
