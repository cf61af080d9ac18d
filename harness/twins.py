"""The same code without its compiled parts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from stream.core import native
from stream.core.footer.model import Model, shipped
from stream.core.rules import Rules
from stream.core.rules.topics import Signs

needs_compiled = pytest.mark.skipif(native.compiled is None, reason="the compiled parts were not built: no C compiler")


@contextmanager
def in_python() -> Iterator[None]:
    """Run without the compiled parts, but for what was made with them before."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(native, "compiled", None)
        yield


def plain(signs: Signs) -> Signs:
    """Give the same look-ups in Python."""
    return signs._replace(compiled=None)


def without(model: Model) -> Model:
    """Give the same model in Python."""
    return model._replace(line_reader=None, compiled=None)


def slow(rules: Rules) -> Rules:
    """Give the same rules without anything compiled."""
    return replace(rules, signs=plain(rules.signs), model=without(shipped()), seen={}, for_sites={})
