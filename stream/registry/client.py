"""Questions to the schema registry. Each is answered, or raises `RegistryUnavailable` or `RegistryRefused`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from stream.config.settings import Settings
from stream.errors import RegistryRefused, RegistryUnavailable, SettingsError, StreamError
from stream.records.framing import SchemaId
from stream.registry.configuration import configuration

if TYPE_CHECKING:
    from confluent_kafka.schema_registry import Schema as Stored

Answer = TypeVar("Answer")
FORBIDDEN = (401, 403)
LATER = (408, 425, 429)  # a status that says nothing about what was asked
REFUSALS = range(400, 500)
MOST_REFERENCES = 200
"""The most schemas that one schema may refer to, directly or not. Google's whole API has fewer for any one message."""


class Reference(NamedTuple):
    """A schema that another one refers to by a name of its own: a version of a subject."""

    name: str
    subject: str
    version: int


class Unresolved(ValueError):
    """A schema cannot be used, because one that it refers to is missing, or because it refers to too many."""


class Client:
    """A schema registry. Each question takes one request, or more with references, and may block for seconds."""

    def __init__(self, settings: Settings) -> None:
        """Connects to nothing yet. Raises `SettingsError`."""
        try:
            from confluent_kafka.schema_registry import SchemaRegistryClient  # noqa: PLC0415 - optional, and slow
            from confluent_kafka.schema_registry.error import (  # noqa: PLC0415
                OAuthTokenError,
                SchemaRegistryError,
            )
        except ImportError as error:
            msg = f"STREAM_REGISTRY_URL needs article-stream[registry] ({error})."
            raise SettingsError(msg, fix="Install it: pip install 'article-stream[registry]'.") from None
        self.url = settings.registry_url or ""
        self._asked_error, self._token_error = SchemaRegistryError, OAuthTokenError
        try:
            self._client = SchemaRegistryClient(configuration(settings))
        except (OSError, ValueError) as error:  # a file of a certificate, or what is in it
            msg = f"The client of the schema registry refuses its settings: {error}."
            raise SettingsError(msg, fix="Correct STREAM_REGISTRY_URL and STREAM_REGISTRY_SSL_….") from None

    def ask(self) -> list[str]:
        """The types of schemas that the registry takes: that it answers, and lets us ask."""
        try:
            types: list[str] = self._asked(self._client.get_schema_types)
        except self._asked_error as error:
            raise self._explained(error) from None
        return types

    def schema(self, schema: SchemaId) -> Stored | None:
        """The schema with this id or GUID; None if the registry does not know it."""
        if isinstance(schema, int):
            found = self._found(lambda: self._client.get_schema(schema))
        else:
            found = self._found(lambda: self._client.get_schema_by_guid(schema))
        if found is not None and found.schema_str is None:
            raise self._explained(ValueError("its answer holds no schema"))
        return found

    def latest(self, subject: str) -> tuple[int, Stored] | None:
        """The number and the schema of a subject's latest version; None if there is no such subject."""
        found: Any = self._found(lambda: self._client.get_latest_version(subject))
        return None if found is None else (found.version, found.schema)

    def subjects(self) -> list[str]:
        """The names of all subjects, in order."""
        try:
            return sorted(self._asked(self._client.get_subjects))
        except self._asked_error as error:
            raise self._explained(error) from None

    def subject_of(self, schema: SchemaId) -> str:
        """The subject, and its version, in which a schema is registered; "" if the registry cannot say."""
        if not isinstance(schema, int):
            return ""
        found: Any = self._found(lambda: self._client.get_schema_versions(schema))
        return f"{found[0].subject} version {found[0].version}" if found else ""

    def references(self, stored: Stored) -> dict[str, str]:
        """The text of every schema that this one refers to, directly or not, by the name it is referred to.

        Raises `Unresolved`.
        """
        texts: dict[str, str] = {}
        waiting = _references(stored)
        while waiting:
            wanted = waiting.pop()
            if wanted.name in texts:
                continue
            if len(texts) == MOST_REFERENCES:
                msg = f"it refers to more than {MOST_REFERENCES} schemas"
                raise Unresolved(msg)
            found: Any = self._found(self._version(wanted))
            if found is None:
                msg = f"it refers to {wanted.name}, but there is no version {wanted.version} of {wanted.subject}"
                raise Unresolved(msg)
            texts[wanted.name] = found.schema.schema_str or ""
            waiting += _references(found.schema)
        return texts

    def _version(self, wanted: Reference) -> Callable[[], object]:
        return lambda: self._client.get_version(wanted.subject, wanted.version, deleted=True)

    def _found(self, question: Callable[[], Answer]) -> Answer | None:
        """The answer; None if the registry refuses the question although it is well."""
        try:
            return self._asked(question)
        except self._asked_error:
            self.ask()  # something else than a registry, in its place for a while, would know no schema at all
            return None

    def _asked(self, question: Callable[[], Answer]) -> Answer:
        """The answer. Raises the client's own error if the registry refuses the question, else one of ours."""
        try:
            return question()
        except self._asked_error as error:
            status = error.http_status_code
            if status in REFUSALS and status not in FORBIDDEN and status not in LATER:
                raise
            raise self._explained(error) from None
        except StreamError:
            raise
        except Exception as error:  # noqa: BLE001 - which package its HTTP errors come from changes with its version
            raise self._explained(error) from None

    def _explained(self, error: Exception) -> StreamError:
        """One of our errors for what the client has raised."""
        refused = isinstance(error, self._token_error)
        why = str(error).rstrip(".") or type(error).__name__
        if isinstance(error, self._asked_error):
            refused = error.http_status_code in FORBIDDEN
            why = f"it answers with status {error.http_status_code}"
        if refused:
            fix = "Check the credentials in STREAM_REGISTRY_…."
            return RegistryRefused(f"The schema registry at {self.url} refuses us ({why}).", fix=fix)
        fix = "Is STREAM_REGISTRY_URL right, with its path if it has one?"
        if "CERTIFICATE_VERIFY" in why:
            fix = "STREAM_REGISTRY_SSL_CA names a file with the authorities to trust."
        return RegistryUnavailable(f"No answer from the schema registry at {self.url} ({why}).", fix=fix)


def _references(stored: Stored) -> list[Reference]:
    found = stored.references or []
    return [Reference(each.name or "", each.subject or "", each.version or 0) for each in found]
