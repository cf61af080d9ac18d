"""The Faust app: our source and sink in Faust's service graph, an agent between them, Faust's web server.

    source (thread) ──► batches (channel, bounded) ──► agent: decode, clean, encode ──► sink (thread)

Faust supervises, serves HTTP, handles signals; Kafka's transactions own delivery (docs/decisions).
`faust -A stream.app worker` runs the same worker (see `stream.app`).
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import gc
import logging
import sys
from collections.abc import Iterable
from itertools import chain
from typing import Any

import faust
from faust.app.base import BootStrategy
from faust.web.base import BlueprintManager
from mode import Service
from mode.types import ServiceT

from stream.config.light import in_a_url
from stream.config.settings import Settings, load
from stream.core.rules import Rules
from stream.core.rules import load as load_rules
from stream.errors import KafkaFatal, StreamError
from stream.kafka import checks
from stream.kafka.flow import Batch
from stream.observe import logs
from stream.worker.engine import Engine
from stream.worker.group_watch import GroupWatch
from stream.worker.health import Monitor
from stream.worker.reload import RulesWatch
from stream.worker.web import add_pages

log = logging.getLogger("stream")

# By default Python looks for cyclic garbage whenever 700 objects have been added. Cleaning leaves no cycles, so we
# exclude what was loaded at the start (`gc.freeze`) and raise the limit above the objects of one batch.
COLLECT_AFTER = 2_000
# How long a thread may hold Python's lock while another one waits for it. The sink waits for it after each call to
# Kafka: with the default, 5 ms, that would be a third of the time of a transaction when there is a backlog.
SWITCH_S = 0.0005


class SourceService(Service):
    """Runs the engine's sessions in a thread, from the start of the worker to its stop."""

    def __init__(self, app: ArticleApp, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.app = app
        self._running: asyncio.Future[None] | None = None

    async def on_start(self) -> None:
        """Starts after the agents, because a channel without a subscriber drops what is put into it."""
        self.app.flow_control.resume()  # Faust's own consumer would do this; there is none
        loop = asyncio.get_running_loop()
        self.app.engine.sink.start()
        pool = concurrent.futures.ThreadPoolExecutor(1, thread_name_prefix="source")
        self._running = loop.run_in_executor(pool, self.app.engine.run, self._hand_on(loop))

    @Service.task
    async def _watch(self) -> None:
        """Ends the worker with the error that ended the sessions."""
        assert self._running is not None  # noqa: S101 - on_start has run
        try:
            await asyncio.shield(self._running)
        except StreamError as error:
            self.app.fail(error)
        except Exception as error:
            log.exception("The source ended with an error that is a bug of article-stream.")
            self.app.fail(KafkaFatal(f"An unexpected error: {error!r}."))

    def _hand_on(self, loop: asyncio.AbstractEventLoop) -> Any:
        channel, engine = self.app.batches, self.app.engine

        def hand_on(batch: Batch) -> None:
            putting = asyncio.run_coroutine_threadsafe(channel.put(batch), loop)
            while True:
                try:
                    putting.result(timeout=1.0)
                    return
                except concurrent.futures.TimeoutError:
                    engine.check()

        return hand_on

    async def on_stop(self) -> None:
        """Commits the articles that were begun and gives up the partitions, within `shutdown_timeout_s`."""
        engine = self.app.engine
        engine.stop()
        if self._running is not None:
            await asyncio.wait([self._running], timeout=engine.settings.shutdown_timeout_s)
            engine.sink.close(1.0)


class Boot(BootStrategy):
    """Starts Faust without its Kafka clients. The source starts last, after the agents, and stops first."""

    enable_kafka = False
    app: ArticleApp

    def server(self) -> Iterable[ServiceT]:
        """Faust's services and ours, in the order in which they start."""
        return chain(
            self.sensors(),
            self.web_server(),
            self.agents(),
            [
                Monitor(self.app.engine),
                GroupWatch(self.app.engine),
                RulesWatch(self.app.engine),
                SourceService(self.app),
            ],
        )


class ArticleWorker(faust.Worker):
    """Faust's worker, but it leaves logging as it is configured, and ends with the exit code of our error."""

    def __init__(self, app: Any, *args: Any, **kwargs: Any) -> None:
        kwargs.update(override_logging=False, redirect_stdouts=False, quiet=True)
        super().__init__(app, *args, **kwargs)
        self.spinner = None

    def execute_from_commandline(self) -> Any:
        """Runs until a signal or an error; raises `SystemExit`."""
        app: Any = self.app
        engine: Engine = app.engine
        log.info("%s", engine.describe())
        try:
            super().execute_from_commandline()
        except SystemExit as ended:
            log.info("%s", engine.describe_totals())
            if engine.fatal is not None:
                log.error("%s", engine.fatal)  # noqa: TRY400 - a sentence for the user, without a traceback
                raise SystemExit(engine.fatal.exit_code) from None
            raise SystemExit(ended.code) from None

    async def on_startup_finished(self) -> None:
        """Faust would print OK here. The worker reports that it is ready only when partitions are assigned."""
        gc.collect()
        gc.freeze()
        gc.set_threshold(COLLECT_AFTER, *gc.get_threshold()[1:])
        sys.setswitchinterval(SWITCH_S)


class ArticleApp(faust.App):
    """A Faust app that has an engine."""

    BootStrategy = Boot
    engine: Engine
    batches: Any

    def _create_directories(self) -> None:
        """Does nothing. Faust would make folders for tables; there are none, and the disk may be read-only."""

    def fail(self, error: StreamError) -> None:
        """Stops the worker, which will end with the exit code of the error."""
        self.engine.fatal = self.engine.fatal or error
        self.engine.flow.fail(error)
        self.engine.stop()
        worker = self.beacon.root.data if self.beacon.root else self
        self.add_future(worker.stop())


def create_app(settings: Settings, *, rules: Rules | None = None, largest_bytes: int | None = None) -> ArticleApp:
    """Makes a new app for these settings.

    `largest_bytes`: the size limit of a record; if it is not given, Kafka is asked. Raises one of `stream.errors`.
    """
    rules = load_rules(settings.rules, whole_page=settings.whole_page) if rules is None else rules
    if largest_bytes is None:
        largest_bytes = checks.largest_record_bytes(settings)
    app = ArticleApp(
        settings.group_id,
        env={},  # otherwise BROKER_URL and the like would override what is given here
        broker=f"kafka://{settings.bootstrap_servers.split(',')[0]}",
        store="memory://",
        web_enabled=settings.http_port > 0,
        web_bind=settings.http_host,
        web_host=in_a_url(settings.http_host),
        web_port=settings.http_port or None,
        web_tables_enabled=False,
        web_router_enabled=False,
        logging_config=logs.config(settings.log_format, settings.log_level),
        Worker=ArticleWorker,
    )
    app.engine = Engine(settings, rules, largest_bytes=largest_bytes)
    app.batches = app.channel(maxsize=1)

    @app.agent(app.batches, name="clean")
    async def clean(batches: Any) -> None:
        async for batch in batches:
            try:
                await app.engine.clean(batch)
            except Exception as error:
                # Faust would restart the agent and go on with the next batch, which means that this one is skipped.
                log.exception("An error in the agent: the batch is aborted and the worker ends.")
                app.fail(KafkaFatal(f"An unexpected error while cleaning: {error!r}."))
                return

    # Without Faust's own pages: its `/` answers OK whatever happens.
    app.web.blueprints = BlueprintManager(())
    add_pages(app, app.engine)
    return app


def app_from_environment() -> ArticleApp:
    """The app for the settings of the environment, with logging configured. Raises one of `stream.errors`."""
    settings = load()
    logs.configure(settings.log_format, settings.log_level)
    return create_app(settings)
