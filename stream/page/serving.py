"""Adds the live page to the worker's web server: which address shows what, and what each answer says to a browser."""

from __future__ import annotations

import socket
import time
from functools import partial

import orjson
from aiohttp import web

from stream._version import __version__
from stream.core import native
from stream.observe.shown import visible
from stream.page import trying
from stream.page.answers import Handler, as_json, file_answer, guarded
from stream.page.assets import HEADERS, HTML, assets
from stream.page.bodies import Bodies
from stream.page.events import Events
from stream.page.guard import COOKIE, Guard
from stream.page.now import Now
from stream.page.on_kafka import OnKafka
from stream.page.refused import Refused
from stream.page.subject import Subject
from stream.page.work import Work

BELOW = "/page"


class Page:
    """The live page of one worker. Used by the event loop's thread."""

    def __init__(self, subject: Subject) -> None:
        self._subject = subject
        self._guard = Guard(subject.settings)
        self._events = Events(lambda: subject.metrics.totals, Now(subject))
        self._began_s = time.time()
        self._trying = Work("try", most_waiting=3, share=0.25)
        self._bodies = Bodies()
        self._on_kafka = OnKafka(subject, self._guard, self._bodies)

    def add_to(self, app: web.Application) -> None:
        """Adds its addresses, but for the page itself (`document`), and starts and stops with the web server."""
        routes: list[tuple[str, str, Handler]] = [
            ("GET", "/about", self._about),
            ("GET", "/events", self._stream),
            ("GET", "/examples", self._examples),
            ("POST", "/try", self._try),
            *self._on_kafka.routes(),
        ]
        for method, path, handler in routes:
            app.router.add_route(method, f"{BELOW}{path}", guarded(self._guard, handler))
        for name, asset in assets().items():
            if name != HTML:
                app.router.add_get(f"{BELOW}/{name}", guarded(self._guard, partial(file_answer, asset)))
        app.on_startup.append(self._start)
        app.on_shutdown.append(self._stop)

    async def _start(self, _app: web.Application) -> None:
        self._events.start()

    async def _stop(self, _app: web.Application) -> None:
        self._trying.close()
        self._on_kafka.close()
        await self._events.stop()

    async def document(self, request: web.Request) -> web.StreamResponse:
        """The page itself."""
        return await guarded(self._guard, self._document, linked=True)(request)

    async def _document(self, request: web.Request) -> web.StreamResponse:
        answer = web.Response(
            body=assets()[HTML].content, content_type=assets()[HTML].kind, charset="utf-8", headers=HEADERS
        )
        answer.headers["Vary"] = "Accept"
        if cookie := self._guard.cookie_for(request):
            answer.set_cookie(COOKIE, cookie, httponly=True, samesite="Strict", path="/")
        return answer

    async def _about(self, request: web.Request) -> web.StreamResponse:
        """What does not change, and what this browser may do."""
        settings, guard = self._subject.settings, self._guard
        return as_json({
            "version": __version__,
            "core": native.NAME,
            "host": socket.gethostname(),
            "group": visible(settings.group_id),
            "instance": visible(settings.instance_id or ""),
            "input": visible(settings.input_topic),
            "output": visible(settings.output_topic),
            "dead_letters": settings.dead_letter_topic,
            "servers": visible(settings.bootstrap_servers),
            "delivery": settings.delivery.replace("_", " "),
            "began": self._began_s,
            "may": {
                "try": guard.tries,
                "articles": guard.articles,
                "actions": guard.actions,
                "sites": self._subject.sites is not None,
            },
            "sites": settings.sites,
            "token": guard.token_for(request),
            "most_bytes": trying.MOST_BYTES,
        })  # fmt: skip

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        return await self._events.serve(request, HEADERS)

    async def _examples(self, _request: web.Request) -> web.StreamResponse:
        return as_json(trying.examples())

    async def _try(self, request: web.Request) -> web.StreamResponse:
        """Cleans the request's body."""
        self._guard.require_tries()
        self._guard.require_page(request)
        given = request.query.get("as", "auto")
        if given not in {"auto", "json", "text"}:
            raise Refused(400, "An article is tried as auto, json or text.")
        self._trying.require_room()  # before anything is read
        value = await self._bodies.read(request, trying.MOST_BYTES)
        subject = self._subject
        task = partial(trying.tried, subject.processor(), subject.sites, value, given)  # type: ignore[arg-type]
        return as_json(await self._trying.do(lambda: orjson.dumps(task())))
