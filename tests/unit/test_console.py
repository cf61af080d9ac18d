"""What comes from outside reaches a terminal as text: nothing in it is obeyed, by the terminal or by Rich."""

from __future__ import annotations

import io

import orjson
import pytest
from rich.console import Console

from stream.cli.console import plain, visible
from stream.cli.explain import brief, explained
from stream.offline import clean_value
from tests.commands import article_stream
from tests.fakes import BODY, OTHER, PROCESSOR

OBEYED = ["\x1b]0;title\x07", "\x1b[2J", "\x9b31m", "\r", "\b\b", "\x00", "\u202e", "\u2066", "\u2028", "\x7f"]


@pytest.mark.parametrize("obeyed", OBEYED)
def test_what_a_terminal_obeys_is_spelled_out(obeyed: str) -> None:
    shown = visible(f"a{obeyed}b")
    assert shown.startswith("a\\")
    assert shown.endswith("b")
    assert shown.isprintable()


@pytest.mark.parametrize("text", ["", "a\tb\nc", "été\xa0»", "渡轮　", "👩\u200d👧", "שלום", "\\x1b", "[bold]a[/]"])
def test_all_other_text_stays(text: str) -> None:
    assert visible(text) == text
    out = io.StringIO()
    Console(file=out, highlight=False, width=1000).print(plain(text), end="")
    assert out.getvalue().rstrip() == text.expandtabs(8).rstrip() or out.getvalue() == text


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
