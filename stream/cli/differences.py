"""`article-stream clean --diff`: what would change, as a unified diff."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from rich.text import Text

from stream.cli.console import output
from stream.cli.explain import heading
from stream.core.article import Cleaned
from stream.observe.shown import visible
from stream.offline.rows import original_lines, rows

if TYPE_CHECKING:
    from stream.offline.chunks import Place, Shown
    from stream.offline.value import CleanedValue, ShownText

CONTEXT = 3
"""Unchanged lines around each change, as `diff -u` shows them."""
_NO_END = "\\ No newline at end of file"
_STYLES = {"-": "red", "+": "green", "@": "cyan"}


def differ() -> Shown:
    """What shows a result as its differences: in colours on a terminal, elsewhere as `patch` takes them."""
    console = output()

    def shown(result: CleanedValue, place: Place) -> bytes:
        name = heading(result, place)
        lines = [
            line for text in result.texts for line in difference(text, f"{name}, {text.field}" if text.field else name)
        ]
        if not console.is_terminal:
            return "".join(f"{line}\n" for line in lines).encode(errors="backslashreplace")
        with console.capture() as text:
            for number, line in enumerate(lines):
                style = "bold" if number < 2 else _STYLES.get(line[0])  # noqa: PLR2004 - the two names
                console.print(Text(visible(line.removesuffix("\r")), style or ""), soft_wrap=True)
        return text.get().encode()

    return shown


def difference(text: ShownText, name: str) -> Iterator[str]:
    """A unified diff of the article's text, line by line; nothing where nothing changes.

    That of a file that is text and has LF or CR LF can be given to `patch`. That of a JSON article is of its text: of
    the items of a list, each on one line.
    """
    changes = list(_changes(text))
    if all(mark == " " for mark, _, _ in changes):
        return
    yield f"--- {name}"
    yield f"+++ {name}"
    before = after = 0  # lines that both have above the hunk
    done = 0
    for begin, end in _hunks([mark for mark, _, _ in changes]):
        skipped = begin - done  # all unchanged
        before, after, done = before + skipped, after + skipped, end
        hunk = changes[begin:end]
        old, new = (sum(1 for mark, _, _ in hunk if mark != other) for other in "+-")
        yield f"@@ -{_range(before, old)} +{_range(after, new)} @@"
        for mark, line, ended in hunk:
            yield mark + line
            if not ended:
                yield _NO_END
        before, after = before + old, after + new


def _changes(text: ShownText) -> Iterator[tuple[str, str, bool]]:
    """Each line with its mark (" ", "-" or "+"), and whether a line end follows it."""
    came = rows(text, original_lines(text))
    stays = iter(text.paragraphs)
    is_text = isinstance(text.result, Cleaned)
    last_stays = len(text.paragraphs) - 1
    kept = -1
    for at, row in enumerate(came):
        ended = not is_text or at + 1 < len(came)
        if row.removal is not None:
            yield "-", _one_line(row.text), ended
            continue
        kept += 1
        line, still_ended = next(stays), not is_text or kept < last_stays
        if not ended and not still_ended and not line and not row.text:
            return  # what is after the last line end is no line
        if (line, still_ended) == (row.text, ended):
            yield " ", _one_line(line), ended
        else:
            yield "-", _one_line(row.text), ended
            yield "+", _one_line(line), still_ended


def _one_line(line: str) -> str:
    return line.replace("\n", "\\n")


def _hunks(marks: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Where each hunk begins and ends: changes with the lines around them, together where these meet."""
    begin = end = -1
    for at, mark in enumerate(marks):
        if mark == " ":
            continue
        if begin >= 0 and at - CONTEXT <= end:
            end = min(at + 1 + CONTEXT, len(marks))
            continue
        if begin >= 0:
            yield begin, end
        begin, end = max(0, at - CONTEXT), min(at + 1 + CONTEXT, len(marks))
    if begin >= 0:
        yield begin, end


def _range(before: int, size: int) -> str:
    """The lines of a hunk as the format has them: the first one's number, and how many if not one."""
    if size == 1:
        return str(before + 1)
    return f"{before + (size > 0)},{size}"
