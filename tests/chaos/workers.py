"""Workers that are killed, stopped, frozen, starved of memory, doubled, or made to rebalance."""

from __future__ import annotations

import random
import resource
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from harness.processes import Worker, until
from tests.brokers import Broker
from tests.chaos.proxy import ADD_OFFSETS_TO_TXN, END_TXN
from tests.chaos.result import Result, Size
from tests.chaos.site import Site
from tests.chaos.stage import ENOUGH_S, Stage

PICK = random.Random(4)  # noqa: S311 - the same moments in every run


def at_a_random_moment(most_s: float = 0.6) -> None:
    """Let a random time pass, so that the next fault hits the worker anywhere in its work."""
    time.sleep(PICK.uniform(0, most_s))


def killed_static(site: Site, size: Size) -> Result:
    """SIGKILL, and a new process of the same name, again and again."""
    return _killed(Stage(site, size, instance_id="one"), size.kills, "worker killed, static instance id")


def killed_dynamic(site: Site, size: Size) -> Result:
    """SIGKILL of the only worker, which has no instance id: its partitions wait for the session timeout."""
    return _killed(Stage(site, size), max(1, size.kills // 2), "worker killed, dynamic membership")


def killed_at_least_once(site: Site, size: Size) -> Result:
    """The same with at least once: nothing is lost, duplicates are counted."""
    stage = Stage(site, size, instance_id="one", delivery="at_least_once")
    return _killed(stage, max(2, size.kills // 4), "worker killed, at_least_once", may_repeat=True)


def several_topics(site: Site, size: Size) -> Result:
    """SIGKILL of a worker with two input topics and one output topic for both, again and again."""
    stage = Stage(site, size, instance_id="one", inputs=("raw", "more"))
    return _killed(stage, max(2, size.kills // 2), "worker with two input topics killed")


def framed(site: Site, size: Size) -> Result:
    """SIGKILL of a worker that cleans Avro in a schema registry's frames, again and again."""
    stage = Stage(site, size, instance_id="one", framed=True)
    return _killed(stage, max(2, size.kills // 2), "worker that cleans Avro killed")


def _killed(stage: Stage, kills: int, fault: str, *, may_repeat: bool = False) -> Result:
    with stage:
        worker = stage.worker()
        worker.wait_ready()
        stage.ledger.reset_silence()
        with stage.load():
            for _ in range(kills):
                stage.wait_output()
                until(lambda: stage.ledger.silent_s < 1, "every partition to go on")
                at_a_random_moment()
                worker.kill()
                worker = stage.worker()
            stage.wait_output()
        note = f"{kills} × SIGKILL{'; duplicates are allowed here' * may_repeat}"
        return stage.result(fault, note, single_death=True, may_repeat=may_repeat)


def killed_of_two(site: Site, size: Size) -> Result:
    """One of two workers is killed: the other one takes over its partitions, then shares them again."""
    kills = max(2, size.kills // 4)
    with Stage(site, size) as stage:
        workers = [stage.worker(), stage.worker()]
        for worker in workers:
            worker.wait_ready()
        stage.ledger.reset_silence()
        with stage.load():
            for place in range(kills):
                until(lambda: sorted(len(worker.partitions()) for worker in workers) == [2, 2], "two partitions each")
                at_a_random_moment()
                workers[place % 2].kill()
                until(lambda place=place: len(workers[1 - place % 2].partitions()) == 4, "the other to take over")  # type: ignore[misc]
                until(lambda: stage.ledger.silent_s < 1, "every partition to go on")
                workers[place % 2] = stage.worker()
            stage.wait_output()
        return stage.result("one of two workers killed", f"{kills} × SIGKILL, taken over", single_death=True)


def killed_in_a_backlog(site: Site, size: Size) -> Result:
    """SIGKILL in the middle of a backlog: every transaction is full, and nearly always one is open."""
    count, kills = min(100_000, size.backlog // 3), max(2, size.kills // 4)
    with Stage(site, size, instance_id="one") as stage:
        stage.ledger.send(count)
        stage.ledger.reset_silence()
        worker = stage.worker()
        for turn in range(1, kills + 1):
            wanted = count * turn // (kills + 1)
            until(lambda: stage.ledger.arrived >= wanted, f"{wanted} articles", ENOUGH_S)  # noqa: B023
            worker.kill()
            worker = stage.worker()
        stage.wait_all()
        broker = Broker("real", site.servers)
        until(lambda: broker.committed(stage.topics) == count, "every offset to be committed")
        return stage.result("worker killed in a backlog", f"{kills} × SIGKILL", single_death=True)


def killed_at_start(site: Site, size: Size) -> Result:
    """SIGKILL while the worker joins, fences, reads the offsets, or publishes for the first time."""
    kills = max(5, size.kills)
    with Stage(site, size, instance_id="one") as stage:
        with stage.load():
            for _ in range(kills):
                worker = stage.worker()
                until(lambda: worker.get("/")[0] == 200, "it to have begun")  # noqa: B023
                at_a_random_moment(1.0)
                worker.kill()
            stage.worker().wait_ready()
            stage.wait_output()
        return stage.result("worker killed while it starts", f"{kills} × SIGKILL")


def terminated_in_a_batch(site: Site, size: Size) -> Result:
    """SIGTERM in the middle of a backlog: the records in flight are committed, and none comes twice."""
    with Stage(site, size, instance_id="one") as stage:
        done = 0.0
        for _ in range(size.kills):
            stage.ledger.send(4000)  # more than it reads before it is asked to stop
            worker = stage.worker()
            until(lambda: worker.metric("article_stream_records_in_total") > 0, "it to be at work")  # noqa: B023
            assert worker.terminate() == 0, worker.log
            done += _records_in(worker)
        worker = stage.worker()
        stage.wait_all()
        until(lambda: worker.metric("article_stream_records_in_total") + done >= stage.ledger.sent, "the counter")
        assert worker.metric("article_stream_records_in_total") + done == stage.ledger.sent
        return stage.result("SIGTERM in the middle of a batch", f"{size.kills} times, exit code 0, each taken in once")


def _records_in(worker: Worker) -> int:
    """Read from the last log line how many records the worker took in."""
    line = next(line for line in worker.log.splitlines() if "records in" in line)
    return int(line.split(" s: ")[1].split(" records in")[0].replace(",", ""))


# Where a worker is frozen: before its offsets join the transaction, before it commits, or anywhere.
MOMENTS = (ADD_OFFSETS_TO_TXN, END_TXN, None)


def frozen(site: Site, size: Size) -> Result:
    """SIGSTOP in the middle of a transaction, beyond the session timeout; another worker takes over; SIGCONT.

    The request that the zombie was sending reaches the broker only then, and publishes nothing.
    """
    times = max(2, size.kills // 3)
    with Stage(site, size) as stage:
        zombie = stage.worker(bootstrap_servers=site.proxy.address)
        zombie.wait_ready()
        with stage.load():
            for turn in range(times):
                # A new member gets the first partitions, so the zombie's transactional id is not the other worker's
                # own.
                other = stage.worker()
                until(lambda: sorted(zombie.partitions()) == ["2", "3"] and zombie.ready(), "two partitions each")
                sessions = zombie.metric("article_stream_sessions_total")
                with _on_its_way(site, MOMENTS[turn % len(MOMENTS)]):
                    zombie.signal(signal.SIGSTOP)
                    until(lambda: len(other.partitions()) == 4, "the other to take over")  # noqa: B023
                    stage.wait_output(size.rate)
                    zombie.signal(signal.SIGCONT)
                until(lambda: zombie.metric("article_stream_sessions_total") > sessions, "a fresh session")  # noqa: B023
                assert zombie.process.poll() is None, f"turn {turn}"
                assert other.terminate() == 0, other.log
                until(lambda: len(zombie.partitions()) == 4 and zombie.ready(), "the zombie to be ready again")
            stage.wait_output()
        note = f"{times} × SIGSTOP, in an open transaction or anywhere, then SIGCONT"
        return stage.result("worker frozen beyond the session timeout", note)


@contextmanager
def _on_its_way(site: Site, request: int | None) -> Iterator[None]:
    """Hold the zombie's request back from the broker while the block runs."""
    if request is None:
        at_a_random_moment()
        yield
        return
    with site.proxy.holding(request) as held:
        until(held.come.is_set, "the transaction to come so far")
        yield


def storm(site: Site, size: Size) -> Result:
    """Three workers that join and leave all the time; some leave properly, some are killed."""
    with Stage(site, size) as stage:
        workers = [stage.worker() for _ in range(3)]
        workers[0].wait_ready()
        with stage.load():
            changes = join_and_leave(workers, stage.worker, size.storm_s, within_s=1.5, killed=0.3)
        return stage.result("three workers joining and leaving", f"{changes} changes in {size.storm_s:g} s")


def join_and_leave(
    members: list[Worker], start: Callable[[], Worker], storm_s: float, *, within_s: float, killed: float
) -> int:
    """Replace members at random moments for so many seconds; give how many were.

    `within_s`: the longest pause between two; `killed`: the share that is killed, the others leave properly.
    """
    changes, until_s = 0, time.monotonic() + storm_s
    with ThreadPoolExecutor(len(members)) as ending:
        while time.monotonic() < until_s:
            at_a_random_moment(within_s)
            place = PICK.randrange(len(members))
            if PICK.random() < killed:
                members[place].kill()
            else:
                ending.submit(members[place].terminate)
            members[place] = start()
            changes += 1
    return changes


def same_instance(site: Site, size: Size) -> Result:
    """Two workers with the same instance id: the older one ends with an error that says so, the younger one goes on."""
    with Stage(site, size, instance_id="same") as stage:
        older = stage.worker()
        older.wait_ready()
        with stage.load():
            stage.wait_output()
            younger = stage.worker()
            until(lambda: older.process.poll() is not None, "the older to end")
            assert older.process.returncode != 0
            assert "Another worker runs with the instance id 'same'" in older.log, older.log
            younger.wait_ready()
            stage.wait_output(size.rate)
        assert younger.process.poll() is None
        code = older.process.returncode
        return stage.result("two workers with one instance id", f"the older says so, exit code {code}")


def out_of_memory(site: Site, size: Size) -> Result:
    """The system gives no more memory in the middle of a backlog: librdkafka aborts, or a call in Python fails."""
    times = max(1, size.kills // 5)
    ends: list[int] = []
    with Stage(site, size, instance_id="one") as stage:
        while len(ends) < times:
            assert len(stage.workers) < 3 * times + 3, "what it has is always enough"
            stage.ledger.send(min(20_000, size.backlog // 3))
            worker = stage.worker()
            stage.wait_output()
            resource.prlimit(worker.process.pid, resource.RLIMIT_DATA, (1, 1))
            until(lambda: worker.process.poll() is not None or not stage.ledger.lost, "it to feel that")  # noqa: B023
            if worker.process.poll() is None:
                worker.kill()
            else:
                ends.append(worker.process.wait())
        stage.ledger.send(500)
        stage.worker().wait_ready()
        codes = ", ".join(map(str, sorted(set(ends))))
        return stage.result("out of memory", f"{times} × no more memory in a backlog; exit codes {codes}")
