"""What a scenario is told and what it gives back."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Size:
    """How much of each fault: the short one is part of ``make test``, the full one is ``make chaos``."""

    name: str
    kills: int
    rate: int  # articles a second while the fault goes on
    pause_s: float
    storm_s: float
    backlog: int
    idle_s: float
    session_timeout_ms: int


# A short session timeout is a shorter test; the full one measures what users get who set nothing.
SHORT = Size("short", kills=2, rate=200, pause_s=8, storm_s=8, backlog=45_000, idle_s=1, session_timeout_ms=3_000)
FULL = Size("full", kills=20, rate=500, pause_s=30, storm_s=60, backlog=1_000_000, idle_s=30, session_timeout_ms=6_000)


@dataclass(frozen=True, slots=True)
class Result:
    """One row of the table. ``note`` says in a few words what was done and found."""

    fault: str
    records: int
    lost: int
    twice: int
    altered: int
    longest_silence_s: float
    note: str = ""
    single_death: bool = False  # one worker died and nothing else: its silence has a bound
    may_repeat: bool = False  # at_least_once: duplicates are counted, not forbidden

    @property
    def problems(self) -> list[str]:
        """Say what is not as promised."""
        counts = {"lost": self.lost, "altered": self.altered} | ({} if self.may_repeat else {"twice": self.twice})
        return [f"{count} {what}" for what, count in counts.items() if count]

    @property
    def too_silent(self) -> list[str]:
        """Say whether it took too long; only asked where nothing else runs on the machine."""
        late = self.single_death and self.longest_silence_s > LONGEST_SILENCE_S
        return [f"silent for {self.longest_silence_s:.1f} s"] if late else []


LONGEST_SILENCE_S = 10.0
