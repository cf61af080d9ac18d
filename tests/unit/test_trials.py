"""The profiles of the property tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from tests.trials import FEWEST, load_profile, trials


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    """Leave the profile as the session has it."""
    before = settings.get_current_profile_name()
    yield
    settings.load_profile(before)


@pytest.mark.parametrize(("profile", "examples", "default"), [("full", 400, 100), ("fast", 80, 20)])
def test_the_fast_profile_tries_a_fifth(profile: str, examples: int, default: int) -> None:
    load_profile(profile)
    assert trials(400).max_examples == examples
    assert settings().max_examples == default


@pytest.mark.parametrize("profile", ["full", "normal", "fast"])
def test_no_test_fails_because_the_machine_is_busy(profile: str) -> None:
    load_profile(profile)
    for each in (settings(), trials(60)):
        assert each.deadline is None
        assert HealthCheck.too_slow in each.suppress_health_check


def test_a_test_of_few_examples_keeps_them() -> None:
    load_profile("fast")
    assert (trials(30).max_examples, trials(5).max_examples) == (FEWEST, 5)
