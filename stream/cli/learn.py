"""`article-stream learn`: what the articles of sites have in common."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from stream.cli.options import Config, Servers, Set, cleaning_settings, settings_from
from stream.errors import SettingsError, StreamError

if TYPE_CHECKING:
    from stream.learner.profiles import Profiles


def learn(
    files: Annotated[list[Path] | None, typer.Argument(help="Files with articles; none, or -: standard input.")] = None,
    to: Annotated[
        Path | None, typer.Option("--to", help="Write what is known of the sites to this file.", metavar="FILE")
    ] = None,
    from_: Annotated[
        Path | None, typer.Option("--from", help="Add to what this file knows; it may be the same.", metavar="FILE")
    ] = None,
    time: Annotated[
        str,
        typer.Option(
            "--time",
            help="The field with an article's time: ISO 8601, or milliseconds since 1970; none: the order is the time.",
            metavar="FIELD",
            show_default=False,
        ),
    ] = "",
    format_: Annotated[
        str | None,
        typer.Option("--format", "-f", help="json or jsonl; by default the file's name or content tells."),
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No summary and no progress bar.")] = False,
    bootstrap_servers: Servers = None,
    http_port: Annotated[
        int | None, typer.Option(help="The port of health and metrics of a learner on Kafka; 0: no HTTP.")
    ] = None,
    config: Config = None,
    set_: Set = None,
) -> None:
    """Learn what sites repeat: on Kafka until told to stop, or from articles in files.

    Without FILE and --to it reads what workers publish of each article
    (STREAM_LINES_TOPIC; their STREAM_SITES is propose or apply), and publishes
    what is known of each site (STREAM_SITES_TOPIC). Any number may run; they
    share the sites. On SIGTERM or Ctrl-C it ends as the worker does.

    Files are JSON lines or JSON, also compressed (.gz, .zst), as `clean`
    reads them. The site of an article is the host that the setting
    source_field names, or else that of its url, link or canonical_url.

    `article-stream clean --sites FILE` cleans with what was learned, and
    `article-stream sites show HOST --sites FILE` shows it.

    \b
    Exit codes:
      0  every article was read
      1  an article could not be read, or a file could not be read or written
      2  an option, a setting, a rule file or the file of --from is wrong
    """  # noqa: D301 - Click reads the escape: it keeps the lines that follow
    if to is None and not files:
        _learn_on_kafka(config, set_, bootstrap_servers, http_port)
        return
    if to is None:
        msg = "learn needs --to FILE."
        raise SettingsError(msg, fix="What is known of the sites is written there.")
    settings = cleaning_settings(config, set_)
    from stream.cli.cleaning import bar
    from stream.cli.rule_files import load_rules
    from stream.observe.shown import on_one_line
    from stream.observe.wording import counted
    from stream.offline.chunks import Chunk
    from stream.offline.learning import Learning, summary
    from stream.offline.sites_file import require_writable, write_sites
    from stream.offline.sources import STDIN, is_among, parts_of, sources_of, total_size
    from stream.records.codec import JsonCodec

    sources = sources_of(files or [Path(STDIN)], format_, None, unique=False)
    if is_among(to, sources):
        msg = f"{to} is one of the files to learn from."
        raise SettingsError(msg, fix="Give --to another name.")
    require_writable(to)
    profiles = _profiles(from_, by_time=bool(time))
    codec = JsonCodec.of(settings.text_field, settings.source_field)
    shown = not quiet and sys.stderr.isatty()
    with Learning(profiles, load_rules(settings), codec, time) as learning:
        with bar("reading" if time else "learning", total_size(sources), shown=shown) as (advance, say):
            for chunk in parts_of(sources, whole=True):
                assert isinstance(chunk, Chunk)  # noqa: S101 - that is what `whole` asks for
                for problem in learning.take(chunk):
                    say(on_one_line(problem))
                advance(len(chunk.data))
        with bar("learning", learning.waiting, shown=shown) as (advance, _):
            learning.finish(advance)
    write_sites(to, profiles)
    if not quiet:
        sys.stderr.write(f"{summary(learning.counts, len(profiles))}\n")
    if learning.counts.failed:
        msg = f"{counted(learning.counts.failed, 'record')} could not be read."
        raise StreamError(msg)
    if learning.is_flawed:
        msg = "A file could not be read to its end."
        raise StreamError(msg)


def _learn_on_kafka(
    config: Path | None, set_: list[str] | None, bootstrap_servers: str | None, http_port: int | None
) -> None:
    from stream.cli.worker import run_worker
    from stream.config.learner import for_learner

    settings = settings_from(config, set_, bootstrap_servers=bootstrap_servers, http_port=http_port)
    if settings.sites == "off":
        msg = "There is nothing to learn from on Kafka while STREAM_SITES is off."
        raise SettingsError(msg, fix="Set STREAM_SITES to propose or apply, or name files and --to FILE.")
    run_worker(for_learner(settings))


def _profiles(path: Path | None, *, by_time: bool) -> Profiles:
    """What is known already. Raises `StreamError` where a file cannot be used, or does not fit the other options."""
    from stream.learner.profiles import Profiles
    from stream.offline.sites_file import read_sites

    if path is None:
        return Profiles(by_time=by_time)
    profiles = read_sites(path)
    if profiles.by_time == by_time:
        return profiles
    if by_time:
        msg, fix = f"{path} was learned by the order of the articles.", "Leave --time out."
    else:
        msg, fix = f"{path} was learned by the articles' times.", "Name the field with --time."
    raise SettingsError(msg, fix=fix)
