"""Lines as an editor counts them, what happened to each, differences, and summaries."""

from __future__ import annotations

import subprocess
from pathlib import Path
from shutil import which

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.fakes import BODY, OTHER, PROCESSOR, REPEATED
from stream.cli.differences import difference
from stream.cli.explain import explained, heading
from stream.core.article import Cleaned, Removal
from stream.offline.chunks import Place
from stream.offline.rows import original_lines, rows
from stream.offline.summary import summary
from stream.offline.value import CleanedValue, Counts, ShownText, clean_value
from tests.trials import TIMED


def text(value: str) -> CleanedValue:
    return clean_value(PROCESSOR, value.encode(), "text")


def reason(result: CleanedValue) -> str:
    return explained(result).plain.split("[")[-1].split("]")[0]


@pytest.mark.parametrize(
    ("separators", "wanted"),
    [
        ("\n\n", "repeats line 3"),
        ("\r\n\r\n", "repeats line 3"),
        ("\r\r", "repeats line 3"),
        ("\r \n", "repeats line 3"),
        ("\u2028", "repeats paragraph 2"),
        ("\u2029", "repeats paragraph 2"),
        ("\u2028\n", "repeats line 2"),
    ],
)
def test_lines_are_counted_as_an_editor_does(separators: str, wanted: str) -> None:
    assert reason(text(separators.join((OTHER, BODY, f"{OTHER} More.", BODY)))) == wanted


def test_of_a_json_article_they_are_those_of_its_text_or_items_of_its_list() -> None:
    for value, wanted in (
        (f"{OTHER}\n{BODY}\n{BODY}", "repeats line 2 of the text"),
        ([OTHER, BODY, BODY], "repeats item 2"),
    ):
        assert reason(clean_value(PROCESSOR, orjson.dumps({"text": value}), "json")) == wanted


def test_a_rule_that_was_overruled_is_named_at_its_own_line() -> None:
    again = Removal(3, "Share", "footer", None, "en.share")
    shown = ShownText("", Cleaned("Share\nBody\nShare\nMore", (), "v", (again,)), PROCESSOR.rules)
    assert [row.withheld for row in rows(shown, original_lines(shown))] == [None, None, again, None]
    assert explained(CleanedValue(b"", (shown,))).plain == (
        "  Share\n  Body\n? Share  [overruled, too much would go: footer: en.share]\n  More\n"
    )


def test_an_article_is_named_by_its_place_and_id() -> None:
    place = Place("a.jsonl", 3, 0, is_alone=False)
    assert heading(clean_value(PROCESSOR, b'{"id":7,"text":"a"}', "jsonl"), place) == "a.jsonl:3, id 7"
    assert heading(clean_value(PROCESSOR, b'{"id":"x","text":"a"}', "jsonl"), place) == "a.jsonl:3, id x"
    assert heading(clean_value(PROCESSOR, b'{"text":"a"}', "jsonl"), place._replace(item=2)) == "a.jsonl:3, item 2"
    assert heading(clean_value(PROCESSOR, b"broken", "jsonl"), place) == "a.jsonl:3"
    assert heading(text("a"), place) == "a.jsonl"


@pytest.mark.skipif(which("patch") is None, reason="needs patch")
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, *TIMED], deadline=None, max_examples=60)
@given(
    lines=st.lists(
        st.sampled_from([BODY, OTHER, f"{BODY}\r", "", "\r", "Advertisement", "You may also like", "A link"])
    ),
    more=st.integers(0, 9),
)
def test_a_difference_is_what_patch_makes_the_cleaned_text_of(tmp_path: Path, lines: list[str], more: int) -> None:
    body = [f"Paragraph {number} says what happened that day, and why." for number in range(2 * more)]
    lines = [*body[:more], *lines, *body[more:], *lines]
    value = "\n".join(lines)
    result = text(value)
    changes = "".join(f"{line}\n" for line in difference(result.texts[0], "a"))
    assert bool(changes) == (result.value != value.encode())
    path = tmp_path / "a"
    path.write_bytes(value.encode())
    if changes:
        command = ["patch", "--binary", "--quiet", "--fuzz=0", str(path)]
        subprocess.run(command, input=changes.encode(), check=True, timeout=60)
    assert (path.read_bytes() if path.exists() else b"") == result.value


def test_the_parts_of_a_difference_say_where_they_stand() -> None:
    body = [
        f"Paragraph {number} says what happened that day, and why nobody had seen it coming." for number in range(24)
    ]
    lines = [*body[:10], body[0], *body[10:20], body[3], *body[20:]]
    changes = list(difference(text("\n".join(lines)).texts[0], "a"))
    assert [line for line in changes if line[0] in "@-"][1:] == [
        "@@ -8,7 +8,6 @@",
        f"-{body[0]}",
        "@@ -19,7 +18,6 @@",
        f"-{body[3]}",
    ]


def test_a_difference_of_a_list_has_an_item_a_line() -> None:
    result = clean_value(PROCESSOR, orjson.dumps({"text": [BODY, "a\nb", BODY]}), "json")
    changes = list(difference(result.texts[0], "n"))
    assert changes == [
        "--- n",
        "+++ n",
        "@@ -1,3 +1,2 @@",
        f" {BODY}",
        " a\\nb",
        f"-{BODY}",
    ]


def test_a_summary_has_its_numbers_right() -> None:
    assert summary(Counts()) == "0 articles: 0 cleaned, 0 unchanged, 0 failed"
    assert summary(text(REPEATED).counts) == (
        "1 article: 1 cleaned, 0 unchanged, 0 failed; removed 1 repeated paragraph, 3 footer lines"
    )
    assert summary(Counts(2000, 2, 1, 2, 1, 1)) == (
        "2,000 articles: 2 cleaned, 1,997 unchanged, 1 failed; "
        "removed 2 repeated paragraphs, 1 footer line, 1 line of junk"
    )
