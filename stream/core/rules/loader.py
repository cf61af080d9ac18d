"""Reads footer rules: TOML files, those beside this module, one a language, and the user's own.

    [[rule]]
    id = "en.also-like"             unique; a rule in a later file replaces one with the same id
    kind = "section"                section | label | inline | notice | end | hint (see `Kind`)
    about = "related"               its topic (see `ABOUTS`); the default depends on the kind
    match = "line"                  line: the whole line (the default); start: its first words;
                                    opening: its first characters (hints only)
    phrases = ["you may also like"] compared in the lookup spelling (`stream.core.spelling`): case, accents, spaces,
                                    invisible characters and the punctuation around a line do not matter
    example = "You may also like:"  a line that the rule matches
    within = false                  optional, for an `inline` rule with the footer model: such a link between two
                                    paragraphs may be the author's own, and stays
    source = ["example.org"]        optional: the only sites that the rule is for; includes www.example.org

A file may also say `disable = ["en.share"]`. A rule holds no pattern: a line is looked up word by word, so the time for
a line does not grow with the number of rules.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cache
from os import PathLike
from pathlib import Path
from typing import Any

import orjson
from xxhash import xxh3_128_hexdigest

from stream.core.rules.model import MAX_MARKER, Kind, Match, Rule, RuleError, Rules, fold, host_of
from stream.core.rules.topics import ABOUTS, About

HERE = Path(__file__).parent
KINDS: tuple[Kind, ...] = ("section", "label", "inline", "notice", "end", "hint")
MATCHES: tuple[Match, ...] = ("line", "start")
HINT_MATCHES: tuple[Match, ...] = ("line", "opening")
DEFAULT_ABOUT: dict[Kind, About] = {
    "section": "related",
    "label": "share",
    "inline": "related",
    "notice": "ad",
    "end": "legal",
    "hint": "nav",
}
FIELDS = frozenset({"id", "kind", "about", "match", "phrases", "example", "source", "within"})


@cache
def builtin() -> Rules:
    """Give the rules that come with the package."""
    return load()


def load(paths: Iterable[str | PathLike[str]] = (), *, whole_page: bool = True) -> Rules:
    """Read the built-in rules, then those of the files at `paths`, in order.

    With `whole_page` the footer model decides where a footer begins (`stream.core.footer`); otherwise only markers do.

    Raises `RuleError` (a `ValueError`) that names the file, the rule and what is allowed, and `OSError` if a file
    cannot be read.

    >>> from stream import clean, load_rules
    >>> rules = load_rules()  # the built-in ones; load_rules(["mine.toml"]) adds yours
    >>> clean("It leaves at six.", rules).rules_version == rules.version
    True
    """
    found: dict[str, Rule] = {}
    for path in sorted(HERE.glob("*.toml")):
        _add(found, path.name, path.read_bytes(), checked=True)
    for own in paths:
        _add(found, str(own), Path(own).read_bytes())
    rules = tuple(found.values())
    content = repr(rules).encode("utf-8", "surrogatepass")
    if whole_page:
        content += (HERE.parent / "footer" / "network.bin").read_bytes()
    return Rules.from_rules(rules, xxh3_128_hexdigest(content)[:12], whole_page=whole_page)


def _add(found: dict[str, Rule], name: str, content: bytes, *, checked: bool = False) -> None:
    """Add the rules of one file to `found`, and remove those that it disables.

    `checked`: the file is one of ours, which a test loads like a user's; checking its rules again would take most of
    the time of each start.
    """
    try:
        text = content.decode("utf-8")
        data = (parsed_plainly(text) if checked else None) or _parsed(text)
    except (ValueError, RecursionError) as error:  # not UTF-8, not TOML, or nested too deeply
        raise RuleError(name, f"not a TOML file in UTF-8: {error}") from error
    if unknown := sorted(set(data) - {"rule", "disable"}):
        raise RuleError(name, f"unknown key {unknown[0]!r}; allowed are [[rule]] tables and disable")
    entries = data.get("rule", [])
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise RuleError(name, "rule must be a list of [[rule]] tables")
    own: set[str] = set()
    for number, entry in enumerate(entries, 1):
        rule = _shipped(entry) if checked else _rule(name, number, entry)
        if rule.id in own:
            raise RuleError(name, f"rule {rule.id!r}: the id occurs twice in this file; ids are unique in a file")
        own.add(rule.id)
        found.pop(rule.id, None)
        found[rule.id] = rule
    for rule_id in _strings(name, "disable", data.get("disable", [])):
        if found.pop(rule_id, None) is None:
            raise RuleError(name, f"disable: there is no rule {rule_id!r} in this file or before it")


def _parsed(text: str) -> dict[str, Any]:
    import tomli  # noqa: PLC0415 - without rules of the user's own it is not needed

    return tomli.loads(text)


def parsed_plainly(text: str) -> dict[str, Any] | None:
    """Parse a file of ours as JSON, into which little turns it: as TOML it would take a sixth of a command's start.

    None if it is not written as plainly as ours are. A test compares the result with that of a parser for TOML.
    """
    text = text.replace(",\n]", "\n]")
    for field in FIELDS:
        text = text.replace(f"\n{field} = ", f'\n,"{field}":')
    head, *tables = text.split("[[rule]]\n,")
    if any(line and line[0] != "#" for line in head.split("\n")):
        return None
    try:
        return {"rule": orjson.loads("[{" + "},{".join(tables) + "}]")}
    except orjson.JSONDecodeError:
        return None


def _rule(name: str, number: int, entry: dict[str, object]) -> Rule:  # noqa: C901 - one check for each field
    rule_id = entry.get("id")
    if not isinstance(rule_id, str) or not rule_id.isprintable() or not rule_id or rule_id != "".join(rule_id.split()):
        where = f"{name}: rule number {number}"
        raise RuleError(where, f"id must be a word such as 'en.also-like', not {rule_id!r}")
    where = f"{name}: rule {rule_id!r}"
    if unknown := sorted(set(entry) - FIELDS):
        raise RuleError(where, f"unknown key {unknown[0]!r}; allowed are {', '.join(sorted(FIELDS))}")
    kind = next((kind for kind in KINDS if kind == entry.get("kind")), None)
    if kind is None:
        raise RuleError(where, f"kind is {entry.get('kind')!r}; allowed are {', '.join(KINDS)}")
    matches = HINT_MATCHES if kind == "hint" else MATCHES
    match = next((match for match in matches if match == entry.get("match", "line")), None)
    if match is None:
        raise RuleError(where, f"match is {entry.get('match')!r}; allowed are {', '.join(matches)}")
    about = next((about for about in ABOUTS if about == entry.get("about", DEFAULT_ABOUT[kind])), None)
    if about is None:
        raise RuleError(where, f"about is {entry.get('about')!r}; allowed are {', '.join(ABOUTS)}")
    phrases = _strings(where, "phrases", entry.get("phrases"))
    for phrase in phrases:
        if not fold(phrase) or len(phrase) > MAX_MARKER:
            raise RuleError(where, f"phrase {phrase!r}: allowed are 1 to {MAX_MARKER} characters with a letter")
    if not phrases:
        raise RuleError(where, "phrases is empty; give at least one")
    example = entry.get("example")
    if not isinstance(example, str):
        raise RuleError(where, "example must be a string: a line that the rule finds")
    within = entry.get("within", True)
    if not isinstance(within, bool):
        raise RuleError(where, f"within is {within!r}; allowed are true and false")
    rule = Rule(rule_id, kind, match, phrases, example, about, _sites(where, entry.get("source", [])), within)
    alone = Rules.from_rules((replace(rule, source=()),), "")
    if not (alone.signs.topic(example) if kind == "hint" else alone.find(example)):
        raise RuleError(where, f"the rule does not find its example {example!r}")
    return rule


def _shipped(entry: Mapping[str, Any]) -> Rule:
    """Give the rule of an entry that needs no check."""
    kind: Kind = entry["kind"]
    about = entry.get("about", DEFAULT_ABOUT[kind])
    source, within = tuple(entry.get("source", ())), entry.get("within", True)
    return Rule(
        entry["id"], kind, entry.get("match", "line"), tuple(entry["phrases"]), entry["example"], about, source, within
    )


def _sites(where: str, value: object) -> tuple[str, ...]:
    """Check a list of sites; give their host names in small letters."""
    sites = tuple(site.strip(".").casefold() for site in _strings(where, "source", value))
    for site in sites:
        if not site or site != host_of(site):
            raise RuleError(where, f"source {site!r}: allowed are host names, such as 'example.org'")
    return sites


def _strings(where: str, key: str, value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise RuleError(where, f"{key} must be a list of strings")
    return tuple(value)
