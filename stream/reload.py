"""The user's rule files, read again when they change while the worker runs."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mode import Service

from stream.engine import Engine
from stream.rules import RuleError, load

log = logging.getLogger("stream")

LOOK_EVERY_S = 2.0


class RulesWatch(Service):
    """Looks at the files of `STREAM_RULES` every two seconds, by their content: a Kubernetes ConfigMap is a link.

    Changed files are checked before they count. Where they are no good that is said, and the rules in force stay.
    """

    def __init__(self, engine: Engine, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._engine = engine
        self._paths = engine.settings.rules

    @Service.task
    async def _watch(self) -> None:
        if not self._paths:
            return
        loop = asyncio.get_running_loop()
        seen = ""  # they may have changed since the worker read them
        while not self.should_stop:
            await self.sleep(LOOK_EVERY_S)
            now = await loop.run_in_executor(None, content_of, self._paths)
            if now != seen:
                seen = now
                await loop.run_in_executor(None, self._reload)

    def _reload(self) -> None:
        engine = self._engine
        old = engine.processor.rules.version
        try:
            rules = load(self._paths, whole_page=engine.settings.whole_page)
        except (OSError, RuleError) as error:
            engine.metrics.rules_refused()
            log.error("STREAM_RULES changed, and is refused: %s The rules in force stay, version %s.", error, old)  # noqa: TRY400
            return
        if rules.version != old:
            engine.use(rules)
            log.info("STREAM_RULES changed: rules version %s in force, after %s.", rules.version, old)


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
