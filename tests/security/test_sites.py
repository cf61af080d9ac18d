"""The rights to learn from articles: what a worker and a learner need, and what happens to a worker without them."""

from __future__ import annotations

import orjson
from confluent_kafka.admin import NewTopic

from harness.commands import article_stream
from harness.processes import Worker, until
from tests.brokers import Broker, Sent
from tests.ledger import Topics, article, create
from tests.security.acls import LEARNER, LEAST_PRIVILEGE, READ_SITES, SEE_LINES, SEE_SITES, WITH_SITES, WRITE_LINES
from tests.security.guarded import GuardedKafka

OBSERVED = 'article_stream_articles_observed_total{result="%s"}'
WAITS_FOR_EVER = """
from stream.cli import main
from stream.worker import worker_sites
worker_sites.SITES_READ_S = 3600.0
main()
"""
"""A worker that waits until a topic of sites that can be read is read, however long that takes."""


def topics_of_sites(guarded: GuardedKafka) -> Topics:
    """Fresh topics, those of sites among them."""
    topics = guarded.topics()
    names = [NewTopic(f"{topics.name}.{role}", 4, 1) for role in ("lines", "sites", "counts")]
    create(guarded.admin, guarded.plain, names)
    return topics


def send(admin: Broker, topics: Topics, first: int) -> None:
    """Ten articles of a site."""
    values = [orjson.loads(article(number)) | {"source": "example.org"} for number in range(first, first + 10)]
    admin.send(f"{topics.name}.raw", [Sent(b"k", orjson.dumps(value)) for value in values])


def test_a_worker_and_a_learner_with_least_privilege_learn_and_know(guarded: GuardedKafka) -> None:
    topics = topics_of_sites(guarded)
    guarded.grant(topics, [*LEAST_PRIVILEGE, *WITH_SITES])
    settings = guarded.login(topics, sites="apply")
    checked = article_stream("check", settings=settings)
    assert checked.code == 0, checked
    learner_name = "User:CN=cleaner"
    guarded.grant(topics, LEARNER, principal=learner_name)
    admin = Broker("real", guarded.plain)
    with Worker(settings) as worker, Worker(guarded.mutual(topics, sites="apply"), name="learn") as learner:
        worker.wait_ready()
        learner.wait_ready()
        send(admin, topics, 0)
        until(lambda: worker.metric("article_stream_sites") == 1, "the site to be known")
        assert worker.terminate() == 0, worker.log
        assert learner.terminate() == 0, learner.log
        assert "forbids" not in worker.log + learner.log


def test_articles_go_on_without_the_right_to_write_to_the_topic_of_lines(guarded: GuardedKafka) -> None:
    topics = topics_of_sites(guarded)
    guarded.grant(topics, [*LEAST_PRIVILEGE, SEE_LINES, READ_SITES])
    admin = Broker("real", guarded.plain)
    said = f"Kafka forbids WRITE on the topic {topics.name}.lines."
    settings = guarded.login(topics, sites="apply")
    checked = article_stream("check", settings=settings)
    assert checked.code == 1
    assert said in checked.out
    with Worker(settings) as worker:
        worker.wait_ready()
        assert said in worker.log
        send(admin, topics, 0)
        until(lambda: worker.metric("article_stream_records_in_total") == 10, "the articles")
        until(lambda: worker.metric(OBSERVED % "dropped") == 10, "what is not learned from to be counted")
        assert worker.metric("article_stream_sessions_total") == 1
        until(
            lambda: "Kafka forbids the use of a topic" in " ".join(worker.warnings()),
            "a warning",
        )
        guarded.grant(topics, [WRITE_LINES])
        sent = 10

        def is_learned_from() -> bool:
            nonlocal sent
            send(admin, topics, sent)
            sent += 10
            return worker.metric(OBSERVED % "published") > 0

        until(is_learned_from, "articles to be published to learn from")
        assert worker.terminate() == 0, worker.log
    assert admin.read(f"{topics.name}.lines")


def test_articles_do_not_wait_for_a_topic_of_sites_that_may_not_be_read(guarded: GuardedKafka) -> None:
    topics = topics_of_sites(guarded)
    guarded.grant(topics, [*LEAST_PRIVILEGE, WRITE_LINES, SEE_SITES])
    admin = Broker("real", guarded.plain)
    send(admin, topics, 0)
    with Worker(guarded.login(topics, sites="apply"), python=("-c", WAITS_FOR_EVER, "worker")) as worker:
        until(lambda: worker.metric("article_stream_records_in_total") == 10, "the articles")
        stale = "what is known of sites is not kept up to date"
        until(lambda: stale in " ".join(worker.warnings()), "a warning")
        guarded.grant(topics, [READ_SITES])
        until(lambda: worker.ready() and not worker.warnings(), "no warning any more")
        assert worker.log.count("is not kept up to date") == 1, "it is said once"
        assert worker.terminate() == 0, worker.log
