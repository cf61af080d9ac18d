"""An article that has more lines than the compiled core looks at at once is cleaned as the Python core cleans it."""

from __future__ import annotations

from random import Random

import pytest

from harness.twins import needs_compiled
from stream.core.cleaning import clean, clean_in_python, story_of
from stream.core.rules import builtin, load
from stream.core.sites import Known, Profile

pytestmark = [needs_compiled, pytest.mark.slow]

PROSE = "The harbour master said on {} that the ferry would go on through the winter, whatever {} brought."
SHORT = [
    "Share",
    "Tags",
    "a{}",
    "Monday {}",
    "\u00c9t\u00e9 {}",
    "Read more: ferry {}",
    "Comments ({})",
    "",
    " x\u200b{} ",
]


def article(lines: int, seed: int) -> str:
    """Paragraphs with short lines among them, then almost nothing but short lines, some of them equal."""
    pick, made = Random(seed), []  # noqa: S311 - the same each time
    for at in range(lines):
        is_prose = pick.random() < (0.5 if at < lines // 3 else 0.001)
        number = pick.randrange(lines)
        made.append((PROSE if is_prose else pick.choice(SHORT)).format(number, number))
    return "\n".join([PROSE.format("Monday", "it"), *made])


def profile_of(text: str) -> Profile:
    """What is known of a site that has one line in three of the article in half of its articles."""
    keys = [key for said in story_of(text).said[::3] for key in said.keys if key]
    return Profile("example.org", "made", 2560, {key: Known(1280, 40, 1240) for key in keys})


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("whole_page", [True, False])
def test_it_is_cleaned_as_the_python_core_does(seed: int, *, whole_page: bool) -> None:
    text, rules = article(9_000 + 1_000 * seed, seed), load(whole_page=whole_page)
    expected = clean_in_python(text, rules)
    assert clean(text, rules) == expected
    assert expected.removed


@pytest.mark.parametrize("seed", range(2))
def test_so_it_is_with_what_is_known_of_its_site(seed: int) -> None:
    text = article(9_000, seed)
    profile = profile_of(text)
    expected = clean_in_python(text, builtin(), profile)
    assert clean(text, builtin(), profile) == expected
    assert {"site", "footer"} & {removal.reason for removal in expected.removed}
