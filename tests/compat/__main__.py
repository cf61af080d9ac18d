"""``python -m tests.compat``: the contract tests and four faults on the Kafka versions that clusters have.

Writes the table in docs/compatibility.md. Versions as arguments play those alone, and write nothing. Takes some eight
minutes a version. The jars of each version are downloaded once.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from pathlib import Path

from harness.kafka.jars import VERSION_VARIABLE
from harness.kafka.server import BOOTSTRAP_VARIABLE, RealKafka

VERSIONS = ("2.8.2", "3.5.2", "3.9.2", "4.0.2", "4.3.1", "4.4.0")
FAULTS = ("killed_static", "killed_dynamic", "killed_in_a_backlog", "restarted")
PAGE = Path(__file__).parents[2] / "docs" / "compatibility.md"
BEGIN, END = "<!-- compat: begin -->", "<!-- compat: end -->"


@dataclass(frozen=True, slots=True)
class Row:
    """What one version has shown; ``failed`` names the tests and faults that failed."""

    version: str
    passed: int
    skipped: int
    failed: tuple[str, ...]
    faults: str


def main() -> int:
    """Play each version, print a line for it, write the table; 1 where anything failed."""
    parser = argparse.ArgumentParser(prog="python -m tests.compat", description="The worker on older and newer Kafkas.")
    parser.add_argument("versions", nargs="*", help=f"play these alone, and write no table: {', '.join(VERSIONS)}")
    versions: list[str] = parser.parse_args().versions
    if reason := RealKafka.why_not():
        print(f"make compat needs Java and Maven: {reason}", file=sys.stderr)  # noqa: T201
        return 1
    rows = []
    for version in versions or VERSIONS:
        began = time.monotonic()
        rows.append(row := _play(version))
        print(f"Kafka {_told(row)} [{time.monotonic() - began:.0f} s]", flush=True)  # noqa: T201
    if not versions:
        _write(rows)
    return 1 if any(row.failed for row in rows) else 0


def _play(version: str) -> Row:
    environment = {**os.environ, VERSION_VARIABLE: version, "STREAM_TEST_REQUIRE_KAFKA": "1"}
    environment.pop(BOOTSTRAP_VARIABLE, None)
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "report.xml")
        tests = ("-m", "pytest", "-q", "-n", "2", "--dist", "worksteal", f"--junitxml={report}", "tests/contract")
        subprocess.run([sys.executable, *tests], env=environment, stdout=subprocess.DEVNULL, check=False)
        suite = ET.parse(report).getroot()  # noqa: S314 - pytest wrote it just now
    cases = suite.findall(".//testcase")
    failed = [it.get("name", "") for it in cases if it.find("failure") is not None or it.find("error") is not None]
    skipped = sum(it.find("skipped") is not None for it in cases)
    passed = len(cases) - skipped - len(failed)
    faults = subprocess.run(
        [sys.executable, "-m", "tests.chaos", "--short", *FAULTS],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    survived = re.search(r"(\d+) of (\d+) faults survived", faults.stdout)
    if faults.returncode:
        failed.append("faults")
    told = f"{survived[1]} of {survived[2]}" if survived else "not played"
    return Row(version, passed, skipped, tuple(failed), told)


def _told(row: Row) -> str:
    failed = f", failed: {', '.join(row.failed)}" if row.failed else ""
    return f"{row.version}: {row.passed} contract tests passed, {row.skipped} skipped, faults {row.faults}{failed}"


def _write(rows: list[Row]) -> None:
    """Put the table between the page's markers."""
    page = PAGE.read_text("utf-8")
    before, rest = page.split(BEGIN)
    _, after = rest.split(END)
    lines = [
        f"Measured {time.strftime('%Y-%m-%d', time.gmtime())} by `make compat`.",
        "",
        "| Kafka | Contract tests passed | Skipped | Failed | Faults survived |",
        "|---|--:|--:|---|---|",
        *(
            f"| {it.version} | {it.passed} | {it.skipped} | {', '.join(it.failed) or '–'} | {it.faults} |"
            for it in rows
        ),
    ]
    PAGE.write_text(f"{before}{BEGIN}\n" + "\n".join(lines) + f"\n{END}{after}", "utf-8")


if __name__ == "__main__":
    sys.exit(main())
