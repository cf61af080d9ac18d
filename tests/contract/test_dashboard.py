"""The alerts and the dashboard beside a worker and a learner at work: what they name is there, and has values."""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from urllib.request import urlopen

import pytest
import yaml

from harness.processes import PATIENCE_S, Worker, free_port, until
from stream.demo.flow import articles
from stream.demo.run import POISON
from tests.brokers import Broker, Sent
from tests.contract.test_sites import settings
from tests.queries import ALERTS, alerts, exported, filled_in, missing, panels, variables

PAGES = {"article-stream": "/metrics", "article-stream-learner": "/learner/metrics"}
"""By the job that reads it in deploy/prometheus/prometheus.yml."""
ARTICLES = 150
QUERIES = [*alerts(), *panels(), *variables()]
ONLY_WHERE_GROUPS_ARE_DESCRIBED = "article_stream_partitions_unowned"


@pytest.fixture(scope="module")
def worker(broker: Broker) -> Iterator[Worker]:
    """A worker with a learner, to which everything usual has happened, and to which articles go on coming."""
    given = settings(broker)
    first = [Sent(b"half", POISON), *(Sent(it.key, it.value) for it in islice(articles(), ARTICLES - 1))]
    with Worker(given, name="worker --learn") as running:
        running.wait_ready()
        broker.send(str(given["input_topic"]), first)
        until(lambda: running.metric("article_stream_records_in_total") == ARTICLES, "all to be counted")
        until(lambda: running.metric("article_stream_site_records_read_total") > 0, "something to be learned")
        if broker.real:
            pages = PAGES.values()
            until(lambda: all(b"group_lag_records{" in running.get(it)[1] for it in pages), "the groups to be seen")
        with Worker(given, name="send --sample --rate 10"):
            yield running
        assert running.terminate() == 0, running.log


def test_every_query_names_metrics_and_labels_that_a_worker_exports(broker: Broker, worker: Worker) -> None:
    there = exported(worker.get(page)[1].decode() for page in PAGES.values())
    wrong = [said for query in QUERIES for said in missing(query, there, empty_ok=not broker.real)]
    assert wrong == []


def test_both_pages_have_the_metrics_of_the_process_and_what_is_read_and_written(worker: Worker) -> None:
    for page, written in zip(PAGES.values(), ("output", "sites"), strict=True):
        there = exported([worker.get(page)[1].decode()])
        assert {"process_cpu_seconds_total", "process_resident_memory_bytes"} <= there.keys()
        assert {"core", "input_topic", "output_topic", "group_id"} <= there["article_stream_build_info"]
        assert f'.{written}"' in worker.get(page)[1].decode()
        healthy = partial(worker.metric, 'article_stream_healthy{check="ready"}', page)
        until(healthy, "it to be ready")


@pytest.fixture(scope="module")
def prometheus(worker: Worker) -> Iterator[str]:
    """Debian's Prometheus with the configuration of docker-compose.yml, which reads that worker each second."""
    program = shutil.which("prometheus")
    if program is None:
        pytest.skip("there is no Prometheus here; on Debian: apt-get install prometheus")
    config = yaml.safe_load((ALERTS.parent / "prometheus.yml").read_text("utf-8"))
    config["global"] = {"scrape_interval": "1s", "evaluation_interval": "1s"}
    config["rule_files"] = [str(ALERTS)]
    for job in config["scrape_configs"]:
        del job["dns_sd_configs"]
        job["static_configs"] = [{"targets": [f"127.0.0.1:{worker.port}"]}]
    address = f"127.0.0.1:{free_port()}"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "prometheus.yml").write_text(json.dumps(config), "utf-8")
        flags = {"config.file": folder / "prometheus.yml", "storage.tsdb.path": folder, "web.listen-address": address}
        command = [program, "--log.level=error", *(f"--{flag}={value}" for flag, value in flags.items())]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            until(lambda: answers(address), "Prometheus to be ready")
            yield address
        finally:
            process.terminate()
            process.wait()


def answers(prometheus: str) -> bool:
    """Whether Prometheus is ready."""
    try:
        with urlopen(f"http://{prometheus}/-/ready", timeout=PATIENCE_S):
            return True
    except OSError:
        return False


def ask(prometheus: str, page: str, **values: str) -> Any:
    """What Prometheus answers."""
    with urlopen(f"http://{prometheus}/api/v1/{page}?{urlencode(values)}", timeout=PATIENCE_S) as answer:
        return json.load(answer)["data"]


def values(prometheus: str, expr: str) -> list[Any]:
    """What a query gives now."""
    return list(ask(prometheus, "query", query=filled_in(expr, job="article-stream"))["result"])


def health(prometheus: str) -> dict[str, str]:
    """How the evaluation of each alert went, by its name."""
    (group,) = ask(prometheus, "rules")["groups"]
    return {rule["name"]: rule["health"] for rule in group["rules"]}


def test_every_panel_shows_something_and_every_alert_can_be_evaluated(broker: Broker, prometheus: str) -> None:
    until(lambda: len(values(prometheus, "up == 1")) == len(PAGES), "both pages to be read")
    unseen = [query for query in panels() if broker.real or ONLY_WHERE_GROUPS_ARE_DESCRIBED not in query.expr]

    def all_seen() -> bool:
        unseen[:] = [query for query in unseen if not values(prometheus, query.expr)]
        return not unseen

    try:
        until(all_seen, "every panel to show something", 3 * PATIENCE_S)  # a busy worker misses some of the looks
    except AssertionError:
        pytest.fail(f"nothing to show: {', '.join(query.of for query in unseen)}")
    every = {query.of: "ok" for query in alerts()}
    until(lambda: health(prometheus) == every, "every alert to be evaluated without an error")
