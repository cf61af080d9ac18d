"""Cleaning gives today what the files in `tests/golden/` say, byte for byte, with and without the compiled core.

The pages are all that this repository has, and those of the corpus of real ones where it is here: of these a sample,
or all of them with STREAM_TEST_EXAMPLES=full.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from pathlib import Path

import pytest
from hypothesis import settings

from harness import corpus, golden, pages
from harness.known_sites import share_of_sites, with_profiles
from harness.twins import in_python, needs_compiled, slow
from stream.offline.evaluation import LabelledPage

IN_FULL = settings.get_current_profile_name() == "full"
# One of so many sites of the corpus, with the compiled core and without them, which takes three times as long.
COMPILED_EVERY, PYTHON_EVERY = (1, 1) if IN_FULL else (12, 40)
OWN_IN_PYTHON_EVERY = 1 if IN_FULL else 4
needs_corpus = pytest.mark.skipif(not corpus.is_here(), reason=corpus.WITHOUT)
IF_MEANT = "If that is meant, `python -m harness.golden --write` writes what cleaning gives now."


@pytest.fixture(params=[pytest.param("compiled", marks=needs_compiled), "Python"])
def by(request: pytest.FixtureRequest) -> Iterator[golden.Modes]:
    """The rules for each implementation in turn, and that implementation in use."""
    rules = golden.modes()
    with nullcontext() if request.param == "compiled" else in_python():
        yield rules if request.param == "compiled" else golden.Modes(*map(slow, rules))


@pytest.fixture(params=golden.OWN)
def own(request: pytest.FixtureRequest) -> golden.Kept:
    """The pages of each kind in turn."""
    return golden.OWN[request.param]


def is_compiled(request: pytest.FixtureRequest) -> bool:
    """Whether a test has the compiled parts."""
    return bool(request.node.callspec.params["by"] == "compiled")


def differences(path: Path, chosen: Sequence[LabelledPage], by: golden.Modes) -> list[str]:
    """Say which cases of which pages are not as the file has them."""
    known = golden.read(path)
    return [
        f"{page.id}: {', '.join(name for name in found if found[name] != known[page.id].get(name))}"
        for page, found in golden.hashes(chosen, by)
        if found != known[page.id]
    ]


def test_own_pages_are_cleaned_as_before(request: pytest.FixtureRequest, own: golden.Kept, by: golden.Modes) -> None:
    chosen = share_of_sites(own.pages(), 1 if is_compiled(request) else OWN_IN_PYTHON_EVERY)
    assert len(chosen) > 20
    assert differences(own.path, chosen, by) == [], IF_MEANT


@needs_corpus
@pytest.mark.slow
def test_real_pages_are_cleaned_as_before(request: pytest.FixtureRequest, by: golden.Modes) -> None:
    every = COMPILED_EVERY if is_compiled(request) else PYTHON_EVERY
    chosen = share_of_sites(corpus.corpus(), every)
    assert len(chosen) > len(corpus.corpus()) / every / 3
    assert differences(golden.REAL.path, chosen, by) == [], IF_MEANT


def kept_otherwise(chosen: Sequence[LabelledPage]) -> list[str]:
    """Give the ids of pages that are cleaned otherwise with what a worker keeps of their sites."""
    by = golden.modes()
    known = [(page, profile) for page, profile in with_profiles(chosen, by.model) if profile is not None]
    assert len(known) > len(chosen) / 4
    return [page.id for page, profile in known if not golden.is_kept_alike(page, by, profile)]


@needs_compiled
def test_own_pages_are_cleaned_alike_with_what_a_worker_keeps_of_their_sites() -> None:
    assert kept_otherwise([*golden.OWN["pages"].pages()]) == []


@needs_compiled
@needs_corpus
@pytest.mark.slow
def test_real_pages_are_cleaned_alike_with_what_a_worker_keeps_of_their_sites() -> None:
    assert kept_otherwise(share_of_sites(corpus.corpus(), COMPILED_EVERY)) == []


def test_every_own_page_is_in_the_file(own: golden.Kept) -> None:
    assert list(golden.read(own.path)) == sorted(page.id for page in own.pages())


@needs_corpus
def test_every_real_page_is_in_the_file() -> None:
    assert list(golden.read(golden.REAL.path)) == sorted(page.id for page in corpus.corpus())


@pytest.mark.parametrize("name", ["few.tsv", "few.tsv.gz"])
def test_the_same_pages_are_written_as_the_same_bytes(tmp_path: Path, name: str) -> None:
    few = tuple(pages.pages(6))
    path = tmp_path / name
    golden.write(path, few)
    written = path.read_bytes()
    golden.write(path, few)
    assert path.read_bytes() == written
    known = golden.read(path)
    assert {page.id: found for page, found in golden.hashes(few, golden.modes())} == known
    assert all({"profile", "model page", "markers short"} <= set(found) for found in known.values())


def test_a_hash_tells_each_difference() -> None:
    text = "\n".join(pages.page(0).lines)
    by = golden.modes()
    hashes = {golden.hash_of(each, rules) for each in (text, text + ".") for rules in by}
    assert len(hashes) == 4
