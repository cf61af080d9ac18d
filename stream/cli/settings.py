"""`article-stream settings`: every setting, its value, and where it was set."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from stream.cli.options import Config, Set, loaded_from

if TYPE_CHECKING:
    from stream.config.loading import Loaded, Origin

MASK = "***"


def settings(
    config: Config = None,
    set_: Set = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object: by name the value, its source and its place.")
    ] = False,
) -> None:
    """Show every setting, its value and where it was set. Secrets are shown as ***."""
    from stream.config.light import PREFIX
    from stream.config.loading import Origin
    from stream.config.settings import Settings

    loaded = loaded_from(config, set_)
    values = plain_values(loaded)
    origins = {name: loaded.origins.get(name, Origin("default")) for name in values}
    if as_json:
        from stream.observe.shown import as_json as json_text

        found = {
            name: {"value": value, "source": origins[name].source, "place": origins[name].place or None}
            for name, value in values.items()
        }
        print(json_text(found, indent=2))  # noqa: T201
        return
    from rich.table import Table

    from stream.cli.console import line, output

    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("variable", "value", "set by", "meaning"):
        table.add_column(heading, overflow="fold")
    for name, field in Settings.model_fields.items():
        origin = origins[name]
        style = "dim" if origin.source == "default" else "green"
        table.add_row(PREFIX + name.upper(), line(shown(values[name])), line((told(origin), style)), field.description)
    output().print(table)


def plain_values(loaded: Loaded) -> dict[str, Any]:
    """The values as JSON has them, by name; a secret is ***."""
    from stream.config.written import is_secret

    fields = type(loaded.settings).model_fields
    values = loaded.settings.model_dump(mode="json")
    for name, value in values.items():
        if is_secret(fields[name]) and isinstance(value, str):
            values[name] = MASK
    return values


def told(origin: Origin) -> str:
    """Where a value was set, in a word: the option, the variable, the file and its line, or `default`."""
    return "environment" if origin.source == "environment" else origin.place or origin.source


def shown(value: object) -> str:
    """A value as a person writes it."""
    if value is None or value in ({}, []):
        return "–"
    if isinstance(value, list):
        return ", ".join(map(str, value))
    if isinstance(value, dict):
        return ", ".join(f"{name}={item}" for name, item in value.items())
    return str(value).lower() if isinstance(value, bool) else str(value)
