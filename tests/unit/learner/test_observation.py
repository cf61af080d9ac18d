"""What one article teaches."""

from __future__ import annotations

import pytest

from stream.core.footer.words import FIRST_THREE, FIRST_TWO, LAST_THREE, LAST_TWO, WHOLE
from stream.core.rules import builtin
from stream.learner.observation import LINES, TEXT, is_told_already, observe, sample

STORY = "The ferry to Halsey Point will run all winter for the first time since 1998, the harbour board said on Monday."


def test_a_line_teaches_itself_and_its_first_and_last_words() -> None:
    seen = observe(f"{STORY}\nPosted by Ada Renn at 12.30 today", builtin()).seen
    assert {(each.kind, each.text) for each in seen if "Posted" in each.text or "today" in each.text} == {
        (WHOLE, "Posted by Ada Renn at 12.30 today"),
        (FIRST_TWO, "Posted by …"),
        (FIRST_THREE, "Posted by Ada …"),
        (LAST_TWO, "… 30 today"),
        (LAST_THREE, "… 12.30 today"),
    }


def test_case_digits_and_invisible_characters_make_no_difference() -> None:
    one = observe(f"{STORY}\nPosted 3 hours ago", builtin()).seen
    other = observe(f"{STORY}\nPOSTED\u200b 12 Hours\u00a0ago", builtin()).seen
    assert [each.key for each in one] == [each.key for each in other]


@pytest.mark.parametrize(
    ("text", "kind", "shown"),
    [
        ("【記者田中東京三日電】", FIRST_TWO, "【記者 …"),
        ("見る、また明日", LAST_THREE, "… た明日"),
        ("Read more", FIRST_THREE, "Read more …"),
        ("a" * 3000, WHOLE, "a" * TEXT),
        ("!", LAST_TWO, "…"),
    ],
)
def test_what_people_see_of_it(text: str, kind: int, shown: str) -> None:
    assert sample(text, kind) == shown


def test_a_line_of_a_megabyte_is_kept_as_its_beginning() -> None:
    for line in ("word " * 200_000, "x" * 1_000_000, "\u200b" * 1_000_000 + "x"):
        for each in observe(f"{STORY}\n{line}", builtin()).seen:
            assert len(each.text) <= TEXT + 2


def test_of_an_endless_article_the_beginning_and_the_end_are_looked_at() -> None:
    words = [f"{a}{b}{c}" for a in "abcdefghijklmnopqrs" for b in "abcdefghijklmnopqrs" for c in "abcdefghijklmnopqrs"]
    seen = [each.text for each in observe(words, builtin()).seen if each.kind == WHOLE]
    assert len(seen) == 2 * LINES
    assert (seen[0], seen[-1]) == (words[0], words[-1])


def test_an_article_without_words_teaches_nothing() -> None:
    for nothing in ("", "\n\n", "* * *\n---"):
        assert observe(nothing, builtin()).seen == ()
        assert observe(nothing.split("\n"), builtin()).seen == ()
    assert observe([], builtin()).seen == ()


def test_most_of_the_first_paragraphs_the_same_is_another_edition() -> None:
    story = tuple(range(10, 26))
    for other in (story[:3], (1, *story[1:]), (1, 2, 3, *story[:5]), story[2:], story[::-1][12:]):
        assert is_told_already(other, [story])
        assert is_told_already(story, [other])
    for other in ((), (1, 2), (1, 2, *story[:2]), (1, 2, 3, 4, *story[8:])):
        assert not is_told_already(other, [story])
        assert not is_told_already(story, [other])
