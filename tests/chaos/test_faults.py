"""The short version of every fault: nothing lost, nothing twice, nothing altered.

Most of a fault is waiting for timeouts, so several are played at the same time.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack

import pytest

from tests.chaos.result import SHORT, Result
from tests.chaos.scenarios import SCENARIOS, Scenario
from tests.chaos.site import Site, site

pytestmark = [pytest.mark.chaos, pytest.mark.slow]

AT_ONCE = {"calm": 3, "harmed": 1, "cluster": 1}


class Theatre:
    """Plays scenarios in the background, on clusters that are started when needed and end with the block."""

    def __init__(self, scenarios: Sequence[Scenario]) -> None:
        """Begin with so many of each stage at once as `AT_ONCE` says; whoever has none left goes on with calm ones."""
        self._stack = ExitStack()
        self._sites: dict[str, Site] = {}
        self._locks = {stage: threading.Lock() for stage in AT_ONCE}
        self._left = {stage: deque(it for it in scenarios if it.stage == stage) for stage in AT_ONCE}
        self.results: dict[str, Future[Result]] = {it.name: Future() for it in scenarios}
        self._pool = ThreadPoolExecutor(sum(AT_ONCE.values()))
        for stage, count in AT_ONCE.items():
            for _ in range(count):
                self._pool.submit(self._play, stage)

    def close(self) -> None:
        """Drop scenarios that have not begun, wait for the others, and stop the clusters."""
        for left in self._left.values():
            left.clear()
        self._pool.shutdown()
        self._stack.close()

    def _play(self, stage: str) -> None:
        for left in (self._left[stage], self._left["calm"]):
            while True:
                try:
                    scenario = left.popleft()
                except IndexError:
                    break
                try:
                    self.results[scenario.name].set_result(scenario.play(self._site(scenario), SHORT))
                except BaseException as error:  # noqa: BLE001 - the scenario's test raises it
                    self.results[scenario.name].set_exception(error)

    def _site(self, scenario: Scenario) -> Site:
        with self._locks[scenario.stage]:
            if scenario.stage not in self._sites:
                self._sites[scenario.stage] = self._stack.enter_context(site(scenario.brokers))
            return self._sites[scenario.stage]


@pytest.fixture(scope="module")
def results(request: pytest.FixtureRequest, runs_kafka: None) -> Iterator[Mapping[str, Future[Result]]]:  # noqa: ARG001
    """Play the scenarios whose tests were selected; results by name."""
    asked = {item.name for item in request.session.items}
    theatre = Theatre([it for it in SCENARIOS if f"test_survives[{it.name}]" in asked])
    try:
        yield theatre.results
    finally:
        theatre.close()


@pytest.mark.parametrize("name", [scenario.name for scenario in SCENARIOS if scenario.in_tests])
def test_survives(name: str, results: Mapping[str, Future[Result]]) -> None:
    result = results[name].result()
    assert not result.problems, result
    assert result.records > 0
