"""`article-stream clean`: the same cleaning on files, without Kafka."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from stream.cli.options import Config, Set, cleaning_settings


def clean(
    files: Annotated[list[Path] | None, typer.Argument(help="Files to clean; none, or -: standard input.")] = None,
    format_: Annotated[
        str | None,
        typer.Option("--format", "-f", help="text, json or jsonl; by default the file's name or content tells."),
    ] = None,
    stdin_filename: Annotated[
        Path | None, typer.Option(help="The name that standard input would have as a file.", metavar="NAME")
    ] = None,
    in_place: Annotated[
        bool, typer.Option("--in-place", "-i", help="Replace each file by its cleaned articles, if any changed.")
    ] = False,
    output_dir: Annotated[
        Path | None,
        typer.Option("--output-dir", "-o", help="Write each file, under its own name, to this folder.", metavar="DIR"),
    ] = None,
    diff: Annotated[
        bool, typer.Option("--diff", help="Show what would change as a unified diff, and write nothing.")
    ] = False,
    explain: Annotated[
        bool, typer.Option("--explain", "-e", help="Show each article with what went struck out, and why.")
    ] = False,
    removed: Annotated[
        Path | None,
        typer.Option(
            help="Write what was removed to this file, one JSON object for each article; -: to standard output."
        ),
    ] = None,
    sites: Annotated[
        Path | None,
        typer.Option(
            "--sites", help="Clean with what is known of the articles' sites; `learn` writes this file.", metavar="FILE"
        ),
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No summary and no progress bar.")] = False,
    jobs: Annotated[
        int, typer.Option("--jobs", "-j", min=0, help="Number of processes; 0: as many as there are processors.")
    ] = 1,
    config: Config = None,
    set_: Set = None,
) -> None:
    """Clean articles in files, and write them to standard output.

    Files are text (.txt, .md: one article), JSON (.json: one article, or an
    array of them) or JSON lines (.jsonl, .ndjson: one article per line), also
    compressed (.gz, .zst). What comes on standard input is recognised by its
    content. A summary goes to standard error.

    With --sites an article is cleaned with what its site's other articles
    have in common, if its site is known: the host that the setting
    source_field names, or else that of its url, link or canonical_url.

    Lines are counted as an editor counts them. For JSON, --explain and --diff
    number the lines of an article's text, not those of the file.

    An article that cannot be cleaned is written as it came in, and standard
    error says why.

    \b
    Exit codes:
      0  every article was cleaned, or needed no cleaning
      1  an article could not be cleaned, or a file could not be read or written
      2  an option, a setting, a rule file or the file of --sites is wrong
    """  # noqa: D301 - Click reads the escape: it keeps the lines that follow
    from stream.cli.cleaning import clean_files

    clean_files(
        cleaning_settings(config, set_),
        files or [],
        format_=format_,
        stdin_filename=stdin_filename,
        in_place=in_place,
        output_dir=output_dir,
        diff=diff,
        explain=explain,
        removed=removed,
        sites=sites,
        quiet=quiet,
        jobs=jobs,
    )
