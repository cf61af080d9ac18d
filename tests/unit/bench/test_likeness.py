"""The made pages beside real ones: what is printed with a corpus and without one."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from bench import likeness
from bench.timing import Page, figures, timed
from harness import corpus, news


def printed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> str:
    monkeypatch.setattr(sys, "argv", ["likeness", "--pages", "30", "--rounds", "1"])
    likeness.main()
    return capsys.readouterr().out


def test_without_a_corpus_it_says_so(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(corpus, "CORPUS", Path("nowhere"))
    said = printed(monkeypatch, capsys)
    assert "made" in said
    assert "real │" not in said
    assert corpus.WITHOUT in said


def test_real_pages_stand_beside_made_ones(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(corpus, "is_here", lambda: True)
    monkeypatch.setattr(corpus, "news", lambda: tuple(news.pages(40))[10:])
    said = printed(monkeypatch, capsys)
    assert "real │" in said
    assert corpus.WITHOUT not in said


def test_each_series_has_its_times() -> None:
    called: list[str] = []
    texts = ["one", "two\nlines"]
    found = timed({"a": (called.append, texts), "b": (lambda _: None, texts[:1])}, rounds=2)
    assert called == texts * 2
    assert [(page.bytes, page.lines) for page in found["a"]] == [(3, 1), (9, 2)]
    assert len(found["b"]) == 1
    assert all(page.us > 0 for pages in found.values() for page in pages)


def test_the_figures_of_pages() -> None:
    pages = [Page(1000, 10, 2.0)] * 99 + [Page(1000, 10, 202.0)]
    found = figures(pages)
    assert found.us == 4.0
    assert found.mb_per_s == 250.0
    assert found.us_per_line == 0.4
    assert found.p99_to_mean == 50.5
