"""Check the alerts with Prometheus' own tool: their form, and that each fires when it should and only then."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).resolve().parent.parent / "deploy" / "prometheus"
CHECKS = (("check", "rules", "alerts.yml"), ("test", "rules", "alerts_test.yml"))


def main() -> int:
    """Return 1 if an alert is wrong; where there is no promtool, say so and return 0."""
    promtool = shutil.which("promtool")
    if promtool is None:
        sys.stdout.write("alerts: skipped, there is no promtool here; on Debian: apt-get install prometheus\n")
        return 0
    for check in CHECKS:
        result = subprocess.run([promtool, *check], cwd=FOLDER, capture_output=True, text=True, check=False)
        if result.returncode:
            sys.stderr.write(f"{result.stdout}{result.stderr}")
            return 1
    sys.stdout.write("alerts: well-formed, and each fires when it should\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
