"""The options that commands share, and the settings and rules that come from them.

The settings model is imported when it is needed, not for `--help`.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stream.config.light import DEFAULTS, CleaningSettings, is_set
from stream.errors import SettingsError

if TYPE_CHECKING:
    from stream.config.loading import Loaded
    from stream.config.settings import Settings

Config = Annotated[Path | None, typer.Option("--config", help="Read settings from this TOML file.", show_default=False)]
Servers = Annotated[
    str | None,
    typer.Option("--bootstrap-servers", "-b", help="The addresses of Kafka's brokers.", metavar="HOST:PORT,…"),
]
Set = Annotated[
    list[str] | None,
    typer.Option(
        "--set", "-s", metavar="NAME=VALUE", help="Set any setting; `article-stream settings` lists all of them."
    ),
]


def settings_from(config: Path | None, pairs: list[str] | None, **options: Any) -> Settings:
    """The settings; options that were not given leave what the environment and the file say.

    Raises `SettingsError`.
    """
    return loaded_from(config, pairs, **options).settings


def loaded_from(config: Path | None, pairs: list[str] | None, **options: Any) -> Loaded:
    """`settings_from`, together with the place where each value was set.

    Raises `SettingsError`.
    """
    from stream.config.loading import NAMES, load_with_origins, require_known

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
    return load_with_origins(values | given, config=config, options_from=origin)


def cleaning_settings(config: Path | None, pairs: list[str] | None) -> CleaningSettings:
    """The settings for cleaning without Kafka; where nothing at all is set, the defaults, which are there at once.

    Raises `SettingsError`.
    """
    if config is None and not pairs and not is_set(os.environ):
        return DEFAULTS
    return settings_from(config, pairs)
