"""Whether a rule of a schema encrypts the text, in which case the worker cannot read it.

A schema may carry a set of rules. One of type `ENCRYPT` encrypts the fields that have one of its tags, which stand in
the schema (`confluent:tags`) or in its metadata, by the field's name. `ENCRYPT_PAYLOAD` encrypts the whole payload.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from stream.config.paths import ALL, Path

if TYPE_CHECKING:
    from confluent_kafka.schema_registry import Schema as Stored

FIELDS, PAYLOAD = "ENCRYPT", "ENCRYPT_PAYLOAD"
TAGS = "confluent:tags"


def encrypted(stored: Stored, paths: tuple[Path, ...]) -> str:
    """Say which rule encrypts the text, or one of the texts; "" if none does."""
    rules = stored.rule_set
    if rules is None:
        return ""
    every = [rule for rule in [*(rules.domain_rules or []), *(rules.encoding_rules or [])] if not rule.disabled]
    for rule in every:
        if rule.type == PAYLOAD:
            return f"its rule {rule.name!r} encrypts the whole value"
        if rule.type == FIELDS:
            for path in paths:
                name = _name(path)
                if not rule.tags or {*rule.tags} & _tags(stored, name):
                    return f"its rule {rule.name!r} encrypts the field {name!r}"
    return ""


def _name(path: Path) -> str:
    """The name of the field that the text is in: an item of a list has the name of the list."""
    return next((step for step in reversed(path.steps) if step != ALL and not step.isdigit()), path.steps[-1])


def _tags(stored: Stored, name: str) -> set[str]:
    """The tags of all fields with this name: which record a field is in does not count, to be on the safe side."""
    found: set[str] = set()
    by_field: dict[str, Any] = getattr(stored.metadata and stored.metadata.tags, "tags", None) or {}
    for pattern, tags in by_field.items():
        if fnmatchcase(name, pattern.rpartition(".")[2]):
            found.update(tags)
    text = stored.schema_str or ""
    if stored.schema_type == "PROTOBUF":
        for options in re.findall(rf"\b{re.escape(name)}\s*=\s*\d+\s*\[(.*?)\]\s*;", text, re.DOTALL):
            found.update(re.findall(r'"([^"]*)"', options))
        return found
    try:
        schema = json.loads(text)
    except (ValueError, RecursionError):
        return found
    for field in _fields(schema, name):
        listed = field.get(TAGS)
        found.update(tag for tag in (listed if isinstance(listed, list) else []) if isinstance(tag, str))
    return found


def _fields(schema: object, name: str) -> Iterator[dict[str, Any]]:
    """Every field with this name in an Avro schema, or property in a JSON Schema."""
    waiting = [schema]
    while waiting:
        here = waiting.pop()
        if isinstance(here, dict):
            properties = here.get("properties")
            if isinstance(properties, dict) and isinstance(properties.get(name), dict):
                yield properties[name]
            if here.get("name") == name and "type" in here:
                yield here
            waiting += here.values()
        elif isinstance(here, list):
            waiting += here
