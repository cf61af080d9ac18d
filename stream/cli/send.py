"""`article-stream send`: publishes articles from files to an input topic."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from stream.cli.options import Config, Servers, Set, settings_from
from stream.errors import SettingsError, StreamError
from stream.observe.wording import counted

if TYPE_CHECKING:
    from stream.config.settings import Settings
    from stream.offline.files import FileFormat


SAMPLE_RATE = 3.0  # articles a second: enough to see figures move, and no load for any machine
Record = tuple[str, bytes | None, bytes]
"""The name of an article among the problems, its key and its value."""


def send(
    files: Annotated[list[Path] | None, typer.Argument(help="Files of type text, json or jsonl.")] = None,
    format_: Annotated[
        str | None, typer.Option("--format", "-f", help="text, json or jsonl; by default the name of the file decides.")
    ] = None,
    key_field: Annotated[str, typer.Option(help="The JSON field that becomes the key of the record.")] = "id",
    topic: Annotated[
        str | None, typer.Option(help="The input topic; needed where STREAM_INPUT_TOPIC names several.")
    ] = None,
    sample: Annotated[
        bool, typer.Option("--sample", help="Instead of files: sample articles without end, until Ctrl-C.")
    ] = False,
    rate: Annotated[
        float | None, typer.Option(min=0.1, max=1000, help="Articles a second, on average; --sample: 3 if not given.")
    ] = None,
    config: Config = None,
    bootstrap_servers: Servers = None,
    set_: Set = None,
) -> None:
    """Publish articles from files to an input topic, and wait until Kafka has acknowledged each of them.

    A text file is one article, sent as JSON with the name of the file as its key; with STREAM_INPUT_FORMAT=text it is
    sent unchanged. The lines of a jsonl file are always sent unchanged.

    With --sample, to see a worker at work: the demo's articles, others of made-up sites, now and then half of one.

    Ctrl-C ends it after the article that is being sent, and what was sent is still acknowledged; a second one ends at
    once.
    """
    if sample == bool(files):
        msg = "--sample sends no files." if sample else "There is nothing to send."
        raise SettingsError(msg, fix="Name files, or use --sample.")
    if rate is not None and not isfinite(rate):  # typer lets nan pass every bound
        msg = f"--rate is {rate}, which is no number of articles a second."
        raise SettingsError(msg, fix="Give one from 0.1 to 1000.")
    settings = settings_from(config, set_, bootstrap_servers=bootstrap_servers)
    from random import uniform

    from stream.cli.console import errors, line, output
    from stream.kafka.cluster import Cluster
    from stream.kafka.interrupts import Stopping
    from stream.kafka.sending import Sender
    from stream.observe import logs

    logs.configure_for_command()
    topic = _topic(topic, settings)
    problems: list[tuple[str, str]] = []
    records = _sample() if sample else _from_files(files or [], format_, key_field, settings, problems)
    cluster = Cluster(settings)
    cluster.connect()
    cluster.topic(topic)
    sender = Sender(settings, topic)
    stopped = False
    try:
        # A sample has no other end, waits for nothing to read, and may run in a container, which SIGTERM stops.
        with Stopping(signal.SIGINT, *([signal.SIGTERM] if sample else [])) as stopping:
            for record in records if sample else stopping.reading(records):
                sender.send(*record)
                if sample and sender.problems:
                    break  # without end they would grow without bound
                pace = rate or (SAMPLE_RATE if sample else None)
                if stopped := stopping.wait(uniform(0.5, 1.5) / pace if pace else 0):  # noqa: S311 - no secret
                    break
    finally:  # whatever happens, report what was sent and what was not
        sender.finish()
        problems += sender.problems
        for where, problem in problems:
            errors().print(line(f"{where}: {problem}"), soft_wrap=True)
        output().print(f"{counted(sender.acknowledged, 'article')} sent to {topic} and acknowledged.")
    if problems:
        msg = f"{counted(len(problems), 'article')} did not reach {topic}."
        raise StreamError(msg, fix="Correct the problems listed above, and send these articles again.")
    if stopped and not sample:
        raise KeyboardInterrupt


def _from_files(
    files: list[Path], format_: str | None, key_field: str, settings: Settings, problems: list[tuple[str, str]]
) -> Iterator[Record]:
    """The articles of files, while a bar shows how far it is; what cannot be sent is added to the problems.

    Raises `StreamError`, before anything is sent, if a file cannot be read.
    """
    from stream.cli.console import progress
    from stream.offline.files import format_of_file, opened, records
    from stream.records.codec import decode_text
    from stream.records.shape import Undecodable

    formats = [format_of_file(path, format_) for path in files]
    for path in files:
        opened(path).close()  # a wrong name is reported before anything is sent

    def read() -> Iterator[Record]:
        with progress("sending", sum(path.stat().st_size for path in files)) as advance:
            for path, file_format in zip(files, formats, strict=True):
                with opened(path) as file:
                    for number, value in records(file, file_format):
                        where = f"{path}:{number}" if file_format == "jsonl" else str(path)
                        if file_format == "text" and isinstance(text := decode_text(value), Undecodable):
                            problems.append((where, text.message))
                        else:
                            yield where, *_record(path, file_format, value, settings, key_field)
                        advance(len(value))

    return read()


def _sample() -> Iterator[Record]:
    """Sample articles without end."""
    from stream.demo.flow import articles

    for article in articles(seed=time.time_ns()):
        yield article.key.decode(), article.key, article.value or b""


def _topic(topic: str | None, settings: Settings) -> str:
    """The topic to send to. Raises `StreamError` if that is none of the input topics, or not known."""
    if topic is None and settings.inputs.one:
        return settings.input_topic
    if topic is None:
        msg = f"There may be several input topics: {settings.inputs}."
        raise StreamError(msg, fix="Name one with --topic.")
    if topic not in settings.inputs:
        msg = f"--topic is {topic}, which is not an input topic: STREAM_INPUT_TOPIC is {settings.input_topic}."
        raise StreamError(msg)
    return topic


def _record(
    path: Path, file_format: FileFormat, value: bytes, settings: Settings, key_field: str
) -> tuple[bytes | None, bytes]:
    """Key and value of one article."""
    import orjson

    from stream.config.paths import around, paths_of

    if file_format == "text":
        if settings.input_format == "text":
            return path.name.encode(), value
        text = around(paths_of(settings.text_field)[0], value.decode())
        return path.name.encode(), orjson.dumps({key_field: path.name} | text)
    value = value.strip()
    try:
        key = orjson.loads(value).get(key_field)
    except (orjson.JSONDecodeError, AttributeError):
        return None, value  # the worker reports what is wrong and makes it a dead letter
    return (str(key).encode() if isinstance(key, str | int) else None), value
