"""`article-stream dead-letters`: records that could not be cleaned; list them, show one, send them back."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from stream.cli.options import Config, Servers, Set, settings_from
from stream.cli.replay import look_for_mistyped, replay
from stream.errors import StreamError
from stream.observe.wording import counted

app = typer.Typer(no_args_is_help=True, help="List, show and send back records that could not be cleaned.")


@app.callback()
def _dead_letters() -> None:
    pass


@app.command("list")
def list_(
    config: Config = None,
    bootstrap_servers: Servers = None,
    reason: Annotated[str | None, typer.Option(help="Only letters with this reason, as the list shows it.")] = None,
    limit: Annotated[int, typer.Option(min=1, metavar="N", help="Show at most this many; the totals count all.")] = 50,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object per line.")] = False,
    set_: Set = None,
) -> None:
    """List dead letters: where each one is, where it came from, why and when it failed, and how its value begins."""
    settings = settings_from(config, set_, bootstrap_servers=bootstrap_servers)
    _quiet()
    from rich.table import Table

    from stream.cli.console import line, output
    from stream.kafka import topics
    from stream.observe.letters import summary
    from stream.observe.shown import as_json as json_text
    from stream.records.headers import readable

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
    of_these = f" {shown:,} of them are shown." if shown < total else ""
    out.print(line(f"{counted(total, 'dead letter')}{f': {by_reason}' if counts else ''}.{of_these}"))
    if shown:
        out.print("`article-stream dead-letters show PARTITION:OFFSET` shows one of them in full.", style="dim")


@app.command()
def show(
    place: Annotated[str, typer.Argument(metavar="PARTITION:OFFSET", help="As `list` shows it, such as 0:17.")],
    config: Config = None,
    bootstrap_servers: Servers = None,
    raw: Annotated[bool, typer.Option("--raw", help="Print the bytes of the value and nothing else.")] = False,
    set_: Set = None,
) -> None:
    """Show one dead letter in full: headers, key and value."""
    settings = settings_from(config, set_, bootstrap_servers=bootstrap_servers)
    _quiet()
    from stream.cli.console import line, output
    from stream.kafka import topics
    from stream.observe.letters import preview, summary
    from stream.records.headers import readable, whole_number

    before, _, behind = place.partition(":")
    partition, offset = whole_number(before.encode()), whole_number(behind.encode())
    if partition is None or offset is None:
        msg = f"{place!r} is not PARTITION:OFFSET, such as 0:17."
        raise StreamError(msg)
    message: Any = topics.read_one(settings, settings.dead_letter_topic, partition, offset)
    if message is None:
        msg = f"{settings.dead_letter_topic} has no record at {place}."
        raise StreamError(msg, fix="`article-stream dead-letters list` lists them.")
    if raw:
        import sys

        sys.stdout.buffer.write(message.value() or b"")
        return
    out = output()
    headers = readable(message)  # only once: each call logs a warning for headers that cannot be read
    row = summary(message, headers)
    from stream.records.dead_letters import REASONS, read_letter

    letter = read_letter(headers)
    out.print(line((f"{settings.dead_letter_topic} {place}", "bold"), f"  {row['when']}"))
    out.print(line(f"came from  {letter.topic} {letter.partition}:{letter.offset}"))
    out.print(line("reason     ", (letter.reason, "red"), f" ({REASONS.get(letter.reason, 'an unknown reason')})"))
    out.print(line(f"message    {letter.message}"))
    out.print(line(f"key        {preview(message.key())}"))
    if headers is None:
        out.print("headers    cannot be read: the name of one is not UTF-8")
    for name, value in headers or []:
        if not name.startswith("__streams.errors."):
            out.print(line(f"header     {name} = {preview(value)}"))
    size = len(message.value() or b"")
    out.print(f"value      {size:,} bytes")
    out.print((message.value() or b"").decode("utf-8", "backslashreplace"))


app.command()(replay)


def _quiet() -> None:
    from stream.observe import logs

    logs.configure_for_command()
