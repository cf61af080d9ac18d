"""Whether the compiled core was built where they have to be."""

from __future__ import annotations

import os

import pytest

from stream.core import native


def test_the_compiled_core_was_built() -> None:
    if native.compiled is None and not os.environ.get("STREAM_TEST_REQUIRE_COMPILED"):
        pytest.skip("they were not: no Rust compiler was at hand (STREAM_TEST_REQUIRE_COMPILED=1 wants them)")
    assert native.compiled is not None
    assert native.is_of_these_sources(native.compiled.STATE)
    assert not native.is_of_these_sources("another")
    assert native.NAME == "compiled"
