"""Settings of a schema registry that contradict each other are refused in a sentence, and no secret is shown."""

from __future__ import annotations

import pytest

from stream.cli.settings import settings as command
from stream.config.loading import load
from stream.errors import SettingsError

SECRET = "hunter2-never-to-be-seen"  # noqa: S105 - made up
URL = {"registry_url": "https://registry:8081/apis/ccompat/v7"}
USER = {"registry_username": "me", "registry_password": SECRET}
OAUTH = {
    "registry_oauth_token_url": "https://login/token",
    "registry_oauth_client_id": "id",
    "registry_oauth_client_secret": SECRET,
}
CERTIFICATE = {"registry_ssl_certificate": "a.pem", "registry_ssl_key": "a.key", "registry_ssl_key_password": SECRET}


def without(options: dict[str, str], name: str) -> dict[str, str]:
    return {key: value for key, value in options.items() if key != name}


@pytest.mark.parametrize(
    "options",
    [
        {},
        URL | {"input_format": "registry"},
        {"registry_url": "http://a:1 , https://b"},
        URL | USER | CERTIFICATE,
        URL | {"registry_token": SECRET, "registry_logical_cluster": "lsrc-1"},
        URL | OAUTH | {"registry_oauth_scope": "read", "registry_identity_pool": "p"},
    ],
)
def test_what_fits_together(options: dict[str, str]) -> None:
    settings = load(options, environ={})
    assert SECRET not in repr(settings)
    assert " " not in (settings.registry_url or "")


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"input_format": "registry"}, "input_format registry needs registry_url"),
        (USER, "registry_password needs registry_url"),
        (URL | without(USER, "registry_password"), "registry_username needs registry_password"),
        (URL | without(USER, "registry_username"), "registry_password needs registry_username"),
        (URL | USER | {"registry_username": "a:b"}, "registry_username contains a colon"),
        (URL | USER | {"registry_token": SECRET}, "registry_username and registry_token are two ways to log in"),
        (URL | OAUTH | {"registry_token": SECRET}, "registry_token and registry_oauth_token_url are two ways"),
        (URL | USER | OAUTH, "registry_username and registry_oauth_token_url are two ways"),
        *(
            (URL | without(OAUTH, name), f"registry_oauth_token_url needs {name}")
            for name in OAUTH
            if name != "registry_oauth_token_url"
        ),
        (URL | without(OAUTH, "registry_oauth_token_url"), "registry_oauth_client_id needs registry_oauth_token_url"),
        (URL | {"registry_oauth_scope": "x"}, "registry_oauth_scope needs registry_oauth_token_url"),
        (URL | USER | {"registry_identity_pool": "x"}, "registry_identity_pool needs registry_token or"),
        (URL | without(CERTIFICATE, "registry_ssl_certificate"), "registry_ssl_key needs registry_ssl_certificate"),
        ({"registry_url": "http://a", "registry_ssl_ca": "a.pem"}, "registry_ssl_ca needs a registry_url that begins"),
        ({"registry_url": "registry:8081"}, "write http://host:port or https://host:port"),
        ({"registry_url": "http://a,"}, "write http://host:port or https://host:port"),
        ({"registry_url": "http://a:b"}, "it is no URL, or its port is no number"),
        ({"registry_url": "http://a/?x=1"}, "leave out what stands behind ?"),
        ({"registry_url": f"http://me:{SECRET}@a"}, "leave the user name and the password out of it"),
        ({"registry_url": f"http://me:/{SECRET}@a"}, "leave the user name and the password out of it"),
        (URL | OAUTH | {"registry_oauth_token_url": "login/token"}, "write http://host:port or https://host:port"),
    ],
)
def test_what_does_not(options: dict[str, str], sentence: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load(options, environ={})
    assert sentence in str(caught.value)
    assert SECRET not in str(caught.value)


def test_the_environment_is_read_and_secrets_are_masked(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in {**URL, **USER, **CERTIFICATE}.items():
        monkeypatch.setenv(f"STREAM_{name.upper()}", value)
    command()
    shown = capsys.readouterr().out
    assert "https://registry:8081/apis/ccompat/v7" in shown
    assert SECRET not in shown
