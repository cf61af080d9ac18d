"""Every file in `examples/` does what `examples/README.md` says of it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from harness.commands import ROOT, article_stream, environment
from harness.processes import Worker, until
from stream.kafka.embedded import EmbeddedBroker
from tests.brokers import Broker

EXAMPLES = ROOT / "examples"


def program(name: str, *arguments: object, timeout_s: float = 60) -> subprocess.CompletedProcess[str]:
    """Run an example that is a program."""
    return subprocess.run(
        [sys.executable, str(EXAMPLES / name), *map(str, arguments)],
        cwd=ROOT, env=environment(), capture_output=True, text=True, timeout=timeout_s, check=False,
    )  # fmt: skip


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


def test_the_producer_and_the_reader_work_with_a_worker_between_them(embedded: EmbeddedBroker) -> None:
    servers = embedded.bootstrap_servers
    settings = Broker("embedded", servers).topics("examples").settings()
    with Worker(settings) as worker:
        until(worker.ready, "the worker to be ready")
        sent = program("producer.py", servers, settings["input_topic"], EXAMPLES / "news.jsonl")
        assert (sent.returncode, sent.stderr) == (0, "")
        assert sent.stdout == f"4 articles published to {settings['input_topic']}.\n"
        read = program("reader.py", servers, settings["output_topic"], 4)
    assert (read.returncode, read.stderr) == (0, "")
    assert sorted(line.partition(" removed:")[0] for line in read.stdout.splitlines()) == [
        "faro-1: 1 repeats, 4 footer lines, 0 junk lines",
        "hon-3: 0 repeats, 3 footer lines, 0 junk lines",
        "teatr-4: 0 repeats, 3 footer lines, 0 junk lines",
        "tramwaj-2: 0 repeats, 4 footer lines, 0 junk lines",
    ]


def test_the_producer_says_what_was_not_published(tmp_path: Path) -> None:
    file = tmp_path / "bad.jsonl"
    file.write_text('{"text": "it has no id"}\n', "utf-8")
    sent = program("producer.py", "localhost:1", "articles.raw", file)
    assert sent.returncode == 1
    assert sent.stdout == ""
    assert f"{file}:1 is no JSON object with an id. Nothing after it was published." in sent.stderr.splitlines()
