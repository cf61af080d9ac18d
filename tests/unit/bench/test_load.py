"""What the benchmarks publish: the kinds of text that `--text` names, the same each time."""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

import pytest

from bench import texts
from harness import corpus, news
from harness.commands import ROOT, environment


@pytest.fixture(autouse=True)
def _few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(texts, "VARIANTS", 5)
    for name in ("texts_of", "real_pages"):
        monkeypatch.setattr(texts, name, getattr(texts, name).__wrapped__)


def test_without_a_corpus_real_pages_are_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(corpus, "CORPUS", Path("nowhere"))
    assert texts.texts_of(texts.REAL) == ["\n".join(page.lines) for page in news.pages(5)]
    assert corpus.WITHOUT in texts.about(texts.REAL)


def test_real_pages_are_those_of_the_corpus_in_another_order(monkeypatch: pytest.MonkeyPatch) -> None:
    pages = tuple(news.pages(9))
    monkeypatch.setattr(corpus, "is_here", lambda: True)
    monkeypatch.setattr(corpus, "news", lambda: pages)
    found = texts.real_pages()
    assert set(found) == set(pages)
    assert list(found) != list(pages)
    assert found == texts.real_pages()
    assert corpus.WITHOUT not in texts.about(texts.REAL)


def test_a_shuffled_article_has_the_words_of_the_plain_one_and_no_sentence() -> None:
    plain, vary = texts.texts_of(texts.PLAIN), texts.texts_of(texts.VARY)
    assert len(plain) == len(vary) == 5
    for one, other in zip(plain, vary, strict=True):
        assert one != other
        for line, shuffled in zip(one.split("\n"), other.split("\n"), strict=True):
            assert sorted(line.split()) == sorted(shuffled.split())
    lines = "\n".join(vary).split("\n")
    assert len(set(lines)) < len(lines), "equal paragraphs stay equal"
    ends = sum(line.endswith(".") for line in lines)
    assert ends < 0.2 * sum(line.endswith(".") for line in "\n".join(plain).split("\n"))


def test_real_pages_are_taken_unless_other_kinds_are_asked_for() -> None:
    parser = argparse.ArgumentParser()
    texts.add_text_option(parser)
    assert parser.parse_args([]).text == [texts.REAL]
    assert parser.parse_args(["--text", "plain,vary"]).text == [texts.PLAIN, texts.VARY]


@pytest.mark.parametrize("module", ["bench", "bench.offline", "bench.peers", "bench.records"])
def test_every_benchmark_of_articles_names_the_kinds(module: str) -> None:
    command = [sys.executable, "-m", module, "--text", "none"]
    ended = subprocess.run(command, cwd=ROOT, env=environment(), capture_output=True, timeout=60, check=False)
    assert ended.returncode == 2
    assert all(kind in ended.stderr.decode() for kind in texts.KINDS)
