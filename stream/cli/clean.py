"""`article-stream clean`: the same cleaning on files, without Kafka."""

from __future__ import annotations

import sys
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Annotated, BinaryIO

import typer

from stream.cli.console import Advance, errors, output, progress
from stream.cli.files import FileFormat, format_of, opened, records
from stream.cli.options import Config, Set, settings_from
from stream.errors import StreamError


def clean(
    files: Annotated[list[Path] | None, typer.Argument(help="Files to clean; none, or -: standard input.")] = None,
    format_: Annotated[
        str | None, typer.Option("--format", "-f", help="text, json or jsonl; not given: by the file's name.")
    ] = None,
    explain: Annotated[
        bool, typer.Option("--explain", "-e", help="Show the article with what went struck out, and why.")
    ] = False,
    removed: Annotated[
        Path | None, typer.Option(help="Write what was removed to this file, one JSON object an article.")
    ] = None,
    config: Config = None,
    set_: Set = None,
) -> None:
    """Clean articles in files, to standard output.

    A record that can not be cleaned goes out as it came in, is named on standard error, and the exit code is 1.
    """
    settings = settings_from(config, set_)
    from stream.cli.rules import load_rules
    from stream.records import Processor

    processor = Processor.of(settings.text_field, "auto", load_rules(settings), source_field=settings.source_field)
    paths = [None if str(path) == "-" else path for path in files or [Path("-")]]
    formats = [format_of(path, format_) for path in paths]
    if removed is not None and any(path is not None and _same(path, removed) for path in paths):
        msg = f"{removed} is one of the files to clean."
        raise StreamError(msg, fix="Give --removed another name.")
    total = sum(_size(path) for path in paths if path is not None)
    bad = 0
    with progress("cleaning", total if None not in paths else None) as advance, _writing(removed) as keep:
        for path, file_format in zip(paths, formats, strict=True):
            if path is None:
                bad += _clean_file(processor, "standard input", sys.stdin.buffer, file_format, explain, keep, advance)
            else:
                with opened(path) as file:
                    bad += _clean_file(processor, str(path), file, file_format, explain, keep, advance)
    sys.stdout.flush()
    if bad:
        what = "record" if bad == 1 else "records"
        msg = f"{bad} {what} could not be cleaned and went out unchanged."
        raise StreamError(msg)


def _same(path: Path, other: Path) -> bool:
    try:
        return path.samefile(other)
    except OSError:  # one of them is not there, or can not be
        return False


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:  # said when it is opened
        return 0


def _writing(path: Path | None) -> AbstractContextManager[BinaryIO | None]:
    if path is None:
        return nullcontext()
    try:
        return path.open("wb")
    except OSError as error:
        msg = f"{path} can not be written: {error.strerror}."
        raise StreamError(msg) from None


def _clean_file(
    processor: object,
    name: str,
    file: BinaryIO,
    file_format: FileFormat,
    explain: bool,
    keep: BinaryIO | None,
    advance: Advance,
) -> int:
    from stream.offline import clean_value
    from stream.provenance import as_json

    bad = 0
    out = output()
    for line, value in records(file, file_format):
        result = clean_value(processor, value, file_format)  # type: ignore[arg-type]
        if result.problem:
            bad += 1
            place = f"{name}:{line}" if file_format == "jsonl" else name
            errors().print(f"{place}: {result.problem}", soft_wrap=True, markup=False)
        if keep is not None and result.result is not None and result.removed:
            keep.write(as_json({"file": name, "line": line}, result.result) + b"\n")
        if explain:
            from stream.cli.explain import explained

            out.print(explained(result), soft_wrap=True, end="")
        else:
            sys.stdout.buffer.write(result.value)
        advance(len(value))
    return bad
