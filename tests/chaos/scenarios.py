"""Every fault once. Each function plays it on a cluster, in a size, and gives a row of the table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.chaos import amount, brokers, topics, workers
from tests.chaos.result import Result, Size
from tests.chaos.site import Site


@dataclass(frozen=True, slots=True)
class Scenario:
    """A fault, and how many brokers it takes."""

    play: Callable[[Site, Size], Result]
    brokers: int = 1

    @property
    def name(self) -> str:
        """What a test is called."""
        return self.play.__name__


SCENARIOS = (
    Scenario(workers.killed_static),
    Scenario(workers.killed_dynamic),
    Scenario(workers.killed_of_two),
    Scenario(workers.killed_at_start),
    Scenario(workers.killed_at_least_once),
    Scenario(workers.terminated_in_a_batch),
    Scenario(workers.out_of_memory),
    Scenario(workers.frozen),
    Scenario(workers.storm),
    Scenario(workers.same_instance),
    Scenario(brokers.restarted),
    Scenario(brokers.paused),
    Scenario(brokers.cut_in_a_commit),
    Scenario(brokers.leader_killed, brokers=3),
    Scenario(brokers.transaction_coordinator_killed, brokers=3),
    Scenario(brokers.group_coordinator_killed, brokers=3),
    Scenario(topics.missing_at_start),
    Scenario(topics.output_deleted),
    Scenario(topics.narrower_output),
    Scenario(topics.partitions_added),
    Scenario(topics.compacted),
    Scenario(topics.aborted_input),
    Scenario(topics.retention_ran_out),
    Scenario(amount.backlog),
    Scenario(amount.slow_downstream),
)
