"""Rule files from users: however many rules and whatever phrases they hold, a lookup takes the same few steps."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

import stream.core.rules
from stream.core.cleaning import clean_in_python
from stream.core.rules import Rules, load

# Phrases that would make a regular expression backtrack for ever, match everything, or fail to compile.
PATTERNS = ["(a+)+$", "(a|aa)*b", "([a-z]+)*\\d", ".*.*.*x", "(?P<n>x)(?P=n)", "a{1,65535}", "[", "(", "\\", "x*" * 40]
BODY = "The ferry to the outer islands was cancelled again on Monday. Nobody at the quay was surprised by it at all."


def rule_file(path: Path, phrases: Iterable[str], match: str) -> Path:
    """Write a file with a rule for each phrase."""
    entries = []
    for number, phrase in enumerate(phrases):
        spelled = phrase.replace("\\", "\\\\").replace('"', '\\"')
        entries.append(
            f'[[rule]]\nid = "own.{number}"\nkind = "label"\nmatch = "{match}"\n'
            f'phrases = ["{spelled}"]\nexample = "{spelled}"\n'
        )
    path.write_text("\n".join(entries), "utf-8")
    return path


def steps(rules: Rules, text: str) -> int:
    """Count the lines of Python executed to clean a text."""
    count = 0

    def line(_frame: FrameType, event: str, _argument: object) -> Any:
        nonlocal count
        count += event == "line"
        return line

    before = sys.gettrace()
    sys.settrace(line)
    try:
        clean_in_python(text, rules)
    finally:
        sys.settrace(before)
    return count


@pytest.mark.parametrize("match", ["line", "start"])
def test_ten_thousand_rules_take_no_more_steps_than_none(tmp_path: Path, match: str) -> None:
    many = load([rule_file(tmp_path / "many.toml", (f"word{n} again {n % 7}" for n in range(10_000)), match)])
    deep = load([rule_file(tmp_path / "deep.toml", (" ".join(["a"] * n) for n in range(1, 41)), match)])
    text = "\n".join([BODY, *[f"{'a ' * 38}b", f"word{1} again", "a" * 80, "wordless"] * 50])
    most = max(steps(many, text), steps(deep, text))
    assert most <= 5 * steps(load(), text), "the phrase's words, not the rules, are what is walked"


def test_a_phrase_is_letters_and_not_a_pattern(tmp_path: Path) -> None:
    phrases = [f"{pattern} more" for pattern in PATTERNS if len(pattern) < 70]
    rules = load([rule_file(tmp_path / "patterns.toml", phrases, "line")])
    for phrase in phrases:
        assert rules.find(phrase) is not None
    for line in ("a" * 80, "aaaa more", "ab more", "yyx more", "ferry1 more"):
        assert rules.find(line) is None


def test_rules_know_no_regular_expressions() -> None:
    for path in Path(stream.core.rules.__file__).parent.glob("*.py"):
        names = {
            name.name
            for node in ast.walk(ast.parse(path.read_text("utf-8")))
            if isinstance(node, ast.Import)
            for name in node.names
        }
        modules = {
            node.module for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.ImportFrom)
        }
        assert not {"re", "fnmatch", "regex"} & (names | modules), path.name
