"""What `python -m bench.costs` tells of cleaning: each kind of text, each part."""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Iterator

import pytest

from bench import costs, texts
from bench.parts import PARTS, REST, by_part, found, timed_parts
from harness import news
from harness.twins import in_python, slow
from stream.core.rules import builtin, load


@pytest.fixture(autouse=True)
def _no_garbage() -> Iterator[None]:
    """Collect none meanwhile: that is counted where it happens to begin, and may take longer than all else."""
    gc.disable()
    yield
    gc.enable()


@pytest.fixture(autouse=True)
def _few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(costs, "real_pages", lambda: tuple(news.pages(60)))
    monkeypatch.setattr(costs, "texts_of", lambda _: ["\n".join(page.lines) for page in news.pages(5)])
    monkeypatch.setattr(costs, "SITES", 2)


def test_each_row_has_its_figures() -> None:
    rows = costs.cleaning_rows(5)
    assert len({name for name, _, _ in rows}) == len(rows) == 7
    assert all(count > 0 and min(figures) > 0 for _, count, figures in rows)


def test_every_part_is_a_function_that_is_there() -> None:
    assert all(callable(found(name)) for names in PARTS.values() for name in names)


def test_parts_add_up_and_none_is_left_out() -> None:
    some = ["\n".join(page.lines) for page in news.pages(6)]
    with in_python():
        spent = by_part(costs.cleaned_by(slow(builtin())), some)
    assert all(spent[part] > 0 for part in PARTS)
    assert sum(spent[part] for part in (*PARTS, REST)) == pytest.approx(spent["in all"])
    assert 0 <= spent[REST] < 0.5 * spent["in all"]
    marked = by_part(costs.cleaned_by(load(whole_page=False)), some)
    assert marked["network"] == 0


def test_a_part_is_timed_only_while_it_is_measured() -> None:
    before = [found(name) for names in PARTS.values() for name in names]
    with timed_parts(Counter()):
        assert found("stream.core.cleaning.find_footer") not in before
    assert [found(name) for names in PARTS.values() for name in names] == before


def test_texts_have_their_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(costs, "ROUNDS", 1)
    steps = costs.steps(builtin(), texts.REAL, 3)
    assert steps["in all"] == pytest.approx(sum(value for name, value in steps.items() if name != "in all"))
