"""The compiled core, which is optional: it does to an article what the Python core does, to the byte, in one call.

The Python core is the specification: change it first, then its twin in `native/src` (docs/decisions/0010). The tests in
tests/property/test_native.py and tests/golden hold the two together.

    Cleaner        an article in one call, without Python's lock       core/cleaning.py         cleaning.rs
    Removals       what went, made on demand                           core/article.py          removals.rs
    RuleSet        the rules that it looks lines up in                 core/rules/              rules.rs
    Packed         what is known of a site, looked up as packed        core/packed.py           packed.rs
    sketch         what an article teaches its site                    learner/observation.py   sketch.rs
    SiteCounts     what is counted of a site                           learner/site.py          counting.rs
    trial          a new version of a profile beside another one       learner/learned.py       trial.rs
    Network        the weights by which it decides                     core/footer/network.py   network.rs
    spelled, said  a line in its lookup spelling; its words and keys   core/spelling.py, words  text.rs, words.rs
    span           where a JSON field's value stands                   records/splice.py        span.rs

`calls` makes these of Python's objects. What the compiled core knows of characters it asks of `alphabet`.

`compiled` is None where the extension was not built (no Rust compiler at installation) or was built from other sources
than those of the checkout; then the Python core does the work.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any
from zlib import crc32

compiled: Any
try:
    from stream.core.native import compiled
except ImportError:  # no Rust compiler at installation
    compiled = None

SOURCES = Path(__file__).parents[3] / "native"
HOW_TO_GET_IT = "install Rust (cargo) and then the package again, or a wheel that has it"


def state_of(sources: Path) -> str:
    """Give the checksum of the compiled core's sources; "" where there are none, as in an installed wheel."""
    found = [*sorted(sources.glob("src/*.rs")), sources / "Cargo.toml"]
    return f"{crc32(b''.join(path.read_bytes() for path in found)):08x}" if len(found) > 1 else ""


def is_of_these_sources(state: str) -> bool:
    """Whether `state`, the checksum that the extension was built with, is that of the checkout's sources, if any."""
    return state_of(SOURCES) in {state, ""}


if compiled is not None and not is_of_these_sources(compiled.STATE):
    compiled = None  # built from an older checkout; `make`, or installing again, rebuilds it

NAME = "Python" if compiled is None else "compiled"
"""Which implementation is in use, for logs and benchmarks."""


class Kept(dict[str, Any]):
    """What the compiled core makes of a value when it first needs it, by name. It goes to no other process."""

    def __reduce__(self) -> tuple[object, ...]:
        return Kept, ()


def asked(call: Callable[..., Any], *given: Any) -> Any:
    """Call the compiled core; None if it fails. A bug in it must cost no article: the Python core then takes over."""
    try:
        return call(*given)
    except RuntimeError as error:
        warnings.warn(f"{error}; the Python core does it.", RuntimeWarning, stacklevel=2)
        return None
