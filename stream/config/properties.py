"""librdkafka properties that a user may pass through, and those that article-stream sets itself."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated

from pydantic import PlainSerializer

Properties = Annotated[
    dict[str, str],
    # Any property may be a secret (sasl.password, ssl.key.pem…), so none is shown.
    PlainSerializer(lambda value: dict.fromkeys(value, "***")),
]

_SETTING = "use the setting {}"
_GUARANTEE = "the delivery guarantee depends on it"
OURS: Mapping[str, str] = {
    "bootstrap.servers": _SETTING.format("bootstrap_servers"),
    "metadata.broker.list": _SETTING.format("bootstrap_servers"),
    "group.id": _SETTING.format("group_id"),
    "group.instance.id": _SETTING.format("instance_id"),
    "group.protocol": _SETTING.format("group_protocol"),
    "compression.type": _SETTING.format("compression"),
    "compression.codec": _SETTING.format("compression"),
    "auto.offset.reset": _SETTING.format("start_at"),
    "session.timeout.ms": _SETTING.format("session_timeout_ms"),
    "transaction.timeout.ms": _SETTING.format("transaction_timeout_ms"),
    "enable.auto.commit": _GUARANTEE,
    "enable.auto.offset.store": _GUARANTEE,
    "enable.idempotence": _GUARANTEE,
    "enable.partition.eof": "article-stream needs it to measure the lag",
    "enable.gapless.guarantee": _GUARANTEE,
    "isolation.level": _GUARANTEE,
    "partition.assignment.strategy": "article-stream needs cooperative-sticky",
    "transactional.id": "it is made from group_id and the partitions that a worker owns",
    "acks": _GUARANTEE,
    "request.required.acks": _GUARANTEE,
    "max.in.flight": _GUARANTEE,
    "max.in.flight.requests.per.connection": _GUARANTEE,
}


_LOGIN = ("sasl_username", "sasl_password")
_TOKEN = ("sasl_oauth_token_url", "sasl_oauth_client_id", "sasl_oauth_client_secret")
_OTHER_TOKENS = ("sasl.oauthbearer.", "enable.sasl.oauthbearer.")


def missing_for_login(mechanism: str | None, values: Mapping[str, object], properties: Mapping[str, str]) -> str:
    """The first setting that a login mechanism needs and that is missing, as is librdkafka's property for it.

    Empty when nothing is missing.
    """
    names = {None: (), "OAUTHBEARER": _TOKEN}.get(mechanism, _LOGIN)
    if names is _TOKEN and any(name.startswith(_OTHER_TOKENS) for name in properties):
        return ""  # librdkafka knows more ways to get a token than there are settings
    missing = (name for name in names if values[name] is None and name.replace("_", ".") not in properties)
    return next(missing, "")


def parse_properties(value: object) -> dict[str, str]:
    """`name=value, name=value`, a JSON object, or a table of a settings file, as a dictionary of strings.

    Raises `ValueError` that says which part cannot be read, and shows none of them.
    """
    if isinstance(value, str):
        text = value.strip()
        if text.startswith("{"):
            try:
                value = json.loads(text)
            except json.JSONDecodeError as error:
                msg = f"not a JSON object ({error.msg} at character {error.pos})"
                raise ValueError(msg) from None
        else:
            return dict(_pair(n, part) for n, part in enumerate(text.replace("\n", ",").split(","), 1) if part.strip())
    if not isinstance(value, Mapping):
        msg = "write name=value, name=value or a JSON object"
        raise ValueError(msg)  # noqa: TRY004 - the settings library turns only ValueError into a message
    return {str(name): _text(item) for name, item in value.items()}


def _pair(number: int, part: str) -> tuple[str, str]:
    name, equals, value = part.partition("=")
    if not equals or not name.strip():
        # Not shown: it may be the rest of a password with a comma in it.
        msg = f"part {number} of the list is not name=value; to write a value with a comma, use a JSON object"
        raise ValueError(msg)
    return name.strip(), value.strip()


def _text(item: object) -> str:
    return str(item).lower() if isinstance(item, bool) else str(item)
