"""Every line of a worker's log, from its start to the end after SIGTERM, is one of ours."""

from __future__ import annotations

import json
import re

import pytest

from harness.processes import Worker
from stream.kafka.embedded import EmbeddedBroker
from tests.ledger import Topics, fresh_name

LINE = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \[(info|warning) *\] [^\[]")


@pytest.mark.parametrize("form", ["text", "json"])
def test_the_framework_adds_no_line(embedded: EmbeddedBroker, form: str) -> None:
    topics = Topics(embedded.bootstrap_servers, fresh_name("lines"))
    settings = topics.settings(log_format=form)
    embedded.make_topics(*(str(settings[role]) for role in ("input_topic", "output_topic", "dead_letter_topic")))
    with Worker(settings) as worker:
        worker.wait_ready()
        assert worker.terminate() == 0
        lines = worker.log.splitlines()
    assert lines
    for line in lines:
        if form == "json":
            said = json.loads(line)
            assert said["logger"] == "stream" or said["logger"].startswith("stream."), line
            assert not said["event"].startswith("[^"), line
        else:
            assert LINE.match(line), line
