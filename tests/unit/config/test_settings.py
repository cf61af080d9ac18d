"""Settings come from options, environment and file, in this order; what is wrong is named, a secret never shown."""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from stream.config.loading import load
from stream.config.properties import OURS, parse_properties
from stream.config.settings import Settings
from stream.errors import SettingsError

SECRET = "hunter2-never-to-be-seen"  # noqa: S105 - made up


def refused(
    environ: Mapping[str, str] | None = None,
    options: Mapping[str, Any] | None = None,
    config: Path | None = None,
    options_from: Mapping[str, str] | None = None,
) -> str:
    with pytest.raises(SettingsError) as caught:
        load(options, environ=environ or {}, config=config, options_from=options_from)
    assert caught.value.exit_code == 2
    return str(caught.value)


def toml(folder: Path, text: str) -> Path:
    path = folder / "stream.toml"
    path.write_text(text, "utf-8")
    return path


def test_nothing_set_gives_the_defaults() -> None:
    settings = load(environ={})
    assert settings == Settings()
    assert (settings.bootstrap_servers, settings.delivery) == ("localhost:9092", "exactly_once")
    assert (settings.input_topic, settings.output_topic) == ("articles.raw", "articles.clean")
    assert (settings.dead_letter_topic, settings.group_id) == ("articles.dead", "article-stream")


def test_an_option_wins_over_the_environment_which_wins_over_the_file(tmp_path: Path) -> None:
    path = toml(tmp_path, 'group_id = "file"\ntext_field = "file"\ninstance_id = "file"\nhttp_port = 1')
    environ = {"STREAM_GROUP_ID": "environment", "STREAM_TEXT_FIELD": "environment"}
    settings = load({"group_id": "option", "http_port": None}, environ=environ, config=path)
    assert (settings.group_id, settings.text_field, settings.instance_id) == ("option", "environment", "file")
    assert settings.http_port == 1, "an option that was not given leaves what is set"
    assert settings.output_topic == "articles.clean"


def test_the_environment_can_name_the_file_and_an_option_another(tmp_path: Path) -> None:
    path = toml(tmp_path, 'group_id = "named"')
    assert load(environ={"STREAM_CONFIG": str(path)}).group_id == "named"
    (tmp_path / "other.toml").write_text('group_id = "other"', "utf-8")
    assert load(environ={"STREAM_CONFIG": str(path)}, config=tmp_path / "other.toml").group_id == "other"


def test_other_variables_are_not_ours() -> None:
    load(environ={"BROKER_URL": "kafka://x", "STREAMS": "x", "STREAM_TEST_BOOTSTRAP_SERVERS": "x", "PATH": "x"})


LINKS = {
    "STREAM_HTTP_PORT": "tcp://10.0.0.1:80",
    "STREAM_HTTP_PORT_80_TCP_ADDR": "10.0.0.1",
    "STREAM_HTTP_PORT_80_SCTP": "sctp://10.0.0.1:80",
    "STREAM_HTTP_SERVICE_HOST": "10.0.0.1",
    "STREAM_SERVICE_PORT_METRICS": "80",
}


@pytest.mark.parametrize("variable", LINKS)
def test_what_kubernetes_adds_for_a_service_is_no_setting(variable: str) -> None:
    inside = {variable: LINKS[variable], "KUBERNETES_SERVICE_HOST": "10.0.0.2"}
    assert load(environ=inside) == load(environ={})
    assert variable in refused({variable: LINKS[variable]})


def test_a_port_of_ours_counts_in_kubernetes_too() -> None:
    assert load(environ={"STREAM_HTTP_PORT": "80", "KUBERNETES_SERVICE_HOST": "10.0.0.2"}).http_port == 80


@pytest.mark.parametrize(
    ("variable", "nearest"),
    [
        ("STREAM_BOOTSTRAP_SERVER", "STREAM_BOOTSTRAP_SERVERS"),
        ("STREAM_INPUTTOPIC", "STREAM_INPUT_TOPIC"),
        ("STREAM_SASL_PASSWRD", "STREAM_SASL_PASSWORD"),
    ],
)
def test_an_unknown_variable_is_refused_with_the_nearest_name(variable: str, nearest: str) -> None:
    message = refused({variable: SECRET})
    assert message == f"{variable} is not a setting. Did you mean {nearest}?"


def test_an_unknown_variable_that_is_like_none_says_where_they_are_listed() -> None:
    assert refused({"STREAM_QQQQQ": "x"}) == "STREAM_QQQQQ is not a setting. `article-stream settings` lists them."


def test_an_unknown_name_in_the_file_is_refused_with_the_nearest_name(tmp_path: Path) -> None:
    path = toml(tmp_path, 'grup_id = "x"')
    assert refused(config=path) == f"{path}: grup_id is not a setting. Did you mean group_id?"


@pytest.mark.parametrize(
    ("variable", "value", "allowed"),
    [
        ("STREAM_DELIVERY", "twice", "'exactly_once' or 'at_least_once'"),
        ("STREAM_HTTP_PORT", "65536", "less than or equal to 65535"),
        ("STREAM_HTTP_PORT", "web", "integer"),
        ("STREAM_BATCH_MAX_RECORDS", "0", "greater than or equal to 1"),
        ("STREAM_INPUT_TOPIC", "with space", "pattern"),
        ("STREAM_SHUTDOWN_TIMEOUT_S", "-1", "greater than 0"),
        ("STREAM_LOG_FORMAT", "xml", "'text' or 'json'"),
    ],
)
def test_a_bad_value_is_named_with_what_is_allowed(variable: str, value: str, allowed: str) -> None:
    message = refused({variable: value})
    assert message.startswith(f"{variable} is {value!r}: ")
    assert allowed in message
    assert "\n" not in message


def test_a_bad_value_names_the_option_or_the_file_that_set_it(tmp_path: Path) -> None:
    by_option = refused(options={"http_port": "x"}, options_from={"http_port": "--http-port"})
    assert by_option.startswith("--http-port is 'x': ")
    assert refused(options={"http_port": "x"}).startswith("http_port is 'x': ")
    path = toml(tmp_path, "http_port = -1")
    assert refused(config=path).startswith(f"http_port in {path} is -1: ")


def test_all_bad_values_are_named_at_once() -> None:
    message = refused({"STREAM_DELIVERY": "x", "STREAM_HTTP_PORT": "y"})
    assert "STREAM_DELIVERY" in message
    assert "STREAM_HTTP_PORT" in message


TOKEN = {"STREAM_SECURITY_PROTOCOL": "sasl_ssl", "STREAM_SASL_MECHANISM": "OAUTHBEARER"}
LOGIN = {"STREAM_SECURITY_PROTOCOL": "sasl_ssl", "STREAM_SASL_MECHANISM": "PLAIN"}


@pytest.mark.parametrize(
    ("environ", "says"),
    [
        ({"STREAM_OUTPUT_TOPIC": "articles.raw"}, "must differ"),
        ({"STREAM_DEAD_LETTER_TOPIC": "articles.clean"}, "must differ"),
        ({"STREAM_SECURITY_PROTOCOL": "sasl_ssl"}, "needs sasl_mechanism"),
        ({"STREAM_SASL_MECHANISM": "PLAIN"}, "needs security_protocol"),
        ({**LOGIN, "STREAM_SASL_PASSWORD": "x"}, "PLAIN needs sasl_username"),
        ({**LOGIN, "STREAM_SASL_USERNAME": "ann"}, "PLAIN needs sasl_password"),
        (TOKEN, "OAUTHBEARER needs sasl_oauth_token_url"),
        ({**TOKEN, "STREAM_SASL_OAUTH_TOKEN_URL": "x"}, "OAUTHBEARER needs sasl_oauth_client_id"),
        (
            {**TOKEN, "STREAM_SASL_OAUTH_TOKEN_URL": "x", "STREAM_SASL_OAUTH_CLIENT_ID": "x"},
            "OAUTHBEARER needs sasl_oauth_client_secret",
        ),
        ({"STREAM_BOOTSTRAP_SERVERS": "http://kafka:9092"}, "write host:port, without http://"),
        ({"STREAM_BOOTSTRAP_SERVERS": "one:9092, SSL://two:9092"}, "write host:port, without SSL://"),
    ],
)
def test_settings_that_do_not_fit_together_are_refused(environ: dict[str, str], says: str) -> None:
    assert says in refused(environ)


def test_a_login_may_come_from_librdkafkas_own_properties() -> None:
    load(environ={**LOGIN, "STREAM_KAFKA_PROPERTIES": "sasl.username=ann, sasl.password=x"})
    load(environ={**TOKEN, "STREAM_KAFKA_PROPERTIES": "sasl.oauthbearer.grant.type=jwt-bearer"})


@pytest.mark.parametrize(
    "text", ["a = ", "\ufeff[", "group_id = 1\ngroup_id = 2", f"a = {'[' * 5000}", f"{'a.' * 5000}b = 1"]
)
def test_a_file_that_is_no_toml_is_refused(tmp_path: Path, text: str) -> None:
    path = toml(tmp_path, text)
    assert refused(config=path).startswith(f"The settings file {path} is not valid TOML")


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "none.toml"
    assert refused(config=path) == f"The settings file {path} cannot be read: No such file or directory."


SECRETS = {
    "STREAM_SASL_PASSWORD": SECRET,
    "STREAM_SSL_KEY_PASSWORD": SECRET,
    "STREAM_SASL_OAUTH_CLIENT_SECRET": SECRET,
    "STREAM_KAFKA_PROPERTIES": f"ssl.key.pem={SECRET}",
    "STREAM_CONSUMER_PROPERTIES": f'{{"sasl.password": "{SECRET}"}}',
    "STREAM_PRODUCER_PROPERTIES": f"sasl.password={SECRET}",
}


def test_secrets_are_not_in_what_is_printed() -> None:
    settings = load(environ=SECRETS)
    for shown in (repr(settings), str(settings), settings.model_dump_json(), repr(settings.sasl_password)):
        assert SECRET not in shown
    assert settings.sasl_password is not None
    assert settings.sasl_password.get_secret_value() == SECRET
    assert settings.kafka_properties == {"ssl.key.pem": SECRET}


def test_secrets_are_not_in_errors_about_other_settings() -> None:
    assert SECRET not in refused({**SECRETS, "STREAM_HTTP_PORT": "x"})
    assert SECRET not in refused({**SECRETS, "STREAM_SASL_MECHANISM": "PLAIN"})
    with pytest.raises(ValidationError) as caught:
        Settings(sasl_password=SECRET, sasl_mechanism="PLAIN")
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize("name", ["sasl_password", "ssl_key_password", "sasl_oauth_client_secret"])
def test_a_bad_secret_is_not_in_its_error(name: str) -> None:
    message = refused(options={name: [SECRET]})
    assert SECRET not in message
    assert "***" in message


@pytest.mark.parametrize("name", ["kafka_properties", "consumer_properties", "producer_properties"])
@pytest.mark.parametrize(
    "value",
    [
        f"sasl.password {SECRET}",
        f"sasl.password=a,{SECRET}",
        f"{{{SECRET}",
        [SECRET],
        f"acks=1, sasl.password={SECRET}",
        f'{{"acks": "{SECRET}"}}',
    ],
)
def test_properties_that_can_not_be_read_are_not_shown_in_the_error(name: str, value: object) -> None:
    assert SECRET not in refused(options={name: value})


@pytest.mark.parametrize("name", ["kafka_properties", "consumer_properties", "producer_properties"])
@pytest.mark.parametrize("ours", sorted(OURS))
def test_a_property_that_is_ours_is_refused_with_the_reason(name: str, ours: str) -> None:
    message = refused(options={name: {ours: "x"}})
    assert f"{name} may not set {ours}" in message
    assert OURS[ours] in message


@pytest.mark.parametrize(
    "text",
    ["a.b=1, c=x=y ,\n d = ", '{"a.b": 1, "c": "x=y", "d": ""}'],
)
def test_properties_are_pairs_or_json(text: str) -> None:
    assert parse_properties(text) == {"a.b": "1", "c": "x=y", "d": ""}
    assert load(environ={"STREAM_CONSUMER_PROPERTIES": text}).consumer_properties == {"a.b": "1", "c": "x=y", "d": ""}


def test_properties_in_a_file_are_a_table(tmp_path: Path) -> None:
    path = toml(tmp_path, '[kafka_properties]\n"socket.nagle.disable" = true\n"fetch.min.bytes" = 5')
    assert load(environ={}, config=path).kafka_properties == {"socket.nagle.disable": "true", "fetch.min.bytes": "5"}


def test_rule_files_are_given_with_commas() -> None:
    assert load(environ={"STREAM_RULES": "a.toml, b.toml,"}).rules == (Path("a.toml"), Path("b.toml"))


def test_settings_do_not_change() -> None:
    settings = load(environ={})
    with pytest.raises(ValidationError):
        settings.group_id = "other"  # type: ignore[misc]
    assert pickle.loads(pickle.dumps(settings)) == settings  # noqa: S301 - our own
