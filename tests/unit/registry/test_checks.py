"""What is asked of a registry before a worker starts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from harness.registry.door import Door
from stream.config.loading import load
from stream.config.settings import Settings
from stream.errors import RegistryRefused, RegistryUnavailable
from stream.registry import checks
from stream.registry.formats import known_schemas

LATEST = "/subjects/articles.raw-value/versions/latest"


@pytest.fixture
def door() -> Iterator[Door]:
    """A registry that has no subjects yet."""
    with Door() as made:
        made.answers["/schemas/types"] = ["JSON", "AVRO"]
        yield made


def settings(url: str, **more: Any) -> Settings:
    return load({"registry_url": url, "startup_timeout_s": 0.1, **more}, environ={})


@pytest.mark.parametrize("input_format", ["json", "text"])
def test_a_registry_that_is_not_used_is_not_asked(input_format: str) -> None:
    unused = settings("http://127.0.0.1:9", input_format=input_format)
    assert list(checks.run(unused)) == []
    checks.require(unused)
    assert known_schemas(unused) is None
    assert list(checks.run(load(environ={}))) == []
    checks.require(load(environ={}))


def test_the_latest_schema_is_looked_at(door: Door) -> None:
    connected, latest = checks.run(settings(door.url))
    assert connected.detail == f"{door.url} answers; it takes JSON, AVRO"
    assert latest.error is None
    assert "has no subject articles.raw-value" in latest.detail
    schema = json.dumps({"properties": {"text": {"type": "string"}, "n": {"type": "integer"}}})
    door.answers[LATEST] = {"schema": schema, "schemaType": "JSON", "version": 3, "id": 1, "subject": "x"}
    assert list(checks.run(settings(door.url)))[1].detail == "version 3, JSON: text is a text"
    wrong = list(checks.run(settings(door.url, text_field="/n")))[1]
    assert wrong.error is not None
    assert wrong.detail.endswith("/n leads to integer. Texts are at /text.")


def test_a_schema_that_encrypts_or_refers_to_nothing_is_named(door: Door) -> None:
    rules = {"domainRules": [{"name": "hide", "kind": "TRANSFORM", "mode": "WRITE", "type": "ENCRYPT"}]}
    stored = {"schema": '"string"', "version": 1, "id": 1, "subject": "x"}
    door.answers[LATEST] = stored | {"ruleSet": rules}
    assert "its rule 'hide' encrypts the field 'text'" in list(checks.run(settings(door.url)))[1].detail
    door.answers[LATEST] = stored | {"references": [{"name": "a", "subject": "b", "version": 9}]}
    assert "there is no version 9 of b" in list(checks.run(settings(door.url)))[1].detail


def test_a_start_waits_for_the_registry_but_not_with_wrong_credentials(door: Door) -> None:
    door.shut = 503
    with pytest.raises(RegistryUnavailable):
        checks.require(settings(door.url))
    (only,) = checks.run(settings(door.url))
    assert isinstance(only.error, RegistryUnavailable)
    door.shut, door.asked[:] = 401, []
    with pytest.raises(RegistryRefused):
        checks.require(settings(door.url, startup_timeout_s=60))
    assert len(door.asked) == 1
    door.shut = None
    checks.require(settings(door.url))
