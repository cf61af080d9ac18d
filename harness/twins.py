"""The core without its compiled parts, for comparing the two."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from stream.core import native
from stream.core.footer.network import Network, shipped
from stream.core.rules import Rules
from stream.core.rules.topics import Signs

needs_compiled = pytest.mark.skipif(native.compiled is None, reason="the compiled parts were not built: no C compiler")


@contextmanager
def in_python() -> Iterator[None]:
    """Run the block without the compiled parts. Objects that were made with them before keep them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(native, "compiled", None)
        yield


def plain(signs: Signs) -> Signs:
    """Return the same look-ups, done in Python."""
    return signs._replace(compiled=None)


def without(network: Network) -> Network:
    """Return the same network, computed in Python."""
    return network._replace(compiled=None)


def slow(rules: Rules) -> Rules:
    """Return the same rules without compiled parts, and with empty caches."""
    return replace(rules, signs=plain(rules.signs), model=without(shipped()), for_sites={})
