"""Paths to the texts of a record."""

from __future__ import annotations

import pytest

from stream.config.paths import Path, path_of, paths_of


@pytest.mark.parametrize(
    ("written", "steps", "each"),
    [
        ("text", ("text",), -1),
        ("payload.after.body", ("payload.after.body",), -1),
        ("*", ("*",), -1),
        ("/payload/after/body", ("payload", "after", "body"), -1),
        ("/a~1b/~0c/~01", ("a/b", "~c", "~1"), -1),
        ("/items/0/", ("items", "0", ""), -1),
        ("/content_elements/*/content", ("content_elements", "*", "content"), 1),
        ("/paragraphs/*", ("paragraphs", "*"), 1),
    ],
)
def test_a_path_is_a_name_or_a_json_pointer(written: str, steps: tuple[str, ...], each: int) -> None:
    assert path_of(written) == Path(written, steps, each)


@pytest.mark.parametrize(
    ("written", "wrong"),
    [
        ("", "empty"),
        ("/a~2", "~0"),
        ("/a~", "~0"),
        ("/a/*/b/*/c", "only one step"),
        ("/*", "first step"),
        ("/a" * 33, "33 steps"),
    ],
)
def test_what_is_no_path_is_said(written: str, wrong: str) -> None:
    with pytest.raises(ValueError, match=wrong):
        path_of(written)


def test_several_paths_are_separated_by_commas() -> None:
    assert [path.written for path in paths_of("/body, /body_translated")] == ["/body", "/body_translated"]


@pytest.mark.parametrize("written", ["body,/body", "/a,/a/b", "/a/*,/a", "/a/b/*/c,/a/b", "x,x", "/a/0/b,/a/*/c"])
def test_no_path_leads_into_what_another_leads_to(written: str) -> None:
    with pytest.raises(ValueError, match="overlap"):
        paths_of(written)
