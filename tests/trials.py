"""How many examples Hypothesis tries: fewer of them in the fast profile."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

PROFILES = {"full": 100, "normal": 50, "fast": 20}
"""Percent of a test's own number of examples that each profile tries; tests without one of their own try so many."""
FEWEST = 20
TIMED = [HealthCheck.too_slow]
"""Left out, as a deadline is: on a busy machine they tell how busy it is."""


def load_profile(name: str) -> None:
    """Choose one of `PROFILES` for the tests that are imported from now on. Raises `KeyError` for another name."""
    settings.register_profile(name, max_examples=PROFILES[name], deadline=None, suppress_health_check=TIMED)
    settings.load_profile(name)


def trials(full: int) -> settings:
    """Try so many examples in the full profile, however long one takes, and its share of them in another."""
    share = settings.get_current_profile_name()
    return settings(max_examples=max(min(FEWEST, full), full * PROFILES.get(share, 100) // 100), deadline=None)
