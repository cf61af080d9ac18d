"""`article-stream dead-letters replay`: dead letters go back to the input topic, each once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timezone
from typing import Annotated

import typer
from rich.table import Table

from stream.cli.console import line, output
from stream.cli.options import Config, Servers, Set, settings_from
from stream.errors import StreamError
from stream.records.dead_letters import REASONS
from stream.records.redrive import Selection


def replay(
    config: Config = None,
    bootstrap_servers: Servers = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Send nothing: say what would go and whether it would now succeed.")
    ] = False,
    reason: Annotated[list[str] | None, typer.Option(help="Only these reasons, as `list` names them.")] = None,
    since: Annotated[str | None, typer.Option(help="Not before this time (ISO 8601, UTC unless it says).")] = None,
    until: Annotated[str | None, typer.Option(help="Before this time.")] = None,
    partition: Annotated[int | None, typer.Option(min=0, help="Only this partition of the dead letters.")] = None,
    offsets: Annotated[
        str | None, typer.Option(metavar="FIRST-LAST", help="Only these offsets of the dead letters.")
    ] = None,
    most_rounds: Annotated[
        int, typer.Option("--max-rounds", min=1, help="A record goes back so often at the most.")
    ] = 3,
    failing: Annotated[bool, typer.Option("--failing", help="Send back those, too, that would fail again.")] = False,
    set_: Set = None,
) -> None:
    """Send dead letters back to the input topic: the original bytes, key, headers and timestamp, each once."""
    settings = settings_from(config, set_, bootstrap_servers=bootstrap_servers)
    first, last = _offsets(offsets)
    selection = Selection(frozenset(reason or ()), _time(since), _time(until), partition, first, last)
    from stream.cli.rules import load_rules
    from stream.kafka.redriving import STAYS, Redrive
    from stream.observe import logs
    from stream.records.process import Processor

    logs.configure("text", "error")
    logs.silence_librdkafka()
    processor = Processor.for_field(
        settings.text_field, settings.input_format, load_rules(settings), source_field=settings.source_field
    )
    redrive = Redrive(settings, processor, selection, most_rounds=most_rounds, failing=failing)
    try:
        if dry_run:
            for _ in redrive.candidates():
                pass
        else:
            redrive.run()
    finally:
        redrive.close()
    out, tally = output(), redrive.tally
    look_for_mistyped(reason or [], found=sum(tally.verdicts.values()))
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("dead letters", justify="right")
    table.add_column("would" if dry_run else "verdict")
    for verdict, count in sorted(tally.verdicts.items()):
        table.add_row(f"{count:,}", line(verdict))
    if tally.verdicts:
        out.print(table)
    goes = sum(count for verdict, count in tally.verdicts.items() if not verdict.startswith(STAYS))
    what = f"{goes:,} would go" if dry_run else f"{tally.sent:,} went"
    already = " Letters that had gone back before were passed over." if redrive.some_before else ""
    out.print(f"{what} back from {settings.dead_letter_topic} to {settings.input_topic}.{already}")


def look_for_mistyped(reasons: Sequence[str], *, found: int) -> None:
    """Raises `StreamError` where no letter was found and a reason is none that the worker gives."""
    strange = [reason for reason in reasons if reason not in REASONS]
    if strange and not found:
        msg = f"No dead letter that is left has the reason {', '.join(strange)}."
        raise StreamError(msg, fix=f"The worker's reasons are {', '.join(REASONS)}.")


def _time(text: str | None) -> int | None:
    if text is None:
        return None
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        msg = f"{text!r} is no time."
        raise StreamError(msg, fix="Write it as 2026-01-31 or 2026-01-31T18:00.") from None
    return round((time if time.tzinfo else time.replace(tzinfo=timezone.utc)).timestamp() * 1000)


def _offsets(text: str | None) -> tuple[int | None, int | None]:
    if text is None:
        return None, None
    first, dash, last = text.partition("-")
    if not first.isdigit() or (dash and last and not last.isdigit()):
        msg = f"{text!r} are no offsets."
        raise StreamError(msg, fix="Write FIRST-LAST, as 100-199, FIRST-, or one offset.")
    return int(first), int(last) if last else (None if dash else int(first))
