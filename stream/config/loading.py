"""Puts the settings together from all their sources, and says where each value was set.

Where a value comes from, the strongest first: command options, `STREAM_…` environment variables, the
TOML file that `--config` or `STREAM_CONFIG` names, the default. `Loaded` says for each value which of them it was.
"""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal, NamedTuple

import tomli
from pydantic import ValidationError

from stream.config.light import PREFIX, TEST_PREFIX
from stream.config.settings import Settings
from stream.config.written import (
    LINKED,
    SERVICE_ADDRESS,
    SERVICE_LINK,
    blemish,
    require_well_written,
    shown_value,
)
from stream.errors import SettingsError, unreadable

NAMES = "`article-stream settings` lists them."
# Read by the command line itself: it names the settings file.
OTHER_NAMES = ("STREAM_CONFIG",)


class Origin(NamedTuple):
    """Where a value was set: the kind of place, and its name (`STREAM_HTTP_PORT`, `--config`'s `stream.toml:3`)."""

    source: Literal["option", "environment", "file", "default"]
    place: str = ""


class Loaded(NamedTuple):
    """The settings, and by name the origin of each value; what is not in `origins` is a default."""

    settings: Settings
    origins: Mapping[str, Origin]


def load(
    options: Mapping[str, Any] | None = None,
    *,
    environ: Mapping[str, str] | None = None,
    config: Path | None = None,
    options_from: Mapping[str, str] | None = None,
) -> Settings:
    """`load_with_origins`, without the origins."""
    return load_with_origins(options, environ=environ, config=config, options_from=options_from).settings


def load_with_origins(
    options: Mapping[str, Any] | None = None,
    *,
    environ: Mapping[str, str] | None = None,
    config: Path | None = None,
    options_from: Mapping[str, str] | None = None,
) -> Loaded:
    """The settings from all their sources. `options_from` says for an option's name how it was given.

    Raises `SettingsError` that names the setting, where it was set, the bad value (a secret's is not
    shown) and what is allowed.
    """
    environ = os.environ if environ is None else environ
    values: dict[str, Any] = {}
    told: dict[str, str] = {}  # as an error names the place
    origins: dict[str, Origin] = {}
    named = environ.get("STREAM_CONFIG", "")
    if config is None and (wrong := blemish(named)):
        msg = f"STREAM_CONFIG is {named!r}: {wrong}."
        raise SettingsError(msg)
    path = config or (Path(named) if named else None)
    if path is not None:
        text = _read(path)
        for name, value in _parse_toml(path, text).items():
            require_known(name, f"{path}: {name}")
            values[name], told[name] = value, f"{name} in {path}"
            origins[name] = Origin("file", f"{path}:{_line_of(name, text)}")
    for name, variable, text in _variables(environ):
        values[name], told[name], origins[name] = text, variable, Origin("environment", variable)
    for name, value in (options or {}).items():
        if value is not None:
            values[name] = value
            told[name] = (options_from or {}).get(name, name)
            origins[name] = Origin("option", told[name])
    unset = require_well_written(values, told, Settings.model_fields, file=path)
    try:
        settings = Settings(**values)
    except ValidationError as error:
        raise SettingsError(_explain(error, values, told)) from None
    return Loaded(settings, {name: origin for name, origin in origins.items() if name not in unset})


def _variables(environ: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
    """The settings of the environment: name, variable, value. Raises `SettingsError` for a variable that is none."""
    for variable, text in environ.items():
        if not variable.startswith(PREFIX) or variable in OTHER_NAMES or variable.startswith(TEST_PREFIX):
            continue
        name = variable[len(PREFIX) :].lower()
        known, link = name in Settings.model_fields, SERVICE_LINK.fullmatch(variable)
        if link and "KUBERNETES_SERVICE_HOST" in environ and (not known or SERVICE_ADDRESS.match(text)):
            continue  # a service named stream-http writes its address where our port may stand
        if link and not known:
            msg = f"{variable} is not a setting."
            raise SettingsError(msg, fix=LINKED)
        require_known(name, variable, PREFIX)
        yield name, variable, text


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise SettingsError(unreadable(f"The settings file {path}", error)) from None
    except UnicodeDecodeError as error:
        msg = f"The settings file {path} is not valid TOML: {error}."
        raise SettingsError(msg) from None


def _parse_toml(path: Path, text: str) -> dict[str, Any]:
    try:
        return tomli.loads(text)
    except (tomli.TOMLDecodeError, RecursionError) as error:
        msg = f"The settings file {path} is not valid TOML: {error}."
        raise SettingsError(msg) from None


def _line_of(name: str, text: str) -> int:
    """The line of a TOML file, from 1 on, on which a key or the table with this name begins."""
    begins = re.compile(rf"\s*\[?\s*[\"']?{re.escape(name)}\b")
    return next((number for number, line in enumerate(text.split("\n"), 1) if begins.match(line)), 1)


def require_known(name: str, shown: str, prefix: str = "") -> None:
    """Raises `SettingsError` with the nearest name where there is no such setting; `shown` is how it was written."""
    if name in Settings.model_fields:
        return
    near = difflib.get_close_matches(name, Settings.model_fields, n=1, cutoff=0.5)
    spelled = (prefix + near[0]) if near else ""
    hint = f"Did you mean {spelled.upper() if prefix else spelled}?" if near else NAMES
    msg = f"{shown} is not a setting."
    raise SettingsError(msg, fix=hint)


def _explain(error: ValidationError, values: Mapping[str, Any], origin: Mapping[str, str]) -> str:
    lines = []
    for item in error.errors(include_url=False):
        name = str(item["loc"][0]) if item["loc"] else ""
        what = item["msg"].removeprefix("Value error, ")
        if not name:
            lines.append(f"The settings contradict each other: {what}.")
            continue
        shown = shown_value(Settings.model_fields[name], values.get(name))
        lines.append(f"{origin.get(name, name)} is {shown}: {what[:1].lower()}{what[1:]}.")
    return " ".join(lines)
