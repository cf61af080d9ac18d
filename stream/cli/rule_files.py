"""The rules that a command uses, with what is wrong with a rule file said in the command line's manner."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from stream.errors import SettingsError, unreadable

if TYPE_CHECKING:
    from stream.config.light import CleaningSettings
    from stream.core.rules import Rules


def load_rules(settings: CleaningSettings) -> Rules:
    """The built-in rules and those of the files that the setting names. Raises `SettingsError`."""
    return rules_of(settings.rules, whole_page=settings.whole_page, said_by="STREAM_RULES: ")


def rules_of(paths: Sequence[Path], *, whole_page: bool = True, said_by: str = "") -> Rules:
    """The built-in rules and those of these files.

    Raises `SettingsError`, whose message names the file after `said_by`, what told us of it.
    """
    from stream.core.rules import RuleError, load

    try:
        return load(paths, whole_page=whole_page)
    except OSError as error:
        msg = f"{said_by}{unreadable(error.filename, error)}"
        raise SettingsError(msg) from None
    except RuleError as error:
        msg = f"{said_by}{error}."
        raise SettingsError(msg) from None
