"""Watches the whole consumer group, and acts when partitions are assigned to no worker (`stream.kafka.ownership`)."""

from __future__ import annotations

import asyncio
import concurrent.futures
import logging
from typing import Any

from mode import Service

from stream.errors import PartitionsUnowned, SessionLost, StreamError
from stream.kafka import client, rejoin
from stream.kafka.group import Group
from stream.kafka.ownership import Action
from stream.records.input_partition import listed
from stream.worker.engine import Engine

log = logging.getLogger("stream.group")

VIEWS_PER_SESSION_TIMEOUT = 3
"""How often the group is looked at within a session timeout, which is the length of a turn (`stream.kafka.ownership`).

Three, so that two views can confirm each other within a turn even if one of them gets no answer.
"""

MIN_PAUSE_S, MAX_PAUSE_S = 0.5, 5.0
"""The bounds of the pause between two views: no more load on the broker than two a second, no older lag than 5 s."""


class GroupWatch(Service):
    """Runs beside the source. It ends the worker only if partitions stay unassigned whatever the group does."""

    mundane_level = "debug"  # Faust logs the start and stop of a service at this level

    def __init__(self, engine: Engine, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._engine = engine
        self._settings = engine.settings
        self._group = Group(engine.settings)

    @Service.task
    async def _watch(self) -> None:
        timeout_s = self._settings.session_timeout_ms / 1000
        pause_s = min(MAX_PAUSE_S, max(MIN_PAUSE_S, timeout_s / VIEWS_PER_SESSION_TIMEOUT))
        loop = asyncio.get_running_loop()
        while not self.should_stop and self._group.can_be_described:
            action = await loop.run_in_executor(None, self._observe)
            if action:
                await loop.run_in_executor(None, self.act, action)
            await self.sleep(pause_s)

    def _observe(self) -> Action:
        engine = self._engine
        try:
            with client.explained(self._settings, doing="describing the group"):
                view = self._group.describe()
        except concurrent.futures.TimeoutError:
            self._group.renew_when_idle()
            return ""
        except StreamError:
            self._group.renew()  # the monitor reports what is wrong with Kafka (`stream.worker.health`)
            return ""
        if view is None:
            return ""
        member = engine.source.member.id
        if view.has_nothing(member):
            engine.source.progress.nothing_is_assigned()
        action = engine.ownership.observe(view, member)
        if difference := engine.ownership.disagreement(member, engine.partitions.places):
            engine.flow.fail(SessionLost(difference))
        return action

    def act(self, action: Action) -> None:
        """Does what this worker's turn asks for. May block for two session timeouts.

        `rebalance` joins the group for a moment, `leave` ends the session, `end` ends the worker.
        """
        engine, unowned = self._engine, listed(self._engine.ownership.unowned)
        if engine.flow.stopping.is_set():
            return
        if action == "rebalance":
            log.info("Making the group rebalance, so that partitions %s are assigned.", unowned)
            timeout_s = 2 * self._settings.session_timeout_ms / 1000  # members that have died may delay it by one
            try:
                with client.explained(self._settings, doing="making the group rebalance"):
                    rejoin.rebalance(self._settings, timeout_s=timeout_s, stopping=engine.flow.stopping)
            except StreamError as error:
                log.warning("%s", error)
            return
        if action == "leave":
            engine.source.member.leave_when_closed()
            msg = f"Partitions {unowned} are assigned to no worker, and a rebalance did not help."
            engine.flow.fail(SessionLost(msg))
            return
        group = self._settings.group_id
        msg = f"Partitions {unowned} are assigned to no worker of the group {group}."
        fix = "Neither a rebalance nor a new session helped: restart the workers."
        engine.flow.fail(PartitionsUnowned(msg, fix=fix))
