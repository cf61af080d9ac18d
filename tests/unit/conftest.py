"""What tests of the sink share."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from stream.config.loading import load
from tests.rig import PATIENCE_S, Rig, started


@pytest.fixture
async def rig(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Rig]:
    """Give a sink that tries again at once, of transactions of up to five records."""
    monkeypatch.setattr("stream.kafka.sink.FIRST_RETRY_S", 0.001)
    monkeypatch.setattr("stream.kafka.sink.LAST_RETRY_S", 0.002)
    running = started(load({"batch_max_records": 5}, environ={}))
    yield running
    running.sink.close(PATIENCE_S)
