"""The size in which a scenario is played, and the result that it returns."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Size:
    """How much of each fault is played: ``SHORT`` in ``make test``, ``FULL`` in ``make chaos``."""

    name: str
    kills: int
    rate: int  # articles per second during the fault
    pause_s: float
    storm_s: float
    backlog: int
    idle_s: float
    session_timeout_ms: int


# A short session timeout makes a short test. The full size has the default one, so it measures what users get.
SHORT = Size("short", kills=2, rate=200, pause_s=8, storm_s=8, backlog=45_000, idle_s=1, session_timeout_ms=3_000)
FULL = Size("full", kills=20, rate=500, pause_s=30, storm_s=60, backlog=1_000_000, idle_s=30, session_timeout_ms=6_000)


@dataclass(frozen=True, slots=True)
class Result:
    """One row of the table. ``note``: what was done and found, in a few words."""

    fault: str
    records: int
    lost: int
    twice: int
    altered: int
    longest_silence_s: float
    note: str = ""
    single_death: bool = False  # only one worker died, so that the silence has an upper bound
    may_repeat: bool = False  # at least once: duplicates are counted but allowed

    @property
    def problems(self) -> list[str]:
        """List what was not as promised."""
        counts = {"lost": self.lost, "altered": self.altered} | ({} if self.may_repeat else {"twice": self.twice})
        return [f"{count} {what}" for what, count in counts.items() if count]

    @property
    def too_silent(self) -> list[str]:
        """List what took too long. Only meaningful if nothing else runs on the machine."""
        late = self.single_death and self.longest_silence_s > LONGEST_SILENCE_S
        return [f"silent for {self.longest_silence_s:.1f} s"] if late else []


LONGEST_SILENCE_S = 10.0
