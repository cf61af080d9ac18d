"""What the network is trained with is what it will see: the arrays say the same as the core says line by line."""

from __future__ import annotations

from collections import Counter

import numpy as np
import orjson
import pytest

from harness import pages as composed
from stream.core.footer.traits import TRAITS, traits_of
from stream.core.sites import KNOWN_ALONE, UNIT, Known, Profile
from tools.model.data import NONE, Page, evidence, match, page_of, shown

COUNT = 8


@pytest.fixture(scope="module")
def pages() -> list[Page]:
    """Pages that are taken for one site's."""
    about = {"dataset": "composed", "neutral": None}
    found = [page_of(orjson.loads(orjson.dumps({**composed.as_json(page), **about}))) for page in composed.pages(COUNT)]
    for page in found:
        page.others = [other for other in found if other is not page]
    match(found)
    return found


@pytest.mark.parametrize("step", [1, 2])
def test_the_traits_of_a_page_and_of_a_part_of_it(pages: list[Page], step: int) -> None:
    for page in pages:
        chosen = np.arange(0, len(page.story.texts), step)
        wanted = traits_of([page.story.lines[at] for at in chosen], [page.story.said[at].keys for at in chosen], None)
        for row, want in zip(shown(page, chosen), wanted, strict=True):
            assert sorted(each for each in row if each != NONE) == sorted(want)


@pytest.mark.parametrize("known", [1, 2, 3, COUNT - 1])
def test_the_evidence_is_that_of_a_profile(pages: list[Page], known: int) -> None:
    for page in pages:
        there, inside, below = Counter[int](), Counter[int](), Counter[int]()
        for other in page.others[:known]:
            there.update({key for said in other.story.said for key in said.keys})
            inside.update({key for said in other.story.said[: other.story.end] for key in said.keys})
            below.update({key for said in other.story.said[other.story.end :] for key in said.keys})
        kept = {
            key: Known(count * UNIT, inside[key] * UNIT, below[key] * UNIT)
            for key, count in there.items()
            if count > 1 or known <= KNOWN_ALONE
        }
        profile = Profile("composed", "none", known * UNIT, kept)
        wanted = np.array([profile.evidence(said.keys) for said in page.story.said]) + TRAITS
        found = evidence(page, range(known))
        assert (found == wanted).all(), page.labelled.id


def test_nothing_known_is_no_evidence(pages: list[Page]) -> None:
    assert (evidence(pages[0], ()) == NONE).all()
