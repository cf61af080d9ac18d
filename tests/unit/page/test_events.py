"""One clock tells all open pages; how many, and how much each costs, is bounded."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import orjson
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from stream.config.loading import load
from stream.page.answers import guarded
from stream.page.events import MOST_CLIENTS, Client, Events, as_event
from stream.page.guard import Guard


async def serving(events: Events) -> TestClient[web.Request, web.Application]:
    app = web.Application()

    async def stream(request: web.Request) -> web.StreamResponse:
        return await events.serve(request, {})

    app.router.add_get("/", guarded(Guard(load(environ={})), stream))
    client = TestClient(TestServer(app))
    await client.start_server()
    return client


def looking(looked: list[int]) -> Callable[[], dict[str, Any]]:
    """Make what tells of a worker, and notes that it was looked at."""

    def look() -> dict[str, Any]:
        looked.append(1)
        return {}

    return look


async def event(answer: Any) -> tuple[str, Any]:
    name = (await answer.content.readline()).decode().strip()
    data = (await answer.content.readline()).decode().removeprefix("data: ")
    assert await answer.content.readline() == b"\n"
    return name.removeprefix("event: "), orjson.loads(data)


async def test_a_page_gets_the_history_and_then_each_second() -> None:
    events = Events(lambda: {"cleaned": 3}, lambda: {"problems": []})
    events.tick(1.0)
    events.tick(2.0)
    client = await serving(events)
    answer = await client.get("/")
    assert answer.headers["Content-Type"] == "text/event-stream"
    assert await event(answer) == (
        "history", {"time": [2.0], "in": [0.0], "cleaned": [0.0], "unchanged": [0.0], "dead": [0.0]}
    )  # fmt: skip
    assert await event(answer) == ("now", {"problems": [], "sample": []})
    events.tick(3.0)
    assert await event(answer) == ("now", {"problems": [], "sample": [3.0, 0.0, 0.0, 0.0, 0.0]})
    await events.stop()
    async with asyncio.timeout(60):
        assert await answer.content.read() == b"", "the stream ends with the worker"
    await client.close()


async def test_where_no_page_is_open_nothing_is_looked_at() -> None:
    looked: list[int] = []
    events = Events(dict, looking(looked))
    for second in range(5):
        events.tick(float(second))
    assert not looked


async def test_one_look_is_told_to_all() -> None:
    looked: list[int] = []
    events = Events(dict, looking(looked))
    client = await serving(events)
    answers = [await client.get("/") for _ in range(3)]
    for answer in answers:
        await event(answer)
        await event(answer)
    looked.clear()
    events.tick(1.0)
    assert [(await event(answer))[0] for answer in answers] == ["now"] * 3
    assert len(looked) == 1
    await events.stop()
    await client.close()


async def test_there_are_so_many_and_no_more() -> None:
    events = Events(dict, dict)
    client = await serving(events)
    answers = [await client.get("/") for _ in range(MOST_CLIENTS)]
    refused = await client.get("/")
    assert refused.status == 429
    assert "20 pages" in (await refused.json())["problem"]
    answers[0].close()
    await _until_taken(client)
    await events.stop()
    await client.close()


async def _until_taken(client: TestClient[web.Request, web.Application]) -> None:
    """Wait until the place of a page that was closed can be taken."""
    async with asyncio.timeout(60):
        while True:
            answer = await client.get("/")
            if answer.status == 200:
                return
            await asyncio.sleep(0.01)


async def test_a_page_that_is_slow_misses_events_and_keeps_none() -> None:
    client = Client()
    for number in range(1000):
        client.tell(b"%d" % number)
    assert await client.next() == b"999"
    client.end()
    assert await client.next() == b""


async def test_the_clock_goes_on_after_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stream.page.events.EVERY_S", 0.001)
    asked: list[int] = []
    enough = asyncio.Event()

    def totals() -> dict[str, int]:
        asked.append(1)
        if len(asked) == 2:
            raise KeyError(2)
        if len(asked) == 4:
            enough.set()
        return {}

    events = Events(totals, dict)
    events.start()
    async with asyncio.timeout(60):
        await enough.wait()
    await events.stop()


def test_an_event_is_three_lines_whatever_is_in_it() -> None:
    assert as_event("now", {"text": "a\nb\r\n\u2028"}).count(b"\n") == 3
