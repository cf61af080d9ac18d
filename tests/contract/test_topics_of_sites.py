"""Topics of sites that are missing at the start: a learner needs its own, a worker starts without them and says so."""

from __future__ import annotations

import pytest
from confluent_kafka.admin import AdminClient, NewTopic

from harness.commands import article_stream
from harness.processes import Worker
from tests.brokers import Broker
from tests.ledger import create

ROLES = ("lines", "sites", "counts")


def make(real: Broker, *topics: str) -> None:
    admin = AdminClient({"bootstrap.servers": real.bootstrap_servers})
    create(admin, real.bootstrap_servers, [NewTopic(topic, 2, 1) for topic in topics])


@pytest.mark.parametrize("missing", ROLES)
def test_a_learner_without_one_of_its_topics_ends_with_a_sentence(real: Broker, missing: str) -> None:
    topics = real.topics("learner")
    make(real, *(f"{topics.name}.{role}" for role in ROLES if role != missing))
    ended = article_stream("learn", settings=topics.settings(sites="propose", http_port=0))
    assert ended.code == 1
    said = f"The topic {topics.name}.{missing} does not exist. `article-stream topics create` creates it."
    assert said in ended.out + ended.err


def test_a_worker_starts_without_them_and_says_so_and_the_check_fails(real: Broker) -> None:
    topics = real.topics("worker")
    settings = topics.settings(sites="apply")
    checked = article_stream("check", settings=settings)
    assert checked.code == 1
    with Worker(settings) as worker:
        worker.wait_ready()
        for role in ROLES:
            said = f"The topic {topics.name}.{role} does not exist."
            assert said in checked.out
            assert said in worker.log
        assert worker.terminate() == 0, worker.log


def test_a_topic_of_sites_that_forgets_or_of_lines_that_does_not_is_warned_of(real: Broker) -> None:
    topics = real.topics("policies")
    make(real, *(f"{topics.name}.{role}" for role in ("sites", "counts")))
    admin = AdminClient({"bootstrap.servers": real.bootstrap_servers})
    lines = f"{topics.name}.lines"
    create(admin, real.bootstrap_servers, [NewTopic(lines, 2, 1, config={"cleanup.policy": "compact"})])
    checked = article_stream("check", settings=topics.settings(sites="apply"))
    assert checked.code == 0, "these are warnings"
    assert f"{topics.name}.sites is not compacted" in checked.out
    assert f"{topics.name}.counts is not compacted" in checked.out
    assert f"{lines} is compacted" in checked.out
    assert f"{topics.name}.counts takes records of at most 1,048,588 bytes" in checked.out


def test_topics_create_makes_them_so_that_there_is_nothing_to_warn_of(real: Broker) -> None:
    settings = real.topics("made").settings(sites="apply")
    made = article_stream("topics", "create", "--partitions", "2", settings=settings)
    assert made.code == 0, made
    checked = article_stream("check", settings=settings)
    assert checked.code == 0
    assert "Set its" not in checked.out, checked.out
