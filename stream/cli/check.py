"""`article-stream check`: whether the worker can start, and if not, what to do about it."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

import typer

from stream.cli.options import Config, Servers, Set, settings_from
from stream.cli.rule_files import load_rules

if TYPE_CHECKING:
    from stream.observe.check import Check

GOOD, WARNING, BAD = ("✓", "green"), ("!", "yellow"), ("✗", "red")


def check(config: Config = None, bootstrap_servers: Servers = None, set_: Set = None) -> None:
    """Check that the worker can start: settings, rules, traces, brokers, topics, group, transactions, schemas, records.

    Each check is one line. A failed one says how to repair it, and the exit code is 1.
    """
    settings = settings_from(config, set_, bootstrap_servers=bootstrap_servers)
    from stream.core import native
    from stream.kafka import checks, samples
    from stream.observe import logs
    from stream.observe.check import Check
    from stream.observe.telemetry import started as telemetry
    from stream.records.process import Processor
    from stream.registry import checks as registry_checks
    from stream.registry.formats import asked_schemas

    logs.configure_for_command()
    _show(Check("settings", "valid"))
    rules = load_rules(settings)
    _show(Check("rules", f"valid, version {rules.version}"))
    slow = f"in Python, at a fortieth of the speed. To get the compiled one, {native.HOW_TO_GET_IT}."
    _show(Check("core", native.NAME if native.compiled else slow, warning=not native.compiled))
    failed = False
    for answer in chain(telemetry.checked(settings), checks.run(settings), registry_checks.run(settings)):
        failed = failed or answer.error is not None
        _show(answer)
    if failed:
        raise typer.Exit(1)
    processor = Processor.for_settings(settings, settings.input_format, rules, schemas=asked_schemas(settings))
    _show(samples.texts(settings, processor))


def _show(answer: Check) -> None:
    from stream.cli.console import line, output

    mark = BAD if answer.error else WARNING if answer.warning else GOOD
    output().print(line(mark, f" {answer.name}: {answer.detail}"), soft_wrap=True)
