"""Keeps what a worker knows of sites up to date, from the topic of sites, while the worker runs."""

from __future__ import annotations

import asyncio
import concurrent.futures
import logging
import threading
import time
from typing import Any

from confluent_kafka.admin import AdminClient
from mode import Service

from stream.errors import StreamError
from stream.kafka import client
from stream.kafka.following import Following, partitions_in
from stream.learner.messages import read_published
from stream.records.known_sites import KnownSites
from stream.worker.engine import Engine

log = logging.getLogger("stream.sites")

READ_WAIT_S = 0.2  # how soon a stop is noticed
ASK_EVERY_S = 3.0
"""How often the partitions of both topics are asked for, in seconds; so soon reading is tried again, too."""


class SitesWatch(Service):
    """Runs beside the source, in a thread of its own. Trouble with these topics costs no article."""

    mundane_level = "debug"  # Faust logs the start and stop of a service at this level

    def __init__(self, engine: Engine, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._engine = engine
        self._trouble = ""
        self._stopping = threading.Event()
        self._running: asyncio.Future[None] | None = None

    async def on_start(self) -> None:
        """Starts the thread, if sites are asked for."""
        if self._engine.known is not None:
            pool = concurrent.futures.ThreadPoolExecutor(1, thread_name_prefix="sites")
            self._running = asyncio.get_running_loop().run_in_executor(pool, self._run, self._engine.known)

    async def on_stop(self) -> None:
        """Ends the thread."""
        self._stopping.set()
        if self._running is not None:
            await asyncio.wait([self._running], timeout=2 * READ_WAIT_S)

    def _run(self, known: KnownSites) -> None:
        settings = self._engine.settings
        while not self._stopping.is_set():
            try:
                with client.explained(settings, doing=f"reading {settings.sites_topic}"):
                    self._follow(known)
            except concurrent.futures.TimeoutError:
                self._tell("What is known of sites is not kept up to date: Kafka does not answer.")
            except StreamError as error:
                self._tell(f"What is known of sites is not kept up to date: {error!s}")
            self._stopping.wait(ASK_EVERY_S)

    def _follow(self, known: KnownSites) -> None:
        """Reads until a stop, or until the number of the topic's partitions changes."""
        settings = self._engine.settings
        admin = AdminClient(client.common(settings))
        known.tell_partitions(partitions_in(settings, settings.lines_topic, admin))
        there = partitions_in(settings, settings.sites_topic, admin)
        if not there:
            self._tell(f"{settings.sites_topic} is missing, so nothing is known of sites.")
            return
        following = Following(settings, settings.sites_topic, range(there))
        asked_s = time.monotonic()
        try:
            while not self._stopping.is_set():
                records = following.read(READ_WAIT_S)
                for record in records:
                    self._take(known, record)
                if self._engine.sites_metrics is not None:
                    self._engine.sites_metrics.read(len(records))
                if following.caught_up and not self._engine.sites_read.is_set():
                    known.begin_batch()
                    log.info("%d sites are known.", len(known))
                    self._engine.sites_read.set()
                if time.monotonic() - asked_s > ASK_EVERY_S:
                    asked_s = time.monotonic()
                    lines = partitions_in(settings, settings.lines_topic, admin)
                    known.tell_partitions(lines)
                    self._tell("" if lines else f"{settings.lines_topic} is missing, so nothing is learned.")
                    if partitions_in(settings, settings.sites_topic, admin) != there:
                        return
        finally:
            following.close()

    def _take(self, known: KnownSites, record: Any) -> None:
        name = (record.key() or b"").decode("utf-8", "replace")
        if record.value() is None:
            known.tell(name, None)
            return
        try:
            known.tell(name, read_published(name, record.value()))
        except ValueError as error:
            where = f"{record.topic()} [{record.partition()}] at offset {record.offset()}"
            log.warning("What is known of the site %s is of no use (%s): %s.", name, where, error)

    def _tell(self, trouble: str) -> None:
        """Says what is wrong, once."""
        if trouble != self._trouble:
            if trouble:
                log.warning("%s", trouble)
            else:
                log.info("Sites are learned and known again.")
            self._trouble = trouble
