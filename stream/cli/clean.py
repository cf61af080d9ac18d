"""`article-stream clean`: the same cleaning on files, without Kafka."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, closing, nullcontext
from pathlib import Path
from stat import S_ISREG
from typing import TYPE_CHECKING, Annotated, BinaryIO

import typer
from rich.console import Console

from stream.cli.console import errors, progress
from stream.cli.options import Config, Set, settings_from
from stream.errors import StreamError
from stream.observe.shown import on_one_line
from stream.offline.files import FileFormat, format_of_file, opened

if TYPE_CHECKING:
    from stream.offline.chunks import Chunk, CleanedChunk, Span


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
    jobs: Annotated[
        int, typer.Option("--jobs", "-j", min=0, help="Clean in so many processes; 0: as many as processors.")
    ] = 1,
    config: Config = None,
    set_: Set = None,
) -> None:
    """Clean articles in files, to standard output.

    A record that can not be cleaned goes out as it came in, is named on standard error, and the exit code is 1.
    """
    settings = settings_from(config, set_)
    from stream.cli.explain import explainer
    from stream.cli.rules import load_rules
    from stream.offline.chunks import CHUNK_BYTES, ChunkCleaner
    from stream.offline.jobs import in_order, processors
    from stream.records.process import Processor

    processor = Processor.for_field(
        settings.text_field, "auto", load_rules(settings), source_field=settings.source_field
    )
    paths = [None if str(path) == "-" else path for path in files or [Path("-")]]
    formats = [format_of_file(path, format_) for path in paths]
    if removed is not None and any(path is not None and _same(path, removed) for path in paths):
        msg = f"{removed} is one of the files to clean."
        raise StreamError(msg, fix="Give --removed another name.")
    sizes = [0 if path is None else _size(path) for path in paths]
    work = ChunkCleaner(processor, explainer if explain else None, keeps_removed=removed is not None)
    jobs = jobs or processors()
    if all(sizes):  # a pipe's is not known
        jobs = min(jobs, sum(sizes) // CHUNK_BYTES + len(sizes))
    # Where each line stands in its file is only counted where what was removed is to say it.
    parts = _parts(paths, formats, whole=removed is not None or jobs == 1)
    results = in_order(work, parts, jobs)
    bad, said = 0, errors()
    with (
        progress("cleaning", sum(sizes) if None not in paths else None) as advance,
        _writing(removed) as keep,
        closing(results),
    ):
        before = 0  # lines of the file, in the spans before
        for chunk in results:
            before = 0 if chunk.is_first else before
            _write(chunk, explain, keep, said, before)
            before += chunk.lines
            bad += len(chunk.problems)
            advance(chunk.size)
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
    """Bytes of a real file."""
    try:
        it = path.stat()
    except OSError:  # said when it is opened
        return 0
    return it.st_size if S_ISREG(it.st_mode) else 0


def _writing(path: Path | None) -> AbstractContextManager[BinaryIO | None]:
    if path is None:
        return nullcontext()
    try:
        return path.open("wb")
    except OSError as error:
        msg = f"{path} can not be written: {error.strerror}."
        raise StreamError(msg) from None


def _parts(paths: Sequence[Path | None], formats: Sequence[FileFormat], *, whole: bool) -> Iterator[Chunk | Span]:
    """The files in parts: their bytes, or with lines of a real file only where they stand, unless `whole`."""
    from stream.offline.chunks import chunks_of, spans_of

    for path, file_format in zip(paths, formats, strict=True):
        # A size of 0 may be a file that does not know it.
        if path is not None and file_format == "jsonl" and not whole and _size(path):
            yield from spans_of(path)
            continue
        with opened(path) as file:
            yield from chunks_of(str(path or "standard input"), file, file_format)


def _write(chunk: CleanedChunk, explain: bool, keep: BinaryIO | None, said: Console, before: int) -> None:
    """Writes it; `before`: how many lines of its file are not counted in it."""
    if chunk.failure:
        raise StreamError(chunk.failure)
    if chunk.problems:
        places = (f"{chunk.name}:{before + line}" if line else chunk.name for line, _ in chunk.problems)
        texts = (on_one_line(f"{place}: {text}") for place, (_, text) in zip(places, chunk.problems, strict=True))
        said.print("\n".join(texts), soft_wrap=True)
    if keep is not None:
        keep.write(chunk.removed)
    if explain:
        sys.stdout.write(str(chunk.output, "utf-8"))
    else:
        sys.stdout.buffer.write(chunk.output)
    sys.stdout.flush()
