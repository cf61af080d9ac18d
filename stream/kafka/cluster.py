"""What a cluster answers before anything is read or written: brokers, topics and their settings, what we may do."""

from __future__ import annotations

import logging
import time
from typing import Any

from confluent_kafka import KafkaError, KafkaException, TopicCollection
from confluent_kafka.admin import AclOperation, AdminClient, ConfigResource, ResourceType

from stream.config.settings import Settings
from stream.errors import KafkaUnavailable, NotAuthorized, StreamError, TopicMissing
from stream.kafka import client
from stream.kafka.found import existing
from stream.kafka.refusals import closed, refuses, tells

waiting_log = logging.getLogger("stream.waiting")  # a command shows these lines, whatever else it keeps quiet about

ANSWER_S = 10.0  # how long a broker may take for one answer; a user who waits longer thinks that the command hangs
GRACE_S = 5.0  # what we wait beyond that, so that the client's own timeout comes first: its error names the cause
CONNECT_CALL_S = 0.5  # how long one attempt waits for an answer; after each it is seen whether Kafka refuses us
SAY_AFTER_S = 1.0  # a user who waits for longer is told what the command waits for
DEFAULT_LARGEST_BYTES = 1_048_588  # Kafka's own default of max.message.bytes
EMBEDDED = "mockCluster"  # how the cluster id of librdkafka's embedded broker begins; it answers no admin requests


class Cluster:
    """An admin client, which also remembers the errors that librdkafka reports outside of any call.

    Constructing it raises `SettingsError` if librdkafka does not accept the settings. `metadata`: what the cluster has
    answered to `connect`.
    """

    def __init__(self, settings: Settings) -> None:
        client.validate(settings)
        self.settings = settings
        self._reported: list[KafkaError] = []
        self.admin = AdminClient(client.common(settings, on_error=self._reported.append))
        self.metadata: Any = None

    def connect(self) -> None:
        """Waits for an answer, for up to `startup_timeout_s`. Raises the most telling of the errors met."""
        it, began, said = self.settings, time.monotonic(), False
        deadline = began + it.startup_timeout_s
        while True:
            try:
                self.metadata = self.admin.list_topics(timeout=min(CONNECT_CALL_S, self.settings.startup_timeout_s))
            except KafkaException as raised:
                self.admin.poll(0)
                # Refused credentials stay refused, so there is no point in waiting; an address may still answer later.
                final = next((error for error in self._reported if refuses(error)), None)
                telling = next((error for error in self._reported if tells(error)), None)
                if final is not None or time.monotonic() > deadline:
                    if telling is None and self._reported and all(map(closed, self._reported)):
                        raise self._closes() from None
                    if not self._reported and self.settings.sasl_oauth_token_url:
                        raise self._no_token() from None
                    error = final or telling or client.error_of(raised)
                    raise client.explain(error, self.settings, doing="connecting") from None
                if not said and time.monotonic() >= began + SAY_AFTER_S:
                    said = True
                    waiting_log.info(
                        "Waiting for Kafka at %s (up to %g s).", it.bootstrap_servers, it.startup_timeout_s
                    )
            else:
                return

    def explain(self, raised: KafkaException, *, doing: str) -> StreamError:
        """Our error for one that a call has raised. `doing` completes "while …".

        If the call only got no answer, the last error that librdkafka has reported outside of it may say why.
        """
        self.admin.poll(0)
        error = client.error_of(raised)
        if error.code() in (KafkaError._TRANSPORT, KafkaError._TIMED_OUT):  # noqa: SLF001
            error = next((reported for reported in reversed(self._reported) if tells(reported)), error)
        return client.explain(error, self.settings, doing=doing)

    def _closes(self) -> KafkaUnavailable:
        """The error for the case that every connection was made and then closed, as a port that expects TLS does."""
        protocol, servers = self.settings.security_protocol, self.settings.bootstrap_servers
        fix = f"Is STREAM_SECURITY_PROTOCOL={protocol} right? Kafka may expect TLS, or a login, on this port."
        return KafkaUnavailable(f"Kafka at {servers} closes the connection without an answer.", fix=fix)

    def _no_token(self) -> KafkaUnavailable:
        """The error for the case that librdkafka has not even connected, because it has no OAuth token.

        It reports nothing then: while the provider answers with a server error, it asks again and again.
        """
        url, timeout_s = self.settings.sasl_oauth_token_url, self.settings.startup_timeout_s
        msg = f"The identity provider at {url} gave no token within {timeout_s:g} s."
        return KafkaUnavailable(msg, fix="Check STREAM_SASL_OAUTH_TOKEN_URL, and the provider's log.")

    @property
    def embedded(self) -> bool:
        """Whether this is the embedded broker."""
        return str(self.metadata.cluster_id).startswith(EMBEDDED)

    def inputs(self) -> list[str]:
        """The input topics that exist; if there is only one by its name, that, whether it exists or not."""
        return self.settings.inputs.among(existing(self.metadata))

    def topic(self, name: str, operation: AclOperation | None = None) -> Any:
        """A topic's metadata. Raises `TopicMissing`, or `NotAuthorized`, which names `operation` if it is given."""
        found = self.admin.list_topics(topic=name, timeout=ANSWER_S).topics.get(name)
        if found is None or (found.error is not None and found.error.code() in client.MISSING):
            fix = "`article-stream topics create` creates it."
            msg = f"The topic {name} does not exist."
            raise TopicMissing(msg, fix=fix)
        if found.error is not None:
            if operation is not None and found.error.code() == KafkaError.TOPIC_AUTHORIZATION_FAILED:
                raise forbidden(operation, f"the topic {name}")
            raise client.explain(found.error, self.settings, doing=f"looking at the topic {name}")
        return found

    def settings_of(self, name: str) -> dict[str, str]:
        """A topic's settings; empty if we are not allowed to see them, and on the embedded broker."""
        if self.embedded:
            return {}
        asked = self.admin.describe_configs([ConfigResource(ResourceType.TOPIC, name)], request_timeout=ANSWER_S)
        try:
            (future,) = asked.values()
            entries = future.result(ANSWER_S + GRACE_S).items()
            return {setting: entry.value for setting, entry in entries if entry.value is not None}
        except KafkaException:
            return {}

    def largest_bytes(self, name: str) -> int:
        """A topic's `max.message.bytes`, or Kafka's default if it is not known.

        Too high a value is harmless: a transaction that the broker refuses is split until the refused record is found.
        """
        return int(self.settings_of(name).get("max.message.bytes", DEFAULT_LARGEST_BYTES))

    def may(self, name: str, operation: AclOperation) -> None:
        """Raises `NotAuthorized` if the broker says that we are not allowed this operation on the topic."""
        asked = self.admin.describe_topics(
            TopicCollection([name]), include_authorized_operations=True, request_timeout=ANSWER_S
        )
        allowed = asked[name].result(ANSWER_S + GRACE_S).authorized_operations
        if allowed is not None and operation not in allowed:
            raise forbidden(operation, f"the topic {name}")

    def may_read_group(self, group: str) -> None:
        """Raises `NotAuthorized` if the broker says that we are not allowed to join the group."""
        asked = self.admin.describe_consumer_groups(
            [group], include_authorized_operations=True, request_timeout=ANSWER_S
        )
        try:
            allowed = asked[group].result(ANSWER_S + GRACE_S).authorized_operations
        except KafkaException as raised:
            if client.error_of(raised).code() == KafkaError.GROUP_AUTHORIZATION_FAILED:
                raise forbidden(AclOperation.READ, f"the group {group}") from None
            return  # the group was never used, or has no coordinator yet, for which `checks` waits
        if allowed is not None and AclOperation.READ not in allowed:
            raise forbidden(AclOperation.READ, f"the group {group}")


def forbidden(operation: AclOperation, resource: str) -> NotAuthorized:
    """The error for a missing right: this operation on `resource`, as "the topic articles.raw"."""
    return NotAuthorized(f"Kafka forbids {operation.name} on {resource}.", fix="Grant it.")
