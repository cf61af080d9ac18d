"""Rule files, with their errors in the command line's manner."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from stream.errors import SettingsError
from stream.rules import RuleError, Rules, load


def load_rules(paths: Sequence[Path] = ()) -> Rules:
    """The built-in rules and those of the user's files. Raises `SettingsError`."""
    try:
        return load(paths)
    except OSError as error:
        msg = f"STREAM_RULES: {error.filename} can not be read: {error.strerror}."
        raise SettingsError(msg) from None
    except RuleError as error:
        msg = f"STREAM_RULES: {error}"
        raise SettingsError(msg) from None
