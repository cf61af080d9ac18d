"""Keeps what a worker knows of sites up to date, from the topic of sites, while the worker runs."""

from __future__ import annotations

import asyncio
import concurrent.futures
import logging
import threading
import time
from typing import Any

from mode import Service

from stream.errors import StreamError
from stream.kafka import client
from stream.kafka.following import Following, asking, partitions_in
from stream.kafka.topic_id import TopicIds
from stream.learner.messages import read_published
from stream.records.known_sites import KnownSites, partition_of
from stream.worker.engine import Engine
from stream.worker.worker_sites import WorkerSites

log = logging.getLogger("stream.sites")

READ_WAIT_S = 0.2  # how soon a stop is noticed
ASK_EVERY_S = 3.0
"""How often the partitions of both topics are asked for, in seconds; so soon reading is tried again, too."""


class SitesWatch(Service):
    """Runs beside the source, in a thread of its own. Trouble with these topics costs no article.

    What is known is what stands in the topic of sites: if that is deleted and made again, or gets more partitions, it
    is read anew, and what is not there any more is forgotten. While it is missing or cannot be read, what was read
    before holds.
    """

    mundane_level = "debug"  # Faust logs the start and stop of a service at this level

    def __init__(self, engine: Engine, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._settings, self._sites = engine.settings, engine.sites
        self._trouble = self._missing = ""
        self._ids = TopicIds(engine.settings)  # kept: a client for each reading might never be connected in time
        self._stopping = threading.Event()
        self._running: asyncio.Future[None] | None = None

    async def on_start(self) -> None:
        """Starts the thread, if sites are asked for."""
        if self._sites is not None:
            pool = concurrent.futures.ThreadPoolExecutor(1, thread_name_prefix="sites")
            self._running = asyncio.get_running_loop().run_in_executor(pool, self._run, self._sites)

    async def on_stop(self) -> None:
        """Ends the thread."""
        self._stopping.set()
        if self._running is not None:
            await asyncio.wait([self._running], timeout=2 * READ_WAIT_S)

    def _run(self, sites: WorkerSites) -> None:
        settings = self._settings
        while not self._stopping.is_set():
            try:
                with client.explained(settings, doing=f"reading {settings.sites_topic}"):
                    self._follow(sites)
            except StreamError as error:
                self._fail(sites, str(error))
                if not error.retriable:
                    sites.was_read()  # to wait for it would keep the articles waiting
            except Exception as error:
                log.exception("Following %s failed with an unexpected error; it begins anew.", settings.sites_topic)
                self._fail(sites, f"an unexpected error, {error!r}")
                sites.was_read()
            self._stopping.wait(ASK_EVERY_S)

    def _fail(self, sites: WorkerSites, why: str) -> None:
        sites.trouble = f"what is known of sites is not kept up to date: {why}"
        self._tell(f"What is known of sites is not kept up to date: {why}")

    def _follow(self, sites: WorkerSites) -> None:
        """Reads until a stop, or until the topic is another one or has more partitions."""
        settings, known = self._settings, sites.known
        admin, ids = asking(settings), self._ids
        ids.begin()
        there = self._ask(known, admin)
        if not there:
            self._tell(self._missing)
            sites.was_read()
            return
        topic_id = ids.ask([settings.sites_topic])
        following = Following(settings, settings.sites_topic, range(there))
        reading: Reading | None = Reading(known, there)
        asked_s = time.monotonic()
        try:
            while not self._stopping.is_set():
                records = following.read(READ_WAIT_S)
                for record in records:
                    if reading is None or reading.is_newest(record):
                        _take(known, record)
                sites.metrics.read(len(records))
                if reading is not None and following.caught_up:
                    reading.forget_others()
                    reading = None
                    _caught_up(sites)
                if reading is None or self._missing:
                    self._tell(self._missing)
                if time.monotonic() - asked_s > ASK_EVERY_S:
                    asked_s = time.monotonic()
                    now = ids.ask([settings.sites_topic])
                    if self._ask(known, admin) != there or (now is not None and now != topic_id):
                        return
        finally:
            following.close()

    def _ask(self, known: KnownSites, admin: Any) -> int:
        """Asks for both topics, and notes what is missing; gives the number of partitions of the topic of sites."""
        settings = self._settings
        lines = partitions_in(settings, settings.lines_topic, admin)
        known.tell_partitions(lines)
        there = partitions_in(settings, settings.sites_topic, admin)
        missing = [] if lines else [f"{settings.lines_topic} is missing, so nothing is learned."]
        if not there:
            missing.append(f"{settings.sites_topic} is missing, so nothing new is known of sites.")
        self._missing = " ".join(missing)
        return there

    def _tell(self, trouble: str) -> None:
        """Says what is wrong, once."""
        if trouble != self._trouble:
            if trouble:
                log.warning("%s", trouble)
            else:
                log.info("Sites are learned and known again.")
            self._trouble = trouble


def _caught_up(sites: WorkerSites) -> None:
    sites.trouble = ""
    if not sites.is_read:
        log.info("%d sites are known.", len(sites.known))
        sites.was_read()


class Reading:
    """What was found in the topic of sites until its end was reached. `there`: how many partitions it has."""

    def __init__(self, known: KnownSites, there: int) -> None:
        self.known = known
        self._there = there
        self._found: dict[str, bool] = {}  # by site, whether its record is in the partition that it belongs to

    def is_newest(self, record: Any) -> bool:
        """Whether a record is to be taken, unless one that comes later is.

        After partitions were added to the topic, a site's older records stand elsewhere than the one that counts.
        """
        name = _name(record)
        at_home = partition_of(name, self._there) == record.partition()
        if self._found.get(name) and not at_home:
            return False
        self._found[name] = at_home
        return True

    def forget_others(self) -> None:
        """Tells that nothing is known of the sites that the topic does not hold."""
        for name in self.known.names() - self._found.keys():
            self.known.tell(name, None)


def _name(record: Any) -> str:
    return (record.key() or b"").decode("utf-8", "replace")


def _take(known: KnownSites, record: Any) -> None:
    name = _name(record)
    if record.value() is None:
        known.tell(name, None)
        return
    try:
        known.tell(name, read_published(name, record.value()))
    except ValueError as error:
        where = f"{record.topic()} [{record.partition()}] at offset {record.offset()}"
        log.warning("What is known of the site %s is of no use (%s): %s.", name, where, error)
