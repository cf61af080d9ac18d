"""What cleaning gives for whole pages, as hashes: `python -m harness.golden --write` writes them to `tests/golden/`.

A hash is of everything that `clean` gives: the text, the removals, what was withheld. There is one for each `Case` of a
page. A test compares them with what is there, so a change of the code that is to change nothing can show that it does
not, on other machines too, and also for the corpus, whose texts are not ours to ship. A change that is meant to change
results writes them anew, and its difference in `tests/golden/` shows how many pages it touches.
"""

from __future__ import annotations

import argparse
import gzip
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import orjson
from xxhash import xxh3_64_hexdigest, xxh3_64_intdigest

from harness import corpus, news, pages
from harness.known_sites import with_profiles
from stream.core.cleaning import clean
from stream.core.packed import kept_small, pack
from stream.core.rules import Rules
from stream.core.rules import load as load_rules
from stream.core.sites import Profile
from stream.offline.evaluation import MOST_OF_SHORT, LabelledPage, shortened

FOLDER = Path(__file__).parents[1] / "tests" / "golden"
NEWS = 300
"""Pages of `harness/news.py`."""
SHAPES = ("page", "body", "short")
"""A page as it is; its article alone; its article with the first lines of its footer."""
NO_PROFILE = "-" * 12
Hashes = Mapping[str, str]
"""The hash of each case by its name; under `profile` the version of the site's profile."""


class Modes(NamedTuple):
    """The rules of the two values of STREAM_FOOTERS."""

    model: Rules
    markers: Rules


def modes() -> Modes:
    """The rules that come with the package."""
    return Modes(load_rules(whole_page=True), load_rules(whole_page=False))


CASES = tuple(f"{mode} {shape}" for mode in (*Modes._fields, "site") for shape in SHAPES)
"""`site` is the model with what the site's other pages tell. With markers a profile changes nothing."""


def hashes(chosen: Iterable[LabelledPage], by: Modes) -> Iterator[tuple[LabelledPage, Hashes]]:
    """Clean pages in every way; give the hashes of each. All pages of a site are to be among them."""
    for page, profile in with_profiles(chosen, by.model):
        yield page, hashes_of(page, by, profile)


def hashes_of(page: LabelledPage, by: Modes, profile: Profile | None) -> Hashes:
    """Clean one page in every way."""
    few = 1 + xxh3_64_intdigest(page.id.encode()) % MOST_OF_SHORT
    shapes = (page, shortened(page, 0), shortened(page, few))
    model, markers = by.model.for_site(page.source), by.markers.for_site(page.source)
    ways: dict[str, tuple[Rules, Profile | None]] = {"model": (model, None), "markers": (markers, None)}
    if profile is not None:
        ways["site"] = model, profile
    found = {
        f"{way} {name}": hash_of("\n".join(shape.lines), *given)
        for way, given in ways.items()
        for name, shape in zip(SHAPES, shapes, strict=True)
    }
    return {"profile": NO_PROFILE if profile is None else profile.version, **found}


def is_kept_alike(page: LabelledPage, by: Modes, profile: Profile) -> bool:
    """Whether a page is cleaned alike with all that a profile knows and with what a worker keeps of that."""
    text, rules = "\n".join(page.lines), by.model.for_site(page.source)
    small = replace(profile, known=kept_small(pack(profile.known)))
    return hash_of(text, rules, small) == hash_of(text, rules, profile)


def hash_of(text: str, rules: Rules, profile: Profile | None = None) -> str:
    """Clean a text; give the hash of the result."""
    cleaned = clean(text, rules, profile)
    whole = [cleaned.text, *([[*removal] for removal in some] for some in (cleaned.removed, cleaned.withheld))]
    return xxh3_64_hexdigest(orjson.dumps(whole))


def read(path: Path) -> Mapping[str, Hashes]:
    """Read a file of hashes: those of each page by its id. Raises `OSError` if it is not there."""
    content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    head, *lines = content.decode("utf-8").splitlines()
    names = head.split("\t")[1:]
    rows = (line.split("\t") for line in lines)
    return {page_id: {name: each for name, each in zip(names, found, strict=True) if each} for page_id, *found in rows}


def write(path: Path, chosen: Iterable[LabelledPage]) -> None:
    """Write the hashes of pages to a file, by id; the same ones give the same bytes."""
    names = ("profile", *CASES)
    found = {page.id: each for page, each in hashes(chosen, modes())}
    rows = (("page", *names), *((page_id, *map(found[page_id].get, names)) for page_id in sorted(found)))
    content = "".join("\t".join(each or "" for each in row) + "\n" for row in rows).encode()
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(gzip.compress(content, mtime=0) if path.suffix == ".gz" else content)


class Kept(NamedTuple):
    """A file of hashes, and the pages that it is of."""

    path: Path
    pages: Callable[[], Iterable[LabelledPage]]


OWN = {"pages": Kept(FOLDER / "pages.tsv", pages.pages), "news": Kept(FOLDER / "news.tsv", lambda: news.pages(NEWS))}
REAL = Kept(FOLDER / "corpus.tsv.gz", corpus.corpus)


def main() -> None:
    """Write the files, that of the corpus only where it is here."""
    parser = argparse.ArgumentParser(prog="python -m harness.golden", description=__doc__)
    parser.add_argument("--write", action="store_true", required=True, help="write what cleaning gives now")
    parser.parse_args()
    for kept in (*OWN.values(), *([REAL] if corpus.is_here() else [])):
        write(kept.path, kept.pages())


if __name__ == "__main__":
    main()
