"""The settings that decide how a text is cleaned, with their defaults; importing this is cheap.

`article-stream clean` needs no more than these. Where nobody has set anything it starts without the whole settings
model, whose import takes longer than the cleaning of a small file.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

PREFIX = "STREAM_"
TEST_PREFIX = "STREAM_TEST_"
"""Variables of the project's own tests; they are no settings."""

Footers = Literal["model", "markers"]


class CleaningSettings(Protocol):
    """What `Settings` and `CleaningDefaults` have in common."""

    @property
    def text_field(self) -> str:
        """The JSON field that holds an article's text."""

    @property
    def source_field(self) -> str:
        """The JSON field, or the header, that names an article's site."""

    @property
    def rules(self) -> tuple[Path, ...]:
        """The user's own rule files."""

    @property
    def whole_page(self) -> bool:
        """Whether the model of the whole page decides where a footer begins."""


@dataclass(frozen=True, slots=True)
class CleaningDefaults:
    """The defaults of these settings; `Settings` takes its own from here."""

    text_field: str = "text"
    source_field: str = "source"
    footers: Footers = "model"
    rules: tuple[Path, ...] = ()
    whole_page: bool = True


DEFAULTS = CleaningDefaults()


def is_set(environ: Mapping[str, str]) -> bool:
    """Whether any variable of the environment is, or wants to be, one of our settings."""
    return any(name.startswith(PREFIX) and not name.startswith(TEST_PREFIX) for name in environ)
