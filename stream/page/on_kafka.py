"""Dead letters and sites: what has to be asked of Kafka, one request after the other, in a thread of its own."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import orjson
from aiohttp import web

from stream.page import letters, sites
from stream.page.answers import Handler, as_json
from stream.page.bodies import Bodies
from stream.page.guard import Guard
from stream.page.refused import Refused
from stream.page.subject import Subject
from stream.page.work import Work
from stream.records.known_sites import KnownSites


class OnKafka:
    """Used by the event loop's thread."""

    def __init__(self, subject: Subject, guard: Guard, bodies: Bodies) -> None:
        self._subject, self._guard, self._bodies = subject, guard, bodies
        self._work = Work("page", most_waiting=3, share=0.5)

    def routes(self) -> list[tuple[str, str, Handler]]:
        """Method, path and handler of each."""
        return [
            ("GET", "/dead-letters", self._letters),
            ("GET", "/dead-letters/one", self._letter),
            ("POST", "/dead-letters/redrive", self._redrive),
            ("GET", "/sites", self._sites),
            ("GET", "/sites/one", self._site),
            ("POST", "/sites/one", self._ask),
        ]

    def close(self) -> None:
        """The worker stops."""
        self._work.close()

    async def _do(self, task: Callable[[], dict[str, Any]]) -> web.Response:
        return as_json(await self._work.do(lambda: orjson.dumps(task())))

    async def _letters(self, _request: web.Request) -> web.StreamResponse:
        settings, articles = self._subject.settings, self._guard.articles
        return await self._do(partial(letters.listed, settings, self._work.pace, articles=articles))

    async def _letter(self, request: web.Request) -> web.StreamResponse:
        partition, offset = (number_in(request.query.get(name, "")) for name in ("partition", "offset"))
        settings, articles = self._subject.settings, self._guard.articles
        return await self._do(partial(letters.whole, settings, partition, offset, articles=articles))

    async def _redrive(self, request: web.Request) -> web.StreamResponse:
        """Sends letters back, or only says what would become of them; that changes nothing and needs no permission."""
        self._guard.require_page(request)
        asked = await self._bodies.read_json(request)
        selection, dry_run = letters.selection_of(asked), asked.get("dry_run", True) is not False
        if not dry_run:
            self._guard.require_actions()
        settings, processor = self._subject.settings, self._subject.processor()
        return await self._do(
            partial(letters.sent_back, settings, processor, selection, self._work.pace, dry_run=dry_run)
        )

    def _known(self) -> KnownSites:
        if self._subject.sites is None:
            raise Refused(404, "Nothing is learned of sites while STREAM_SITES is off.")
        return self._subject.sites

    async def _sites(self, _request: web.Request) -> web.StreamResponse:
        return await self._do(partial(sites.listed, self._known(), articles=self._guard.articles))

    async def _site(self, request: web.Request) -> web.StreamResponse:
        name, settings = sites.known_name(self._known(), request.query.get("name", "")), self._subject.settings
        return await self._do(partial(sites.whole, settings, name, self._work.pace, articles=self._guard.articles))

    async def _ask(self, request: web.Request) -> web.StreamResponse:
        known = self._known()
        self._guard.require_page(request)
        self._guard.require_actions()
        do, what = sites.deed_of(await self._bodies.read_json(request))
        name = sites.known_name(known, request.query.get("name", ""))
        return await self._do(partial(sites.asked, self._subject.settings, name, do, what, self._work.pace))


def number_in(text: str) -> int:
    """A whole number that a request names. Raises `Refused`."""
    if not (text.isascii() and text.isdigit() and len(text) < 19):  # noqa: PLR2004 - offsets have 63 bits
        raise Refused(400, "A partition and an offset are whole numbers.")
    return int(text)
