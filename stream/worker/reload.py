"""Reads the user's rule files again when they change while the worker runs."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mode import Service

from stream.core.rules import RuleError, load
from stream.worker.engine import Engine

log = logging.getLogger("stream")

CHECK_EVERY_S = 1.0
"""How often the files are read, in seconds. A change is in force once the files have been stable for this long.

Trade: rule files have some kilobytes, so that reading them costs nothing that can be measured. Worst case: a program
that writes a file takes a longer pause in the middle of it; then half a file is checked, and refused if it is no rules.
"""


class RulesWatch(Service):
    """Reads the files of `STREAM_RULES` every second, and puts them in force once they have changed and are stable.

    Contents are compared and not file times, because a Kubernetes ConfigMap replaces a link. Rules that are not valid
    are reported, and the rules in force stay.
    """

    mundane_level = "debug"  # Faust logs the start and stop of a service at this level

    def __init__(self, engine: Engine, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._engine = engine
        self._paths = engine.settings.rules

    @Service.task
    async def _watch(self) -> None:
        if not self._paths:
            return
        loop = asyncio.get_running_loop()
        files = Files(self._paths)
        while not self.should_stop:
            await self.sleep(CHECK_EVERY_S)
            if await loop.run_in_executor(None, files.have_changed):
                await loop.run_in_executor(None, self._reload)
                await loop.run_in_executor(None, files.were_read)

    def _reload(self) -> None:
        engine = self._engine
        old = engine.processor.rules.version
        try:
            rules = load(self._paths, whole_page=engine.settings.whole_page)
        except (OSError, RuleError) as error:
            log.error(  # noqa: TRY400 - a sentence for the user, who needs no traceback
                "The changed rule files of STREAM_RULES are refused: %s Version %s of the rules stays in force.",
                error,
                old,
            )
            engine.metrics.rules_refused()
            return
        if rules.version != old:
            engine.use(rules)
            log.info("STREAM_RULES changed: version %s of the rules is in force, instead of %s.", rules.version, old)


class Files:
    """Notices that the content of files has changed and is stable: two readings in a row have found the same."""

    def __init__(self, paths: Sequence[Path]) -> None:
        self._paths = paths
        # Hashes of the content at the last reading, and of the content that is in force. Both are unknown at first,
        # because the files may have changed since the worker loaded them.
        self._last = self._in_force = ""

    def have_changed(self) -> bool:
        """Reads the files. True if they are the same as at the last reading, but not what is in force."""
        now = content_of(self._paths)
        same = now == self._last
        self._last = now
        return same and now != self._in_force

    def were_read(self) -> None:
        """The caller has loaded the files. If they have changed again meanwhile, they will count as changed."""
        self._in_force = self._last if content_of(self._paths) == self._last else ""


def content_of(paths: Sequence[Path]) -> str:
    """A hash of the content of all files; for a file that cannot be read, the error counts as its content."""
    digest = hashlib.sha256()
    for path in paths:
        try:
            content = path.read_bytes()
        except OSError as error:
            content = repr(error).encode()
        digest.update(hashlib.sha256(content).digest())
    return digest.hexdigest()
