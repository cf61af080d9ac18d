"""The composed pages: always the same, labelled in the format that `evaluate` reads, and as varied as they say."""

from __future__ import annotations

import subprocess
import sys
from statistics import mean, median

import orjson

from harness.commands import ROOT, environment
from harness.pages import KINDS, LANGUAGES, as_json, page, pages
from harness.prose import languages
from stream.offline.evaluation import LabelledPage, labelled_page


def kind_of(made: LabelledPage) -> str:
    return made.id.rsplit("-", 1)[1]


def test_the_command_writes_the_same_pages_as_a_labelled_file() -> None:
    command = [sys.executable, "-m", "harness.pages", "-n", "15"]
    written = subprocess.run(command, cwd=ROOT, env=environment(), capture_output=True, timeout=60, check=True).stdout
    assert [labelled_page(orjson.loads(line)) for line in written.splitlines()] == list(pages(15))


def test_a_page_is_read_as_it_was_made() -> None:
    for made in pages():
        assert labelled_page(orjson.loads(orjson.dumps(as_json(made)))) == made


def test_every_language_and_every_kind_is_there() -> None:
    assert {made.lang for made in pages()} == set(LANGUAGES) == set(languages())
    assert {kind_of(made) for made in pages()} == set(KINDS)


def test_pages_have_the_lengths_of_real_ones() -> None:
    """Real news pages have 122 lines of 67 bytes in the mean, 98 in the median, and 16 lines of body."""
    made = list(pages())
    assert 90 < mean(len(each.lines) for each in made) < 140
    assert 70 < median(len(each.lines) for each in made) < 120
    assert 12 < mean(sum(each.body) for each in made) < 20
    assert 6_000 < mean(len("\n".join(each.lines).encode()) for each in made) < 9_000
    assert mean(not "".join(each.lines).isascii() for each in made) > 0.9


def test_no_line_of_an_article_comes_twice_but_in_its_copy() -> None:
    for made in pages():
        told = [line for line, body in zip(made.lines, made.body, strict=True) if body]
        assert len(set(told)) == len(told), made.id
        copied = {line for line, neutral in zip(made.lines, made.neutral, strict=True) if neutral} & set(told)
        assert bool(copied) == (kind_of(made) == "twice"), made.id


def test_no_slot_is_left_open() -> None:
    for made in pages(300):
        if kind_of(made) != "code":
            assert not set("{}") & set("".join(made.lines)), made.id
        assert all(line.strip() for line in made.lines), made.id


def test_only_bare_pages_have_no_footer() -> None:
    for made in pages():
        assert (made.footer_start == len(made.lines)) == (kind_of(made) == "bare"), made.id


def test_every_number_has_a_page_of_its_own() -> None:
    assert len({made.lines for made in pages(300)}) == 300
    assert page(7) == page(7)
