"""What tests of the source and of what it uses begin with."""

from __future__ import annotations

import pytest

from stream.kafka.flow import Flow
from stream.kafka.partitions import Partitions


@pytest.fixture
def flow() -> Flow:
    """No records in flight."""
    return Flow()


@pytest.fixture
def partitions() -> Partitions:
    """None are assigned."""
    return Partitions()
