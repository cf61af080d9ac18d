"""The traits of a line on its page, and what a site's profile adds to them."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from stream.core.footer import traits
from stream.core.footer.lines import COLUMNS, lines_of
from stream.core.footer.traits import TRAITS, traits_of
from stream.core.footer.words import KEYS, said
from stream.core.rules import builtin
from stream.core.sites import ASKED, COUNTS, EVIDENCE, NEVER, SHARES, UNIT, Known, Profile

PROSE = "The ferry to the outer islands was cancelled again on Monday, and nobody at the quay was surprised by it."
PAGE = ["A title", PROSE, PROSE, "Comments (3)", "Share", "A title", "* * *", "* * *"]
SHARE, COUNT = len(SHARES) + 1, len(COUNTS) + 1
# Where each group of rows begins; each ends where the next one does.
GROUPS = {
    "place": traits.PLACE,
    "rest": traits.REST,
    "repeated": traits.REPEATED,
    "title": traits.TITLE,
    "prose below": traits.PROSE_BELOW,
    "prose above": traits.PROSE_ABOVE,
    "headings above": traits.HEADINGS_ABOVE,
    "headings below": traits.HEADINGS_BELOW,
    "comments above": traits.COMMENTS_ABOVE,
    "evidence": TRAITS,
}


def rows_of(lines: Sequence[str], profile: Profile | None = None) -> list[tuple[int, ...]]:
    return traits_of(lines_of(list(lines), builtin().signs), [said(line).keys for line in lines], profile)


def of(group: str, lines: Sequence[str] = PAGE) -> list[int | None]:
    """Give the row of each line in a group, counted from the group's first; None where it has none."""
    begin = GROUPS[group]
    end = min((each for each in GROUPS.values() if each > begin), default=TRAITS + EVIDENCE)
    found = []
    for rows in rows_of(lines):
        mine = [row - begin for row in rows if begin <= row < end]
        assert len(mine) <= 1
        found.append(mine[0] if mine else None)
    return found


def test_every_line_has_its_codes_and_a_row_of_each_group() -> None:
    for line, rows in zip(lines_of(PAGE, builtin().signs), rows_of(PAGE), strict=True):
        assert rows[: len(line.columns)] == line.columns
        assert all(row < COLUMNS for row in line.columns)
        assert len(set(rows)) == len(rows)
        assert all(0 <= row < TRAITS for row in rows)
    assert rows_of([]) == []


def test_the_place_on_the_page() -> None:
    assert of("place") == [0, 1, 2, 3, 4, 4, 5, 5]
    assert of("rest") == [5, 5, 4, 4, 3, 2, 1, 0]
    assert of("place", ["x"] * 500)[400] == len(traits.PLACES) - 1


def test_what_stands_above_and_below() -> None:
    assert of("prose above") == [0, 0, 1, 2, 2, 2, 2, 2]
    assert of("prose below") == [2, 1, 0, 0, 0, 0, 0, 0]
    assert of("headings above") == [0, 0, 0, 0, 1, 2, 2, 2]
    assert of("headings below") == [2, 2, 2, 1, 0, 0, 0, 0]
    assert of("comments above") == [0, 0, 0, 0, 1, 1, 1, 1]
    assert of("comments above", ["Comments (3)"] * 4) == [0, 1, 2, 2]


def test_what_comes_again() -> None:
    assert of("title") == [0, 2, 2, 2, 2, 1, 2, 2]
    assert of("repeated") == [1, 1, 2, 0, 0, 2, None, None], "what says nothing does not repeat anything"
    assert of("repeated", ["Share"] * 4) == [1, 3, 5, 4]


KEY = said("Share it").keys
CASES = [
    ("all of them", 2, 2, len(SHARES), 1),
    ("nearly all", 10, 9, 5, 4),
    ("all but one", 100, 91, 6, 5),
    ("half", 4, 2, 3, 2),
    ("a few of many", 100, 2, 1, 5),
    ("one of many", 100, 1, 0, 5),
    ("none", 5, 0, 0, 3),
    ("one of one", 1, 1, 6, 0),
]


@pytest.mark.parametrize(("why", "articles", "having", "share", "count"), CASES)
def test_evidence_is_a_share_of_the_articles_known(
    why: str, articles: int, having: int, share: int, count: int
) -> None:
    known = Known(having * UNIT, 0, having * UNIT)
    found = Profile("a.example", "v", articles * UNIT, {KEY[0]: known}).evidence(KEY)
    assert len(found) == ASKED
    assert all(question * SHARE * COUNT <= row < (question + 1) * SHARE * COUNT for question, row in enumerate(found))
    none = count  # the bin of the share "none" has the rows below those of "more than none"
    rows = [row % (SHARE * COUNT) for row in found]
    assert rows == [share * COUNT + count, *[none] * (KEYS - 1), share * COUNT + count, *[none] * 3], why
    assert all(0 <= row < EVIDENCE for row in found)


def test_without_articles_there_is_no_evidence() -> None:
    assert Profile("a.example", "v").evidence(KEY) == []
    assert rows_of(PAGE, Profile("a.example", "v")) == rows_of(PAGE)


def test_a_key_that_is_none_is_not_looked_up() -> None:
    profile = Profile("a.example", "v", 4 * UNIT, {0: Known(4 * UNIT, 0, 0)})
    assert {row % (SHARE * COUNT) for row in profile.evidence((0,) * KEYS)} == {2}
    assert profile.of_line(0) == NEVER
    assert profile.of_line(7) == NEVER


def test_evidence_stands_behind_the_other_rows() -> None:
    profile = Profile("a.example", "v", 4 * UNIT, {said("Share").keys[0]: Known(4 * UNIT, 0, 4 * UNIT)})
    for line, plain, rows in zip(PAGE, rows_of(PAGE), rows_of(PAGE, profile), strict=True):
        assert rows[:-ASKED] == plain
        assert rows[-ASKED:] == tuple(TRAITS + row for row in profile.evidence(said(line).keys))
