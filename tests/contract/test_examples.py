"""The programs in `examples/`, with a worker between them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from harness.commands import ROOT, environment
from harness.processes import Worker, until
from stream.kafka.embedded import EmbeddedBroker
from tests.brokers import Broker

EXAMPLES = ROOT / "examples"


def program(name: str, *arguments: object, timeout_s: float = 120) -> subprocess.CompletedProcess[str]:
    """Run an example that is a program."""
    return subprocess.run(
        [sys.executable, str(EXAMPLES / name), *map(str, arguments)],
        cwd=ROOT, env=environment(), capture_output=True, text=True, timeout=timeout_s, check=False,
    )  # fmt: skip


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
