"""Tells all open pages once a second what the worker does, by server-sent events: one clock for all of them."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from typing import Any

import orjson
from aiohttp import web

from stream.page.history import History
from stream.page.refused import Refused

log = logging.getLogger("stream.page")

EVERY_S = 1.0
MOST_CLIENTS = 20
"""How many pages may be open. Each costs a few kilobytes a second, and the time to write them."""
SEND_S = 10.0  # how long a browser may take no bytes until it is let go


class Client:
    """An open page. It gets the newest event, and misses those for which it was too slow."""

    def __init__(self) -> None:
        self._event = b""
        self._ready = asyncio.Event()
        self.ended = False

    def tell(self, event: bytes) -> None:
        """There is a new event."""
        self._event = event
        self._ready.set()

    def end(self) -> None:
        """There will be none any more."""
        self.ended = True
        self._ready.set()

    async def next(self) -> bytes:
        """The newest event, once there is one; empty at the end."""
        await self._ready.wait()
        self._ready.clear()
        return b"" if self.ended else self._event


class Events:
    """The clock, and the pages that it tells. Used by the event loop's thread.

    `totals()`: the records since the worker's start, by outcome. `now()`: the worker at this moment, as JSON has it.
    """

    def __init__(self, totals: Callable[[], Any], now: Callable[[], dict[str, Any]]) -> None:
        self._totals, self._now = totals, now
        self.history = History()
        self._clients: set[Client] = set()
        self._ticking: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Starts the clock."""
        self.history.take(time.time(), self._totals())
        self._ticking = asyncio.get_running_loop().create_task(self._tick())

    async def stop(self) -> None:
        """Stops the clock and ends all streams, so that the web server need not wait for them."""
        for client in self._clients:
            client.end()
        if self._ticking is not None:
            self._ticking.cancel()
            await asyncio.wait([self._ticking])

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(EVERY_S)
            try:
                self.tick(time.time())
            except Exception:
                log.exception("The live page could not be brought up to date, which is a bug in article-stream.")

    def tick(self, now_s: float) -> None:
        """Takes a sample, and tells all open pages. Where none is open that is all."""
        sample = self.history.take(now_s, self._totals())
        if self._clients:
            rates = [] if sample is None else [sample.time_s, *sample.rates]
            event = as_event("now", {**self._now(), "sample": rates})
            for client in self._clients:
                client.tell(event)

    async def serve(self, request: web.Request, headers: Any) -> web.StreamResponse:
        """Tells one page until it is closed. Raises `Refused` where there are too many."""
        if len(self._clients) >= MOST_CLIENTS:
            raise Refused(429, f"{MOST_CLIENTS} pages of this worker are open, which is the most.", retry_s=10)
        more = {"Content-Type": "text/event-stream", "Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        answer = web.StreamResponse(headers={**headers, **more})
        client = Client()
        self._clients.add(client)
        try:
            await answer.prepare(request)
            event = as_event("history", self.history.as_json()) + as_event("now", {**self._now(), "sample": []})
            while event:
                await asyncio.wait_for(answer.write(event), SEND_S)
                event = await client.next()
        except (ConnectionError, TimeoutError):
            pass  # the page was closed, or takes nothing any more
        finally:
            self._clients.discard(client)
        return answer


def as_event(name: str, data: Any) -> bytes:
    """An event as a browser expects it. JSON has no line feeds, which would end it."""
    return b"event: " + name.encode() + b"\ndata: " + orjson.dumps(data) + b"\n\n"
