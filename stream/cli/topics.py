"""`article-stream topics create`: the topics that the worker needs."""

from __future__ import annotations

from typing import Annotated

import typer

from stream.cli.console import line, output
from stream.cli.options import Config, Servers, Set, settings_from

app = typer.Typer(no_args_is_help=True, help="Make the topics that the worker needs.")


@app.callback()
def _topics() -> None:
    pass


@app.command()
def create(
    config: Config = None,
    bootstrap_servers: Servers = None,
    partitions: Annotated[int, typer.Option(min=1, help="Partitions of each topic that is made.")] = 4,
    replication: Annotated[int, typer.Option(min=-1, help="Copies of each partition; -1: the cluster's default.")] = -1,
    retention_hours: Annotated[
        float | None, typer.Option(min=0, help="How long records are kept; not given: the cluster's default.")
    ] = None,
    set_: Set = None,
) -> None:
    """Make the input, output and dead letter topics, and STREAM_REMOVED_TOPIC; what exists stays as it is."""
    settings = settings_from(config, set_, bootstrap_servers=bootstrap_servers)
    from stream.kafka import topics
    from stream.observe import logs

    logs.configure("text", "error")
    logs.silence_librdkafka()
    out = output()
    config_entries = {} if retention_hours is None else {"retention.ms": str(round(retention_hours * 3_600_000))}
    for made in topics.create(settings, partitions, replication, config_entries):
        mark = ("✓", "green") if made.new else ("·", "dim")
        out.print(line(mark, f" {made.topic}: {made.detail}"), soft_wrap=True)
