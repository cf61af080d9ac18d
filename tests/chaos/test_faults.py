"""The short version of every fault: nothing lost, nothing twice, nothing altered."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.chaos.result import SHORT
from tests.chaos.scenarios import SCENARIOS, Scenario
from tests.chaos.site import Site, site

pytestmark = [pytest.mark.chaos, pytest.mark.slow]


@pytest.fixture(scope="module")
def one(runs_kafka: None) -> Iterator[Site]:  # noqa: ARG001 - asked for its effect
    """One broker for all faults that take one: whoever harms it mends it."""
    with site(1) as found:
        yield found


@pytest.fixture(scope="module")
def three(runs_kafka: None) -> Iterator[Site]:  # noqa: ARG001
    """Three of them."""
    with site(3) as found:
        yield found


def play(scenario: Scenario, cluster: Site) -> None:
    result = scenario.play(cluster, SHORT)
    print(result)  # noqa: T201 - shown where it fails
    assert not result.problems
    assert result.records > 0


@pytest.mark.parametrize("scenario", [it for it in SCENARIOS if it.brokers == 1], ids=lambda it: it.name)
def test_survives(scenario: Scenario, one: Site) -> None:
    play(scenario, one)


@pytest.mark.parametrize("scenario", [it for it in SCENARIOS if it.brokers == 3], ids=lambda it: it.name)
def test_survives_in_a_cluster(scenario: Scenario, three: Site) -> None:
    play(scenario, three)
