"""Whether the schema registry answers and lets us ask, and where in the input's latest schema the text is."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING

from stream.config.settings import Settings
from stream.errors import RegistryUnavailable, SettingsError, StreamError
from stream.observe.check import Check
from stream.records.schema_formats import doubts, schema_format, texts_in
from stream.records.shape import Undecodable
from stream.registry.client import Client, Unresolved
from stream.registry.formats import is_used, shape_of
from stream.registry.schemas import format_of

if TYPE_CHECKING:
    from confluent_kafka.schema_registry import Schema as Stored

ASK_EVERY_S = 0.5  # the pause between two questions to a registry that does not answer at the start
VALUE = "-value"  # what the name of a topic becomes a subject by
MOST_SHOWN = 5  # paths to texts that a sentence names


def run(settings: Settings) -> Iterator[Check]:
    """Makes the checks, one after the other; none if there is no registry. The second one needs the first."""
    if not is_used(settings):
        return
    try:
        client = Client(settings)
        types = client.ask()
    except StreamError as error:
        yield Check("schema registry", str(error), error)
        return
    yield Check("schema registry", f"{client.url} answers; it takes {', '.join(types)}")
    for subject in _subjects(client, settings):
        yield _check(f"schema of {subject}", partial(_latest, client, settings, subject))


def require(settings: Settings) -> None:
    """Waits for the registry to answer, for up to `startup_timeout_s`. Raises one of our errors."""
    if not is_used(settings):
        return
    client = Client(settings)
    deadline = time.monotonic() + settings.startup_timeout_s
    while True:
        try:
            client.ask()
            return
        except RegistryUnavailable:
            if time.monotonic() + ASK_EVERY_S > deadline:
                raise
        time.sleep(ASK_EVERY_S)


def _check(name: str, answer: Callable[[], str]) -> Check:
    try:
        return Check(name, answer())
    except StreamError as error:
        return Check(name, str(error), error)


def _subjects(client: Client, settings: Settings) -> list[str]:
    """The subjects of the input topics' values: of a pattern those that the registry has."""
    if settings.inputs.pattern is None:
        return [f"{topic}{VALUE}" for topic in settings.inputs.names]
    return [name for name in client.subjects() if name.endswith(VALUE) and name.removesuffix(VALUE) in settings.inputs]


def _latest(client: Client, settings: Settings, subject: str) -> str:
    """What the latest schema says of the text. Raises `SettingsError` if it has none where the settings say."""
    found = client.latest(subject)
    if found is None:
        return f"the registry has no subject {subject}, so it is not known yet where the text is"
    version, stored = found
    kind, schema, shape = stored.schema_type or "AVRO", stored.schema_str or "", shape_of(settings)
    which = f"version {version}, {kind}"
    try:
        made = format_of(client, stored, partial(schema_format, shape=shape), shape.texts)
        wrong = made.message if isinstance(made, Undecodable) else doubts(kind, schema, shape)
    except Unresolved as error:
        wrong = str(error)
    if wrong:
        fix = _elsewhere(client, stored)
        msg = f"STREAM_TEXT_FIELD={settings.text_field} does not fit {which} of {subject}: {wrong}."
        raise SettingsError(msg, fix=fix)
    return f"{which}: {settings.text_field} is a text"


def _elsewhere(client: Client, stored: Stored) -> str:
    """A sentence that says where in a schema texts are; empty if there are none, or if the schema cannot be read."""
    kind = stored.schema_type or "AVRO"
    try:
        texts = texts_in(kind, stored.schema_str or "", {} if kind == "JSON" else client.references(stored))
    except ValueError:
        return ""
    return f"Texts are at {', '.join(texts[:MOST_SHOWN])}." if texts else ""
