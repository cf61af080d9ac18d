"""Calls the compiled core with Python's objects. Each function gives None where the Python core has to do it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from stream.core import native
from stream.core.article import Cleaned, CleanedByCompiled, CleanedList, Removal
from stream.core.footer.codes import Codes
from stream.core.footer.decision import POWERS
from stream.core.footer.network import shipped
from stream.core.footer.words import Said
from stream.core.packed import LookedUp, PackedKnown
from stream.core.rules import Rule, Rules
from stream.core.sites import Profile

SHAPE = "tail.shape"
"""The rule id of footer lines that stand under no marker: they go because of what the whole page looks like."""


def clean(text: str, rules: Rules, profile: Profile | None) -> Cleaned | None:
    """Clean a text."""
    cleaner = _cleaner(rules)
    found = None if cleaner is None else native.asked(cleaner.clean, text, _given(profile))
    return None if found is None else _cleaned(text, found, rules, profile)


def clean_list(paragraphs: Sequence[str], rules: Rules, profile: Profile | None) -> CleanedList | None:
    """Clean a list of paragraphs."""
    cleaner = _cleaner(rules)
    found = None if cleaner is None else native.asked(cleaner.clean_list, list(paragraphs), _given(profile))
    return None if found is None else _cleaned_list(paragraphs, found, rules, profile)


def clean_and_sketch(
    article: str | Sequence[str], rules: Rules, profile: Profile | None, one_in: int
) -> tuple[Cleaned | CleanedList, bytes | None] | None:
    """Clean an article, and give the record from which its site learns if it is one in so many.

    The twin is `stream.learner.messages.clean_and_sketch`.
    """
    cleaner = _cleaner(rules)
    if cleaner is None:
        return None
    given = article if isinstance(article, str) else list(article)
    found = native.asked(native.compiled.clean_and_sketch, cleaner, given, _given(profile), one_in)
    if found is None:
        return None
    cleaned, record = found
    if isinstance(article, str):
        return _cleaned(article, cleaned, rules, profile), record
    return _cleaned_list(article, cleaned, rules, profile), record


def sketch(article: str | Sequence[str], rules: Rules) -> Any:
    """Look at an article: give the fields of a `stream.learner.observation.Sketch`."""
    cleaner = _cleaner(rules)
    given = article if isinstance(article, str) else list(article)
    return None if cleaner is None else native.asked(native.compiled.sketch, cleaner, given)


def trial(records: Sequence[bytes], rules: Rules, before: Profile | None, after: Profile) -> Any:
    """Try a version of a profile on articles, given as their records, beside another one.

    Give whether one of them would be withheld, and prose that would be taken, or None: the first that is found.
    """
    cleaner = _cleaner(rules)
    if cleaner is None:
        return None
    return native.asked(native.compiled.trial, cleaner, list(records), _given(before), _given(after))


def _cleaned(text: str, found: Any, rules: Rules, profile: Profile | None) -> Cleaned:
    kept, removed, withheld, separator = found
    version = profile.version if profile is not None else ""
    if removed is None and withheld is None:
        return Cleaned(text, (), rules.version, (), separator, version)
    cleaned = text if kept is None else kept
    return CleanedByCompiled(cleaned, removed or (), rules.version, withheld or (), separator, version)


def _cleaned_list(paragraphs: Sequence[str], found: Any, rules: Rules, profile: Profile | None) -> CleanedList:
    removed, withheld = found
    gone = {removal.line - 1 for removal in removed}
    rest = tuple(item for at, item in enumerate(paragraphs) if at not in gone)
    return CleanedList(rest, removed, rules.version, withheld, profile.version if profile is not None else "")


def read(lines: Sequence[str], rules: Rules) -> Iterable[tuple[str, Codes, Said]] | None:
    """Look at lines, none of them blank: give the text of each, what is seen of it, and what it says."""
    cleaner = _cleaner(rules)
    found = None if cleaner is None else native.asked(cleaner.read, list(lines))
    return None if found is None else ((text, codes, Said(words, keys)) for text, codes, words, keys in found)


OFTEN = 8
"""A profile that is used so often is put into a table of its own: that takes as long as some thirty articles do."""


def _given(profile: Profile | None) -> Any:
    """What is known of a site, as the compiled core takes it: how many articles, and where it looks keys up."""
    if profile is None:
        return None
    known = profile.known
    if isinstance(known, LookedUp):
        return profile.articles, known.compact
    if (kept := profile.kept) is None:
        kept = native.Kept()
        object.__setattr__(profile, "kept", kept)  # a profile is frozen, and few are ever asked for what is kept of it
    if "given" in kept:
        return kept["given"]
    kept["used"] = kept.get("used", 0) + 1
    if isinstance(known, PackedKnown):
        kept["given"] = profile.articles, native.compiled.Packed(known.data)
    elif kept["used"] < OFTEN and isinstance(known, dict):
        return profile.articles, known
    else:
        kept["given"] = profile.articles, native.compiled.Table(dict(known))
    return kept["given"]


def _cleaner(rules: Rules) -> Any:
    """The compiled core with these rules, made when it is first asked for; None if it cannot be used."""
    network = rules.model or shipped()
    compiled = getattr(network, "compiled", None)
    if native.compiled is None or compiled is None:
        return None
    if "cleaner" not in rules.kept:
        rules.kept["cleaner"] = native.compiled.Cleaner(
            _lookups(rules), compiled, POWERS, network.caution, rules.whole_page, Removal, SHAPE
        )
    return rules.kept["cleaner"]


def _lookups(rules: Rules) -> Any:
    """The rules as the compiled core looks them up."""
    if "lookups" not in rules.kept:
        numbers = {rule.id: number for number, rule in enumerate(rules.rules)}
        rules.kept["lookups"] = native.compiled.RuleSet(
            [(rule.id, rule.kind, rule.about, rule.within) for rule in rules.rules],
            {phrase: numbers[rule.id] for phrase, rule in rules.lines.items()},
            {phrase: numbers[rule.id] for phrase, rule in rules.heads.items()},
            _numbered(rules.starts, numbers),
            rules.openings,
            rules.signs.whole,
            rules.signs.openings,
            None if rules.base is None else _lookups(rules.base),
        )
    return rules.kept["lookups"]


def _numbered(starts: Any, numbers: dict[str, int]) -> Any:
    """Put numbers for the rules in a tree of words."""
    if isinstance(starts, Rule):
        return numbers[starts.id]
    return {word: _numbered(next_, numbers) for word, next_ in starts.items()}
