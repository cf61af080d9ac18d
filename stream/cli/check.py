"""`article-stream check`: whether everything is there that the worker needs."""

from __future__ import annotations

import typer

from stream.cli.console import line, output
from stream.cli.options import Config, Servers, Set, settings_from

GOOD, WARNING, BAD = ("✓", "green"), ("!", "yellow"), ("✗", "red")


def check(config: Config = None, bootstrap_servers: Servers = None, set_: Set = None) -> None:
    """Say, one line each, whether all is there that the worker needs, and what to do where it is not."""
    settings = settings_from(config, set_, bootstrap_servers=bootstrap_servers)
    from stream.cli.rules import load_rules
    from stream.kafka import checks
    from stream.observe import logs

    logs.configure("text", "error")
    logs.silence_librdkafka()
    out = output()
    out.print(line(GOOD, " settings: valid"))
    rules = load_rules(settings)
    out.print(line(GOOD, f" rules: valid, version {rules.version}"))
    failed = False
    for answer in checks.run(settings):
        failed = failed or answer.error is not None
        mark = BAD if answer.error else WARNING if answer.warning else GOOD
        out.print(line(mark, f" {answer.name}: {answer.detail}"), soft_wrap=True)
    if failed:
        raise typer.Exit(1)
