"""An article as a person wants to see it: what stays, and what went struck out with its reason."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson
from rich.text import Text

from stream.cli.console import line, output
from stream.cli.shorten import shortened
from stream.observe.shown import visible
from stream.observe.wording import noun
from stream.offline.rows import original_lines, reasons, rows
from stream.offline.value import CleanedValue, ShownText

if TYPE_CHECKING:
    from stream.offline.chunks import Place, Shown

ID_FIELD = "id"
_NARROWEST = 20  # characters of a line that are shown, however long the reason beside it is


def explained(result: CleanedValue) -> Text:
    """The whole article in its own order. In plain text a line that went begins with `- `.

    A line that a rule found and that stays all the same, because too much of the article would go, begins with `? `.
    """
    if result.problem:
        return Text(f"could not be cleaned: {visible(result.problem)}\n", style="red")
    if not result.texts:
        return Text("holds no text, and goes on as it is\n", style="dim")
    text = Text()
    for shown in result.texts:
        if shown.field:
            text.append(f"{visible(shown.field)}:\n", style="cyan")
        _explain(text, shown)
    return text


def _explain(text: Text, article: ShownText) -> None:
    lines = original_lines(article)
    why = reasons(article, lines)
    for paragraph, removal, withheld in rows(article, lines):
        shown = visible(paragraph.rstrip("\r"))
        if removal is not None:
            if not paragraph.strip():
                continue  # a blank line that went with the paragraph after it
            text.append("- ", style="red")
            text.append(" ".join(shown.split()), style="strike dim")
            text.append(f"  [{why(removal)}]\n", style="red")
        elif withheld is not None and paragraph.strip():
            text.append("? ", style="yellow")
            text.append(shown)
            text.append(f"  [overruled, too much would go: {why(withheld)}]\n", style="yellow")
        else:
            text.append(f"  {shown}\n" if shown.strip() else "\n")
    text.rstrip()
    text.append("\n")


def explainer(*, headed: bool = False) -> Shown:
    """What shows a result as bytes for standard output, coloured where that is a terminal.

    Of files that can hold many articles, and with `headed` of all, a line says which article it is.
    """
    console = output()

    def shown(result: CleanedValue, place: Place) -> bytes:
        with console.capture() as text:
            with_name = headed or not place.is_alone
            if with_name:
                console.print(line((heading(result, place), "bold")), soft_wrap=True)
            console.print(explained(result), soft_wrap=True, end="\n" if with_name else "")
        return text.get().encode()

    return shown


def heading(result: CleanedValue, place: Place) -> str:
    """Which article it is: its file and line, its number in an array, and its id where it has one."""
    where = place.name if result.is_text else f"{place.name}:{place.line}"
    parts = [where, f"item {place.item}" if place.item else "", _id(result)]
    return ", ".join(filter(None, parts))


def _id(result: CleanedValue) -> str:
    if result.is_text:
        return ""
    try:
        found = orjson.loads(result.value).get(ID_FIELD)
    except (orjson.JSONDecodeError, AttributeError):
        return ""
    return f"id {found}" if isinstance(found, str | int) else ""


def brief(result: CleanedValue, width: int) -> Text:
    """What went, a line each, and how much stays between: for looking over many articles."""
    text = Text()
    for shown in result.texts:
        _brief(text, shown, min(width, 110))
    return text


def _brief(text: Text, article: ShownText, width: int) -> None:
    lines = original_lines(article)
    why = reasons(article, lines)
    kept = 0
    for paragraph, removal, _ in rows(article, lines):
        if not paragraph.strip():
            continue
        if removal is None:
            kept += 1
            continue
        kept = _stays(text, kept)
        reason = f"  [{why(removal)}]"
        shown = visible(" ".join(paragraph.split()))
        room = max(_NARROWEST, width - len(reason) - 4)
        text.append("  - ", style="red")
        text.append(shortened(shown, room), style="strike dim")
        text.append(f"{reason}\n", style="red")
    _stays(text, kept)


def _stays(text: Text, kept: int) -> int:
    if kept:
        text.append(f"    {kept} {noun(kept, 'paragraph stays', 'paragraphs stay')}\n", style="green")
    return 0
