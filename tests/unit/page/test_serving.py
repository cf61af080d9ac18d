"""The live page over HTTP: what each answer says to a browser, and what is refused in which words."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import orjson
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from harness.commands import ROOT
from stream import clean
from stream.config.learner import for_learner
from stream.config.loading import load
from stream.core.rules import builtin
from stream.errors import KafkaUnavailable
from stream.page.assets import HTML, POLICY, assets
from stream.page.bodies import MOST_AT_ONCE
from stream.page.guard import TOKEN_HEADER
from stream.page.trying import MOST_BYTES
from stream.worker.app import create_app

FERRY = (ROOT / "examples/ferry.txt").read_text("utf-8")
MOST_PAGE_BYTES = 150_000
Http = TestClient[web.Request, web.Application]
HTML_ONLY = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


@pytest.fixture
async def served() -> AsyncIterator[Callable[..., Any]]:
    """Serve the pages of a worker with these settings, which reads nothing."""
    clients: list[Http] = []

    async def serve(**settings: object) -> Http:
        app = create_app(load({"http_port": 1, **settings}, environ={}), rules=builtin(), largest_bytes=1_000_000)
        driver: Any = app.web
        driver.init_server()
        client: Http = TestClient(TestServer(driver.web_app))
        await client.start_server()
        clients.append(client)
        return client

    yield serve
    for client in clients:
        await client.close()


async def from_the_page(client: Http) -> dict[str, str]:
    """Give the headers that the page sends, once it was loaded."""
    await client.get("/", headers=HTML_ONLY)
    about = await (await client.get("/page/about")).json()
    return {"Origin": f"http://{client.host}:{client.port}", TOKEN_HEADER: about["token"]}


async def test_a_browser_gets_the_page_and_everybody_else_the_list(served: Any) -> None:
    client = await served()
    page = await client.get("/", headers=HTML_ONLY)
    assert page.content_type == "text/html"
    assert page.headers["Vary"] == "Accept"
    for accept in ("*/*", "application/json"):
        listed = await client.get("/", headers={"Accept": accept})
        assert await listed.json() == {"pages": ["/health/live", "/health/ready", "/metrics"]}


async def test_a_learner_has_no_page() -> None:
    settings = for_learner(load({"http_port": 1, "sites": "apply"}, environ={}))
    driver: Any = create_app(settings, rules=builtin(), largest_bytes=1_000_000).web
    driver.init_server()
    async with TestClient(TestServer(driver.web_app)) as client:
        assert (await client.get("/", headers=HTML_ONLY)).content_type == "application/json"
        assert (await client.get("/page/about")).status == 404


async def test_every_answer_keeps_other_sites_out(served: Any) -> None:
    client = await served()
    for path in ("/", *(f"/page/{name}" for name in assets() if name != HTML), "/page/about", "/page/examples"):
        answer = await client.get(path, headers=HTML_ONLY)
        assert answer.status == 200, path
        assert answer.headers["Content-Security-Policy"] == POLICY
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert "Access-Control-Allow-Origin" not in answer.headers
    assert "unsafe" not in POLICY
    assert "http" not in POLICY


async def test_the_cookie_is_for_this_site_alone_and_no_script_reads_it(served: Any) -> None:
    client = await served()
    cookie = (await client.get("/", headers=HTML_ONLY)).headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert "Set-Cookie" not in (await client.get("/", headers=HTML_ONLY)).headers, "once is enough"


def test_the_page_is_small_and_has_no_script_or_style_within_it() -> None:
    assert sum(len(asset.content) for asset in assets().values()) < MOST_PAGE_BYTES
    html = assets()[HTML].content.decode()
    for within in ("<style", " style=", " onclick=", " onload=", "<script>", "http://", "https://", "javascript:"):
        assert within not in html
    for name, asset in assets().items():
        for unsafe in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "https://"):
            assert unsafe not in asset.content.decode(), name


async def test_a_file_that_the_browser_has_is_not_sent_again(served: Any) -> None:
    client = await served()
    first = await client.get("/page/page.css")
    again = await client.get("/page/page.css", headers={"If-None-Match": first.headers["ETag"]})
    assert again.status == 304
    assert (await client.get("/page/nothing.js")).status == 404
    assert (await client.get("/page/../page.py")).status == 404


async def test_a_name_that_is_not_the_workers_gets_nothing_of_the_page(served: Any) -> None:
    client = await served()
    for path in ("/", "/page/about", "/page/events", "/page/dead-letters"):
        answer = await client.get(path, headers={"Host": "evil.example:6066", **HTML_ONLY})
        assert answer.status == 403
        assert "evil.example" in (await answer.json())["problem"]
    assert (await client.get("/health/live", headers={"Host": "evil.example"})).status == 200, "as it ever was"


async def test_another_site_may_lead_to_the_page_and_to_nothing_else(served: Any) -> None:
    client = await served()
    elsewhere = {"Sec-Fetch-Site": "cross-site", **HTML_ONLY}
    assert (await client.get("/", headers=elsewhere)).status == 200
    for path in ("/page/about", "/page/events", "/page/dead-letters", "/page/page.js"):
        assert (await client.get(path, headers=elsewhere)).status == 403


async def test_try_is_clean(served: Any) -> None:
    client = await served()
    answer = await client.post("/page/try", data=FERRY.encode(), headers=await from_the_page(client))
    assert answer.status == 200
    assert (await answer.json())["cleaned"] == clean(FERRY).text


async def test_what_somebody_else_sends_is_refused(served: Any) -> None:
    client = await served(http_allow_actions=True)
    headers = await from_the_page(client)
    for path in ("/page/try", "/page/dead-letters/redrive"):
        for changed in ({"Origin": "http://evil.example"}, {TOKEN_HEADER: "0"}):
            answer = await client.post(path, data=b"{}", headers=headers | changed)
            assert answer.status == 403


async def test_a_longer_article_is_refused(served: Any) -> None:
    client = await served()
    headers = await from_the_page(client)
    answer = await client.post("/page/try", data=BytesIO(b"x" * (MOST_BYTES + 1)), headers=headers)
    assert answer.status == 413
    assert (await answer.json())["problem"].startswith("That is longer than 1,048,576 bytes")
    assert (await client.post("/page/try?as=yaml", data=b"x", headers=headers)).status == 400


async def test_elsewhere_than_on_the_loopback_try_needs_a_permission(served: Any) -> None:
    client = await served(http_host="192.0.2.1")
    headers = await from_the_page(client)
    answer = await client.post("/page/try", data=b"x", headers=headers)
    assert answer.status == 403
    assert "STREAM_HTTP_SHOW_ARTICLES=true" in (await answer.json())["problem"]
    client = await served(http_host="192.0.2.1", http_show_articles=True)
    assert (await client.post("/page/try", data=b"x", headers=await from_the_page(client))).status == 200


async def test_nothing_is_sent_back_without_permission(served: Any) -> None:
    client = await served()
    headers = await from_the_page(client)
    answer = await client.post("/page/dead-letters/redrive", data=b'{"dry_run": false}', headers=headers)
    assert answer.status == 403
    assert "STREAM_HTTP_ALLOW_ACTIONS=true" in (await answer.json())["problem"]


@pytest.mark.parametrize(
    "asked",
    [
        *(b"", b"[]", b"nothing", b'{"reason": 3}', b'{"to": "moon"}'),
        *(b'{"partition": 0}', b'{"partition": -1, "offset": 0}', b'{"partition": true, "offset": 1}'),
    ],
)
async def test_a_request_that_makes_no_sense_is_refused(served: Any, asked: bytes) -> None:
    client = await served(http_allow_actions=True)
    answer = await client.post("/page/dead-letters/redrive", data=asked, headers=await from_the_page(client))
    assert answer.status == 400
    for query in ("", "?partition=0&offset=x", "?partition=²&offset=1", "?partition=0&offset=99999999999999999999"):
        assert (await client.get(f"/page/dead-letters/one{query}")).status == 400


async def test_sites_are_there_where_they_are_on(served: Any) -> None:
    client = await served()
    assert "STREAM_SITES" in (await (await client.get("/page/sites")).json())["problem"]
    client = await served(sites="apply", http_allow_actions=True)
    assert await (await client.get("/page/sites")).json() == {"sites": [], "count": 0, "applies": True}
    headers = await from_the_page(client)
    for asked in (
        b'{"do": "forget"}',
        b'{"do": "reject", "what": 3}',
        b"[]",
        b'{"do": "reject", "what": "%s"}' % (b"x" * 5000),
    ):
        assert (await client.post("/page/sites/one?name=a.example", data=asked, headers=headers)).status == 400


async def test_kafka_is_not_asked_for_a_site_that_is_not_known(served: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []
    monkeypatch.setattr("stream.page.sites.LearnedSites", asked.append)
    client = await served(sites="apply", http_allow_actions=True)
    headers = await from_the_page(client)
    for query in ("", "?name=", "?name=x.example"):
        for answer in (
            await client.get(f"/page/sites/one{query}"),
            await client.post(f"/page/sites/one{query}", data=b'{"do": "reject"}', headers=headers),
        ):
            assert answer.status == 404
            assert "no site" in (await answer.json())["problem"]
    assert not asked


@pytest.mark.parametrize("path", ["/page/try", "/page/dead-letters/redrive", "/page/sites/one?name=a.example"])
async def test_bodies_are_read_few_at_once(served: Any, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stream.page.bodies.PATIENCE_S", 600)
    client = await served(sites="apply", http_allow_actions=True)
    headers, go = await from_the_page(client), asyncio.Event()

    async def slow() -> AsyncIterator[bytes]:
        yield b"no JSON"
        await go.wait()

    others = [
        asyncio.ensure_future(client.post("/page/dead-letters/redrive", data=slow(), headers=headers))
        for _ in range(MOST_AT_ONCE)
    ]
    async with asyncio.timeout(60):
        full = "Others are sending something to the page: try again in a moment."
        while True:  # until all have begun
            answer = await client.post(path, data=b"", headers=headers)
            if answer.status == 429 and (await answer.json())["problem"] == full:
                break
        go.set()
        assert [(await other).status for other in others] == [400] * MOST_AT_ONCE
        assert (await client.post(path, data=b"", headers=headers)).status != 429, "there is room again"


@pytest.mark.parametrize("path", ["/page/try", "/page/dead-letters/redrive"])
async def test_a_body_that_does_not_come_is_not_waited_for(
    served: Any, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    monkeypatch.setattr("stream.page.bodies.PATIENCE_S", 0.05)
    client = await served()
    headers, never = await from_the_page(client), asyncio.Event()

    async def stuck() -> AsyncIterator[bytes]:
        yield b"{"
        await never.wait()

    async with asyncio.timeout(60):
        for _ in range(MOST_AT_ONCE + 1):  # none keeps its place
            answer = await client.post(path, data=stuck(), headers=headers)
            assert answer.status == 408
            assert (await answer.json())["problem"].startswith("That did not come within 0.05 s")
            answer.close()


async def test_trouble_with_kafka_is_a_sentence(served: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object, **__: object) -> None:
        msg = "No answer from Kafka.\x1b"
        raise KafkaUnavailable(msg, fix="Start it.")

    monkeypatch.setattr("stream.page.letters.newest", away)
    client = await served()
    answer = await client.get("/page/dead-letters")
    assert answer.status == 502
    assert (await answer.json())["problem"] == "No answer from Kafka.\\x1b Start it."


async def test_a_bug_is_told_to_the_log_and_not_to_the_browser(
    served: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def bug(*_: object, **__: object) -> None:
        msg = "secret"
        raise KeyError(msg)

    monkeypatch.setattr("stream.page.letters.newest", bug)
    answer = await (await served()).get("/page/dead-letters")
    assert answer.status == 500
    assert "secret" not in await answer.text()
    assert "which is a bug in article-stream" in caplog.text


async def test_the_page_tells_of_the_worker_each_second(served: Any) -> None:
    client = await served()
    answer = await client.get("/page/events")
    seen = b""
    while b"event: now\n" not in seen:
        seen += await answer.content.readline()
    told = orjson.loads((await answer.content.readline()).removeprefix(b"data: "))
    assert told["problems"] == ["the group has not assigned partitions yet"]
    assert told["totals"]["dead"] == 0


def test_the_files_are_in_the_package() -> None:
    """`*.html` and the like are package data: without that an installed worker would have no page."""
    endings = {Path(name).suffix for name in assets()}
    data = (ROOT / "pyproject.toml").read_text("utf-8").split("[tool.setuptools.package-data]")[1].splitlines()[1]
    assert all(f'"*{ending}"' in data for ending in endings)
