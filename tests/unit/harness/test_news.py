"""The made news pages: always the same, and of the shapes of real ones."""

from __future__ import annotations

import doctest
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict
from random import Random
from statistics import mean
from unicodedata import name

import orjson
import pytest

from harness import corpus, news, shape
from harness.commands import ROOT, environment
from harness.invented import MOST, words
from harness.prose import languages
from harness.shape import CLASSES, PATH, by_class, distribution, drawn, measured, middle, shapes, written
from stream.offline.evaluation import LabelledPage, labelled_page

COUNT = 400


@pytest.fixture(scope="module")
def pages() -> Sequence[LabelledPage]:
    """The first pages."""
    return tuple(news.pages(COUNT))


def test_the_command_writes_the_same_pages_as_a_labelled_file() -> None:
    command = [sys.executable, "-m", "harness.news", "-n", "15"]
    wrote = subprocess.run(command, cwd=ROOT, env=environment(), capture_output=True, timeout=60, check=True).stdout
    assert [labelled_page(orjson.loads(line)) for line in wrote.splitlines()] == list(news.pages(15))


def test_every_number_has_a_page_of_its_own(pages: Sequence[LabelledPage]) -> None:
    assert len({page.lines for page in pages}) == len({page.id for page in pages}) == COUNT
    assert news.page(COUNT - 1) == pages[-1]


def test_the_classes_come_in_their_shares(pages: Sequence[LabelledPage]) -> None:
    for each, found in by_class(pages).items():
        assert abs(len(found) - COUNT * shapes()[each].share) <= 1, each
    later = [news.place_of(news.ROUND + number) for number in range(5)]
    assert [each for each, _ in later] == [news.place_of(number)[0] for number in range(5)]
    assert later[0][1] == news.classes().count(later[0][0])


def test_pages_have_the_shape_of_their_class(pages: Sequence[LabelledPage]) -> None:
    found, wanted = measured(by_class(pages)["en"], COUNT), shapes()["en"]
    for part in ("body_lines", "footer_lines", "body_chars", "footer_chars"):
        means = getattr(found, part), getattr(wanted, part)
        assert middle(means[0]) == pytest.approx(middle(means[1]), rel=0.1), part
        for place in (1, 10, 18):
            assert means[0][place] == pytest.approx(means[1][place], rel=0.15, abs=1), (part, place)
    for part in ("topics", "ascii_lines", "ascii_pages", "body_prose", "footer_prose", "junk_pages", "repeat_pages"):
        assert getattr(found, part) == pytest.approx(getattr(wanted, part), abs=0.1), part


def test_lines_are_as_long_as_those_of_their_class(pages: Sequence[LabelledPage]) -> None:
    for each, some in by_class(pages).items():
        chars = mean(len(line) for page in some for line in page.lines[page.footer_start :])
        assert chars == pytest.approx(middle(shapes()[each].footer_chars), rel=0.25), each


def test_some_pages_have_repeats_and_none_a_blank_line(pages: Sequence[LabelledPage]) -> None:
    with_copies = mean(len(set(page.lines)) < 0.9 * len(page.lines) for page in pages)
    assert 0.05 < with_copies < 0.5
    assert all(line.strip() and "\n" not in line for page in pages for line in page.lines)


def test_pages_of_a_site_end_alike() -> None:
    sites = by_class(news.pages(200))
    assert sites.keys() == set(CLASSES)
    one, other = [page for page in sites["de"] if page.source == sites["de"][0].source][:2]
    assert one.source == other.source
    equal = [line == same for line, same in zip(one.lines[-12:], other.lines[-12:], strict=True)]
    assert sum(equal) > 8, "but for letters that are not in ASCII"


def test_words_are_invented_in_the_letters_of_the_language() -> None:
    found = {code: words(language, Random(1), 200) for code, language in languages().items()}  # noqa: S311 - not secret
    assert all(len(set(some)) > 120 for some in found.values())
    assert mean(name(letter).startswith("GREEK") for letter in "".join(found["el"])) > 0.9
    assert mean(name(letter).startswith("CJK") for letter in "".join(found["zh"])) > 0.9
    assert {len(word) for word in found["zh"]} == {2}
    assert max(len(word) for word in found["de"]) == MOST


def test_the_examples_are_right() -> None:
    assert doctest.testmod(shape).attempted == 3
    assert doctest.testmod(shape).failed == 0


def test_a_distribution_is_drawn_as_it_was_measured() -> None:
    values = [number * number for number in range(1000)]
    means = distribution(values)
    again = [drawn(means, (number + 0.5) / 5000, number * 0.618 % 1) for number in range(5000)]
    assert middle(means) == pytest.approx(mean(values), rel=0.001)
    assert mean(again) == pytest.approx(mean(values), rel=0.001)


def test_the_file_of_shapes_is_as_it_is_written() -> None:
    assert PATH.read_text("utf-8") == written(shapes())
    assert set(shapes()) == set(CLASSES)
    assert all(0 < asdict(each)["share"] < 1 for each in shapes().values())


@pytest.mark.slow
@pytest.mark.skipif(not corpus.is_here(), reason=corpus.WITHOUT)
def test_the_file_has_the_shapes_of_the_corpus() -> None:
    """Nearly, for a rule more or less is no reason to make all pages anew."""
    real = corpus.news()
    for each, some in by_class(real).items():
        for part, found in asdict(measured(some, len(real))).items():
            wanted = getattr(shapes()[each], part)
            assert found == pytest.approx(wanted, rel=0.1, abs=0.03), (each, part)
