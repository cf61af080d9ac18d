"""A large backlog, and brokers that take records slowly: memory stays bounded."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

import orjson

from harness.processes import Worker, until
from tests.chaos.result import Result, Size
from tests.chaos.site import Site
from tests.chaos.stage import ENOUGH_S, ChaosLedger, Stage
from tests.chaos.topics import lag
from tests.ledger import expected

BODY = "The ferry to the outer islands was cancelled again on Monday, and nobody at the quay was surprised by it."
MORE = "A second vessel is due on Friday, the company said, and could not say at which hour it is going to leave."
TEXT = f"{BODY}\n{MORE}\n{BODY}\nYou may also like\nFive stations\nFerry stops\nMarket moves on"
SAMPLE = orjson.dumps({"number": 0, "text": TEXT}).replace(b'"number":0', b'"number":%d')
WANTED = expected(SAMPLE % 7).replace(b'"number":7', b'"number":%d')
WARM = 0.3  # the share of the backlog after which memory should not grow any more
GROWTH = 1.10
HELD = 5_000  # records: two transactions, the batch that is being cleaned, and the next one


@dataclass
class BulkLedger(ChaosLedger):
    """A ledger of one small article under many numbers, fast enough for a million of them."""

    noted: set[int] = field(default_factory=set)

    def send(self, count: int, *, per_second: float | None = None) -> None:
        """See `Ledger`; sends as fast as possible."""
        assert per_second is None
        for number in range(self.sent, self.sent + count):
            self._producer.produce(f"{self.topics.name}.raw", SAMPLE % number, b"a%d" % number)
            if number % 1000 == 0:
                self._producer.poll(0)
        self.sent += count
        assert self._producer.flush(120) == 0

    def _note(self, value: bytes) -> None:
        number: int = orjson.loads(value)["number"]
        self.seen[number] += 1
        self.altered += value != WANTED % number


def backlog(site: Site, size: Size) -> Result:
    """A backlog at full speed: memory stays flat after the warm-up, and in the idle time that follows."""
    with Stage(site, size) as stage:
        worker, seconds, warm, most = _through_the_backlog(stage, size.backlog)
        silence = stage.ledger.longest_silence_s
        still = time.monotonic() + size.idle_s
        until(lambda: time.monotonic() > still, "the idle time to pass", size.idle_s + 30)
        until(lambda: lag(worker) == 0, "the lag to be nothing")
        assert worker.get("/health/live")[0] == 200
        idle = rss_mb(worker)
        assert most <= warm * GROWTH, f"memory grew from {warm:.0f} to {most:.0f} MB"
        assert idle <= warm * GROWTH, f"idle, memory grew from {warm:.0f} to {idle:.0f} MB"
        note = f"in {seconds:.0f} s; memory {warm:.0f} MB warm, {most:.0f} at most, {idle:.0f} idle"
        result = stage.result("backlog of small articles", note)
        return _with_silence(result, silence)


def slow_downstream(site: Site, size: Size) -> Result:
    """Brokers take records slowly: the worker waits, its memory stays bounded, and the lag shows it."""
    with Stage(site, size, proxied=True) as stage:
        site.proxy.bytes_per_second = 20_000
        try:
            stage.ledger.close()
            stage.ledger = BulkLedger(stage.topics)
            stage.ledger.send(min(size.backlog, 150_000))
            worker = stage.worker()
            worker.wait_ready()
            stage.wait_output(2000)
            until(lambda: lag(worker) > 0, "the lag to be seen")
            warm = most = rss_mb(worker)
            slow_until = time.monotonic() + size.pause_s
            while time.monotonic() < slow_until:
                time.sleep(0.1)
                most = max(most, rss_mb(worker))
            waiting = stage.ledger.lost
            assert waiting, "the backlog was to be longer than the slow time"
            held = worker.metric("article_stream_records_fetched_total") - _progress(worker)()
            assert held < HELD, f"{held:,.0f} records are held"
            assert abs(lag(worker) - stage.ledger.lost) < max(10_000, waiting // 2), "the lag is about what is owed"
        finally:
            site.proxy.bytes_per_second = 0
        assert most < 300, f"{most:.0f} MB while the downstream is slow"
        note = f"{size.pause_s:g} s with {waiting:,} waiting; memory {warm:.0f} MB at first, {most:.0f} at most"
        return stage.result("downstream slow to acknowledge", note)


def _through_the_backlog(stage: Stage, count: int) -> tuple[Worker, float, float, float]:
    """Return the worker, the seconds it took, its memory in MB after the warm-up, and the most after that."""
    stage.ledger.close()
    stage.ledger = BulkLedger(stage.topics)
    stage.ledger.send(count)
    stage.ledger.reset_silence()
    began = time.monotonic()
    worker = stage.worker()
    done = _progress(worker)
    until(lambda: done() >= WARM * count, "the warm-up", ENOUGH_S)
    warm = most = rss_mb(worker)
    deadline = time.monotonic() + ENOUGH_S + count / 1000
    while done() < count:
        assert worker.process.poll() is None, worker.log
        assert time.monotonic() < deadline, f"{done()} of {count}"
        most = max(most, rss_mb(worker))
        time.sleep(0.1)
    return worker, time.monotonic() - began, warm, most


def _progress(worker: Worker) -> Callable[[], float]:
    return lambda: worker.metric("article_stream_records_in_total")


def _with_silence(result: Result, silence: float) -> Result:
    values = {name: getattr(result, name) for name in Result.__slots__}
    return Result(**values | {"longest_silence_s": silence})


def rss_mb(worker: Worker) -> float:
    """Read how much memory a worker has now, in MB."""
    with open(f"/proc/{worker.process.pid}/status", encoding="ascii") as status:  # noqa: PTH123 - line by line
        line = next(line for line in status if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1000
