"""How Kafka refuses a connection, told from librdkafka's words: a sentence of ours, and what to do about it."""

from __future__ import annotations

from typing import NamedTuple

from confluent_kafka import KafkaError

AUTHENTICATION = {KafkaError._AUTHENTICATION, KafkaError.SASL_AUTHENTICATION_FAILED, KafkaError._SSL}  # noqa: SLF001


class Refusal(NamedTuple):
    """A part of librdkafka's words, and ours; `{it.…}` in them is a setting.

    `final`: trying again would not help, for nothing but this can be the cause.
    """

    says: str
    sentence: str
    fix: str
    final: bool = True


_OTHER_PORT = "or STREAM_BOOTSTRAP_SERVERS to another port."
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
        "SASL authentication error: Authentication failed",
        "Kafka at {it.bootstrap_servers} does not accept the user name or the password",
        "Check STREAM_SASL_USERNAME and STREAM_SASL_PASSWORD.",
    ),
)


def refusal_of(error: KafkaError) -> Refusal | None:
    """How Kafka refuses the connection, if that is what the error tells."""
    if error.code() not in AUTHENTICATION and error.code() != KafkaError._TRANSPORT:  # noqa: SLF001
        return None
    return next((refusal for refusal in REFUSALS if refusal.says in error.str()), None)


# What no waiting mends: a fatal error (its code is this one, `fatal()` is false), a session timeout that the
# broker does not allow, a group whose members speak another protocol; and partitions that were lost.
ENDS_THE_SESSION = {
    KafkaError._FATAL,  # noqa: SLF001
    KafkaError._MAX_POLL_EXCEEDED,  # noqa: SLF001
    KafkaError.FENCED_INSTANCE_ID,
    KafkaError.INVALID_SESSION_TIMEOUT,
    KafkaError.INCONSISTENT_GROUP_PROTOCOL,
}
