"""How Kafka refuses a connection, told from librdkafka's words: a sentence of ours, and what to do about it."""

from __future__ import annotations

import json
import re
from typing import NamedTuple

from confluent_kafka import KafkaError

from stream.config.settings import Settings

AUTHENTICATION = {KafkaError._AUTHENTICATION, KafkaError.SASL_AUTHENTICATION_FAILED, KafkaError._SSL}  # noqa: SLF001


class Refusal(NamedTuple):
    """A part of librdkafka's words, a regular expression, and ours.

    In our sentence `{it.…}` is a setting and `{detail}` what the expression's group of that name found.
    `final`: trying again would not help, for nothing but this can be the cause.
    """

    says: str
    sentence: str
    fix: str
    final: bool = True

    def told(self, text: str, settings: Settings) -> str:
        """The sentence for these words."""
        found = re.search(self.says, text, re.DOTALL)
        detail = found.groupdict().get("detail", "") if found else ""
        return self.sentence.format(it=settings, detail=_in_words(detail)) + "."


def _in_words(detail: str) -> str:
    """What an identity provider answers is a JSON object with an error and its description (RFC 6749, 5.2)."""
    try:
        answer = json.loads(detail)
    except ValueError:
        answer = None
    if not isinstance(answer, dict):
        return detail.strip().rstrip(".")
    return ": ".join(str(answer[name]) for name in ("error", "error_description") if answer.get(name)).rstrip(".")


_OTHER_PORT = "or STREAM_BOOTSTRAP_SERVERS to another port."
_TOKEN = "Failed to acquire SASL OAUTHBEARER token: "  # noqa: S105 - librdkafka's words
_PROVIDER = "the identity provider at {it.sasl_oauth_token_url}"
REFUSALS = (
    Refusal(
        "certificate verify failed",
        "The certificate of Kafka at {it.bootstrap_servers} is not trusted, or not for this host name",
        "Set STREAM_SSL_CA to the file with the authority that issued it.",
    ),
    Refusal(
        "tls alert ",
        "Kafka at {it.bootstrap_servers} does not accept the worker's certificate, or misses one",
        "Set STREAM_SSL_CERTIFICATE and STREAM_SSL_KEY to a certificate that its authority has issued.",
    ),
    Refusal(
        "alert certificate required",
        "Kafka at {it.bootstrap_servers} asks for a certificate",
        "Set STREAM_SSL_CERTIFICATE and STREAM_SSL_KEY to a certificate that its authority has issued.",
    ),
    Refusal(
        "PLAINTEXT broker listener",
        "Kafka at {it.bootstrap_servers} does not speak TLS",
        f"Set STREAM_SECURITY_PROTOCOL to plaintext or sasl_plaintext, {_OTHER_PORT}",
        final=False,
    ),
    Refusal(
        "not valid in current SASL state",
        "Kafka at {it.bootstrap_servers} expects no login",
        f"Set STREAM_SECURITY_PROTOCOL to plaintext or ssl, {_OTHER_PORT}",
    ),
    Refusal(
        r"supported mechanisms: (?P<detail>[\w, -]+)",
        "Kafka at {it.bootstrap_servers} takes no login by {it.sasl_mechanism}, but by {detail}",
        "Set STREAM_SASL_MECHANISM to one of these.",
    ),
    Refusal(
        r'SASL authentication error: (?P<detail>\{"status".*\})',
        "Kafka at {it.bootstrap_servers} does not accept the token of " + _PROVIDER,
        "Do its issuer, its audience and its keys fit the broker's sasl.oauthbearer.… properties, and "
        "STREAM_SASL_OAUTH_SCOPE? The broker's log says more.",
    ),
    Refusal(
        "SASL authentication error: Authentication failed",
        "Kafka at {it.bootstrap_servers} does not accept the user name or the password",
        "Check STREAM_SASL_USERNAME and STREAM_SASL_PASSWORD.",
    ),
    Refusal(
        _TOKEN + r'(?P<detail>\{.*"error".*\})',
        "No login at Kafka, for " + _PROVIDER + " gives {it.sasl_oauth_client_id} no token: {detail}",
        "Check STREAM_SASL_OAUTH_CLIENT_ID, STREAM_SASL_OAUTH_CLIENT_SECRET and STREAM_SASL_OAUTH_SCOPE.",
    ),
    Refusal(
        _TOKEN + r"(?P<detail>[^{]*unexpired token.*)",
        "No login at Kafka, for the token of " + _PROVIDER + " has expired already: {detail}",
        "Is this machine's clock right, and the provider's?",
        final=False,
    ),
    Refusal(
        _TOKEN + r"(?P<detail>.*(JSON|JWT|did not provide an error string).*)",
        "No login at Kafka, for what " + _PROVIDER + " answers is no token: {detail}",
        "Check STREAM_SASL_OAUTH_TOKEN_URL.",
        final=False,
    ),
    Refusal(
        _TOKEN + "(?P<detail>.*)",
        "No login at Kafka, for there is no answer from " + _PROVIDER + ": {detail}",
        "Check STREAM_SASL_OAUTH_TOKEN_URL, and whether it can be reached from here.",
        final=False,
    ),
)


def refusal_of(error: KafkaError) -> Refusal | None:
    """How Kafka refuses the connection, if that is what the error tells."""
    if error.code() not in AUTHENTICATION and error.code() != KafkaError._TRANSPORT:  # noqa: SLF001
        return None
    return next((refusal for refusal in REFUSALS if re.search(refusal.says, error.str(), re.DOTALL)), None)


# What no waiting mends: a fatal error (its code is this one, `fatal()` is false), a session timeout that the
# broker does not allow, a group whose members speak another protocol; and partitions that were lost.
ENDS_THE_SESSION = {
    KafkaError._FATAL,  # noqa: SLF001
    KafkaError._MAX_POLL_EXCEEDED,  # noqa: SLF001
    KafkaError.FENCED_INSTANCE_ID,
    KafkaError.INVALID_SESSION_TIMEOUT,
    KafkaError.INCONSISTENT_GROUP_PROTOCOL,
}


def refuses(error: KafkaError) -> bool:
    """Whether the connection is refused for good: trying again would not help."""
    refusal = refusal_of(error)
    return error.code() in AUTHENTICATION if refusal is None else refusal.final


def closed(error: KafkaError) -> bool:
    """Whether this may be told of a connection that was made; one that was not is told with "Connect to"."""
    down = error.code() in (KafkaError._ALL_BROKERS_DOWN, KafkaError._TRANSPORT)  # noqa: SLF001
    return down and "Connect to" not in error.str()


def tells(error: KafkaError) -> bool:
    """Whether it says more than that nobody answers."""
    return error.code() == KafkaError._RESOLVE or refusal_of(error) is not None  # noqa: SLF001
