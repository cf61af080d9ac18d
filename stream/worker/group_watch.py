"""Looks at the whole group every few seconds, and heals it where partitions belong to nobody."""

from __future__ import annotations

import asyncio
import concurrent.futures
import logging
from typing import Any

from mode import Service

from stream.errors import PartitionsUnowned, SessionLost, StreamError
from stream.kafka import client, rejoin
from stream.kafka.group import Group
from stream.kafka.ownership import Action, numbers
from stream.worker.engine import Engine

log = logging.getLogger("stream.group")

LOOKS_IN_A_SESSION_TIMEOUT = 3
LEAST_S, MOST_S = 0.5, 5.0  # between two looks


class GroupWatch(Service):
    """Runs beside the source; nothing that it meets ends the worker but partitions that stay without an owner."""

    mundane_level = "debug"  # that it starts and stops is no news

    def __init__(self, engine: Engine, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._engine = engine
        self._settings = engine.settings
        self._group = Group(engine.settings)

    @Service.task
    async def _watch(self) -> None:
        timeout_s = self._settings.session_timeout_ms / 1000
        pause_s = min(MOST_S, max(LEAST_S, timeout_s / LOOKS_IN_A_SESSION_TIMEOUT))
        loop = asyncio.get_running_loop()
        while not self.should_stop and self._group.can_be_described:
            action = await loop.run_in_executor(None, self._observe)
            if action:
                await loop.run_in_executor(None, self.act, action)
            await self.sleep(pause_s)

    def _observe(self) -> Action:
        engine = self._engine
        try:
            with client.explained(self._settings, doing="looking at the group"):
                view = self._group.describe()
        except concurrent.futures.TimeoutError:
            return ""  # the client still waits, and must not be ended meanwhile
        except StreamError:
            self._group.renew()  # what is the matter with Kafka itself is said by others
            return ""
        if view is None:
            return ""
        member = engine.source.member.id
        action = engine.ownership.observe(view, member)
        if difference := engine.ownership.at_odds(member, engine.partitions.numbers):
            engine.flow.fail(SessionLost(difference))
        return action

    def act(self, action: Action) -> None:
        """Does what is this member's turn; may block for two session timeouts."""
        engine, unowned = self._engine, numbers(self._engine.ownership.unowned)
        if engine.flow.stopping.is_set():
            return
        if action == "rebalance":
            log.info("Joining the group once more for a moment, so that it shares out partitions %s.", unowned)
            timeout_s = 2 * self._settings.session_timeout_ms / 1000
            try:
                with client.explained(self._settings, doing="making the group rebalance"):
                    rejoin.rebalance(self._settings, timeout_s=timeout_s, stopping=engine.flow.stopping)
            except StreamError as error:
                log.warning("%s", error)
            return
        if action == "leave":
            engine.source.member.leave_when_closed()
            engine.flow.fail(SessionLost(f"Partitions {unowned} belong to no worker, and a rebalance did not help."))
            return
        msg = f"Partitions {unowned} of {self._settings.input_topic} belong to no worker of {self._settings.group_id}."
        fix = "Neither a rebalance nor a new session helped: start the workers again."
        engine.flow.fail(PartitionsUnowned(msg, fix=fix))
