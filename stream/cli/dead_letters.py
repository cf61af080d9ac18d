"""`article-stream dead-letters`: what could not be cleaned and why (`list`, `show`), and back with it (`replay`)."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Annotated, Any

import typer
from rich.table import Table

from stream.cli.console import line, output
from stream.cli.options import Config, Servers, Set, settings_from
from stream.cli.replay import look_for_mistyped, replay
from stream.errors import StreamError
from stream.observe.shown import as_json as json_text
from stream.records.headers import readable

app = typer.Typer(no_args_is_help=True, help="The records that could not be cleaned.")
PREVIEW_CHARACTERS = 60
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


@app.callback()
def _dead_letters() -> None:
    pass


@app.command("list")
def list_(
    config: Config = None,
    bootstrap_servers: Servers = None,
    reason: Annotated[str | None, typer.Option(help="Only those with this reason, as the list names it.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="Show so many at the most; the totals count all.")] = 50,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
    set_: Set = None,
) -> None:
    """List dead letters: where each is, where it came from, why, when, and how its value begins."""
    settings = settings_from(config, set_, bootstrap_servers=bootstrap_servers)
    _quiet()
    from stream.kafka import topics

    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("dead letter", "came from", "reason", "when", "value begins with"):
        table.add_column(heading, no_wrap=heading != "value begins with")
    counts: dict[str, int] = {}
    shown = 0
    for message in topics.read(settings, settings.dead_letter_topic):
        row = summary(message, readable(message))
        if reason is not None and row["reason"] != reason:
            continue
        counts[row["reason"]] = counts.get(row["reason"], 0) + 1
        if shown >= limit:
            continue
        shown += 1
        if as_json:
            print(json_text(row))  # noqa: T201
        else:
            table.add_row(
                f"{row['partition']}:{row['offset']}",
                line(f"{row['from_topic']} {row['from_partition']}:{row['from_offset']}"),
                line((row["reason"], "red")),
                row["when"],
                line(row["preview"]),
            )
    total = sum(counts.values())
    if reason is not None:
        look_for_mistyped([reason], found=total)
    if as_json:
        return
    out = output()
    if shown:
        out.print(table)
    by_reason = ", ".join(f"{count:,} {name}" for name, count in sorted(counts.items()))
    of_these = f" Shown: {shown}." if shown < total else ""
    out.print(line(f"{total:,} dead letter{'s' * (total != 1)}{f': {by_reason}' if counts else ''}.{of_these}"))
    if shown:
        out.print("`article-stream dead-letters show PARTITION:OFFSET` shows one whole.", style="dim")


@app.command()
def show(
    place: Annotated[str, typer.Argument(metavar="PARTITION:OFFSET", help="As `list` gives it.")],
    config: Config = None,
    bootstrap_servers: Servers = None,
    raw: Annotated[bool, typer.Option("--raw", help="Only the value's bytes, as they are.")] = False,
    set_: Set = None,
) -> None:
    """Show one dead letter whole: headers, key and value."""
    settings = settings_from(config, set_, bootstrap_servers=bootstrap_servers)
    _quiet()
    from stream.kafka import topics

    partition, colon, offset = place.partition(":")
    if not (colon and partition.isdigit() and offset.isdigit()):
        msg = f"{place!r} is no PARTITION:OFFSET, as 0:17 is."
        raise StreamError(msg)
    message: Any = topics.read_one(settings, settings.dead_letter_topic, int(partition), int(offset))
    if message is None:
        msg = f"{settings.dead_letter_topic} has no record at {place}."
        raise StreamError(msg, fix="`article-stream dead-letters list` lists them.")
    if raw:
        import sys

        sys.stdout.buffer.write(message.value() or b"")
        return
    out = output()
    headers = readable(message)  # once: it does not say a second time that there are some
    row = summary(message, headers)
    from stream.records.dead_letters import REASONS, read_letter

    letter = read_letter(headers)
    out.print(line((f"{settings.dead_letter_topic} {place}", "bold"), f"  {row['when']}"))
    out.print(line(f"came from  {letter.topic} {letter.partition}:{letter.offset}"))
    out.print(line("reason     ", (letter.reason, "red"), f" ({REASONS.get(letter.reason, 'not ours')})"))
    out.print(line(f"message    {letter.message}"))
    out.print(line(f"key        {preview(message.key())}"))
    if headers is None:
        out.print("headers    can not be read: the name of one is not UTF-8")
    for name, value in headers or []:
        if not name.startswith("__streams.errors."):
            out.print(line(f"header     {name} = {preview(value)}"))
    size = len(message.value() or b"")
    out.print(f"value      {size:,} bytes")
    out.print((message.value() or b"").decode("utf-8", "backslashreplace"))


app.command()(replay)


def summary(message: Any, headers: list[tuple[str, bytes | None]] | None) -> dict[str, Any]:
    """One dead letter as plain values."""
    from stream.records.dead_letters import read_letter
    from stream.records.demotion import original_ms

    letter = read_letter(headers)
    return {
        "partition": message.partition(),
        "offset": message.offset(),
        "from_topic": letter.topic,
        "from_partition": letter.partition,
        "from_offset": letter.offset,
        "reason": letter.reason,
        "message": letter.message,
        "when": when(original_ms(message, headers or [])),
        "preview": preview(message.value()),
    }


def when(milliseconds: int) -> str:
    """A time since 1970 as text; what no calendar has, as digits; -1 is "–", no time."""
    if milliseconds == -1:
        return "–"
    try:
        return (EPOCH + timedelta(milliseconds=milliseconds)).strftime("%Y-%m-%d %H:%M:%S")
    except OverflowError:
        return f"{milliseconds} ms"


def preview(value: bytes | None) -> str:
    """How a value begins, on one line; None is "–"."""
    if value is None:
        return "–"
    text = value[: 4 * PREVIEW_CHARACTERS].decode("utf-8", "backslashreplace")
    line = "".join(character if character.isprintable() else "·" for character in text)
    return line if len(line) <= PREVIEW_CHARACTERS else line[: PREVIEW_CHARACTERS - 1] + "…"


def _quiet() -> None:
    from stream.observe import logs

    logs.configure("text", "error")
    logs.silence_librdkafka()
