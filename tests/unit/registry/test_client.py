"""Questions to a schema registry, over HTTP: what is asked, with which credentials, and what an answer means."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka.schema_registry import Schema

from harness.registry.door import Door
from stream.config.loading import load
from stream.config.settings import Settings
from stream.errors import RegistryRefused, RegistryUnavailable, SettingsError, StreamError
from stream.registry.client import MOST_REFERENCES, Client, Unresolved
from tests.security.certificates import Authority

AVRO = {"schema": '"string"'}


@pytest.fixture
def door() -> Iterator[Door]:
    """A registry that knows one schema."""
    with Door() as made:
        made.answers |= {"/schemas/types": ["AVRO"], "/schemas/ids/1": AVRO}
        yield made


def settings(url: str, **more: Any) -> Settings:
    return load({"registry_url": url, **more}, environ={})


def test_a_schema_is_given_or_not_known(door: Door) -> None:
    client = Client(settings(door.url))
    assert client.ask() == ["AVRO"]
    found = client.schema(1)
    assert found is not None
    assert (found.schema_type, found.schema_str) == ("AVRO", '"string"')
    assert client.schema(2) is None
    assert client.schema("6ba7b811-9dad-11d1-80b4-00c04fd430c8") is None
    assert client.latest("a-value") is None
    assert client.subject_of(1) == client.subject_of("guid") == ""
    door.answers["/subjects/a%2Fb-value/versions/latest"] = {**AVRO, "id": 1, "version": 4, "subject": "a/b-value"}
    assert client.latest("a/b-value") == (4, found)


@pytest.mark.parametrize(("status", "error"), [(401, RegistryRefused), (403, RegistryRefused), (0, RegistryUnavailable),
    (408, RegistryUnavailable), (429, RegistryUnavailable), (500, RegistryUnavailable), (503, RegistryUnavailable),
    (302, RegistryUnavailable), (404, RegistryUnavailable)])  # fmt: skip
def test_what_is_no_answer(door: Door, status: int, error: type[StreamError]) -> None:
    """Also a 404, if it is for everything: then something else answers in the registry's place."""
    client = Client(settings(door.url))
    door.shut = status
    for ask in (client.ask, lambda: client.schema(1), lambda: client.latest("a-value")):
        with pytest.raises(error, match=f"registry at {door.url} .*STREAM_REGISTRY_"):
            ask()
    door.shut = None
    assert client.schema(1) is not None


@pytest.mark.parametrize("answer", [{}, {"schema": None}, [], "text", 1])
def test_an_answer_without_a_schema_is_none(door: Door, answer: object) -> None:
    door.answers["/schemas/ids/1"] = answer
    with pytest.raises(RegistryUnavailable):
        Client(settings(door.url)).schema(1)


def test_the_next_address_is_tried(door: Door) -> None:
    assert Client(settings(f"http://127.0.0.1:9, {door.url}")).schema(1) is not None
    with Door() as first:
        first.shut = 503
        assert Client(settings(f"{first.url},{door.url}")).schema(1) is not None


@pytest.mark.parametrize(("login", "header"), [
    ({"registry_username": "me", "registry_password": "a:b"}, "Basic bWU6YTpi"),
    ({"registry_token": "abc"}, "Bearer abc"),
])  # fmt: skip
def test_credentials_are_sent(door: Door, login: dict[str, str], header: str) -> None:
    Client(settings(door.url, **login)).ask()
    assert door.headers[0]["Authorization"] == header


def test_a_token_is_asked_for_and_goes_with_its_cluster(door: Door) -> None:
    more = {"registry_oauth_client_id": "id", "registry_oauth_client_secret": "secret", "registry_oauth_scope": "read"}
    told = settings(
        door.url, registry_oauth_token_url=f"{door.url}/token", registry_logical_cluster="lsrc-1", **more,
        registry_identity_pool="pool-1",
    )  # fmt: skip
    door.answers["/token"] = {"access_token": "xyz", "token_type": "bearer", "expires_in": 3600, "expires_at": 9e9}
    Client(told).ask()
    sent = door.headers[door.asked.index("/schemas/types")]
    assert sent["Authorization"] == "Bearer xyz"
    assert (sent["target-sr-cluster"], sent["Confluent-Identity-Pool-Id"]) == ("lsrc-1", "pool-1")
    del door.answers["/token"]
    with pytest.raises(RegistryRefused, match="Check the credentials"):
        Client(told).ask()


def test_tls_with_an_authority_and_a_client_certificate(tmp_path: Path) -> None:
    authority = Authority(tmp_path, "authority")
    server, client = authority.server(), authority.client("me")
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(server.certificate, server.key)
    tls.load_verify_locations(authority.certificate)
    tls.verify_mode = ssl.CERT_REQUIRED
    mutual = {"registry_ssl_certificate": client.certificate, "registry_ssl_key": client.key}
    with Door(tls=tls) as door:
        door.answers["/schemas/types"] = ["AVRO"]
        assert Client(settings(door.url, registry_ssl_ca=authority.certificate, **mutual)).ask() == ["AVRO"]
        with pytest.raises(RegistryUnavailable, match="STREAM_REGISTRY_SSL_CA names a file with the authorities"):
            Client(settings(door.url, **mutual)).ask()
        with pytest.raises(RegistryUnavailable):
            Client(settings(door.url, registry_ssl_ca=authority.certificate)).ask()
        with pytest.raises(SettingsError, match=r"refuses its settings: .*No such file"):
            Client(settings(door.url, registry_ssl_ca=tmp_path / "none"))


def reference(name: str, version: int = 1) -> dict[str, object]:
    return {"name": f"{name}.avsc", "subject": name, "version": version}


def version(schema: str, *references: str) -> dict[str, object]:
    return {"schema": schema, "id": 9, "version": 1, "subject": "x", "references": [reference(it) for it in references]}


def test_references_are_followed_in_a_circle_too(door: Door) -> None:
    door.answers["/subjects/a/versions/1"] = version("A", "b")
    door.answers["/subjects/b/versions/1"] = version("B", "a", "c")
    door.answers["/subjects/c/versions/1"] = version("C")
    client = Client(settings(door.url))
    door.answers["/schemas/ids/5"] = {**AVRO, "references": [reference("a")]}
    stored = client.schema(5)
    assert isinstance(stored, Schema)
    assert client.references(stored) == {"a.avsc": "A", "b.avsc": "B", "c.avsc": "C"}
    del door.answers["/subjects/c/versions/1"]
    with pytest.raises(Unresolved, match=r"refers to c.avsc, but there is no version 1 of c"):
        Client(settings(door.url)).references(stored)
    for number in range(MOST_REFERENCES + 1):
        door.answers[f"/subjects/n{number}/versions/1"] = version("N", f"n{number + 1}")
    door.answers["/schemas/ids/6"] = {**AVRO, "references": [reference("n0")]}
    many = client.schema(6)
    assert many is not None
    with pytest.raises(Unresolved, match=f"more than {MOST_REFERENCES} schemas"):
        client.references(many)


def test_without_the_extra_there_is_a_sentence(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "confluent_kafka.schema_registry", None)
    with pytest.raises(SettingsError, match=r"STREAM_REGISTRY_URL needs article-stream\[registry\] .* pip install"):
        Client(settings(door.url))
