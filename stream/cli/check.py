"""`article-stream check`: whether the worker can start, and if not, what to do about it."""

from __future__ import annotations

import typer

from stream.cli.options import Config, Servers, Set, settings_from
from stream.cli.rule_files import load_rules

GOOD, WARNING, BAD = ("✓", "green"), ("!", "yellow"), ("✗", "red")


def check(config: Config = None, bootstrap_servers: Servers = None, set_: Set = None) -> None:
    """Check that the worker can start: settings, rules, brokers, topics, group, transactions.

    Each check is one line. A failed one says how to repair it, and the exit code is 1.
    """
    settings = settings_from(config, set_, bootstrap_servers=bootstrap_servers)
    from stream.cli.console import line, output
    from stream.kafka import checks
    from stream.observe import logs

    logs.configure_for_command()
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
