"""`article-stream dead-letters replay`: sends dead letters back to the topics they came from, each once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from stream.cli.options import Config, Servers, Set, settings_from
from stream.cli.rule_files import load_rules
from stream.errors import StreamError
from stream.observe.wording import counted
from stream.records.headers import whole_number

if TYPE_CHECKING:
    from stream.config.settings import Settings


def replay(
    config: Config = None,
    bootstrap_servers: Servers = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Send nothing; say what would be sent and whether it would succeed now.")
    ] = False,
    reason: Annotated[list[str] | None, typer.Option(help="Only letters with this reason, as `list` shows it.")] = None,
    since: Annotated[
        str | None, typer.Option(help="Only letters from this time on (ISO 8601, UTC by default).")
    ] = None,
    until: Annotated[str | None, typer.Option(help="Only letters before this time.")] = None,
    partition: Annotated[int | None, typer.Option(min=0, metavar="N", help="Only this partition of the topic.")] = None,
    offsets: Annotated[
        str | None, typer.Option(metavar="FIRST-LAST", help="Only these offsets of the dead letter topic.")
    ] = None,
    most_rounds: Annotated[
        int, typer.Option("--max-rounds", min=1, metavar="N", help="How often one record may be sent back in all.")
    ] = 3,
    failing: Annotated[bool, typer.Option("--failing", help="Also send back letters that would fail again.")] = False,
    set_: Set = None,
) -> None:
    """Send dead letters back to the topics they came from, each once.

    They go with their original value, key, headers and timestamp.
    """
    settings = settings_from(config, set_, bootstrap_servers=bootstrap_servers)
    first, last = _offsets(offsets)
    from stream.records.redrive import Selection

    selection = Selection(frozenset(reason or ()), _time(since), _time(until), partition, first, last)
    from rich.table import Table

    from stream.cli.console import line, output
    from stream.kafka.redriving import Redrive
    from stream.observe import logs
    from stream.records.process import Processor
    from stream.registry.formats import asked_schemas

    logs.configure_for_command()
    schemas = asked_schemas(settings)
    processor = Processor.for_settings(settings, settings.input_format, load_rules(settings), schemas=schemas)
    redrive = Redrive(settings, processor, selection, most_rounds=most_rounds, failing=failing)
    tally, out = redrive.play(dry_run=dry_run), output()
    look_for_mistyped(reason or [], found=sum(tally.verdicts.values()))
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("dead letters", justify="right")
    table.add_column("would" if dry_run else "verdict")
    for verdict, count in sorted(tally.verdicts.items()):
        table.add_row(f"{count:,}", line(verdict))
    if tally.verdicts:
        out.print(table)
    what = (
        f"{counted(tally.goes, 'dead letter')} would be sent"
        if dry_run
        else f"{counted(tally.sent, 'dead letter')} sent"
    )
    already = " Letters that were sent back before were skipped." if redrive.some_before else ""
    out.print(f"{what} back from {settings.dead_letter_topic} to {_where(settings)}.{already}")


def _where(settings: Settings) -> str:
    return settings.input_topic if settings.inputs.one else "the topics they came from"


def look_for_mistyped(reasons: Sequence[str], *, found: int) -> None:
    """Raises `StreamError` when no letter was found and the worker does not know one of the reasons."""
    from stream.records.dead_letters import REASONS

    strange = [reason for reason in reasons if reason not in REASONS]
    if strange and not found:
        msg = f"No remaining dead letter has the reason {', '.join(strange)}."
        raise StreamError(msg, fix=f"The reasons that the worker gives are {', '.join(REASONS)}.")


def _time(text: str | None) -> int | None:
    if text is None:
        return None
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        msg = f"{text!r} is not a time."
        raise StreamError(msg, fix="Write it as 2026-01-31 or 2026-01-31T18:00.") from None
    return round((time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp() * 1000)


def _offsets(text: str | None) -> tuple[int | None, int | None]:
    if text is None:
        return None, None
    first, dash, last = text.partition("-")
    begin, end = whole_number(first.encode()), whole_number(last.encode())
    if begin is None or (last and end is None):
        msg = f"{text!r} is not a range of offsets."
        raise StreamError(msg, fix="Write FIRST-LAST, such as 100-199, or FIRST-, or one offset.")
    return begin, end if dash else begin
