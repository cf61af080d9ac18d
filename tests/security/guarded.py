"""A Kafka that allows nothing without a right, with listeners for TLS, SASL and mutual TLS."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Self

from confluent_kafka.admin import (
    AdminClient,
    ScramCredentialInfo,
    ScramMechanism,
    UserScramCredentialUpsertion,
)

from harness.kafka.server import Listener, RealKafka
from harness.processes import until
from tests.ledger import Topics, fresh_name
from tests.security.acls import LEAST_PRIVILEGE, Right, bindings, filters
from tests.security.certificates import Authority

USER, PASSWORD = "cleaner", "hunter2-of-the-tests"
LOGIN, MUTUAL = "LOGIN", "MUTUAL"
ANSWER_S = 60.0
PACKAGE = "org.apache.kafka.common.security"


class GuardedKafka:
    """One broker. Clients without a name, as the tests' own clients on the plain listener, may do everything."""

    def __init__(self, folder: Path) -> None:
        """Make the certificates; nothing is started yet."""
        self.authority = Authority(folder, "authority")
        self.stranger = Authority(folder, "stranger")
        self.client = self.authority.client(USER)
        tls = {
            "ssl.keystore.type": "PEM",
            "ssl.keystore.location": str(self.authority.server().both),
            "ssl.truststore.type": "PEM",
            "ssl.truststore.location": str(self.authority.certificate),
        }
        login = tls | {
            "sasl.enabled.mechanisms": "SCRAM-SHA-512,PLAIN",
            "scram-sha-512.sasl.jaas.config": f"{PACKAGE}.scram.ScramLoginModule required;",
            "plain.sasl.jaas.config": f'{PACKAGE}.plain.PlainLoginModule required user_{USER}="{PASSWORD}";',
        }
        self._kafka = RealKafka(
            properties={
                "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
                "super.users": "User:ANONYMOUS",
            },
            listeners=[
                Listener(LOGIN, "SASL_SSL", login),
                Listener(MUTUAL, "SSL", tls | {"ssl.client.auth": "required"}),
            ],
        )

    def __enter__(self) -> Self:
        """Start the broker and create the user."""
        self._kafka.__enter__()
        try:
            self.admin = AdminClient({"bootstrap.servers": self.plain, "log_level": 0})
            info = ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, 4096)
            user = UserScramCredentialUpsertion(USER, info, PASSWORD.encode())
            for future in self.admin.alter_user_scram_credentials([user]).values():
                future.result(ANSWER_S)
        except BaseException:
            self._kafka.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop the broker."""
        self._kafka.close()

    @property
    def plain(self) -> str:
        """The address of the listener without TLS."""
        return self._kafka.bootstrap_servers

    def topics(self) -> Topics:
        """Make fresh topics."""
        topics = Topics(self.plain, fresh_name("guarded"))
        topics.make()
        return topics

    def login(self, topics: Topics, mechanism: str = "SCRAM-SHA-512", **more: object) -> dict[str, object]:
        """The settings of a worker that logs in over TLS."""
        return topics.settings() | {
            "bootstrap_servers": self._kafka.address(LOGIN),
            "security_protocol": "sasl_ssl",
            "ssl_ca": self.authority.certificate,
            "sasl_mechanism": mechanism,
            "sasl_username": USER,
            "sasl_password": PASSWORD,
            **more,
        }

    def mutual(self, topics: Topics, **more: object) -> dict[str, object]:
        """The settings of a worker that authenticates by its certificate."""
        return topics.settings() | {
            "bootstrap_servers": self._kafka.address(MUTUAL),
            "security_protocol": "ssl",
            "ssl_ca": self.authority.certificate,
            "ssl_certificate": self.client.certificate,
            "ssl_key": self.client.key,
            **more,
        }

    def grant(
        self, topics: Topics, rights: Iterable[Right] = LEAST_PRIVILEGE, *, principal: str = f"User:{USER}"
    ) -> None:
        """Grant rights on these topics and their group, and wait until the broker knows them."""
        rights = list(rights)
        wanted = [each for right in rights for each in bindings(right, principal, topics.settings())]
        for future in self.admin.create_acls(wanted).values():
            future.result(ANSWER_S)
        for granted in (each for right in rights for each in filters(right, principal, topics.settings())):
            until(lambda: bool(self.admin.describe_acls(granted).result(ANSWER_S)), "the rights to be known")  # noqa: B023

    def take(self, topics: Topics, right: Right, *, principal: str = f"User:{USER}") -> None:
        """Revoke a right, and wait until the broker has forgotten it."""
        for future in self.admin.delete_acls(filters(right, principal, topics.settings())).values():
            assert future.result(ANSWER_S), "there was such a right"
        for taken in filters(right, principal, topics.settings()):
            until(lambda: not self.admin.describe_acls(taken).result(ANSWER_S), "the right to be gone")  # noqa: B023
