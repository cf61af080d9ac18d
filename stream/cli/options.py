"""The options that commands share, and the settings made from them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from stream.errors import SettingsError
from stream.settings import Settings, load

Config = Annotated[Path | None, typer.Option("--config", help="A TOML file with settings.", show_default=False)]
Servers = Annotated[
    str | None, typer.Option("--bootstrap-servers", "-b", help="Kafka's addresses.", metavar="HOST:PORT,…")
]
Set = Annotated[
    list[str] | None,
    typer.Option("--set", "-s", help="Any setting, as name=value (`article-stream settings` lists them)."),
]


def settings_from(config: Path | None, pairs: list[str] | None, **options: Any) -> Settings:
    """The settings; options that were not given leave what the environment and the file say.

    Raises `SettingsError`.
    """
    values: dict[str, Any] = {}
    for pair in pairs or []:
        name, equals, value = pair.partition("=")
        name = name.strip().lower().removeprefix("stream_").replace("-", "_")
        if not equals or name not in Settings.model_fields:
            # Only the name is shown: the value may be a secret.
            msg = f"--set {name or '…'}: write name=value, with one of the names that `article-stream settings` lists."
            raise SettingsError(msg)
        values[name] = value
    values.update({name: value for name, value in options.items() if value is not None})
    return load(values, config=config)
