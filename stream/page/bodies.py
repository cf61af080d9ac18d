"""Reads the bodies of requests, bounded in number, length and time: they are held in the worker's memory."""

from __future__ import annotations

import asyncio
from typing import Any

import orjson
from aiohttp import web

from stream.page.refused import Refused

MOST_AT_ONCE = 4
"""How many bodies are read at once. With the longest article that may be tried, that is 4 MiB."""
PATIENCE_S = 10.0
"""How long a body may take to come, in seconds. Else four slow senders would keep the page from everybody."""


class Bodies:
    """All handlers of a page read bodies by one of these. Used by the event loop's thread."""

    def __init__(self) -> None:
        self._reading = 0

    async def read(self, request: web.Request, most_bytes: int) -> bytes:
        """The body of a request. Raises `Refused` if it is one too many, too slow or longer; no more is read."""
        if self._reading >= MOST_AT_ONCE:
            raise Refused(429, "Others are sending something to the page: try again in a moment.", retry_s=1)
        self._reading += 1
        try:
            async with asyncio.timeout(PATIENCE_S):
                return await _whole(request, most_bytes)
        except TimeoutError:
            raise Refused(408, f"That did not come within {PATIENCE_S:g} s: try again, or send less.") from None
        finally:
            self._reading -= 1

    async def read_json(self, request: web.Request, most_bytes: int = 1 << 14) -> Any:
        """What a request's body says in JSON. Raises `Refused`."""
        try:
            return orjson.loads(await self.read(request, most_bytes))
        except orjson.JSONDecodeError:
            raise Refused(400, "The request is not JSON.") from None


async def _whole(request: web.Request, most_bytes: int) -> bytes:
    found = bytearray()
    async for chunk in request.content.iter_chunked(1 << 16):
        found += chunk
        if len(found) > most_bytes:
            raise Refused(413, f"That is longer than {most_bytes:,} bytes, which is the most that is taken here.")
    return bytes(found)
