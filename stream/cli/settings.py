"""`article-stream settings`: every setting, its value and where it can be set."""

from __future__ import annotations

import json

from rich.table import Table

from stream.cli.console import line, output
from stream.cli.options import Config, Set, settings_from
from stream.config.settings import PREFIX, Settings


def settings(config: Config = None, set_: Set = None) -> None:
    """List every setting with its value; secrets show as ***."""
    values = json.loads(settings_from(config, set_).model_dump_json())
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("variable", "value", "what it is"):
        table.add_column(heading, overflow="fold")
    for name, field in Settings.model_fields.items():
        table.add_row(PREFIX + name.upper(), line(shown(values[name])), field.description)
    output().print(table)


def shown(value: object) -> str:
    """A value as a person writes it; a secret as ***."""
    if value is None or value in ({}, []):
        return "–"
    if value == "**********":  # as pydantic writes a secret
        return "***"
    if isinstance(value, list):
        return ", ".join(map(str, value))
    if isinstance(value, dict):
        return ", ".join(f"{name}={item}" for name, item in value.items())
    return str(value).lower() if isinstance(value, bool) else str(value)
