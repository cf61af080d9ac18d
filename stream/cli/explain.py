"""An article as a person wants to see it: what stays, and what went struck out with its reason."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rich.text import Text

from stream.cli.console import output
from stream.cli.shorten import shortened
from stream.core.article import Removal
from stream.observe.shown import visible
from stream.offline.value import CleanedValue


def why(removal: Removal) -> str:
    """The reason in a few words."""
    if removal.reason == "repeat":
        return f"repeats line {removal.of}"
    return f"{removal.reason}: {removal.rule}"


def explained(result: CleanedValue) -> Text:
    """The whole article in its own order. In plain text a line that went begins with `- `."""
    text = Text()
    for line, removal, withheld in _in_order(result):
        paragraph = visible(line)
        if removal is not None:
            text.append("- ", style="red")
            text.append(paragraph, style="strike dim")
            text.append(f"  [{why(removal)}]\n", style="red")
        elif withheld is not None:
            text.append("? ", style="yellow")
            text.append(paragraph)
            text.append(f"  [withheld, {why(withheld)}]\n", style="yellow")
        else:
            text.append(f"  {paragraph}\n" if paragraph.strip() else "\n")
    text.rstrip()
    text.append("\n")
    return text


def explainer() -> Callable[[CleanedValue], bytes]:
    """What shows a result as bytes for standard output, coloured where that is a terminal."""
    console = output()

    def shown(result: CleanedValue) -> bytes:
        with console.capture() as text:
            console.print(explained(result), soft_wrap=True, end="")
        return text.get().encode()

    return shown


def _in_order(result: CleanedValue) -> list[tuple[str, Removal | None, Removal | None]]:
    """Every line with the removal that took it or would have."""
    gone = {removal.line: removal for removal in result.removed}
    withheld = {removal.text.strip(): removal for removal in result.withheld}
    kept = iter(result.paragraphs)
    rows: list[tuple[str, Removal | None, Removal | None]] = []
    line = 1
    while True:
        if line in gone:
            removal = gone[line]
            rows.append((_shown(removal), removal, None))
            line += max(1, removal.text.count("\n") + 1)
            continue
        try:
            paragraph = next(kept)
        except StopIteration:
            break
        rows.append((paragraph.rstrip("\r"), None, withheld.get(paragraph.strip())))
        line += 1
    return rows


def _shown(removal: Removal) -> str:
    return " ".join(removal.text.split())


def paragraphs_removed(removed: Sequence[Removal], reason: str) -> int:
    """How many went for a reason."""
    return sum(1 for removal in removed if removal.reason == reason)


def brief(result: CleanedValue, width: int) -> Text:
    """What went, a line each, and how much stays between: for looking over many articles."""
    width = min(width, 110)
    text = Text()
    kept = 0
    for paragraph, removal, _ in _in_order(result):
        if removal is None:
            kept += bool(paragraph.strip())
            continue
        kept = _stays(text, kept)
        reason = f"  [{why(removal)}]"
        line = visible(" ".join(paragraph.split()))
        room = max(20, width - len(reason) - 4)
        text.append("  - ", style="red")
        text.append(shortened(line, room), style="strike dim")
        text.append(f"{reason}\n", style="red")
    _stays(text, kept)
    return text


def _stays(text: Text, kept: int) -> int:
    if kept:
        text.append(f"    {kept} paragraph{'s' * (kept != 1)} stay{'s' * (kept == 1)}\n", style="green")
    return 0
