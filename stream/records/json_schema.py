"""Where in a JSON Schema the texts are, as far as the schema says: values may have more than it names."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator, Sequence
from typing import Any

from stream.config.paths import ALL, Path
from stream.records.json_values import pointer

Node = dict[str, Any]
MOST_NODES = 2_000  # alternatives that are looked at for one step
MOST_DEEP = 8  # how deep texts are looked for
MOST_TEXTS = 200
COMBINED = ("allOf", "anyOf", "oneOf")


def wrong(schema: str, path: Path) -> str:
    """Say why a path does not lead to a text; "" if it does, or if the schema leaves that open."""
    root = _parsed(schema)
    here = list(_alternatives(root, root))
    for at, step in enumerate(path.steps):
        then = [node for found in here for child in _children(found, step) for node in _alternatives(child, root)]
        if not then:
            names = sorted({name for node in here for name, _ in _named(node.get("properties"))})
            if not names and not any("type" in node for node in here):
                return ""  # nothing is said of what is in it
            near = difflib.get_close_matches(step, names, n=1)
            there = "/" + "/".join(path.steps[:at]) if at else "the object"
            hint = f"; did you mean {near[0]!r}?" if near else ""
            return f"{there} has no {step!r}{hint}"
        here = then
    types = {kind for node in here for kind in _types(node)}
    if not types or "string" in types:
        return ""
    inner = [node for found in here for child in _children(found, ALL) for node in _alternatives(child, root)]
    if "array" in types and (not inner or any("string" in _types(node) for node in inner)):
        return ""
    return f"{path.written} leads to {' or '.join(sorted(types - {'null'}) or ['null'])}"


def texts(schema: str) -> list[str]:
    """Give pointers to the strings that the schema names, the shallow ones first."""
    root = _parsed(schema)
    found: dict[str, None] = {}
    level: list[tuple[str, Node]] = [("", root)]
    for _ in range(MOST_DEEP):
        below: list[tuple[str, Node]] = []
        for where, start in level[:MOST_NODES]:
            for node in _alternatives(start, root):
                if where and "string" in _types(node):
                    found[where] = None
                for name, child in _named(node.get("properties")):
                    below.append((where + pointer((name,)), child))
                if f"/{ALL}" not in where:
                    below += [(f"{where}/{ALL}", child) for child in _children(node, ALL)]
        if not below or len(found) >= MOST_TEXTS:
            break
        level = below
    return list(found)[:MOST_TEXTS]


def _parsed(schema: str) -> Node:
    try:
        root = json.loads(schema)
    except (ValueError, RecursionError):
        root = {}
    return root if isinstance(root, dict) else {}


def _alternatives(node: Node, root: Node) -> Iterator[Node]:
    """The node, and all that it refers to or is combined from."""
    waiting, seen = [node], 0
    known: set[str] = set()
    while waiting and seen < MOST_NODES:
        here = waiting.pop()
        seen += 1
        yield here
        reference = here.get("$ref")
        if isinstance(reference, str) and reference not in known:
            known.add(reference)
            waiting += [child for child in [_at(root, reference)] if isinstance(child, dict)]
        for combined in COMBINED:
            waiting += _nodes(here.get(combined))


def _at(root: Node, reference: str) -> object:
    """What a reference within the schema (`#/…`) leads to; None if there is nothing."""
    here: object = root
    if not reference.startswith("#"):
        return None
    for step in filter(None, reference[1:].split("/")):
        here = here.get(step.replace("~1", "/").replace("~0", "~")) if isinstance(here, dict) else None
    return here


def _children(node: Node, step: str) -> list[Node]:
    if step == ALL or step.isdigit():
        items = [*_nodes(node.get("prefixItems")), *_nodes(node.get("items"))]
        if items or step == ALL:
            return items
    named = dict(_named(node.get("properties")))
    if step in named:
        return [named[step]]
    return [child for child in [node.get("additionalProperties")] if isinstance(child, dict)]


def _named(properties: object) -> list[tuple[str, Node]]:
    found = properties.items() if isinstance(properties, dict) else ()
    return [(name, child) for name, child in found if isinstance(child, dict)]


def _nodes(value: object) -> list[Node]:
    listed: Sequence[object] = value if isinstance(value, list) else [value]
    return [node for node in listed if isinstance(node, dict)]


def _types(node: Node) -> list[str]:
    kind = node.get("type")
    listed = kind if isinstance(kind, list) else [kind]
    return [each for each in listed if isinstance(each, str)]
