"""What `article-stream clean` does with its files."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from stream.errors import SettingsError, StreamError

if TYPE_CHECKING:
    from stream.cli.console import Advance
    from stream.config.light import CleaningSettings
    from stream.core.sites import Profile
    from stream.offline.chunks import ChunkCleaner, CleanedChunk, Shown
    from stream.offline.sources import Source
    from stream.offline.targets import Target


def clean_files(
    settings: CleaningSettings,
    files: Sequence[Path],
    *,
    format_: str | None = None,
    stdin_filename: Path | None = None,
    in_place: bool = False,
    output_dir: Path | None = None,
    diff: bool = False,
    explain: bool = False,
    removed: Path | None = None,
    sites: Path | None = None,
    quiet: bool = False,
    jobs: int = 1,
) -> None:
    """Cleans these files, or standard input; what the others mean is in the help of the command.

    Raises `StreamError` where an option is wrong, or something could not be cleaned, read or written.
    """
    with _kept_for_good():
        from stream.cli.rule_files import load_rules
        from stream.offline.chunks import ChunkCleaner
        from stream.offline.sources import STDIN, sources_of
        from stream.records.process import Processor

        _one_of(("--in-place", in_place), ("--output-dir", output_dir), ("--diff", diff), ("--explain", explain))
        inputs = sources_of(files or [Path(STDIN)], format_, stdin_filename, unique=in_place)
        to_files = in_place or output_dir is not None
        _check_removed(removed, inputs, to_files=to_files)
        processor = Processor.for_settings(settings, "auto", load_rules(settings))
        shown = _shown(inputs, explain=explain, diff=diff)
        work = ChunkCleaner(processor, shown, removed is not None, None if sites is None else _profiles(sites))
        target = _target(inputs, output_dir, in_place=in_place, stdin_name=stdin_filename)
    _run(work, inputs, target, removed, jobs=jobs, quiet=quiet, own_output=not to_files or removed == Path(STDIN))


@contextmanager
def _kept_for_good() -> Iterator[None]:
    """What is made here stays until the process ends, so Python need not look through it for what is not used."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def _profiles(path: Path) -> dict[str, Profile]:
    from stream.offline.sites_file import read_profiles

    return read_profiles(path)


def _one_of(*options: tuple[str, object]) -> None:
    given = [name for name, value in options if value]
    if len(given) > 1:
        msg = f"{given[0]} and {given[1]} cannot be used together."
        raise SettingsError(msg, fix="Give one of them.")


def _check_removed(removed: Path | None, sources: Sequence[Source], *, to_files: bool) -> None:
    from stream.offline.sources import STDIN, is_among

    if removed is None:
        return
    if str(removed) == STDIN:
        if not to_files:
            msg = "--removed - would mix what was removed with the articles, which go to standard output, too."
            raise SettingsError(msg, fix="Write the articles to files with --output-dir or --in-place, or name a file.")
    elif is_among(removed, sources):
        msg = f"{removed} is one of the files to clean."
        raise SettingsError(msg, fix="Give --removed another name.")


def _shown(sources: Sequence[Source], *, explain: bool, diff: bool) -> Callable[[], Shown] | None:
    """What makes what is shown of an article in place of its cleaned value."""
    if diff:
        from stream.cli.differences import differ

        return differ
    if explain:
        from stream.cli.explain import explainer

        return partial(explainer, headed=len(sources) > 1)
    return None


def _target(sources: Sequence[Source], folder: Path | None, *, in_place: bool, stdin_name: Path | None) -> Target:
    from stream.offline import targets

    paths = [source.path for source in sources]
    if in_place:
        return targets.Files(targets.in_place(paths), keeps_unchanged=True)
    if folder is not None:
        return targets.Files(targets.into_folder(folder, paths, stdin_name), keeps_unchanged=False)
    return targets.Stream(sys.stdout.buffer)


def _run(
    work: ChunkCleaner,
    sources: Sequence[Source],
    target: Target,
    removed: Path | None,
    *,
    jobs: int,
    quiet: bool,
    own_output: bool,
) -> None:
    """Clean and write everything, then say what was done. Raises `StreamError` where something could not be done."""
    from stream.observe.wording import counted
    from stream.offline.chunks import CHUNK_BYTES
    from stream.offline.jobs import in_order, processors
    from stream.offline.sources import parts_of, total_size
    from stream.offline.summary import summary
    from stream.offline.value import Counts

    jobs = jobs or processors()
    total = total_size(sources)
    if total is not None:
        jobs = min(jobs, total // CHUNK_BYTES + len(sources))
    # Where each line stands in its file is counted here only where what is written is to say it.
    whole = removed is not None or work.explainer is not None or jobs == 1
    results = in_order(work, parts_of(sources, whole=whole), jobs)
    shown = not quiet and sys.stderr.isatty() and not (own_output and sys.stdout.isatty())
    counts, bad = Counts(), 0
    with (
        closing(target),
        closing(results),
        _writing(removed) as keep,
        bar("cleaning", total, shown=shown) as (advance, say),
    ):
        for number, chunks in _by_file(results):
            target.begin(number)
            before = cleaned = 0  # lines in the chunks before, and articles changed, of this file
            for chunk in chunks:
                for problem in _problems(chunk, before):
                    say(problem)
                if keep is not None:
                    keep.write(chunk.removed)
                target.write(chunk.output)
                before += chunk.lines
                cleaned += chunk.counts.cleaned
                counts = counts.plus(chunk.counts)
                bad += len(chunk.problems)
                advance(chunk.size)
            target.finish(changed=cleaned > 0)
    if not quiet:
        _say(summary(counts))
    if bad:
        msg = f"{counted(bad, 'record')} could not be cleaned and went out unchanged."
        raise StreamError(msg)


def _by_file(results: Iterator[CleanedChunk]) -> Iterator[tuple[int, Iterator[CleanedChunk]]]:
    """The chunks of each file, to its last one. Raises `StreamError` for one that could not be read."""

    def of_this_file(chunk: CleanedChunk) -> Iterator[CleanedChunk]:
        while True:
            if chunk.failure:
                raise StreamError(chunk.failure)
            yield chunk
            if chunk.is_end:
                return
            chunk = next(results)

    for chunk in results:
        yield chunk.number, of_this_file(chunk)


def _writing(path: Path | None) -> AbstractContextManager[BinaryIO | None]:
    from stream.offline.sources import STDIN

    if path is None:
        return nullcontext()
    if str(path) == STDIN:
        return nullcontext(sys.stdout.buffer)
    try:
        return path.open("wb")
    except OSError as error:
        msg = f"{path} cannot be written: {error.strerror}."
        raise StreamError(msg) from None


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")


@contextmanager
def bar(what: str, total: int | None, *, shown: bool) -> Iterator[tuple[Advance, Callable[[str], None]]]:
    """What moves a progress bar on, and what writes a line to standard error, above the bar."""
    if not shown:
        yield (lambda _=1: None), _say
        return
    from stream.cli.console import errors, progress

    console = errors()
    with progress(what, total, console) as advance:
        yield advance, partial(console.print, soft_wrap=True)


def _problems(chunk: CleanedChunk, before: int) -> Iterator[str]:
    """What is wrong with its articles, each with its place; `before`: lines of the file before those counted in it."""
    from stream.observe.shown import on_one_line

    for line, text in chunk.problems:
        place = f"{chunk.name}:{before + line}" if line else chunk.name
        yield on_one_line(f"{place}: {text}")
