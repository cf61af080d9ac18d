"""Requests and answers, as all handlers of the page take and make them."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import Any

import orjson
from aiohttp import web

from stream.errors import StreamError
from stream.observe.shown import visible
from stream.page.assets import HEADERS, Asset
from stream.page.guard import Guard
from stream.page.refused import Refused

log = logging.getLogger("stream.page")

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
KAFKA_FAILED = 502


def guarded(guard: Guard, handler: Handler, *, linked: bool = False) -> Handler:
    """A handler behind the checks that all have in common, whose errors become sentences.

    `linked`: whether other sites may lead a browser to it.
    """

    async def answer(request: web.Request) -> web.StreamResponse:
        try:
            guard.require_host(request)
            if not linked:
                guard.require_own(request)
            return await handler(request)
        except Refused as refused:
            more = {"Retry-After": str(max(1, round(refused.retry_s)))} if refused.retry_s else {}
            return as_json({"problem": refused.sentence, "retry_s": refused.retry_s}, refused.status, more)
        except StreamError as error:
            return as_json({"problem": visible(str(error))}, KAFKA_FAILED)
        except (web.HTTPException, ConnectionError):
            raise
        except Exception:
            log.exception("The live page failed, which is a bug in article-stream.")
            return as_json({"problem": "An unexpected error, which is a bug. The worker's log says more."}, 500)

    return answer


async def file_answer(asset: Asset, request: web.Request) -> web.Response:
    """A file of the page, or that the browser has it already."""
    headers = {**HEADERS, "ETag": asset.tag}
    if request.headers.get("If-None-Match") == asset.tag:
        return web.Response(status=304, headers=headers)
    return web.Response(body=asset.content, content_type=asset.kind, charset="utf-8", headers=headers)


def as_json(content: Any, status: int = 200, more: dict[str, str] | None = None) -> web.Response:
    """An answer in JSON; `content` may be JSON already."""
    text = content if isinstance(content, bytes) else orjson.dumps(content)
    headers = {**HEADERS, "Cache-Control": "no-store", **(more or {})}
    return web.Response(body=text, status=status, content_type="application/json", charset="utf-8", headers=headers)
