"""What the live page does on Kafka, without a browser: dead letters and sending them back."""

from __future__ import annotations

from http.cookiejar import CookieJar
from typing import Any
from urllib.request import HTTPCookieProcessor, Request, build_opener

import orjson

from harness.processes import PATIENCE_S, Worker, until
from stream.config.loading import load
from stream.kafka.newest import FEWEST, newest
from stream.records.dead_letters import letter_headers
from tests.brokers import PARTITIONS, Broker, Sent, headers_of
from tests.hostile import article

BODY = "The ferry runs all winter, the harbour board said on Monday."


class Visitor:
    """Asks a worker as its page does, with its cookie and its token."""

    def __init__(self, worker: Worker) -> None:
        """Load the page."""
        self._address = f"http://127.0.0.1:{worker.port}"
        self._opener = build_opener(HTTPCookieProcessor(CookieJar()))
        self._opener.addheaders = [("Accept", "text/html")]
        self._opener.open(self._address, timeout=PATIENCE_S).read()
        self._token = self.get("/page/about")["token"]

    def get(self, path: str) -> Any:
        """Ask for something."""
        with self._opener.open(self._address + path, timeout=PATIENCE_S) as answer:
            return orjson.loads(answer.read())

    def post(self, path: str, asked: Any) -> Any:
        """Ask to do something."""
        headers = {"Origin": self._address, "X-Article-Stream-Token": self._token}
        request = Request(self._address + path, orjson.dumps(asked), headers)  # noqa: S310 - our own worker
        with self._opener.open(request, timeout=PATIENCE_S) as answer:
            return orjson.loads(answer.read())


def test_dead_letters_are_listed_and_sent_back_once(real: Broker) -> None:
    topics = real.topics("page")
    raw, dead, clean = (f"{topics.name}.{role}" for role in ("raw", "dead", "clean"))
    why = letter_headers("no_text", "the field was not there then", raw, 0, 7)
    real.send(dead, [Sent(b"mended", article(f"{BODY}\n{BODY}"), why, 1_700_000_000_000), Sent(b"bad", b"{", why)])
    with Worker(topics.settings(http_show_articles=True, http_allow_actions=True)) as worker:
        worker.wait_ready()
        page = Visitor(worker)
        listed = page.get("/page/dead-letters")
        assert listed["whole"]
        assert listed["reasons"] == {"no_text": 2}
        mended = next(letter for letter in listed["letters"] if letter["preview"].startswith('{"text":"The ferry'))
        one = {name: mended[name] for name in ("partition", "offset")}
        whole = page.get(f"/page/dead-letters/one?partition={one['partition']}&offset={one['offset']}")
        assert whole["value"] == article(f"{BODY}\n{BODY}").decode()
        dry = page.post("/page/dead-letters/redrive", {"dry_run": True})
        assert sorted(dry["verdicts"]) == [["stays, would fail again: not_json", 1], ["succeeds", 1]]
        assert worker.metric("article_stream_records_in_total") == 0, "nothing was sent"
        assert page.post("/page/dead-letters/redrive", {"dry_run": False, **one})["sent"] == 1
        assert page.post("/page/dead-letters/redrive", {"dry_run": False})["sent"] == 0, "each goes back once"
        (out,) = real.read(clean, 1)
        assert worker.terminate() == 0, worker.log
    assert orjson.loads(out.value() or b"") == {"text": BODY}
    assert (out.key(), out.timestamp()[1]) == (b"mended", 1_700_000_000_000)
    assert ("article-stream.repeats", b"1") in headers_of(out)


def test_the_newest_records_are_read_and_no_others(broker: Broker) -> None:
    topics = broker.topics("newest")
    settings = load(topics.settings(), environ={})
    dead = f"{topics.name}.dead"
    broker.send(dead, [Sent(b"%d" % number, b"%d" % number) for number in range(400)])
    until(lambda: len(broker.read(dead)) == 400, "the records")
    found = newest(settings, dead, 10, lambda message: (message.partition(), message.offset()), lambda: False)
    assert not found.whole
    last = {
        number: max(offset for partition, offset in found.kept if partition == number) for number in range(PARTITIONS)
    }
    assert sorted(found.kept) == sorted(
        (number, offset) for number, end in last.items() for offset in range(end + 1 - FEWEST, end + 1)
    )
    assert sum(end + 1 for end in last.values()) == 400
    assert newest(settings, dead, 1600, lambda message: message.offset(), lambda: False).whole
    assert newest(settings, dead, 1600, lambda message: message.offset(), lambda: True) == ([], False)
    assert newest(settings, f"{topics.name}.clean", 10, lambda message: message.value(), lambda: False) == ([], True)
