"""The site of an article, from the object that it comes in."""

from __future__ import annotations

from typing import Any

from stream.learner.address import site_of
from stream.records.codec import JsonCodec
from stream.records.json_values import find

ADDRESSES = ("url", "link", "canonical_url")
"""The fields in which an article's own address is looked for."""


def site_in(codec: JsonCodec, value: bytes) -> str:
    """Give the site that an article's source field names, or else the host of its address; "" if there is neither.

    A source field that holds another name than a host's ("The Halsey Herald") names no site; then the address tells.
    """
    return site_among(codec, codec.fields(value))


def site_among(codec: JsonCodec, fields: dict[str, Any]) -> str:
    """Give the same of an object that was parsed already."""
    steps = codec.shape.source.steps
    named = fields.get(steps[0]) if len(steps) == 1 else find(fields, steps)
    if type(named) is str and (site := site_of(named)):
        return site
    for address in map(fields.get, ADDRESSES):
        if type(address) is str and (site := site_of(address)):
            return site
    return ""
