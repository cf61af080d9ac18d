"""What the settings of a schema registry have to be like, each by itself and together."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

_LOGINS = {
    "registry_username": ("registry_password",),
    "registry_token": (),
    "registry_oauth_token_url": ("registry_oauth_client_id", "registry_oauth_client_secret"),
}
"""The ways to log in, each by the setting that it begins with, and what that needs."""
_NEEDS = {
    "registry_password": "registry_username",
    "registry_oauth_client_id": "registry_oauth_token_url",
    "registry_oauth_client_secret": "registry_oauth_token_url",
    "registry_oauth_scope": "registry_oauth_token_url",
    "registry_ssl_key": "registry_ssl_certificate",
    "registry_ssl_key_password": "registry_ssl_certificate",
}
_WITH_A_TOKEN = ("registry_logical_cluster", "registry_identity_pool")


def bad_url(url: str) -> str:
    """What is wrong with a URL; empty when nothing is."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return "it is no URL, or its port is no number up to 65535"
    if parts.scheme not in {"http", "https"} or not parts.hostname or port == 0:
        return "write http://host:port or https://host:port, with commas between several"
    if "@" in url:
        return "leave the user name and the password out of it, they have settings of their own"
    if parts.query or parts.fragment:
        return "leave out what stands behind ? or #"
    return ""


def contradiction(values: Mapping[str, object]) -> str:
    """What contradicts itself among the settings of a registry; empty when nothing does."""
    given = {name for name, value in values.items() if name.startswith("registry_") and value is not None}
    url = str(values["registry_url"] or "")
    if values["input_format"] == "registry" and not url:
        return "input_format registry needs registry_url"
    if given and not url:
        return f"{min(given)} needs registry_url"
    for name in sorted(given):
        if (needed := _NEEDS.get(name)) and needed not in given:
            return f"{name} needs {needed}"
    logins = [name for name in _LOGINS if name in given]
    if len(logins) > 1:
        return f"{logins[0]} and {logins[1]} are two ways to log in to the registry: set one"
    if missing := [name for login in logins for name in _LOGINS[login] if name not in given]:
        return f"{logins[0]} needs {missing[0]}"
    if (with_token := [name for name in _WITH_A_TOKEN if name in given]) and not {*logins} & {*list(_LOGINS)[1:]}:
        return f"{with_token[0]} needs registry_token or registry_oauth_token_url"
    if (tls := sorted(name for name in given if name.startswith("registry_ssl_"))) and "https://" not in url:
        return f"{tls[0]} needs a registry_url that begins with https://"
    if ":" in str(values["registry_username"] or ""):
        return "registry_username contains a colon, which basic authentication does not allow"
    return ""
