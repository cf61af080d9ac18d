"""What comes from outside reaches a terminal as text: nothing in it is obeyed, by the terminal or by Rich."""

from __future__ import annotations

import io
import json
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from harness.commands import article_stream, one_sentence
from harness.fakes import BODY, OTHER, PROCESSOR
from stream.cli.console import PlainConsole, line
from stream.cli.explain import brief, explained
from stream.observe.shown import as_json, visible
from stream.offline.value import clean_value

OBEYED = ["\x1b]0;title\x07", "\x1b[2J", "\x9b31m", "\r", "\b\b", "\x00", "\u202e", "\u2066", "\u2028", "\x7f"]


@pytest.mark.parametrize("obeyed", OBEYED)
def test_what_a_terminal_obeys_is_spelled_out(obeyed: str) -> None:
    shown = visible(f"a{obeyed}b")
    assert shown.startswith("a\\")
    assert shown.endswith("b")
    assert shown.isprintable()


TEXTS = [
    "",
    "a\tb\nc",
    "été\xa0»",
    "渡轮　",
    "👩\u200d👧",
    "שלום",
    "\\x1b",
    "[bold]a[/]",
    "[/x]",
    "[fd00::5]:9092",
    ":smile: a:100:b",
]


@pytest.mark.parametrize("text", TEXTS)
def test_all_other_text_stays(text: str) -> None:
    assert visible(text) == text
    assert visible(visible(text)) == visible(text)


def printed(*renderables: RenderableType, **how: Any) -> str:
    """What a console shows of these."""
    out = io.StringIO()
    PlainConsole(file=out, width=1000).print(*renderables, **how)
    return out.getvalue()


def in_a_table(text: RenderableType) -> RenderableType:
    table = Table(title=text, box=None)  # type: ignore[arg-type] # a title is text as well
    table.add_column("a")
    table.add_row(text)
    return table


HOSTILE = [
    "[/x]",
    "[bold]a[/bold]",
    ":smile:",
    "a:100:b",
    "[link=http://x]y[/link]",
    "\\[x]",
    "{0} %s",
    "[fd00::5]:9092",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_a_console_reads_no_markup_wherever_a_text_stands(text: str) -> None:
    assert printed(text) == text + "\n"
    assert printed(text, markup=True, emoji=True) == text + "\n", "not even where it is asked for"
    assert printed(line(text, (text, "bold"))) == 2 * text + "\n"
    assert printed(in_a_table(text)).split("\n")[-2].strip() == text
    assert printed(in_a_table(line(text))).count(text) == 2
    assert text in printed(Panel(text, title=line(text)))


@pytest.mark.parametrize("obeyed", OBEYED)
def test_a_console_obeys_nothing_wherever_a_text_stands(obeyed: str) -> None:
    shown = visible(f"a{obeyed}b")
    for how in (f"a{obeyed}b", line(f"a{obeyed}b"), in_a_table(f"a{obeyed}b"), in_a_table(line(f"a{obeyed}b"))):
        said = printed(how)
        assert shown in said
        assert said.replace("\n", "").isprintable()
    # Rich's own text drops some of them; none gets through.
    assert printed(Text(f"a{obeyed}b")).strip("\n").isprintable()


def test_what_is_one_line_stays_one() -> None:
    assert line("a\nerror: b\tc").plain == "a\\nerror: b\\tc"


@given(st.text(st.characters(exclude_categories=())))
def test_json_is_the_same_value_and_obeyed_by_no_terminal(text: str) -> None:
    said = as_json({text: [text]})
    assert json.loads(said) == {text: [text]}
    assert visible(said) == said
    assert "\n" not in said


@pytest.mark.parametrize("obeyed", OBEYED)
def test_an_explained_article_is_text(obeyed: str) -> None:
    paragraphs = [BODY, f"{OTHER}{obeyed}", f"{BODY} {obeyed}", f"{BODY} {obeyed}", f"Comments {obeyed}", BODY]
    value = orjson.dumps({"text": "\n".join(paragraphs)})
    result = clean_value(PROCESSOR, value, "json")
    for shown in (explained(result).plain, brief(result, 200).plain):
        assert shown.replace("\n", "").isprintable(), shown


@pytest.mark.parametrize("bad", ["[/]", "[/red]", "[bold]", "\x1b[2J"])
def test_a_bad_value_is_named_as_it_is(bad: str) -> None:
    answer = article_stream("check", settings={"batch_max_records": bad})
    assert answer.code == 2
    assert "Traceback" not in answer.err
    assert "\x1b" not in answer.err
    assert bad.replace("\x1b", "\\x1b") in answer.err.replace("\n", "")


@pytest.mark.parametrize(
    "arguments",
    [
        ("--[/x]\x1b]0;t\x07",),
        ("[/x]\x1b]0;t\x07",),
        ("clean", "--[/x]\x1b]0;t\x07"),
        ("rules", "list", "[/x]\x1b]0;t\x07"),
    ],
)
def test_a_wrong_word_on_the_command_line_is_one_sentence(arguments: tuple[str, ...]) -> None:
    said = one_sentence(article_stream(*arguments), 2)
    assert "[/x]\\x1b]0;t\\x07" in said
    assert said.endswith("--help` for usage.")
