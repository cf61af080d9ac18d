"""`article-stream evaluate`: how good the cleaning is on labelled pages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from io import BufferedReader
from math import isnan
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import orjson
import typer

from stream.cli.console import line, output, progress
from stream.cli.options import Config, Set, settings_from
from stream.errors import StreamError, unreadable
from stream.observe.shown import json_visible
from stream.offline.files import opened, recognised

if TYPE_CHECKING:
    from rich.table import Table

    from stream.offline.evaluation import Report, Tally
    from stream.offline.playing import Play

SOURCES = 15
BY_BEFORE = (
    "footer lines removed %",
    "body chars lost %",
    "pages losing body %",
    "pages losing a paragraph %",
    "pages cut perfectly %",
)
NO_DATA = "no data"
"""A share of nothing."""


def evaluate(
    corpus: Annotated[
        Path, typer.Argument(help="Labelled pages, one JSON object per line; may be compressed (gzip, Zstandard).")
    ],
    genre: Annotated[str | None, typer.Option("--genre", help="Only pages of this genre.")] = None,
    lang: Annotated[str | None, typer.Option("--lang", help="Only pages in this language.")] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the figures as one JSON object; null where there is no data.")
    ] = False,
    plot: Annotated[
        Path | None, typer.Option(help="Draw precision against recall into this file (.svg, .png). Needs matplotlib.")
    ] = None,
    learn: Annotated[
        bool,
        typer.Option(
            "--learn", help="Clean each page with what the pages of its site before it taught; then learn it."
        ),
    ] = False,
    folds: Annotated[
        Path | None,
        typer.Option(help="Clean each page with the network in this folder that has not seen it.", metavar="DIR"),
    ] = None,
    config: Config = None,
    set_: Set = None,
) -> None:
    """Clean labelled pages and compare the result with the labels.

    There are figures for all pages, by language, by source and by reason,
    and a list of the pages that lost most of their body.

    With --learn the pages are played as a stream, in the order of the file.
    Then a table shows the figures by how many articles of the same source
    came before.

    The folder of --folds holds networks of the footer, each trained without
    some of the pages, and folds.json, which maps each page's id to its file.
    """
    settings = settings_from(config, set_)
    from stream.cli.plot import plot as draw
    from stream.cli.plot import require
    from stream.cli.rule_files import load_rules
    from stream.offline.evaluation import labelled_page
    from stream.offline.playing import Case, Play
    from stream.offline.playing import folds as read_folds

    if plot is not None:
        require()
    if corpus.exists() and not corpus.is_file():
        msg = f"{corpus} cannot be read: it is not a regular file."
        raise StreamError(msg)
    rules = load_rules(settings)
    rules_of = None if folds is None else read_folds(folds, rules)
    play, done = Play(learns=learn), 0
    cases: list[Case] = []
    with opened(corpus) as file, progress("evaluating", corpus.stat().st_size) as advance:
        for number, record in enumerate(_lines(corpus, file), 1):
            advance(file.tell() - done)
            done = file.tell()
            try:
                page = labelled_page(orjson.loads(record))
            except (ValueError, AttributeError) as error:
                msg = f"{corpus}:{number}: {error}."
                raise StreamError(msg) from None
            if (genre and page.genre != genre) or (lang and page.lang != lang):
                continue
            case = play.measure(page, rules if rules_of is None else rules_of(page.id))
            if plot is not None:
                cases.append(case)
    report = play.report
    _require_data(report, corpus, genre, lang, plot)
    if as_json:
        figures = {"total": report.row(), "by_lang": {name: tally.row() for name, tally in report.by_lang.items()}}
        if learn:
            figures["by_articles_before"] = {name: tally.row() for name, tally in play.by_before.items()}
        print(json_visible(orjson.dumps(figures).decode()))  # noqa: T201
    else:
        _show(play)
    if plot is not None:
        draw(plot, cases, report)


def _require_data(report: Report, corpus: Path, genre: str | None, lang: str | None, plot: Path | None) -> None:
    """Raises `StreamError` where there is nothing to show."""
    if not report.total.pages:
        asked = [f"{name} {value!r}" for name, value in (("of genre", genre), ("in language", lang)) if value]
        msg = f"{corpus} has no page{''.join(f' {one}' for one in asked)}."
        raise StreamError(msg)
    if plot is not None and isnan(report.total.recall()):
        msg = "--plot has nothing to draw: none of these pages has a footer."
        raise StreamError(msg)


def _lines(name: Path, file: BufferedReader) -> Iterator[bytes]:
    try:
        yield from filter(bytes.strip, recognised(file, "jsonl").file)
    except OSError as error:
        raise StreamError(unreadable(name, error)) from None


def _percent(figure: float) -> str:
    return NO_DATA if isnan(figure) else f"{figure:.2f}"


def _show(play: Play) -> None:
    from rich.table import Table

    out, report = output(), play.report
    if play.by_before:
        out.print(_by_before(Table(title="By how many articles of the site came before"), play))
    for name, figure in report.row().items():
        out.print(f"{name:34} {_percent(figure) if name.endswith('%') else f'{figure:,.0f}':>10}")
    if any(map(isnan, report.row().values())):
        out.print(f"({NO_DATA}: none of these pages has lines of that kind)")
    out.print(_table(Table(title="By language"), report.by_lang, len(report.by_lang)))
    out.print(_table(Table(title=f"By source: the {SOURCES} with most pages"), report.by_source, SOURCES))
    reasons = Table(title="Removed lines by reason")
    for column in ("reason", "lines", "of these body"):
        reasons.add_column(column, justify="left" if column == "reason" else "right")
    for reason, (right, wrong) in sorted(report.by_reason.items()):
        reasons.add_row(line(reason), f"{right + wrong:,}", f"{wrong:,}")
    out.print(reasons)
    worst = Table(title="The worst pages")
    worst.add_column("body chars lost %", justify="right")
    worst.add_column("page")
    worst.add_column("first line lost", no_wrap=True, max_width=60)
    for share, page, lost in report.worst:
        worst.add_row(f"{100 * share:.1f}", line(page), line(lost))
    out.print(worst)


def _by_before(table: Table, play: Play) -> Table:
    tallies = {**play.by_before, "all": play.report.total}
    for column in ("", *tallies):
        table.add_column(column, justify="right" if column else "left")
    table.add_row("pages", *(f"{tally.pages:,}" for tally in tallies.values()))
    for name in BY_BEFORE:
        table.add_row(name, *(_percent(tally.row()[name]) for tally in tallies.values()))
    return table


def _table(table: Table, tallies: Mapping[str, Tally], most: int) -> Table:
    for column in ("", "pages", "footer %", "body chars lost %", "pages losing body %", "perfect %"):
        table.add_column(column, justify="right" if column else "left")
    for name, tally in sorted(tallies.items(), key=lambda item: (-item[1].pages, item[0]))[:most]:
        table.add_row(
            line(name or "-"),
            f"{tally.pages:,}",
            _percent(tally.percent(tally.footer_gone, tally.footer)),
            _percent(tally.percent(tally.chars_gone, tally.chars)),
            _percent(tally.percent(tally.hurt, tally.pages)),
            _percent(tally.percent(tally.perfect, tally.pages)),
        )
    return table
