"""A rule, and a set of rules that tells which of them matches a line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from stream.core.native import Kept
from stream.core.rules.topics import BRACKETS, LEFT, About, Signs, signs_of
from stream.core.spelling import spell

Kind = Literal["section", "label", "inline", "notice", "end", "hint"]
"""What a line that a rule matches means:

section: a heading with links below it ("You may also like");
label: a word or two that the body may contain, too ("Comments", "Share"): it counts only if short lines follow;
inline: a phrase with its link after a colon ("Read more: ..."), or alone on its line;
notice: a line that is no part of the article wherever it stands ("Advertisement");
end: a line that stands only at the end ("All rights reserved");
hint: a word that means something only together with the lines around it ("Next"): evidence for the footer
    model, never the reason for a removal.
"""

Match = Literal["line", "start", "opening"]

_AROUND = LEFT + BRACKETS
_AFTER_WORD = ":,.;!?"
_COLONS = (":", "|")
_CJK = "\u2e80"
_MAX_WORDS = 16
MAX_MARKER = 80
"""Maximum characters of a line that is looked up as a marker."""
_Node = dict[str, Any]
_RULE = ""  # the key of the rule that ends at a node; no word is empty


class RuleError(ValueError):
    """A rule file that cannot be used. The message names the file, the rule and what is allowed.

    >>> from stream import RuleError, load_rules
    >>> issubclass(RuleError, ValueError)
    True
    """

    def __init__(self, where: str, problem: str) -> None:
        super().__init__(f"{where}: {problem}")


def fold(line: str) -> str:
    """Give the lookup spelling of a line without punctuation and numbers around it: "Comments (12)" -> "comments"."""
    return spell(line).strip(_AROUND)


def words(folded: str) -> list[str]:
    """Split a folded line into words, or into characters where words are not spaced (Chinese); at most the first 16."""
    if folded[:1] >= _CJK:
        return list(folded[:_MAX_WORDS].replace(" ", ""))
    return [word.strip(_AFTER_WORD) or word for word in folded.split(" ", _MAX_WORDS)[:_MAX_WORDS]]


def _opening(phrase: str) -> str:
    """Give a phrase's first word; its first two if the first is one letter, as many sentences begin so ("A", "I")."""
    first, _, rest = phrase.partition(" ")
    return f"{first} {rest.partition(' ')[0]}" if rest and len(first) == 1 and first < _CJK else first


LONGEST_HOST = 253
"""Maximum characters of a host name (RFC 1035)."""
_PAST_HOST = "/?#\\"  # a browser takes a backslash for a slash


def host_of(site: str) -> str:
    """Give the host name in an address, or in a bare name, in small letters."""
    return spelled_host(site).casefold()


def spelled_host(site: str) -> str:
    """Give the host name in an address, or in a bare name, as it is spelled there."""
    host = site.strip()
    scheme, slashes, after = host.partition("//")
    if slashes and (not scheme or (scheme[-1] == ":" and not any(mark in scheme for mark in _PAST_HOST))):
        host = after
    for end in _PAST_HOST:
        host = host.partition(end)[0]
    return host.rpartition("@")[2].partition(":")[0].strip(".")


@dataclass(frozen=True, slots=True)
class Rule:
    """One footer rule; `stream.core.rules.loader` describes its fields.

    >>> from stream import load_rules
    >>> rule = load_rules().find("You may also like:")
    >>> rule.kind, rule.about, "you may also like" in rule.phrases
    ('section', 'related', True)
    """

    id: str
    kind: Kind
    match: Match
    phrases: tuple[str, ...]
    example: str
    about: About
    source: tuple[str, ...] = ()
    within: bool = True


@dataclass(frozen=True, slots=True)
class Rules:
    """A set of rules, indexed for lookups. `version` is a short hash of its content (hexadecimal).

    `stream.load_rules` makes one; `from_rules` is for a set made by hand.

    >>> from stream import load_rules
    >>> rules = load_rules()
    >>> rules.find("You may also like:").id
    'en.also-like'
    """

    rules: tuple[Rule, ...]
    version: str
    signs: Signs = field(repr=False, compare=False)
    lines: Mapping[str, Rule] = field(repr=False, compare=False)
    heads: Mapping[str, Rule] = field(repr=False, compare=False)
    starts: Mapping[str, Any] = field(repr=False, compare=False)
    openings: frozenset[str] = field(repr=False, compare=False)  # the first word of each phrase (`_opening`)
    sites: frozenset[str] = field(repr=False, compare=False)  # the sites that have rules of their own
    base: Rules | None = field(default=None, repr=False, compare=False)  # rules to ask where these match nothing
    for_sites: dict[frozenset[str], Rules] = field(default_factory=dict, repr=False, compare=False)  # a cache
    whole_page: bool = False  # the footer model decides where a footer begins
    model: Any = field(default=None, repr=False, compare=False)  # a footer model to use instead of the shipped one
    kept: Kept = field(default_factory=Kept, repr=False, compare=False)  # what the compiled core makes of these rules

    @classmethod
    def from_rules(
        cls, rules: tuple[Rule, ...], version: str, base: Rules | None = None, *, whole_page: bool = False
    ) -> Rules:
        """Index `rules`. Of two with the same phrase the later one counts; rules for single sites match nothing here.

        `version` identifies the set; `base` is asked where these rules match nothing. With `whole_page` the footer
        model decides where a footer begins.
        """
        lines: dict[str, Rule] = {}
        heads: dict[str, Rule] = {}
        starts: _Node = {}
        spelled = {phrase: spell(phrase) for rule in rules for phrase in rule.phrases}
        for rule in rules:
            if rule.source or rule.kind == "hint":
                continue
            for phrase in (spelled[each].strip(_AROUND) for each in rule.phrases):
                if rule.kind == "inline":  # where the phrase is the whole line, a label or section takes precedence
                    heads[phrase] = rule
                    continue
                lines[phrase] = rule
                if rule.match == "start":
                    node = starts
                    for word in words(phrase):
                        node = node.setdefault(word, {})
                    node[_RULE] = rule
        openings = frozenset(map(_opening, (*lines, *heads))).union(starts)
        sites = frozenset(site for rule in rules for site in rule.source)
        general = (rule for rule in rules if not rule.source)
        signs = signs_of(general, spelled, base.signs if base is not None else None)
        return cls(rules, version, signs, lines, heads, starts, openings, sites, base, whole_page=whole_page)

    def for_site(self, site: str) -> Rules:
        """Give the rules for an article of `site`, a host name or address: these, and those for this site alone.

        A rule for `example.org` is also for `www.example.org`. It takes precedence over a general rule with the same
        phrase.
        """
        if not self.sites or not site:
            return self
        host = host_of(site)
        if len(host) > LONGEST_HOST:
            return self
        mine = self.sites.intersection(host[at:] for at in range(len(host)) if not at or host[at - 1] == ".")
        if not mine:
            return self
        found = self.for_sites.get(mine)
        if found is None:
            own = tuple(replace(rule, source=()) for rule in self.rules if mine.intersection(rule.source))
            found = Rules.from_rules(own, self.version, self, whole_page=self.whole_page)
            found = self.for_sites[mine] = replace(found, model=self.model, kept=Kept())
        return found

    def with_model(self, model: Any) -> Rules:
        """Give the same rules with another footer model than the shipped one."""
        return replace(self, model=model, for_sites={}, kept=Kept())

    def find_all(self, lines: Sequence[str], places: Sequence[int]) -> dict[int, Rule]:
        """Find the rules that match the lines at `places`: 0-based index in `lines` -> rule, in order.

        Lines of more than `MAX_MARKER` characters are not looked up.
        """
        found: dict[int, Rule] = {}
        for place in self.candidates(lines, places):
            rule = self._find(lines[place])
            if rule is not None:
                found[place] = rule
        if self.base is None:
            return found
        return dict(sorted({**self.base.find_all(lines, places), **found}.items()))

    def candidates(self, lines: Sequence[str], places: Sequence[int]) -> list[int]:
        """Tell which lines at `places` may be markers; quickly, because most are not.

        The first word tells. If it consists of letters only, which `fold` leaves as they are, it must begin a phrase;
        if it is a single letter, it must begin one together with the next word.
        """
        openings = self.openings
        some: list[int] = []
        for place in places:
            line = lines[place]
            if len(line) <= MAX_MARKER:
                word = line.partition(" ")[0]
                word = word.lower() if word.isascii() else spell(word)
                if word in openings or not word.isalpha() or (word >= _CJK and word[0] in openings):
                    some.append(place)
                elif len(word) == 1 and word < _CJK:
                    two = " ".join(line.split(" ", 2)[:2])
                    two = two.lower() if two.isascii() else spell(two)
                    if two in openings or not two[2:].isalpha():
                        some.append(place)
        return some

    def find(self, line: str) -> Rule | None:
        """Find the rule for a line: for all of it, the part before its colon, or the longest phrase it begins with."""
        rule = self._find(line)
        return rule if rule is not None or self.base is None else self.base.find(line)

    def _find(self, line: str) -> Rule | None:
        spelled = line.lower() if line.isascii() and "  " not in line and "\t" not in line else spell(line)
        folded = spelled.strip(_AROUND)
        rule = self.lines.get(folded) or self.heads.get(folded)
        if rule is not None or not folded:
            return rule
        for colon in _COLONS:
            if colon in spelled:
                rule = self.heads.get(spelled.partition(colon)[0].strip(_AROUND))
                if rule is not None:
                    return rule
        node = self.starts
        if folded[0] < _CJK and folded.partition(" ")[0].strip(_AFTER_WORD) not in node:
            return None
        for word in words(folded):
            if word not in node:
                break
            node = node[word]
            rule = node.get(_RULE, rule)
        return rule
