"""A worker that is killed again and again while articles flow: nothing lost, nothing twice, nothing altered."""

from __future__ import annotations

from threading import Thread

import pytest

from tests.brokers import Broker
from tests.ledger import Ledger
from tests.processes import Worker, until

KILLS = 3
ARTICLES = 3000
PER_SECOND = 300
MOST_SILENCE_S = 15.0


@pytest.mark.chaos
@pytest.mark.slow
def test_a_worker_killed_under_load_loses_nothing_and_repeats_nothing(real: Broker) -> None:
    topics = real.topics("kill")
    settings = topics.settings(instance_id="one")
    with Ledger(topics) as ledger:
        worker = Worker(settings)
        try:
            worker.wait_ready()
            ledger.reset_silence()
            load = Thread(target=ledger.send, args=(ARTICLES,), kwargs={"per_second": PER_SECOND})
            load.start()
            for _ in range(KILLS):
                arrived = ledger.arrived
                until(lambda before=arrived: ledger.arrived > before + 100, "output to flow")  # type: ignore[misc]
                worker.kill()
                worker.__exit__()
                worker = Worker(settings)
            load.join()
            until(lambda: ledger.lost == 0, "every article to come out")
            until(lambda: real.committed(topics) == ARTICLES, "every offset to be committed")
            assert worker.terminate() == 0, worker.log
        finally:
            worker.__exit__()
        assert (ledger.lost, ledger.twice, ledger.altered) == (0, 0, 0)
        assert ledger.longest_silence_s < MOST_SILENCE_S
    assert len(real.read(f"{topics.name}.clean")) == ARTICLES
