"""The settings as confluent-kafka's client of a schema registry takes them."""

from __future__ import annotations

from typing import Any

from pydantic import SecretStr

from stream.config.settings import Settings

ANSWER_S = 5.0
"""How long one address may take to answer, in seconds.

The source's thread waits for it, so it must be far below the five minutes in which a consumer has to ask for records
again. Trade: a registry that is slower than this counts as away. Worst case: with three addresses a batch is 15 s late.
"""


def configuration(settings: Settings) -> dict[str, Any]:
    """The configuration. The client's own retries are off, because a worker that waits must go on to talk to Kafka."""
    config: dict[str, Any] = {"url": settings.registry_url, "timeout": ANSWER_S, "max.retries": 0}
    given = {
        "ssl.ca.location": settings.registry_ssl_ca,
        "ssl.certificate.location": settings.registry_ssl_certificate,
        "ssl.key.location": settings.registry_ssl_key,
        "ssl.key.password": settings.registry_ssl_key_password,
    }
    config |= {name: _plain(value) for name, value in given.items() if value is not None}
    if settings.registry_username is not None:
        config["basic.auth.user.info"] = f"{settings.registry_username}:{_plain(settings.registry_password)}"
    return config | _bearer(settings)


def _bearer(settings: Settings) -> dict[str, Any]:
    """What goes with a token, given or asked for. The client insists on a logical cluster, which others ignore."""
    if settings.registry_token is not None:
        config = {
            "bearer.auth.credentials.source": "STATIC_TOKEN",
            "bearer.auth.token": _plain(settings.registry_token),
        }
    elif settings.registry_oauth_token_url is not None:
        config = {
            "bearer.auth.credentials.source": "OAUTHBEARER",
            "bearer.auth.issuer.endpoint.url": settings.registry_oauth_token_url,
            "bearer.auth.client.id": settings.registry_oauth_client_id or "",
            "bearer.auth.client.secret": _plain(settings.registry_oauth_client_secret),
            "bearer.auth.scope": settings.registry_oauth_scope or "",
        }
    else:
        return {}
    config["bearer.auth.logical.cluster"] = settings.registry_logical_cluster or ""
    if settings.registry_identity_pool is not None:
        config["bearer.auth.identity.pool.id"] = settings.registry_identity_pool
    return config


def _plain(value: object) -> str:
    return value.get_secret_value() if isinstance(value, SecretStr) else str(value)
