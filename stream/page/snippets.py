"""Rules in TOML, to be copied into a file of `STREAM_RULES`."""

from __future__ import annotations

import json
from collections.abc import Sequence

from stream.core.rules import Rule
from stream.core.rules.loader import DEFAULT_ABOUT


def disabling(ids: Sequence[str]) -> str:
    """What switches rules off."""
    return f"disable = [{', '.join(map(quoted, ids))}]\n"


def changing(rule: Rule) -> str:
    """The whole rule, to be changed: with the same id it takes the place of the rule that it was."""
    lines = ["[[rule]]", f"id = {quoted(rule.id)}", f"kind = {quoted(rule.kind)}"]
    if rule.about != DEFAULT_ABOUT[rule.kind]:
        lines.append(f"about = {quoted(rule.about)}")
    if rule.match != "line":
        lines.append(f"match = {quoted(rule.match)}")
    lines += ["phrases = [", *(f"    {quoted(phrase)}," for phrase in rule.phrases), "]"]
    lines.append(f"example = {quoted(rule.example)}")
    if rule.source:
        lines.append(f"source = [{', '.join(map(quoted, rule.source))}]")
    if not rule.within:
        lines.append("within = false")
    return "\n".join(lines) + "\n"


def quoted(text: str) -> str:
    """A basic string of TOML. It has the escapes of JSON, and one more character that must be escaped."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007F")
