"""One guarded Kafka for the whole folder."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.security.certificates import missing
from tests.security.guarded import GuardedKafka


@pytest.fixture(scope="session")
def guarded(runs_kafka: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[GuardedKafka]:  # noqa: ARG001
    """Start the broker for the first test that needs it; every test uses topics and groups with fresh names."""
    if reason := missing():
        pytest.skip(reason)
    with GuardedKafka(tmp_path_factory.mktemp("certificates")) as kafka:
        yield kafka
