"""The page itself: HTML, styles and scripts, read once and kept. No other host is asked for anything."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from xxhash import xxh3_64_hexdigest

TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
HTML = "page.html"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-cache",
}
"""What every answer of the page says to the browser."""


class Asset(NamedTuple):
    """A file of the page. `tag`: changes with its content."""

    content: bytes
    kind: str
    tag: str


@cache
def assets() -> dict[str, Asset]:
    """All files, by name."""
    found: dict[str, Asset] = {}
    for file in files(__package__ or "").joinpath("static").iterdir():
        kind = next((kind for ending, kind in TYPES.items() if file.name.endswith(ending)), "")
        if kind:
            content = file.read_bytes()
            found[file.name] = Asset(content, kind, f'"{xxh3_64_hexdigest(content)}"')
    return found
