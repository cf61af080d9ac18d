"""Cleans what somebody has pasted, with what the worker cleans with, and says of each line whether and why it goes.

Nothing of it is kept, logged or counted.
"""

from __future__ import annotations

from typing import Any, Literal

import orjson

from stream.core.article import Removal
from stream.core.rules import Rule, builtin
from stream.core.rules.credit import same_phrase
from stream.demo import island, lines
from stream.observe.shown import on_one_line, visible
from stream.offline.rows import numbering, original_lines, reasons, rows, rules_named
from stream.offline.value import ShownText, clean_value
from stream.page.snippets import changing, disabling
from stream.records.json_values import object_of
from stream.records.known_sites import KnownSites
from stream.records.process import Processor
from stream.records.shape import Undecodable
from stream.records.site import site_in

MOST_BYTES = 1 << 20
"""The longest article that may be tried."""
MOST_LINES = 5_000
"""How many lines of it are shown; all are cleaned. Worst case: a list of a million names is shown in part."""

Format = Literal["auto", "json", "text"]


def tried(processor: Processor, sites: KnownSites | None, value: bytes, given: Format) -> dict[str, Any]:
    """What the worker would make of a value, for the page. `given`: auto takes a JSON object for one, all else as text.

    Never raises, whatever the bytes are.
    """
    is_json = given == "json" or (given == "auto" and not isinstance(object_of(value), Undecodable))
    site = site_in(processor.codec, value) if is_json else ""
    profile = sites.known_of(site).profile if sites is not None and site else None
    profiles = None if profile is None else {site: profile}
    result = clean_value(processor, value, "json" if is_json else "text", profiles=profiles)
    known: dict[str, dict[str, Any]] = {}
    return {
        "format": "json" if is_json else "text",
        "problem": on_one_line(result.problem),
        "texts": [_shown(text, known) for text in result.texts],
        "rules": known,
        "version": processor.rules.version,
        "site": on_one_line(f"{profile.site}, version {profile.version}") if profile is not None else "",
        "counts": result.counts._asdict(),
        "cleaned": result.value.decode("utf-8", "replace"),
    }


def _shown(text: ShownText, known: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """One text of the article, line by line; the rules that are named in it are added to `known`."""
    found = original_lines(text)
    why, numbers, named = reasons(text, found), numbering(text, found), rules_named(text, found)
    _describe(text, named, known)
    shown = []
    for at, (line, removal, withheld) in enumerate(rows(text, found)[:MOST_LINES]):
        row: dict[str, Any] = {"text": visible(line.rstrip("\r")), "number": numbers.names[at]}
        reason = removal or withheld
        if reason is not None:
            row |= {
                "state": "goes" if removal is not None else "withheld",
                "reason": reason.reason,
                "why": on_one_line(why(reason)),
                "of": None if reason.of is None else reason.of - 1,
                "rule": None if reason.rule is None or reason.reason == "site" else named.get(reason, reason.rule),
            }
        shown.append(row)
    return {"field": on_one_line(text.field), "what": numbers.what, "lines": shown, "line_count": len(found)}


def _describe(text: ShownText, named: dict[Removal, str], known: dict[str, dict[str, Any]]) -> None:
    """Adds the rules that are named, each with those that would find the same line if it alone were disabled."""
    in_force = {rule.id: rule for rule in (*(text.rules.base.rules if text.rules.base else ()), *text.rules.rules)}
    for removal, name in named.items():
        if removal.reason == "site" or (rule := in_force.get(name)) is None:
            continue
        about = known.setdefault(name, {**described(rule), "same": [name]})
        for other in same_phrase(rule, removal.text.strip()):
            if other in in_force and other not in about["same"]:
                about["same"].append(other)
        about["disable"] = disabling(about["same"])


def described(rule: Rule) -> dict[str, Any]:
    """A rule as the page shows it."""
    return {
        "id": on_one_line(rule.id),
        "kind": rule.kind,
        "about": rule.about,
        "match": rule.match,
        "phrases": [on_one_line(phrase) for phrase in rule.phrases],
        "example": on_one_line(rule.example),
        "source": list(rule.source),
        "builtin": rule in builtin().rules,
        "change": changing(rule),
    }


def examples() -> list[dict[str, str]]:
    """The demo's articles to try: as text, or as JSON where that makes a difference."""
    found = []
    for value in (*lines(), island()[-1]):
        article = orjson.loads(value)
        text, is_plain = article["text"], isinstance(article["text"], str) and value != island()[-1]
        given = text if is_plain else orjson.dumps(article, option=orjson.OPT_INDENT_2).decode()
        found.append({"title": article["title"], "lang": article["lang"], "value": given})
    return found
