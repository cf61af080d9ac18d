"""`article-stream topics create`: creates the topics that the worker needs."""

from __future__ import annotations

from typing import Annotated

import typer

from stream.cli.options import Config, Servers, Set, settings_from

app = typer.Typer(no_args_is_help=True, help="Create the topics that the worker needs.")
PARTITIONS = 4
DEFAULT_REPLICATION = -1  # Kafka's number for the cluster's own default


@app.callback()
def _topics() -> None:
    pass


@app.command()
def create(
    config: Config = None,
    bootstrap_servers: Servers = None,
    partitions: Annotated[
        int | None, typer.Option(min=1, metavar="N", help=f"Partitions of each new topic.  [default: {PARTITIONS}]")
    ] = None,
    replication: Annotated[
        int | None,
        typer.Option(min=-1, metavar="N", help="Copies of each partition; -1, the default: as the cluster says."),
    ] = None,
    retention_hours: Annotated[
        float | None,
        typer.Option(min=0, metavar="HOURS", help="How long records are kept; by default as the cluster says."),
    ] = None,
    set_: Set = None,
) -> None:
    """Create the input, output and dead letter topics, and the topic STREAM_REMOVED_TOPIC if it is set.

    With a pattern for input topics, the output topics are created of those that exist.

    Topics that exist are left as they are. Where one differs from what you ask for, that is said, and the exit code
    is still 0.
    """
    settings = settings_from(config, set_, bootstrap_servers=bootstrap_servers)
    from stream.cli.console import line, output
    from stream.kafka import topics
    from stream.kafka.topic_differences import HOUR_MS, Asked
    from stream.observe import logs

    logs.configure_for_command()
    retention_ms = None if retention_hours is None else round(retention_hours * HOUR_MS)
    replication = None if replication == DEFAULT_REPLICATION else replication
    asked = Asked(partitions, replication, retention_ms)
    out, differ = output(), 0
    entries = {} if retention_ms is None else {"retention.ms": str(retention_ms)}
    for made in topics.create(settings, partitions or PARTITIONS, replication or DEFAULT_REPLICATION, entries, asked):
        mark = ("✓", "green") if made.new else ("!", "yellow") if made.differs else ("·", "dim")
        but = f", but has {' and '.join(made.differs)}" if made.differs else ""
        out.print(line(mark, f" {made.topic}: {made.detail}{but}"), soft_wrap=True)
        differ += bool(made.differs)
    if differ:
        what = "1 topic differs" if differ == 1 else f"{differ} topics differ"
        out.print(f"{what} from what you asked for. Existing topics are never changed.")
