"""Topics that are missing, deleted, grown, compacted, half aborted, truncated, or stricter than the input topic."""

from __future__ import annotations

from collections.abc import Iterable

from confluent_kafka import Producer, TopicPartition
from confluent_kafka.admin import NewPartitions

from harness.processes import PATIENCE_S, Worker, until
from tests.chaos.result import Result, Size
from tests.chaos.site import Site
from tests.chaos.stage import ONE_SESSION_MS, ChaosLedger, Stage, read_all
from tests.ledger import article, expected

ABORTED = 10_000_000  # articles with numbers from here on are never committed
RECORDS_IN = "article_stream_records_in_total"
GROWN = 36  # partitions that the output has in the end, added one by one


def missing_at_start(site: Site, size: Size) -> Result:
    """The output or dead letter topic does not exist: the worker ends with a sentence; once it exists, all is well."""
    with Stage(site, size) as stage:
        for topic in (stage.clean, f"{stage.topics.name}.dead"):
            stage.delete(topic)
            worker = stage.worker()
            assert worker.process.wait(PATIENCE_S) != 0
            assert f"The topic {topic} does not exist" in worker.log, worker.log
            stage.make(topic)
        stage.worker().wait_ready()
        with stage.load():
            stage.wait_output(size.rate)
        return stage.result("output or dead letter topic missing at start", "said in a sentence, exit code 1")


def output_deleted(site: Site, size: Size) -> Result:
    """The output topic is deleted under a running worker: it says so, retries in the same session, and recovers."""
    with Stage(site, size, transaction_timeout_ms=3000, session_timeout_ms=ONE_SESSION_MS) as stage:
        worker = stage.worker()
        worker.wait_ready()
        with stage.load():
            stage.wait_output(size.rate)
        stage.wait_all()
        before = stage.ledger.sent
        assert not stage.ledger.lost
        stage.ledger.close()
        stage.delete(stage.clean)
        owed = size.rate
        produce(stage, ((number, None) for number in range(owed)))
        until(lambda: lag(worker) == owed, "the lag to be what is not published")
        until(lambda: stage.clean in " ".join(worker.problems()), "the worker to say that it is not ready")
        until(lambda: worker.get("/health/live")[0] == 200, "it to be live")
        said = f"Publishing fails and is being retried: The output topic {stage.clean} is missing."
        until(lambda: said in worker.log, "the topic to be named")
        assert worker.metric("article_stream_sessions_total") == 1
        stage.make(stage.clean)
        with ChaosLedger(stage.topics) as ledger:
            stage.ledger, ledger.sent = ledger, owed
            with stage.load():
                stage.wait_output(size.rate)
            until(lambda: lag(worker) == 0, "the lag to be nothing")
            worker.wait_ready()
            result = stage.result("output topic deleted and made again", f"{before:,} records before; /health says so")
            assert worker.log.count("\n") < 100, "the log says it a few times, not all the time"
            return result


def partitions_added(site: Site, size: Size) -> Result:
    """The input topic gets more partitions while articles flow; their articles come out without a restart."""
    with Stage(site, size) as stage:
        worker = stage.worker()
        worker.wait_ready()
        with stage.load():
            stage.wait_output()
            stage.admin.create_partitions([NewPartitions(stage.raw, 8)])[stage.raw].result(PATIENCE_S)
            until(lambda: len(worker.partitions()) == 8, "the new partitions to be found")
        first = stage.ledger.sent
        stage.ledger.sent += size.rate
        produce(stage, ((number, 4 + number % 4) for number in range(first, first + size.rate)))
        return stage.result("partitions added to the input", "from 4 to 8, found without a restart")


def output_partitions_added(site: Site, size: Size) -> Result:
    """The output topic gets more partitions, one by one, while articles flow, and the worker uses each at once.

    The topic takes one record in a batch, so that a new partition gets several requests at once if the client sends
    them without waiting. A broker that only just learns of it may refuse the first and take the second.
    """
    one_record = {"clean": {"max.message.bytes": "1400"}}
    quick = "topic.metadata.refresh.interval.ms=10"
    with Stage(site, size, topics=one_record, compression="none", producer_properties=quick) as stage:
        stage.ledger.close()
        with ChaosLedger(stage.topics, partitions=GROWN) as ledger:
            stage.ledger = ledger
            worker = stage.worker()
            worker.wait_ready()
            with stage.load(5 * size.rate):
                stage.wait_output(size.rate)
                for partitions in range(5, GROWN + 1):
                    stage.admin.create_partitions([NewPartitions(stage.clean, partitions)])[stage.clean].result(
                        PATIENCE_S
                    )
                    stage.wait_committed(int(worker.metric(RECORDS_IN)) + size.rate // 4)
            return stage.result("partitions added to the output", f"from 4 to {GROWN}, one by one, used at once")


def compacted(site: Site, size: Size) -> Result:
    """A compacted input with tombstones: the output's last record of each key is right, and none is there twice."""
    config = {"cleanup.policy": "compact"}
    with Stage(site, size, topics={"raw": config, "clean": config}) as stage:
        worker = stage.worker()
        worker.wait_ready()
        with stage.load():
            stage.wait_output(2 * size.rate)
        stage.wait_all()
        count = stage.ledger.sent
        producer = Producer({"bootstrap.servers": stage.topics.bootstrap_servers})
        for number in range(0, count, 3):
            producer.produce(stage.raw, None, f"a{number}".encode())
        assert producer.flush(PATIENCE_S) == 0
        tombstones = len(range(0, count, 3))
        until(lambda: worker.metric('article_stream_records_total{outcome="tombstone"}') == tombstones, "tombstones")
        silence = stage.ledger.longest_silence_s
        stage.end_workers()
        last: dict[bytes, bytes | None] = {}
        lines = 0
        for key, value in read_all(site.servers, stage.clean):
            last[key] = value
            lines += 1
        want = {b"a%d" % number: None if number % 3 == 0 else expected(article(number)) for number in range(count)}
        lost = sum(1 for key in want if key not in last)
        altered = sum(1 for key in want if key in last and last[key] != want[key])
        twice = max(0, lines - count - tombstones)
        note = f"{tombstones:,} tombstones passed on"
        return Result("compacted input with tombstones", count + tombstones, lost, twice, altered, silence, note)


def aborted_input(site: Site, size: Size) -> Result:
    """Every other transaction in the input is aborted: nothing of it comes out, all else does, the lag is right."""
    with Stage(site, size) as stage:
        worker = stage.worker()
        worker.wait_ready()
        servers = stage.topics.bootstrap_servers
        producer = Producer({"bootstrap.servers": servers, "transactional.id": stage.topics.name + ".sender"})
        producer.init_transactions(60)
        for turn in range(10):
            producer.begin_transaction()
            first = stage.ledger.sent if turn % 2 else ABORTED + turn * size.rate
            for number in range(first, first + size.rate):
                producer.produce(stage.raw, article(number), f"a{number}".encode())
            producer.flush(PATIENCE_S)
            if turn % 2:
                producer.commit_transaction(60)
                stage.ledger.sent += size.rate
            else:
                producer.abort_transaction(60)
        stage.wait_all()
        until(lambda: lag(worker) == 0, "the lag to be nothing")
        result = stage.result("input with aborted transactions", "5 of 10 aborted; lag 0 at the end")
        came_out = [number for number in stage.count(stage.clean) if number >= ABORTED]
        assert not came_out, f"{len(came_out)} articles came out that were never committed"
        return result


def retention_ran_out(site: Site, size: Size) -> Result:
    """While no worker runs, the input loses unread records: the worker logs that, counts them, and continues."""
    with Stage(site, size) as stage:
        worker = stage.worker()
        worker.wait_ready()
        stage.ledger.send(size.rate)
        stage.wait_all()
        assert worker.terminate() == 0
        gone = range(ABORTED, ABORTED + 2 * size.rate)
        produce(stage, ((number, number % 4) for number in gone))
        before_end = {TopicPartition(stage.raw, number, -1): None for number in range(4)}
        for future in stage.admin.delete_records(list(before_end)).values():
            future.result(PATIENCE_S)
        with stage.load():
            worker = stage.worker()
            until(lambda: worker.metric("article_stream_records_skipped_total") > 0, "the gap to be counted")
            stage.wait_output()
        skipped = "article_stream_records_skipped_total"
        until(lambda: worker.metric(skipped) == len(gone), "all that is gone to be counted")
        until(lambda: lag(worker) == 0, "the lag to be nothing")
        assert worker.metric(skipped) == len(gone)
        assert "were deleted before the worker read them" in worker.log
        stage.wait_all()
        return stage.result("retention ran out beneath the worker", f"{len(gone)} gone, said and counted")


def narrower_output(site: Site, size: Size) -> Result:
    """Articles that are too large for the output become dead letters with all their bytes; the others come out."""
    with Stage(site, size, topics={"clean": {"max.message.bytes": "40000"}}) as stage:
        worker = stage.worker()
        worker.wait_ready()
        large = {f"large{number}".encode(): article(ABORTED + number, paragraphs=1500) for number in range(10)}
        producer = Producer({"bootstrap.servers": stage.topics.bootstrap_servers})
        with stage.load():
            for key, value in large.items():
                producer.produce(stage.raw, value, key)
                assert producer.flush(PATIENCE_S) == 0
                stage.wait_output(10)
        until(lambda: worker.metric('article_stream_records_total{outcome="dead"}') == len(large), "dead letters")
        result = stage.result("output takes smaller records than the input", f"{len(large)} dead letters, bytes kept")
        letters = list(read_all(site.servers, f"{stage.topics.name}.dead"))
        assert dict(letters) == large
        assert len(letters) == len(large)
        return result


def produce(stage: Stage, numbers: Iterable[tuple[int, int | None]]) -> None:
    """Send these articles, to a partition if one is given, and wait until all are acknowledged."""
    producer = Producer({"bootstrap.servers": stage.topics.bootstrap_servers, "linger.ms": 5})
    for number, partition in numbers:
        place = -1 if partition is None else partition  # -1: chosen by the key
        producer.produce(stage.raw, article(number), f"a{number}".encode(), place)
    assert producer.flush(PATIENCE_S) == 0


def lag(worker: Worker) -> int:
    """Read the lag that the worker itself reports; -1 while it has no partitions, or does not answer."""
    partitions = worker.partitions().values()
    return sum(int(partition["lag"]) for partition in partitions) if partitions else -1
