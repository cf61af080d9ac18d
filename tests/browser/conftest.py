"""A real browser, the machine's own Chromium, and workers whose pages it looks at."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from typing import NamedTuple

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from harness.processes import Worker
from stream.kafka.embedded import EmbeddedBroker
from tests.brokers import Broker
from tests.ledger import Topics

PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PATIENCE_MS = 60_000
REQUIRED = os.environ.get("STREAM_TEST_REQUIRE_BROWSER") == "1"


class Live(NamedTuple):
    """A worker with its page, and its topics."""

    worker: Worker
    broker: Broker
    topics: Topics

    @property
    def address(self) -> str:
        """Where its page is."""
        return f"http://127.0.0.1:{self.worker.port}/"


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium, started once; skipped, or failed with ``STREAM_TEST_REQUIRE_BROWSER=1``, where there is none."""
    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if program is None:
        reason = "there is no Chromium; on Debian: apt-get install chromium"
        if REQUIRED:
            pytest.fail(f"STREAM_TEST_REQUIRE_BROWSER=1, but {reason}", pytrace=False)
        pytest.skip(reason)
    expect.set_options(timeout=PATIENCE_MS)  # it has its own, and does not go by the context's
    with sync_playwright() as playwright:
        # As root, and in containers, Chromium has no sandbox; it sees nothing but our own pages.
        found = playwright.chromium.launch(
            executable_path=program, args=["--no-sandbox", "--disable-dev-shm-usage"], timeout=2 * PATIENCE_MS
        )
        yield found
        found.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A fresh profile, which may use the clipboard."""
    made = browser.new_context(
        viewport={"width": 1280, "height": 900}, permissions=["clipboard-read", "clipboard-write"]
    )
    made.set_default_timeout(PATIENCE_MS)
    yield made
    made.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """A tab; the test fails if a script fails in it, or anything was refused by the page's own policy."""
    problems: list[str] = []
    made = context.new_page()
    made.on("pageerror", lambda error: problems.append(str(error)))
    made.on("console", lambda said: problems.append(said.text) if "Content Security Policy" in said.text else None)
    made.on("dialog", lambda dialog: problems.append(f"a dialog: {dialog.message}"))
    yield made
    assert problems == []


def _live(embedded: EmbeddedBroker, **settings: object) -> Iterator[Live]:
    broker = Broker("embedded", embedded.bootstrap_servers)
    topics = broker.topics("page", lines={}, sites={}, counts={})
    of_sites = {f"{role}_topic": f"{topics.name}.{role}" for role in ("lines", "sites", "counts")}
    with Worker(topics.settings(sites="apply", **of_sites, **settings), name="worker --learn") as worker:
        worker.wait_ready()
        yield Live(worker, broker, topics)


@pytest.fixture(scope="session")
def live(embedded: EmbeddedBroker) -> Iterator[Live]:
    """A worker whose page may show and do everything."""
    yield from _live(embedded, http_show_articles=True, http_allow_actions=True)


@pytest.fixture
def careful(embedded: EmbeddedBroker) -> Iterator[Live]:
    """A worker whose page may show and do what it may by default; for one test."""
    yield from _live(embedded)
