"""Brokers that are killed, frozen or cut off."""

from __future__ import annotations

import time
from collections.abc import Callable

from confluent_kafka.admin import AdminClient

from harness.processes import PATIENCE_S, until
from tests.chaos.proxy import END_TXN, PRODUCE, TXN_OFFSET_COMMIT
from tests.chaos.result import Result, Size
from tests.chaos.site import Site
from tests.chaos.stage import Stage
from tests.chaos.workers import at_a_random_moment


def restarted(site: Site, size: Size) -> Result:
    """The only broker is killed and started again. There are two workers, so that it also meets rebalances."""
    times = max(1, size.kills // 5)
    with Stage(site, size) as stage:
        workers = [stage.worker(), stage.worker()]
        for worker in workers:
            worker.wait_ready()
        with stage.load():
            for _ in range(times):
                stage.wait_output()
                at_a_random_moment()
                site.kafka.kill()
                until(lambda: not workers[0].ready(), "a worker to say that it is not ready")
                site.kafka.start()
                stage.wait_output(size.rate)
        for worker in workers:
            worker.wait_ready()
        return stage.result("broker killed and restarted", f"{times} ×, /health/ready says so")


def paused(site: Site, size: Size) -> Result:
    """The only broker freezes in the middle of a backlog: connections stay open, nothing answers."""
    with Stage(site, size, instance_id="one") as stage:
        stage.ledger.send(100 * size.rate)
        worker = stage.worker()
        stage.wait_output()
        site.kafka.pause()
        try:
            time.sleep(size.pause_s)
        finally:
            site.kafka.resume()
        stage.wait_all()
        worker.wait_ready()
        return stage.result("broker frozen", f"for {size.pause_s:g} s in the middle of a backlog")


def leader_killed(site: Site, size: Size) -> Result:
    """The leader of an input and an output partition is killed, and comes back."""

    def leader(stage: Stage) -> int:
        return _leader(stage.admin, stage.clean, 0)

    return _killed(site, size, leader, "leader of a partition killed (3 brokers)")


def transaction_coordinator_killed(site: Site, size: Size) -> Result:
    """The broker that coordinates the worker's transactions is killed."""

    def coordinator(stage: Stage) -> int:
        partition = java_hash(f"{stage.topics.name}.{stage.raw}.0") % 4
        return _leader(stage.admin, "__transaction_state", partition)

    return _killed(site, size, coordinator, "transaction coordinator killed (3 brokers)")


def group_coordinator_killed(site: Site, size: Size) -> Result:
    """The broker that coordinates the worker's group is killed."""

    def coordinator(stage: Stage) -> int:
        return _leader(stage.admin, "__consumer_offsets", java_hash(stage.topics.name) % 4)

    return _killed(site, size, coordinator, "group coordinator killed (3 brokers)")


def cut_in_a_commit(site: Site, size: Size) -> Result:
    """The connection breaks exactly when a transaction commits, before or after the broker has seen the request."""
    with Stage(site, size, instance_id="one", proxied=True) as stage:
        stage.worker().wait_ready()
        before = site.proxy.cuts
        with stage.load():
            for turn in range(max(2, size.kills // 3)):
                for request in (END_TXN, TXN_OFFSET_COMMIT, PRODUCE):
                    done = site.proxy.cuts
                    site.proxy.cut(request, answered=turn % 2 == 0)
                    until(lambda: site.proxy.cuts > done, "the connection to be cut")  # noqa: B023
                    stage.wait_output(10)
        cuts = site.proxy.cuts - before
        note = f"{cuts} × at the commit, the offsets or the records, before or after the broker has seen it"
        return stage.result("connection cut in the middle of a commit", note)


def _killed(site: Site, size: Size, which: Callable[[Stage], int], fault: str) -> Result:
    times = max(1, size.kills // 5)
    with Stage(site, size, replication=3) as stage:
        stage.worker().wait_ready()
        stage.ledger.reset_silence()
        with stage.load():
            for _ in range(times):
                stage.wait_output()
                broker = which(stage)
                site.kafka.kill(broker)
                try:
                    stage.wait_output(size.rate)  # from the two brokers that are left
                finally:
                    site.kafka.start(broker)
                stage.wait_output(size.rate)
        return stage.result(fault, f"{times} ×, goes on with the two others")


def _leader(admin: AdminClient, topic: str, partition: int) -> int:
    leader: int = admin.list_topics(timeout=PATIENCE_S).topics[topic].partitions[partition].leader
    return leader


def java_hash(text: str) -> int:
    """Java's hash of a string, by which Kafka chooses a coordinator."""
    value = 0
    for letter in text:
        value = (31 * value + ord(letter)) & 0xFFFFFFFF
    return (value - (1 << 32) if value & 0x80000000 else value) & 0x7FFFFFFF
