"""Every article and rule in `examples/` does what `examples/README.md` says; the programs: tests/contract."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from harness.commands import ROOT, article_stream

EXAMPLES = ROOT / "examples"


def test_every_example_is_told_of() -> None:
    told = (EXAMPLES / "README.md").read_text("utf-8")
    files = [path.name for path in EXAMPLES.iterdir() if path.is_file() and path.name != "README.md"]
    assert files
    assert [name for name in files if f"| `{name}` |" not in told] == []


@pytest.mark.parametrize(
    ("name", "reasons"),
    [
        ("ferry.txt", [{"junk": 1, "repeat": 1, "footer": 3}]),
        ("museum.json", [{"junk": 1, "repeat": 1, "footer": 4}]),
        ("bakery.json", [{"junk": 1, "repeat": 1, "footer": 4}]),
        ("news.jsonl", [{"repeat": 1, "footer": 4}, {"footer": 4}, {"footer": 3}, {"footer": 3}]),
    ],
)
def test_an_article_loses_its_repeats_and_its_footer(name: str, reasons: list[dict[str, int]], tmp_path: Path) -> None:
    kept = tmp_path / "removed.jsonl"
    cleaned = article_stream("clean", "--removed", kept, EXAMPLES / name)
    assert cleaned.code == 0, cleaned
    found = [json.loads(line)["removed"] for line in kept.read_text("utf-8").splitlines()]
    assert [Counter(removal["reason"] for removal in removed) for removed in found] == reasons


def test_a_rule_of_ones_own_removes_what_no_other_does() -> None:
    article = EXAMPLES / "herald.txt"
    assert article_stream("clean", article).out == article.read_text("utf-8")
    cleaned = article_stream("clean", "--set", f"rules={EXAMPLES / 'rules.toml'}", article)
    assert "newsletter" not in cleaned.out
    assert "Get the Herald" not in cleaned.out
    assert article_stream("rules", "lint", EXAMPLES / "rules.toml").code == 0
