"""The few settings that `article-stream clean` and `health` need, without the whole settings model.

Importing the model takes longer than cleaning a small file, or than asking a worker whether it is healthy. So these
commands do without it in the usual cases, and leave every other case, and every error, to the model.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

PREFIX = "STREAM_"
TEST_PREFIX = "STREAM_TEST_"
"""Variables of the project's own tests; they are no settings."""

Footers = Literal["model", "markers"]
NoText = Literal["dead_letter", "pass"]


class CleaningSettings(Protocol):
    """What `Settings` and `CleaningDefaults` have in common."""

    @property
    def text_field(self) -> str:
        """The JSON field, or fields, that hold an article's text."""

    @property
    def source_field(self) -> str:
        """The JSON field, or the header, that names an article's site."""

    @property
    def no_text(self) -> NoText:
        """What becomes of a record whose text is absent or null."""

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
    no_text: NoText = "dead_letter"
    footers: Footers = "model"
    rules: tuple[Path, ...] = ()
    whole_page: bool = True


DEFAULTS = CleaningDefaults()


HTTP_HOST, HTTP_PORT = "127.0.0.1", 6066
_PLAIN_HOST = re.compile(r"[0-9A-Za-z.:-]+")
_PLAIN_PORT = re.compile(r"[0-9]{1,4}")


def http_address(environ: Mapping[str, str]) -> tuple[str, int] | None:
    """The worker's HTTP host and port by its environment; None if it takes the settings model to tell.

    That is the case with a settings file, and with any value that is not a plain host or a port below 10,000.
    """
    host = environ.get(f"{PREFIX}HTTP_HOST", HTTP_HOST)
    port = environ.get(f"{PREFIX}HTTP_PORT", str(HTTP_PORT))
    if environ.get(f"{PREFIX}CONFIG") or not (_PLAIN_HOST.fullmatch(host) and _PLAIN_PORT.fullmatch(port)):
        return None
    return host, int(port)


def is_set(environ: Mapping[str, str]) -> bool:
    """Whether any variable of the environment is, or wants to be, one of our settings."""
    return any(name.startswith(PREFIX) and not name.startswith(TEST_PREFIX) for name in environ)


def in_a_url(host: str) -> str:
    """A host as a URL has it: an IPv6 address in brackets."""
    return f"[{host}]" if ":" in host else host
