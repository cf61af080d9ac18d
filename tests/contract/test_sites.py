"""Sites learned from the stream: a worker, a learner, and what people say, on both brokers."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest
from confluent_kafka import Message

from harness.commands import article_stream
from harness.processes import Worker, until
from stream.core.packed import LookedUp, PackedKnown
from stream.demo import island
from stream.learner.messages import Published, read_published
from tests.brokers import Broker, Sent, headers_of
from tests.contract.test_several_topics import make
from tests.ledger import fresh_name

SITE = "skerrytide.example"
FOOTER = orjson.loads(island()[0])["text"].split("\n")[-3:]
ARTICLES = [Sent(b"%d" % number, line) for number, line in enumerate(island())]
Settings = dict[str, object]


def settings(broker: Broker, **more: object) -> Settings:
    """Settings with fresh topics, which are made."""
    name = fresh_name("sites")
    topics = {role: f"{name}.{role}" for role in ("input", "output", "dead_letter", "lines", "sites", "counts")}
    make(broker, *topics.values())
    named: Settings = {f"{role}_topic": topic for role, topic in topics.items()}
    return {"bootstrap_servers": broker.bootstrap_servers, "group_id": name, "sites": "apply", **named, **more}


def known(broker: Broker, given: Settings) -> Published | None:
    """What is published of the site, as the last record says."""
    told = [read_published(SITE, it.value()) for it in broker.read(str(given["sites_topic"])) if it.value()]
    return max(told, key=lambda each: each.total, default=None)


def until_known(broker: Broker, given: Settings, worker: Worker, articles: int) -> None:
    """Wait until so many articles of the site are learned and the worker knows it."""
    until(lambda: (found := known(broker, given)) is not None and found.total == articles, "the site to be learned")
    told = len(broker.read(str(given["sites_topic"])))
    until(lambda: worker.metric("article_stream_site_records_read_total") >= told, "the worker to know it")


def sent_in_turn(broker: Broker, given: Settings, worker: Worker) -> dict[bytes | None, Message]:
    """Send three articles of the site, and the fourth once these are learned and known; give what came out, by key."""
    worker.wait_ready()
    broker.send(str(given["input_topic"]), ARTICLES[:3])
    until_known(broker, given, worker, 3)
    broker.send(str(given["input_topic"]), ARTICLES[3:])
    return {it.key(): it for it in broker.read(str(given["output_topic"]), 4)}


def test_the_fourth_article_of_a_site_loses_its_footer(broker: Broker) -> None:
    given = settings(broker)
    with Worker(given, name="worker --learn") as worker:
        came = sent_in_turn(broker, given, worker)
        until(lambda: worker.get("/learner/health/ready")[0] == 200, "the learner to be ready")
        until(lambda: worker.metric("article_stream_articles_by_site_total") == 1, "the fourth article to be counted")
        published = 'article_stream_articles_observed_total{result="published"}'
        until(lambda: worker.metric(published) == 4, "what is learned from to be counted")
        assert worker.terminate() == 0, worker.log
    text = orjson.loads(came[b"3"].value() or b"")["text"]
    assert text == "\n".join(orjson.loads(island()[3])["text"].split("\n")[:-3])
    header = dict(headers_of(came[b"3"]))["article-stream.site"]
    assert (header or b"").startswith(f"{SITE}@".encode())
    assert all(FOOTER[0] in orjson.loads(came[key].value() or b"")["text"] for key in (b"0", b"1", b"2"))


def test_learned_but_not_applied_changes_nothing(broker: Broker) -> None:
    given = settings(broker, sites="propose")
    with Worker(given, name="worker --learn") as worker:
        came = sent_in_turn(broker, given, worker)
        assert worker.terminate() == 0, worker.log
    assert came[b"3"].value() == ARTICLES[3].value
    assert "article-stream.site" not in dict(headers_of(came[b"3"]))


def test_what_people_say_is_done_by_the_learner_and_outlives_it(real: Broker, tmp_path: Path) -> None:
    given = settings(real)
    with Worker(given) as worker:
        worker.wait_ready()
        real.send(str(given["input_topic"]), ARTICLES[:3])
        assert len(real.read(str(given["lines_topic"]), 3)) == 3
        assert worker.terminate() == 0, worker.log

    def said(*arguments: str, fails: bool = False) -> str:
        answer = article_stream("sites", *arguments, settings=given)
        assert (answer.code != 0) is fails, answer.err
        return answer.err if fails else answer.out

    with Worker(given, name="learn") as learner:
        until(lambda: (found := known(real, given)) is not None and found.total == 3, "the site to be learned")
        assert SITE in said("list")
        assert FOOTER[0] in said("show", f"https://www.{SITE}/1")
        assert "in force is version" in said("reject", SITE, FOOTER[0])
        assert "Nobody has rejected" in said("approve", SITE, "another line", fails=True)
        learner.kill()
    with Worker(given, name="learn") as learner:
        assert FOOTER[0] in said("show", SITE).partition("Rejected lines")[2]
        found = known(real, given)
        assert found is not None
        assert isinstance(found.profile.known, LookedUp | PackedKnown)
        file = tmp_path / "sites.jsonl"
        assert "1 site written" in said("export", "--to", str(file))
        assert SITE in said("list", "--sites", str(file))
        assert "is forgotten" in said("forget", SITE)
        assert "0 sites" in said("list")
        assert "1 site imported" in said("import", str(file))
        assert SITE in said("list")
        assert "It has none yet" in said("rollback", SITE, "0123", fails=True)
        assert learner.terminate() == 0, learner.log
        assert "2 records learned, 0 unfit" in learner.log


@pytest.mark.parametrize(
    ("command", "given", "sentence"),
    [
        (("learn",), {}, "There is nothing to learn from on Kafka while STREAM_SITES is off."),
        (("worker", "--learn"), {}, "--learn learns nothing while STREAM_SITES is off."),
        (("sites", "list"), {}, "There are no sites on Kafka while STREAM_SITES is off."),
        (("worker",), {"sites": "apply", "delivery": "at_least_once"}, "needs delivery exactly_once"),
        (("worker",), {"sites": "apply", "lines_topic": "articles.clean"}, "must differ"),
        (("learn", "--http-port", "0"), {"sites": "apply", "bootstrap_servers": "127.0.0.1:9"}, "No answer from Kafka"),
    ],
)
def test_what_cannot_be_is_said_in_one_sentence(
    command: tuple[str, ...], given: dict[str, object], sentence: str
) -> None:
    answer = article_stream(*command, settings={"startup_timeout_s": 1, **given})
    assert answer.code != 0
    assert sentence in answer.err
    assert "Traceback" not in answer.err
