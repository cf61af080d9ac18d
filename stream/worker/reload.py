"""The user's rule files, read again when they change while the worker runs."""

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

LOOK_EVERY_S = 1.0


class RulesWatch(Service):
    """Looks at the files of `STREAM_RULES` every second, by their content: a Kubernetes ConfigMap is a link.

    Files that are being written do not count: two looks must find the same. Changed files are checked first;
    where they are no good that is said, and the rules in force stay.
    """

    mundane_level = "debug"  # that it starts and stops is no news

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
            await self.sleep(LOOK_EVERY_S)
            if await loop.run_in_executor(None, files.have_changed):
                await loop.run_in_executor(None, self._reload)
                await loop.run_in_executor(None, files.were_read)

    def _reload(self) -> None:
        engine = self._engine
        old = engine.processor.rules.version
        try:
            rules = load(self._paths, whole_page=engine.settings.whole_page)
        except (OSError, RuleError) as error:
            log.error("STREAM_RULES changed, and is refused: %s The rules in force stay, version %s.", error, old)  # noqa: TRY400
            engine.metrics.rules_refused()
            return
        if rules.version != old:
            engine.use(rules)
            log.info("STREAM_RULES changed: rules version %s in force, after %s.", rules.version, old)


class Files:
    """Tells when files have changed, and are not being written any more: two looks find the same."""

    def __init__(self, paths: Sequence[Path]) -> None:
        self._paths = paths
        self._last = self._read = ""  # not read: they may have changed since the worker read them

    def have_changed(self) -> bool:
        """Look once more."""
        now = content_of(self._paths)
        same = now == self._last
        self._last = now
        return same and now != self._read

    def were_read(self) -> None:
        """They were, since the last look; where they changed meanwhile they have to be read again."""
        self._read = self._last if content_of(self._paths) == self._last else ""


def content_of(paths: Sequence[Path]) -> str:
    """A hash of the files' content; a file that can not be read has none."""
    digest = hashlib.sha256()
    for path in paths:
        try:
            content = path.read_bytes()
        except OSError as error:
            content = repr(error).encode()
        digest.update(hashlib.sha256(content).digest())
    return digest.hexdigest()
