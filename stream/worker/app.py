"""The Faust app: our source and sink in Faust's service graph, with an agent between them, and Faust's web server.

    source (thread) ──► batches (channel, bounded) ──► agent: decode, clean, encode ──► sink (thread)

Faust starts, supervises and stops the services, handles signals and serves HTTP. It does not consume, produce or
commit: delivery is guaranteed by our source and sink with Kafka's transactions (docs/decisions/0001). `faust -A
stream.app worker` runs the same worker (see `stream.app`).
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import gc
import logging
import os
import sys
from collections.abc import Iterable
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Any

import faust
from faust.app.base import BootStrategy
from faust.web.base import BlueprintManager
from mode import Service
from mode.types import ServiceT

from stream.config.learner import LearnerSettings, for_learner
from stream.config.light import in_a_url
from stream.config.loading import load
from stream.config.settings import Settings
from stream.core.rules import Rules
from stream.core.rules import load as load_rules
from stream.errors import KafkaFatal, StreamError
from stream.kafka import checks
from stream.kafka.api_versions import require_consumer_protocol
from stream.kafka.flow import Batch
from stream.observe import logs
from stream.observe.telemetry.started import started
from stream.worker.engine import Engine
from stream.worker.group_watch import GroupWatch
from stream.worker.health import Monitor, passing
from stream.worker.learning import LearnerEngine
from stream.worker.reload import RulesWatch
from stream.worker.sites_watch import SitesWatch
from stream.worker.web import add_pages, live_page

if TYPE_CHECKING:
    from stream.observe.telemetry.providers import Telemetry

log = logging.getLogger("stream")

COLLECT_AFTER = 2_000
"""How many objects may be created before Python's garbage collector looks for reference cycles; its default is 700.

Cleaning leaves no cycles, so that looking for them is lost time. With this number one batch in flight is no reason to
look, and what was loaded at the start is not looked at again (`gc.freeze`). Worst case: cycles that something else
makes are found a little later.
"""

SWITCH_S = 0.0005
"""How long, in seconds, a thread that waits for Python's lock lets another thread keep it.

The sink's thread waits for the lock after each of its calls to Kafka, three times per transaction. With the default,
5 ms, that is a third of a transaction's time under a backlog. Trade: more switches between threads; shorter times were
not measurably better (docs/decisions/0011).
"""

CHECK_EVERY_S = 0.05
"""How soon, in seconds, a source that waits to hand on a batch notices that its session has failed, or that the group
has a new generation.

Failure: the sink is refused with the old generation, so nothing moves on, and the source waits for just that. After six
tries the session ended. Trade: as `stream.kafka.source.REFRESH_EVERY_S`. Worst case: publishing waits 0.1 s.
"""
ROLE = "article_stream.role"  # an attribute of the metrics of a learner beside a worker
STDERR = 2
NOTHING_LEFT = b"Not enough memory is left to end in good order: the worker ends at once.\n"
SINK_CLOSE_S = 1.0  # how long a stop waits for the sink's thread, which has nothing left to do or never returns


class SourceService(Service):
    """Runs the engine's sessions in a thread, from the start of the worker to its stop."""

    def __init__(self, app: ArticleApp, engine: Engine, batches: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.app = app
        self.engine = engine
        self.batches = batches
        self._running: asyncio.Future[None] | None = None

    async def on_start(self) -> None:
        """Starts the sink and the source. Called after the agents have started.

        A channel to which no agent has subscribed yet would drop the batches that are put into it.
        """
        self.app.flow_control.resume()  # a Faust consumer would do this, but there is none
        loop = asyncio.get_running_loop()
        self.engine.sink.start()
        pool = concurrent.futures.ThreadPoolExecutor(1, thread_name_prefix="source")
        self._running = loop.run_in_executor(pool, self.engine.run, self._hand_on(loop))

    @Service.task
    async def _watch(self) -> None:
        """Ends the worker with the error that has ended its sessions."""
        assert self._running is not None  # noqa: S101 - set by on_start
        try:
            await asyncio.shield(self._running)
        except StreamError as error:
            self.app.fail(error, self.engine)
        except asyncio.CancelledError:
            raise
        except BaseException as error:  # noqa: BLE001 - whatever it is, the worker must not go on without a source
            self.app.fail_unexpectedly(error, self.engine, "The source ended with an unexpected error")

    def _hand_on(self, loop: asyncio.AbstractEventLoop) -> Any:
        """A function by which the source's thread hands a batch to the agent; it waits while the channel is full."""
        channel, engine = self.batches, self.engine

        def hand_on(batch: Batch) -> None:
            putting = asyncio.run_coroutine_threadsafe(channel.put(batch), loop)
            while True:
                try:
                    putting.result(timeout=CHECK_EVERY_S)
                    return
                except concurrent.futures.TimeoutError:
                    engine.waiting()

        return hand_on

    async def on_stop(self) -> None:
        """Commits the records in flight and gives the partitions up, within `shutdown_timeout_s`."""
        engine = self.engine
        engine.stop()
        if self._running is not None:
            await asyncio.wait([self._running], timeout=engine.settings.shutdown_timeout_s)
            engine.sink.close(SINK_CLOSE_S)
        engine.cleaners.close()


class Boot(BootStrategy):
    """Faust without its own Kafka clients. The source starts last, after the agents, and stops first."""

    enable_kafka = False
    app: ArticleApp

    def server(self) -> Iterable[ServiceT]:
        """Faust's services and ours, in the order in which they are started."""
        engines = [self.app.engine, *filter(None, [self.app.learner])]
        ours: list[ServiceT] = []
        for engine, batches in zip(engines, self.app.channels, strict=True):
            ours += [Monitor(engine), GroupWatch(engine), RulesWatch(engine), SitesWatch(engine)]
            ours.append(SourceService(self.app, engine, batches))
        return chain(self.sensors(), self.web_server(), self.agents(), ours)


class ArticleWorker(faust.Worker):
    """Faust's worker, changed so that it leaves logging as configured and ends with the exit code of our error."""

    def __init__(self, app: Any, *args: Any, **kwargs: Any) -> None:
        kwargs.update(override_logging=False, redirect_stdouts=False, quiet=True)
        super().__init__(app, *args, **kwargs)
        self.spinner = None

    def execute_from_commandline(self) -> Any:
        """Runs until a signal or an error, and then raises `SystemExit`."""
        app: Any = self.app
        engine: Engine = app.engine
        log.info("%s", engine.describe())
        if app.telemetry is not None:
            log.info("%s", app.telemetry.describe())
        try:
            super().execute_from_commandline()
        except SystemExit as ended:
            log.info("%s", engine.describe_totals())
            if app.telemetry is not None:
                app.telemetry.close(engine.stop_left_s())
            if engine.fatal is not None:
                log.error("%s", engine.fatal)  # noqa: TRY400 - a sentence for the user, who needs no traceback
                raise SystemExit(engine.fatal.exit_code) from None
            raise SystemExit(ended.code) from None
        finally:
            # Whatever has ended the event loop: a source that still waits for it would keep the process alive.
            for each in filter(None, (engine, app.learner)):
                each.stop()
                each.flow.fail(KafkaFatal("The worker has ended."))

    async def on_startup_finished(self) -> None:
        """Adapts Python to the load, once everything is loaded.

        Faust would print OK here; the worker reports that it is ready when it has partitions.
        """
        gc.collect()
        gc.freeze()
        gc.set_threshold(COLLECT_AFTER, *gc.get_threshold()[1:])
        sys.setswitchinterval(SWITCH_S)


class ArticleApp(faust.App):
    """A Faust app with an engine, and a learner beside it if that is asked for.

    `channels`: of each of the two, the channel from the source to the agent. `telemetry`: what sends traces and metrics
    by OpenTelemetry, None if nothing does.
    """

    BootStrategy = Boot
    engine: Engine
    learner: LearnerEngine | None
    channels: list[Any]
    telemetry: Telemetry | None

    def _create_directories(self) -> None:
        """Creates none. Faust would keep tables there; we have none, and the file system may be read-only."""

    def fail_unexpectedly(self, error: BaseException, engine: Engine, what: str) -> None:
        """Ends the engine after an error that nobody expects; `what` begins the line in the log.

        An error that is raised in here would go to Faust, which might go on as if nothing had happened. Without memory
        any line here may raise one. Then the process ends at once.
        """
        try:
            self.fail(KafkaFatal(f"{what}: {error!r}."), engine)
            why = "there is no more memory" if isinstance(error, MemoryError) else "a bug in article-stream"
            log.error("%s (%s).", what, why, exc_info=error)
        except BaseException:  # noqa: BLE001
            _exit_at_once()

    def fail(self, error: StreamError, engine: Engine) -> None:
        """An engine cannot go on: ends the worker with the exit code of this error, or of an earlier one.

        A learner beside a worker ends alone: no article waits for it.
        """
        engine.fatal = engine.fatal or error
        engine.flow.fail(error)
        engine.stop()
        if engine is not self.engine:
            log.error("The learner has ended; articles are still cleaned. %s", error)
            return
        worker = self.beacon.root.data if self.beacon.root else self
        self.add_future(worker.stop())


def _exit_at_once() -> None:
    """Ends the process as a kill would, which every commit is prepared for."""
    try:
        os.write(STDERR, NOTHING_LEFT)
    finally:
        os._exit(KafkaFatal.exit_code)


def create_app(
    settings: Settings,
    *,
    rules: Rules | None = None,
    largest_bytes: int | None = None,
    learns: bool = False,
    telemetry: Telemetry | None = None,
) -> ArticleApp:
    """A new app for these settings: a worker, or a learner if they are `LearnerSettings`.

    `rules`: the settings' own if not given. `largest_bytes`: how large a record the output topics take for certain;
    Kafka is asked if it is not given. `learns`: whether a learner runs beside the worker. `telemetry`: what sends
    traces and metrics by OpenTelemetry, if anything does. Raises one of `stream.errors`.
    """
    rules = load_rules(settings.rules, whole_page=settings.whole_page) if rules is None else rules
    if largest_bytes is None:
        largest_bytes = checks.largest_record_bytes(settings)
        require_consumer_protocol(settings)
    app = ArticleApp(
        settings.group_id,
        env={},  # without this, environment variables such as BROKER_URL would override what is given here
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
    app.telemetry = telemetry

    traces = None if telemetry is None else telemetry.traces(settings)
    if isinstance(settings, LearnerSettings):
        app.engine = LearnerEngine(settings, rules, largest_bytes=largest_bytes, traces=traces)
    else:
        app.engine = Engine(settings, rules, largest_bytes=largest_bytes, traces=traces)
    app.learner = None
    if learns:
        its = for_learner(settings)
        traces = None if telemetry is None else telemetry.traces(its)
        app.learner = LearnerEngine(its, rules, largest_bytes=largest_bytes, traces=traces)
    if telemetry is not None:
        beside = [] if app.learner is None else [(app.learner.metrics.registry, {ROLE: "learner"})]
        telemetry.send_metrics([(app.engine.metrics.registry, {}), *beside])
    app.channels = []
    for engine in filter(None, (app.engine, app.learner)):
        engine.metrics.show_health(partial(passing, engine))
    _add_agent(app, app.engine, "clean")
    if app.learner is not None:
        _add_agent(app, app.learner, "learn")
    # Faust's own pages are removed, because its `/` answers OK whatever happens.
    app.web.blueprints = BlueprintManager(())
    is_worker = not isinstance(settings, LearnerSettings) and settings.http_port > 0
    add_pages(app, app.engine, page=live_page(app, app.engine) if is_worker else None)
    if app.learner is not None:
        add_pages(app, app.learner, "/learner")
    return app


def _add_agent(app: ArticleApp, engine: Engine, name: str) -> None:
    """Adds the agent between the source and the sink of an engine."""
    channel = app.channel(maxsize=1)
    app.channels.append(channel)

    @app.agent(channel, name=name)
    async def process(batches: Any) -> None:
        async for batch in batches:
            try:
                await engine.take(batch)
            except asyncio.CancelledError:
                raise
            except BaseException as error:  # noqa: BLE001 - also what the compiled core raises when it panics
                # If this error were raised, Faust would restart the agent, which would skip this batch.
                app.fail_unexpectedly(error, engine, "A batch is not published after an unexpected error")
                return


def app_from_environment() -> ArticleApp:
    """The app for the settings in the environment; configures logging as well. Raises one of `stream.errors`."""
    settings = load()
    logs.configure(settings.log_format, settings.log_level)
    return create_app(settings, telemetry=started(settings))
