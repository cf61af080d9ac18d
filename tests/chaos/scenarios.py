"""The list of all faults. Each function plays one on a cluster, in a size, and returns its row of the table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from tests.chaos import amount, brokers, lines, members, sites, topics, workers
from tests.chaos.result import Result, Size
from tests.chaos.site import Site


@dataclass(frozen=True, slots=True)
class Scenario:
    """A fault, and the cluster on which it is played.

    ``calm``: one broker that nobody harms, so that others may play on it at the same time. ``harmed``: one broker
    that is harmed. ``cluster``: three. ``in_tests``: whether its short version is part of ``make test``.
    """

    play: Callable[[Site, Size], Result]
    stage: Literal["calm", "harmed", "cluster"] = "calm"
    in_tests: bool = True

    @property
    def name(self) -> str:
        """The name of its test."""
        return self.play.__name__

    @property
    def brokers(self) -> int:
        """How many brokers it needs."""
        return 3 if self.stage == "cluster" else 1


SCENARIOS = (
    Scenario(workers.killed_static),
    Scenario(workers.killed_dynamic),
    Scenario(workers.killed_of_two),
    Scenario(workers.killed_in_a_backlog),
    Scenario(workers.killed_at_start),
    Scenario(workers.killed_at_least_once),
    Scenario(workers.several_topics),
    Scenario(workers.framed),
    Scenario(workers.terminated_in_a_batch),
    Scenario(workers.out_of_memory),
    Scenario(workers.frozen),
    Scenario(workers.storm),
    Scenario(workers.same_instance),
    Scenario(members.static_classic),
    Scenario(members.dynamic_classic, in_tests=False),
    Scenario(members.static_consumer),
    Scenario(members.dynamic_consumer, in_tests=False),
    Scenario(brokers.restarted, "harmed"),
    Scenario(brokers.paused, "harmed"),
    Scenario(brokers.cut_in_a_commit, "harmed"),
    Scenario(brokers.leader_killed, "cluster"),
    Scenario(brokers.transaction_coordinator_killed, "cluster"),
    Scenario(brokers.group_coordinator_killed, "cluster"),
    Scenario(topics.missing_at_start),
    Scenario(topics.output_deleted),
    Scenario(topics.narrower_output),
    Scenario(topics.partitions_added),
    Scenario(topics.output_partitions_added),
    Scenario(topics.compacted),
    Scenario(topics.aborted_input),
    Scenario(topics.retention_ran_out),
    Scenario(sites.learner_killed),
    Scenario(sites.learner_and_worker_killed, in_tests=False),
    Scenario(sites.learning_worker_killed, in_tests=False),
    Scenario(sites.learners_static, in_tests=False),
    Scenario(sites.learners_dynamic, in_tests=False),
    Scenario(sites.learners_storm, in_tests=False),
    Scenario(sites.sites_compacted, in_tests=False),
    Scenario(sites.sites_missing, in_tests=False),
    Scenario(sites.sites_partitions_added, in_tests=False),
    Scenario(sites.learner_behind, in_tests=False),
    Scenario(lines.lines_missing),
    Scenario(lines.lines_refused, in_tests=False),
    Scenario(lines.lines_partitions_added, in_tests=False),
    Scenario(lines.lines_partitions_added_to_two, in_tests=False),
    Scenario(lines.no_observations, in_tests=False),
    Scenario(amount.backlog),
    Scenario(amount.slow_downstream, "harmed"),
)
