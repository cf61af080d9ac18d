"""What a worker does to records: one run with records of every kind, of which each test checks one side."""

from __future__ import annotations

from dataclasses import dataclass

import orjson
import pytest
from confluent_kafka import Message

from harness.commands import without_waiting
from harness.fakes import BODY, CLEAN, PROCESSOR, REPEATED, FakeRecord
from harness.processes import Worker, until
from stream.records.dead_letters import read_letter
from stream.records.headers import Headers
from tests.brokers import PARTITIONS, Broker, Sent, headers_of
from tests.ledger import Topics, article

WHEN = 1_600_000_000_000
THEIRS: Headers = [("trace", b"1"), ("empty", None), ("trace", b"\xff\x00"), ("trace", b"1")]
ARTICLES = 120
POISON = [b"\xff\xfe", b'{"text": "cut off in the mid', b'{"title": "no text"}', b"[]", b""]


def odd() -> list[Sent]:
    """Records of all other kinds."""
    exact = b'{ "n":123456789012345678901234567890, "d":0.10000000000000000000001,"text":%s,"e" : 1.0 }'
    return [
        Sent(b"exact", exact % orjson.dumps(REPEATED), THEIRS, WHEN),
        Sent(b"clean", exact % orjson.dumps(CLEAN), THEIRS, WHEN + 1),
        Sent(b"list", orjson.dumps({"text": [BODY, BODY]}), [], WHEN + 2),
        Sent(b"plain", REPEATED.encode(), [("content-type", b"text/plain")], WHEN + 3),
        Sent(b"tombstone", None, THEIRS, WHEN + 4),
        Sent(None, orjson.dumps({"text": REPEATED, "keyless": True}), [], WHEN + 5),
        Sent(b"", orjson.dumps({"text": REPEATED, "key": "empty"}), [], WHEN + 6),
        *(Sent(b"poison", value, [*THEIRS, ("place", b"%d" % n)], WHEN + 10 + n) for n, value in enumerate(POISON)),
    ]


@dataclass(frozen=True, slots=True)
class Run:
    """The run's result."""

    topics: Topics
    sent: list[Sent]
    clean: list[Message]
    dead: list[Message]
    pages: dict[str, tuple[int, bytes]]
    metrics: dict[str, float]
    exit_code: int
    log: str

    def came(self, key: bytes | None) -> Message:
        """The one cleaned record with this key."""
        (message,) = [it for it in self.clean if it.key() == key]
        return message


@pytest.fixture(scope="module", params=["exactly_once", "at_least_once"])
def run(broker: Broker, request: pytest.FixtureRequest) -> Run:
    """One run of a worker over all the records. Half of them are there before it starts."""
    topics = broker.topics("records")
    sent = [Sent(b"a%d" % (n % 10), article(n), [("n", b"%d" % n)], WHEN + 100 + n) for n in range(ARTICLES)]
    sent = [*odd(), *sent]
    broker.send(f"{topics.name}.raw", sent[:60])
    with Worker(topics.settings(delivery=request.param, log_format="json")) as worker:
        worker.wait_ready()
        broker.send(f"{topics.name}.raw", sent[60:])
        clean = broker.read(f"{topics.name}.clean", len(sent) - len(POISON))
        dead = broker.read(f"{topics.name}.dead", len(POISON))
        until(lambda: worker.metric("article_stream_records_in_total") == len(sent), "the worker to have counted all")
        until(lambda: worker.caught_up(PARTITIONS), "lag 0")

        def when_well() -> dict[str, tuple[int, bytes]] | None:
            found = {page: worker.get(page) for page in ("/health/live", "/health/ready", "/metrics", "/", "/nothing")}
            return found if found["/health/ready"][0] == 200 else None

        pages = until(when_well, "it to be well")
        lines = [line.rsplit(" ", 1) for line in pages["/metrics"][1].decode().splitlines() if line[:1] != "#"]
        exit_code = worker.terminate()
        log = worker.log
    # Read again, because nothing may come after the stop.
    clean, dead = broker.read(f"{topics.name}.clean", len(clean)), broker.read(f"{topics.name}.dead", len(dead))
    return Run(topics, sent, clean, dead, pages, {name: float(value) for name, value in lines}, exit_code, log)


def test_every_record_comes_out_once(run: Run) -> None:
    came = [(it.key(), it.timestamp()[1]) for it in [*run.clean, *run.dead]]
    assert sorted(map(str, came)) == sorted(str((it.key, it.timestamp_ms)) for it in run.sent)


def test_each_value_is_what_the_core_makes_of_it(run: Run) -> None:
    want = {it.timestamp_ms: PROCESSOR.process(FakeRecord(it.value, the_headers=it.headers)).value for it in run.sent}
    for message in [*run.clean, *run.dead]:
        assert message.value() == want[message.timestamp()[1]]


def test_other_fields_do_not_change_a_byte(run: Run) -> None:
    (sent, clean, *_) = run.sent
    assert sent.value is not None
    assert run.came(b"exact").value() == sent.value.replace(orjson.dumps(REPEATED), orjson.dumps(CLEAN))
    assert run.came(b"clean").value() == clean.value
    assert orjson.loads(run.came(b"list").value() or b"") == {"text": [BODY]}
    assert run.came(b"plain").value() == CLEAN.encode()


@pytest.mark.parametrize("key", [b"exact", b"clean"])
def test_headers_keep_their_order_duplicates_and_nulls_and_ours_follow(run: Run, key: bytes) -> None:
    headers = headers_of(run.came(key))
    assert headers[: len(THEIRS)] == THEIRS
    ours = dict(headers[len(THEIRS) :])
    assert ours["article-stream.repeats"] == (b"1" if key == b"exact" else b"0")
    assert ours["article-stream.footer"] == (b"3" if key == b"exact" else b"0")
    assert ours["article-stream.rules"] == PROCESSOR.version


def test_timestamps_go_through(run: Run) -> None:
    assert run.came(b"exact").timestamp() == (1, WHEN)


def test_a_tombstone_passes(run: Run) -> None:
    message = run.came(b"tombstone")
    assert message.value() is None
    assert headers_of(message) == THEIRS


def test_no_key_and_an_empty_key_stay_what_they_are(run: Run) -> None:
    assert orjson.loads(run.came(None).value() or b"")["keyless"] is True
    assert orjson.loads(run.came(b"").value() or b"")["key"] == "empty"


def test_records_of_a_key_keep_their_order(run: Run) -> None:
    for key in {it.key for it in run.sent if it.headers and it.headers[0][0] == "n"}:
        order = [int(dict(headers_of(it))["n"] or b"") for it in run.clean if it.key() == key]
        assert order == sorted(order)
        assert len(order) == ARTICLES / 10


def test_a_dead_letter_is_the_record_as_it_was_and_says_why(run: Run) -> None:
    assert [it.value() for it in run.dead] == POISON, "in order per key"
    for number, message in enumerate(run.dead):
        headers = headers_of(message)
        assert headers[: len(THEIRS) + 1] == [*THEIRS, ("place", b"%d" % number)]
        assert message.key() == b"poison"
        assert message.timestamp() == (1, WHEN + 10 + number)
    letters = [read_letter(headers_of(it)) for it in run.dead]
    assert [it.reason for it in letters] == ["not_utf8", "not_json", "no_text", "no_text", "not_json"]
    assert {it.topic for it in letters} == {f"{run.topics.name}.raw"}
    (partition,) = {it.partition for it in letters}
    assert partition in range(4)
    places = [it.offset for it in letters]
    assert places == sorted(set(places))


def test_a_worker_that_has_done_all_is_live_ready_and_without_lag(run: Run) -> None:
    for page in ("/health/live", "/health/ready"):
        status, body = run.pages[page]
        assert status == 200
        answer = orjson.loads(body)
        assert (answer["status"], answer["problems"]) == ("ok", [])
        assert set(answer["partitions"]) == {"0", "1", "2", "3"}
        assert {it["lag"] for it in answer["partitions"].values()} == {0}
    assert run.pages["/"][0] == 200
    assert run.pages["/nothing"][0] == 404


def test_metrics_add_up(run: Run) -> None:
    def of(name: str) -> float:
        return run.metrics["article_stream_" + name]

    outcomes = {
        name: of(f'records_total{{outcome="{name}"}}') for name in ("cleaned", "unchanged", "tombstone", "dead")
    }
    assert outcomes == {"cleaned": ARTICLES + 5, "unchanged": 1, "tombstone": 1, "dead": len(POISON)}
    assert of("records_in_total") == sum(outcomes.values()) == len(run.sent)
    assert of("bytes_in_total") == sum(len(it.value or b"") for it in run.sent)
    assert of("bytes_out_total") == sum(len(it.value() or b"") for it in [*run.clean, *run.dead])
    assert of('dead_letters_total{reason="no_text"}') == 2
    assert of('paragraphs_removed_total{reason="repeat"}') == ARTICLES + 5
    assert sum(of(f'partition_lag_records{{partition="{n}",topic="{run.topics.name}.raw"}}') for n in range(4)) == 0


def test_sigterm_ends_it_with_0_and_the_totals(run: Run) -> None:
    assert run.exit_code == 0, run.log
    assert (
        f"{len(run.sent)} records in = {ARTICLES + 5} cleaned + 1 unchanged + 1 tombstone + {len(POISON)} dead"
        in run.log
    )


def test_every_line_of_a_json_log_is_an_object(run: Run) -> None:
    lines = [orjson.loads(line) for line in without_waiting(run.log)]
    assert {"event", "level", "logger", "timestamp"} <= set.intersection(*(set(line) for line in lines))
    assert lines[0]["event"].startswith("article-stream ")
    assert {line["level"] for line in lines} == {"info"}
