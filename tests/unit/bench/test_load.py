"""What the benchmarks publish: the kind of text that `--text` names."""

from __future__ import annotations

import argparse
import subprocess
import sys

import pytest

from bench import load
from harness import pages
from harness.commands import ROOT, environment


@pytest.fixture(autouse=True)
def _few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(load, "VARIANTS", 5)
    monkeypatch.setattr(load, "texts_of", load.texts_of.__wrapped__)


def test_each_kind_is_another_text() -> None:
    kinds = {kind: load.texts_of(kind) for kind in load.KINDS}
    assert {len(texts) for texts in kinds.values()} == {5}
    assert kinds[load.WHOLE_PAGE] == ["\n".join(page.lines) for page in pages.pages(5)]
    assert kinds[load.ARTICLE] == load.texts()


def test_articles_are_taken_unless_another_kind_is_asked_for() -> None:
    parser = argparse.ArgumentParser()
    load.add_text_option(parser)
    assert parser.parse_args([]).text == load.ARTICLE
    assert parser.parse_args(["--text", "pages"]).text == load.WHOLE_PAGE


@pytest.mark.parametrize("module", ["bench", "bench.costs", "bench.peers"])
def test_every_benchmark_of_the_worker_names_the_kinds(module: str) -> None:
    command = [sys.executable, "-m", module, "--text", "none"]
    ended = subprocess.run(command, cwd=ROOT, env=environment(), capture_output=True, timeout=60, check=False)
    assert ended.returncode == 2
    assert all(kind in ended.stderr.decode() for kind in load.KINDS)
