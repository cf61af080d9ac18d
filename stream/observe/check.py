"""One answer of the checks that `article-stream check` makes."""

from __future__ import annotations

from dataclasses import dataclass

from stream.errors import StreamError


@dataclass(frozen=True, slots=True)
class Check:
    """One answer. `name`: what was checked. `detail`: what was found. `error`: None if all is well.

    `warning`: whether the worker can start but something will be lost, as `detail` says. `optional`: whether it starts
    in spite of the error, without what the check was about.
    """

    name: str
    detail: str
    error: StreamError | None = None
    warning: bool = False
    optional: bool = False
