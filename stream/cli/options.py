"""The options that commands share, and the settings made from them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from stream.config.settings import NAMES, Settings, load, require_known
from stream.errors import SettingsError

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
        shown = f"--set {name or '…'}:"  # only the name: the value may be a secret
        if not equals:
            msg = f"{shown} write name=value."
            raise SettingsError(msg, fix=NAMES)
        require_known(name, f"{shown} this")
        values[name] = value
    given = {name: value for name, value in options.items() if value is not None}
    origin = {name: f"--set {name}" for name in values} | {name: "--" + name.replace("_", "-") for name in given}
    return load(values | given, config=config, options_from=origin)
