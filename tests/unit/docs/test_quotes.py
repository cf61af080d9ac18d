"""Sentences of the program that documents quote are the program's own, so that a reader who searches finds them.

A quote is a code span that reads as a sentence, or a line of a log or of `article-stream check` in a block. `…` in a
quote stands for whatever differs from case to case. Values that are given as an example (settings, numbers, topics,
addresses, strings in quotes) count as `…`, too.
"""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from harness.commands import ROOT

PAGES = [ROOT / "README.md", ROOT / "examples/README.md", *sorted((ROOT / "docs").rglob("*.md"))]
FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
GENERATED = re.compile(r"<!-- (\w+) -->.*?<!-- /\1 -->", re.DOTALL)
SPAN = re.compile(r"`([^`]+)`")
LOG_LINE = re.compile(r"^[\d-]{10} [\d:]{8} \[\w+ *\] (.+)$|^[✓!✗] [a-z ]+: (.+)$", re.MULTILINE)
SENTENCE = re.compile(r"[A-Z…].*")
WORD = re.compile(r"(?<![\w.-])[A-Za-z][a-z']+(?![\w=-]|\.\w)")
SHORT, LONG = 3, 5  # words of a quote: in the tables of troubleshooting.md, which quote a lot; on other pages
COMMAND = re.compile(r"(?:article-stream|docker|dead-letters) ")
NOT_OURS = {
    "By Elena Marsh in Port Carrow",  # an article
    "Couldn't find leader endpoint …, these partitions are likely deleted already and hence can be skipped",  # Kafka
}
PYDANTIC = "input should be … or …"
VARIES = re.compile(
    r"""\{[^{}]*\} | %[sd] | %\.\df | (?<!\w)'[^']*' | "[^"]*" | \bSTREAM_[A-Z_…]+ | \bhttps?://[^\s;,]+
    | (?<![\w/])/[\w*~/]+
    | \bkafka:\d+ | \b(?:clean\.)?articles\.\w+(?:\ \[\d+\]|/[\d/]+)?
    | \barticle-stream\b | \b[0-9a-f]{12}\b | \bexactly\ once\b
    | \b(?:none|compiled|READ|WRITE)\b
    | \b\d[\d.,]*\d?(?:\ (?:records?|partitions?|cleaned|unchanged|tombstone|dead
                          |(?:repeated|footer|junk)\ [a-z]+))?\b""",
    re.VERBOSE,
)
BETWEEN = re.compile(r"…|(?<=[.,:;]) ")  # what a sentence is put together from
MANY = re.compile(r"…(?:(?:, )?…)+")


def varying(text: str) -> str:
    """Give a text with `…` for each value that differs from case to case."""
    return MANY.sub("…", VARIES.sub("…", text))


def strings(tree: ast.AST) -> list[str]:
    """Give the strings of a program, with `…` for each value that is put into one; no docstrings."""
    skipped = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            skipped.update(map(id, node.values))
            found.append("".join(str(part.value) if isinstance(part, ast.Constant) else "…" for part in node.values))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in skipped:
            found.append(node.value)
    return found


@cache
def said() -> str:
    """Give all that the program may say, one string a line."""
    files = (ROOT / "stream").rglob("*.py")
    texts = (text for file in files for text in strings(ast.parse(file.read_text("utf-8"))))
    return "\n".join([*map(varying, texts), PYDANTIC])


def quotes(page: Path) -> list[str]:
    """Give what a page quotes of the program's sentences."""
    text = GENERATED.sub("", page.read_text("utf-8"))
    lines = [log or checked for log, checked in LOG_LINE.findall(text)]
    for span in SPAN.findall(FENCE.sub("", text)):
        quote = " ".join(span.split())
        words = len(WORD.findall(quote))
        if words < SHORT or COMMAND.match(quote) or quote in NOT_OURS:
            continue
        if page.name == "troubleshooting.md" or (words >= LONG and SENTENCE.match(quote)):
            lines.append(quote)
    return lines


def unsaid(quote: str) -> list[str]:
    """Give the parts of a quote that no string of the program has."""
    parts = (part.strip(" .;:,()") for part in BETWEEN.split(varying(quote)))
    return [part for part in parts if part not in said()]


@pytest.mark.parametrize("page", [page for page in PAGES if quotes(page)], ids=lambda page: page.name)
def test_what_a_page_quotes_is_what_the_program_says(page: Path) -> None:
    assert {quote: parts for quote in quotes(page) if (parts := unsaid(quote))} == {}


@pytest.mark.parametrize(
    "quote",
    [
        "Publishing goes on.",
        "articles.raw [0]: 100 records are gone before they were read",
        "STREAM_HTTP_PORT: 127.0.0.1:6066 cannot be listened on (…)",
    ],
)
def test_words_that_the_program_does_not_say_are_found(quote: str) -> None:
    assert unsaid(quote)


def test_the_quotes_are_found() -> None:
    assert len(quotes(ROOT / "docs/troubleshooting.md")) > 30
    assert "Partitions given up: 0, 1, 2, 3 (now: none)." in quotes(ROOT / "docs/beside-your-kafka.md")
