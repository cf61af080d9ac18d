"""Recognises from librdkafka's messages how Kafka refuses a connection, with a sentence and a fix for each."""

from __future__ import annotations

import json
import re
from typing import NamedTuple

from confluent_kafka import KafkaError

from stream.config.settings import Settings

AUTHENTICATION = {KafkaError._AUTHENTICATION, KafkaError.SASL_AUTHENTICATION_FAILED, KafkaError._SSL}  # noqa: SLF001


class Refusal(NamedTuple):
    """One way in which a connection is refused.

    `pattern`: a regular expression that finds it in librdkafka's message. `sentence`, `fix`: ours; in the sentence
    `{settings.…}` is a setting, and `{detail}` is what the pattern's group of that name has found. `final`: whether
    another try would fail too, because the message can have no passing cause.
    """

    pattern: str
    sentence: str
    fix: str
    final: bool = True

    def sentence_for(self, text: str, settings: Settings) -> str:
        """Our sentence for a message of librdkafka's."""
        found = re.search(self.pattern, text, re.DOTALL)
        detail = found.groupdict().get("detail", "") if found else ""
        return self.sentence.format(settings=settings, detail=_in_words(detail)) + "."


def _in_words(detail: str) -> str:
    """What an identity provider has answered, in words.

    Its answer is a JSON object with an error and a description (RFC 6749, 5.2); another text is returned as it is.
    """
    try:
        answer = json.loads(detail)
    except ValueError:
        answer = None
    if not isinstance(answer, dict):
        return detail.strip().rstrip(".")
    return ": ".join(str(answer[name]) for name in ("error", "error_description") if answer.get(name)).rstrip(".")


_OTHER_PORT = "or STREAM_BOOTSTRAP_SERVERS to another port."
_TOKEN = "Failed to acquire SASL OAUTHBEARER token: "  # noqa: S105 - librdkafka's words
_PROVIDER = "the identity provider at {settings.sasl_oauth_token_url}"
REFUSALS = (
    Refusal(
        "certificate verify failed",
        "The certificate of Kafka at {settings.bootstrap_servers} is not trusted, or not for this host name",
        "Set STREAM_SSL_CA to the file with the authority that issued it.",
    ),
    Refusal(
        "tls alert ",
        "Kafka at {settings.bootstrap_servers} does not accept the worker's certificate, or requires one",
        "Set STREAM_SSL_CERTIFICATE and STREAM_SSL_KEY to a certificate that its authority has issued.",
    ),
    Refusal(
        "alert certificate required",
        "Kafka at {settings.bootstrap_servers} requires a certificate",
        "Set STREAM_SSL_CERTIFICATE and STREAM_SSL_KEY to a certificate that its authority has issued.",
    ),
    Refusal(
        "PLAINTEXT broker listener",
        "Kafka at {settings.bootstrap_servers} does not speak TLS",
        f"Set STREAM_SECURITY_PROTOCOL to plaintext or sasl_plaintext, {_OTHER_PORT}",
        final=False,
    ),
    Refusal(
        "not valid in current SASL state",
        "Kafka at {settings.bootstrap_servers} expects no login",
        f"Set STREAM_SECURITY_PROTOCOL to plaintext or ssl, {_OTHER_PORT}",
    ),
    Refusal(
        r"supported mechanisms: (?P<detail>[\w, -]+)",
        "Kafka at {settings.bootstrap_servers} does not accept logins by {settings.sasl_mechanism}, only by {detail}",
        "Set STREAM_SASL_MECHANISM to one of these.",
    ),
    Refusal(
        r'SASL authentication error: (?P<detail>\{"status".*\})',
        "Kafka at {settings.bootstrap_servers} does not accept the token of " + _PROVIDER,
        "Check that its issuer, audience and keys match the broker's sasl.oauthbearer.… properties, and check "
        "STREAM_SASL_OAUTH_SCOPE. The broker's log says more.",
    ),
    Refusal(
        "SASL authentication error: Authentication failed",
        "Kafka at {settings.bootstrap_servers} does not accept the user name or the password",
        "Check STREAM_SASL_USERNAME and STREAM_SASL_PASSWORD.",
    ),
    Refusal(
        _TOKEN + r'(?P<detail>\{.*"error".*\})',
        "Cannot log in to Kafka, because " + _PROVIDER + " gives {settings.sasl_oauth_client_id} no token: {detail}",
        "Check STREAM_SASL_OAUTH_CLIENT_ID, STREAM_SASL_OAUTH_CLIENT_SECRET and STREAM_SASL_OAUTH_SCOPE.",
    ),
    Refusal(
        _TOKEN + r"(?P<detail>[^{]*unexpired token.*)",
        "Cannot log in to Kafka, because the token of " + _PROVIDER + " has already expired: {detail}",
        "Check the clocks of this machine and of the provider.",
        final=False,
    ),
    Refusal(
        _TOKEN + r"(?P<detail>.*(JSON|JWT|did not provide an error string).*)",
        "Cannot log in to Kafka, because the answer of " + _PROVIDER + " is not a token: {detail}",
        "Check STREAM_SASL_OAUTH_TOKEN_URL.",
        final=False,
    ),
    Refusal(
        _TOKEN + "(?P<detail>.*)",
        "Cannot log in to Kafka, because there is no answer from " + _PROVIDER + ": {detail}",
        "Check STREAM_SASL_OAUTH_TOKEN_URL, and that it can be reached from this machine.",
        final=False,
    ),
)


def refusal_of(error: KafkaError) -> Refusal | None:
    """How Kafka refuses the connection; None if the error does not report a refusal that we know."""
    if error.code() not in AUTHENTICATION and error.code() != KafkaError._TRANSPORT:  # noqa: SLF001
        return None
    return next((refusal for refusal in REFUSALS if re.search(refusal.pattern, error.str(), re.DOTALL)), None)


# Errors of the consumer that do not pass while the session lasts.
ENDS_THE_SESSION = {
    KafkaError._FATAL,  # noqa: SLF001 - a fatal error reported as an event: `fatal()` is false there
    KafkaError._MAX_POLL_EXCEEDED,  # noqa: SLF001 - the partitions are lost
    KafkaError.FENCED_INSTANCE_ID,
    KafkaError.INVALID_SESSION_TIMEOUT,
    KafkaError.INCONSISTENT_GROUP_PROTOCOL,
}


def refuses(error: KafkaError) -> bool:
    """Whether the connection is refused for good, so that another try would fail too."""
    refusal = refusal_of(error)
    return error.code() in AUTHENTICATION if refusal is None else refusal.final


def closed(error: KafkaError) -> bool:
    """Whether the error may be that of a connection that was made and then closed.

    librdkafka's message contains "Connect to" if the connection could not be made at all.
    """
    down = error.code() in (KafkaError._ALL_BROKERS_DOWN, KafkaError._TRANSPORT)  # noqa: SLF001
    return down and "Connect to" not in error.str()


def tells(error: KafkaError) -> bool:
    """Whether the error says more than that there is no answer."""
    return error.code() == KafkaError._RESOLVE or refusal_of(error) is not None  # noqa: SLF001
