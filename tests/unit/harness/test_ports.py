"""Ports for brokers and workers: free, and never another process's of the same test run."""

from __future__ import annotations

import subprocess
import sys

import pytest

from harness.commands import ROOT, environment
from harness.kafka.properties import free_ports

PRINT = "from harness.kafka.properties import free_ports; print(*free_ports(50, 10_000, 10_999))"


def test_none_is_given_twice() -> None:
    first, second = free_ports(20, 30_000, 31_000), free_ports(20, 30_000, 31_000)
    assert len({*first, *second}) == 40


def test_processes_of_a_run_do_not_choose_the_same() -> None:
    """A worker binds its port a second or more after it was chosen."""
    chosen: list[int] = []
    for name in ("gw0", "gw1", "gw2", "gw3"):  # the last one takes the place of one that has died
        variables = environment() | {"PYTEST_XDIST_WORKER": name, "PYTEST_XDIST_WORKER_COUNT": "3"}
        command = [sys.executable, "-c", PRINT]
        ended = subprocess.run(command, cwd=ROOT, env=variables, capture_output=True, text=True, timeout=60, check=True)
        chosen += map(int, ended.stdout.split())
    assert len(set(chosen)) == 200


@pytest.mark.parametrize("count", [1, 5])
def test_so_many_are_given(count: int) -> None:
    assert len(free_ports(count)) == count
