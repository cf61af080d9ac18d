"""What env files, templates and container runtimes do to a value is said, and never taken for the value."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.config.light import PREFIX, in_a_url
from stream.config.loading import load
from stream.config.settings import Settings
from stream.config.written import QUOTES, bad_address, blemish
from stream.errors import SettingsError

SECRET = "hunter2-never-to-be-seen"  # noqa: S105 - made up
GOOD = {
    "bootstrap_servers": "kafka:9092",
    "group_id": "g",
    "instance_id": "w-1",
    "input_topic": "in",
    "delivery": "at_least_once",
    "http_port": "6067",
    "ssl_ca": "ca.pem",
    "rules": "rules.toml",
    "kafka_properties": "socket.nagle.disable=true",
    "sasl_password": SECRET,
    "sasl_oauth_client_secret": SECRET,
}
SECRETS = {"kafka_properties", "sasl_password", "sasl_oauth_client_secret"}


def refused(environ: Mapping[str, str]) -> str:
    with pytest.raises(SettingsError) as caught:
        load(environ=environ)
    assert SECRET not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("name", GOOD)
@pytest.mark.parametrize("quotes", QUOTES.items(), ids="".join)
def test_quotes_that_an_env_file_has_kept_are_said(name: str, quotes: tuple[str, str]) -> None:
    value = quotes[0] + GOOD[name] + quotes[1]
    said = refused({PREFIX + name.upper(): value})
    shown = "***" if name in SECRETS else repr(value)
    assert said.startswith(f"{PREFIX}{name.upper()} is {shown}: the quotes are taken as part of the value")
    assert ("settings file" in said) == (name in {*SECRETS, "rules"}), "a password may really have them"
    with pytest.raises(SettingsError, match=r"--set x is .*: the quotes are"):
        load({name: value}, environ={}, options_from={name: "--set x"})


def test_all_that_is_wrong_is_said_at_once() -> None:
    said = refused({"STREAM_GROUP_ID": '"g"', "STREAM_INPUT_TOPIC": "'t'", "STREAM_OUTPUT_TOPIC": "t\r"})
    for name in ("STREAM_GROUP_ID", "STREAM_INPUT_TOPIC", "STREAM_OUTPUT_TOPIC"):
        assert name in said


def test_quotes_within_those_of_a_settings_file_are_meant(tmp_path: Path) -> None:
    path = tmp_path / "stream.toml"
    path.write_text("sasl_password = '\"x\"'\ntext_field = '\"text\"'", "utf-8")
    it = load(environ={}, config=path)
    assert it.sasl_password is not None
    assert (it.sasl_password.get_secret_value(), it.text_field) == ('"x"', '"text"')


@pytest.mark.parametrize("name", [name for name in GOOD if name not in ("rules", "kafka_properties")])
@pytest.mark.parametrize(("end", "says"), [("\r", r"a carriage return (\r)"), ("\n", r"a line feed (\n)")])
def test_a_line_end_is_said(name: str, end: str, says: str) -> None:
    said = refused({PREFIX + name.upper(): GOOD[name] + end})
    assert f"it ends with {says}" in said
    assert "\r" not in said
    assert "\n" not in said
    assert f"it begins with {says}" in refused({PREFIX + name.upper(): end + GOOD[name]})


def test_lists_may_have_lines() -> None:
    it = load(environ={"STREAM_RULES": "a.toml,\nb.toml\r\n", "STREAM_KAFKA_PROPERTIES": "a.b=1\r\nc.d=2\n"})
    assert it.rules == (Path("a.toml"), Path("b.toml"))
    assert it.kafka_properties == {"a.b": "1", "c.d": "2"}


@pytest.mark.parametrize("value", ["a\x00b", "a\x1b[2Jb", "a\tb", " a", "a ", "\u00a0a"])
def test_what_nobody_means_is_said(value: str) -> None:
    assert refused({"STREAM_GROUP_ID": value}).isprintable()
    load(environ={"STREAM_SASL_PASSWORD": value})


@pytest.mark.parametrize("name", [name for name, field in Settings.model_fields.items() if not field.default])
def test_an_optional_setting_that_is_empty_is_unset(name: str) -> None:
    assert load(environ={PREFIX + name.upper(): ""}) == Settings()
    assert load({name: ""}, environ={}) == Settings()


@pytest.mark.parametrize("name", [name for name, field in Settings.model_fields.items() if field.default])
def test_another_one_that_is_empty_says_to_leave_it_out(name: str) -> None:
    variable = PREFIX + name.upper()
    default = Settings.model_fields[name].default
    assert refused({variable: ""}) == f"{variable} is empty: remove it to get the default, {default}."


@pytest.mark.parametrize(
    ("variable", "text"),
    [("STREAM_HTTP_PORT", "tcp://10.0.0.1:80"), ("STREAM_SERVICE_HOST", "10.0.0.1"), ("STREAM_PORT_80_TCP", "x")],
)
def test_a_linked_service_is_said_where_it_is_not_kubernetes(variable: str, text: str) -> None:
    said = refused({variable: text})
    assert variable in said
    assert "Docker or Kubernetes sets it for a service whose name begins with stream" in said


def test_the_settings_file_may_be_quoted_wrongly_too() -> None:
    assert refused({"STREAM_CONFIG": '"/etc/stream.toml"'}).startswith(
        "STREAM_CONFIG is '\"/etc/stream.toml\"': the quo"
    )
    assert load(environ={"STREAM_CONFIG": ""}) == Settings()


ADDRESSES = [
    "kafka", "kafka:9092", "10.0.0.1:9092", "[fd00::5]:9092", "[::1]", "[fe80::1%eth0]:9092", "my_kafka-0.x.svc.:1",
    "[fd00::5]:9092,[::1]:9093", "a:1, b:2,", "köln:9092",
]  # fmt: skip


@pytest.mark.parametrize("addresses", ADDRESSES)
def test_an_address_is_taken_as_it_is(addresses: str) -> None:
    assert load(environ={"STREAM_BOOTSTRAP_SERVERS": addresses}).bootstrap_servers == addresses


@pytest.mark.parametrize(
    ("addresses", "says"),
    [
        ("fd00::5:9092", "needs brackets around its IPv6 address: [fd00::5]:9092 if 9092 is the port"),
        ("a:1,fd00::5", "needs brackets around its IPv6 address: [fd00::5]:9092."),
        ("::1", "[::1]:9092"),
        ("a:1;b:2", "commas between several"),
        ("a:b:c", "more than one colon"),
        ("kafka:", "is not a number from 1 to 65535"),
        ("kafka:0", "is not a number"),
        ("kafka:65536", "is not a number"),
        ("kafka:٣", "is not a number"),
        ("[::1]:x", "is not a number"),
        ("[::1", "more than one colon"),
        ("[kafka]:9092", "has no IPv6 address in its brackets"),
        ("[/x]", "has no IPv6 address"),
        ("${KAFKA}", "is not host:port"),
        ("kafka one:9092", "is not host:port"),
        ("user@kafka", "is not host:port"),
        ("kafka/x:1", "is not host:port"),
        (":9092", "is not host:port"),
        (",", "contains no address"),
        ("SSL://kafka:9092", "without SSL://"),
    ],
)
def test_an_address_that_can_not_be_one_says_why(addresses: str, says: str) -> None:
    assert says in refused({"STREAM_BOOTSTRAP_SERVERS": addresses})


@given(st.text(min_size=1))
def test_whatever_an_address_is_the_answer_is_a_sentence(text: str) -> None:
    assert isinstance(bad_address(text), str)
    assert isinstance(blemish(text), str)
    if not bad_address(text):
        assert not set(text) & set("\"'/ \t\r\n,;@$")


def test_a_host_in_a_url() -> None:
    assert [in_a_url(host) for host in ("::1", "127.0.0.1", "kafka")] == ["[::1]", "127.0.0.1", "kafka"]
