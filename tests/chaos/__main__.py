"""``python -m tests.chaos``: plays every fault in full, and writes the table in docs/reliability.md.

Names of scenarios as arguments play those alone, and write nothing; ``--short`` plays the short ones.
"""

from __future__ import annotations

import argparse
import sys
import time
import traceback
from contextlib import ExitStack

from harness.kafka.server import RealKafka
from tests.chaos import report
from tests.chaos.result import FULL, SHORT, Result, Size
from tests.chaos.scenarios import SCENARIOS, Scenario
from tests.chaos.site import Site, site


def main() -> int:
    """Play the scenarios, print a line for each, write the table. Returns 1 if a result is not as promised."""
    known = [scenario.name for scenario in SCENARIOS]
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description="Every fault in full; takes minutes.")
    parser.add_argument("names", nargs="*", help=f"play these alone, and write no table: {', '.join(known)}")
    parser.add_argument("--short", action="store_true", help="play the short ones")
    arguments = parser.parse_args()
    names: list[str] = arguments.names
    if unknown := set(names).difference(known):
        parser.error(f"there is no fault {min(unknown)!r}")
    if reason := RealKafka.why_not():
        print(f"make chaos needs a real Kafka of its own: {reason}", file=sys.stderr)  # noqa: T201
        return 1
    size = SHORT if arguments.short else FULL
    chosen = [scenario for scenario in SCENARIOS if not names or scenario.name in names]
    began = time.monotonic()
    results: list[Result] = []
    failed = 0
    for brokers in sorted({scenario.brokers for scenario in chosen}):
        with ExitStack() as stack:
            cluster = stack.enter_context(site(brokers))
            for scenario in chosen:
                if scenario.brokers != brokers:
                    continue
                result = _play(scenario, cluster, size)
                failed += result is None or bool(result.problems + result.too_silent)
                if result is not None:
                    results.append(result)
    if size is FULL and not names and len(results) == len(chosen):
        report.write(results, time.monotonic() - began)
    print(f"{len(chosen) - failed} of {len(chosen)} faults survived.")  # noqa: T201
    return 1 if failed else 0


def _play(scenario: Scenario, cluster: Site, size: Size) -> Result | None:
    began = time.monotonic()
    try:
        result = scenario.play(cluster, size)
    except Exception:  # noqa: BLE001 - the other scenarios are played all the same
        traceback.print_exc()
        print(f"FAILED  {scenario.name}", flush=True)  # noqa: T201
        return None
    verdict = ", ".join(result.problems + result.too_silent) or "ok"
    counts = f"{result.records:,} records, {result.lost} lost, {result.twice} twice, {result.altered} altered"
    took = f"{time.monotonic() - began:.0f} s"
    silence = f"silent {result.longest_silence_s:.1f} s"
    print(f"{result.fault}: {counts}, {silence}; {result.note} [{verdict}, {took}]", flush=True)  # noqa: T201
    return result


if __name__ == "__main__":
    sys.exit(main())
