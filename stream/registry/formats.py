"""The schemas of a worker's settings: where their texts are, and the registry that they come from."""

from __future__ import annotations

from functools import partial

from stream.config.paths import path_of, paths_of
from stream.config.settings import Settings
from stream.records.schema_formats import schema_format
from stream.records.shape import Shape
from stream.registry.client import Client
from stream.registry.schemas import Asked, Known


def known_schemas(settings: Settings) -> Known | None:
    """The schemas of the registry, none of them asked for yet; None if there is no registry, or it is not to be used.

    Raises `SettingsError`.
    """
    if not is_used(settings):
        return None
    shape = shape_of(settings)
    return Known(Client(settings), partial(schema_format, shape=shape), shape.texts)


def is_used(settings: Settings) -> bool:
    """Whether records may name a schema of a registry."""
    return settings.registry_url is not None and settings.input_format in {"auto", "registry"}


def asked_schemas(settings: Settings) -> Asked | None:
    """The same for a command, which may wait for the registry. Raises `SettingsError`."""
    known = known_schemas(settings)
    return None if known is None else Asked(known)


def shape_of(settings: Settings) -> Shape:
    """Where the settings say that the texts are, and the name of the site."""
    return Shape(paths_of(settings.text_field), path_of(settings.source_field))
