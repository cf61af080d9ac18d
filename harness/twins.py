"""The core without its compiled twin, for comparing the two."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from stream.core import native
from stream.core.footer.network import Network, shipped
from stream.core.rules import Rules

needs_compiled = pytest.mark.skipif(native.compiled is None, reason="the compiled core was not built: no Rust compiler")


@contextmanager
def in_python() -> Iterator[None]:
    """Run the block without the compiled core. Networks that were made with it before keep it."""
    shipped()  # made once in a process, and not without it only because the first to ask is in here
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(native, "compiled", None)
        yield


def without(network: Network) -> Network:
    """Return the same network, computed in Python."""
    return network._replace(compiled=None)


def slow(rules: Rules) -> Rules:
    """Return the same rules with a network in Python, so that articles are cleaned in Python, too."""
    return rules.with_model(without(shipped()))
