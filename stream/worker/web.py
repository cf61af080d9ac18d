"""The worker's HTTP pages: health checks for orchestrators, metrics for Prometheus, and the live page for people.

None shows secrets; only the live page shows articles, and only where the settings allow it.
"""

from __future__ import annotations

import os
import socket
from typing import Any

from stream.config.light import in_a_url
from stream.config.settings import Settings
from stream.errors import SettingsError
from stream.page.serving import Page
from stream.page.subject import Condition, Subject
from stream.worker.engine import Engine
from stream.worker.health import live, ready


def add_pages(app: Any, engine: Engine, below: str = "", page: Page | None = None) -> None:
    """Adds /health/live, /health/ready and /metrics to the app, below a path, and a list of them there.

    A browser gets the live page in place of the list, if there is one.
    """

    @app.page(f"{below}/health/live", name=f"{below}live")
    async def health_live(web: Any, _request: Any) -> Any:
        state = live(engine)
        return web.json(state.as_json(), status=200 if state.ok else 503)

    @app.page(f"{below}/health/ready", name=f"{below}ready")
    async def health_ready(web: Any, _request: Any) -> Any:
        state = ready(engine)
        return web.json(state.as_json(), status=200 if state.ok else 503)

    @app.page(f"{below}/metrics", name=f"{below}metrics")
    async def metrics(web: Any, _request: Any) -> Any:
        return web.bytes(engine.metrics.text(), content_type="text/plain; version=0.0.4")

    @app.page(f"{below}/", name=f"{below}index")
    async def index(web: Any, request: Any) -> Any:
        if page is not None and "text/html" in request.headers.get("Accept", ""):
            return await page.document(request)
        return web.json({"pages": [f"{below}{page}" for page in ("/health/live", "/health/ready", "/metrics")]})


def live_page(app: Any, engine: Engine) -> Page:
    """The live page of a worker, added to the app but for the page at `/`."""

    def condition() -> Condition:
        found = ready(engine)
        beside = [] if app.learner is None else ready(app.learner).problems
        return Condition(found.problems, [*found.warnings, *(f"the learner beside it: {each}" for each in beside)])

    page = Page(Subject(
        engine.settings,
        engine.metrics,
        engine.partitions,
        engine.ownership,
        None if engine.sites is None else engine.sites.known,
        processor=lambda: engine.processor,
        condition=condition,
        member=lambda: engine.source.member.id,
    ))  # fmt: skip
    page.add_to(app.web.web_app)
    return page


def require_port(settings: Settings) -> None:
    """Raises `SettingsError` if the worker cannot listen on the HTTP port of the settings."""
    if not settings.http_port:
        return
    host, port = settings.http_host, settings.http_port
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        with socket.create_server((host, port), family=family):
            pass
    except OSError as error:
        why = os.strerror(error.errno) if error.errno and error.errno > 0 else str(error)
        msg = f"STREAM_HTTP_PORT: cannot listen on {in_a_url(host)}:{port} ({why})."
        raise SettingsError(msg, fix="Set another port, or 0 for no HTTP.") from None
