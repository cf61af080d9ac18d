"""Reading a record's headers where the name of one may be no text.

Kafka's headers have names of UTF-8, but no broker looks whether they are. Where one is not, confluent-kafka's
`Message.headers()` (2.10 to 2.16) gives a list that holds no names while an exception is set, which then shows itself
anywhere: the interpreter looks whether one is set after some calls only. It always does after a call that C makes
through the public interface, as `functools.partial` does, so the exception is raised there and then.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

UNREADABLE = (UnicodeDecodeError, SystemError)
"""What `READ` raises where a header's name is not UTF-8."""


class _Readers(dict[type, Callable[[Any], Any]]):
    """By a record's class, what reads its headers."""

    def __missing__(self, kind: type) -> Callable[[Any], Any]:
        self[kind] = reader = partial(kind.headers)  # type: ignore[attr-defined]  # every record's class has it
        return reader


READ = _Readers()
"""`READ[type(record)](record)` gives a record's headers in order, or None; raises `UNREADABLE`. See `readable`."""


def reason(record: Any, error: BaseException) -> str:
    """What was wrong with the headers, as `READ` has raised it; from now on the record says that it has none.

    Before, it would give the list without names, which nobody may look into.
    """
    if isinstance(error, SystemError):
        record.set_headers([])
        error = error.__cause__ or error
    return f"the name of a header is not UTF-8 ({getattr(error, 'reason', error)})"


def readable(record: Any) -> list[tuple[str, bytes | None]] | None:
    """A record's headers, in order; None where they can not be read, for the name of one is not UTF-8."""
    try:
        return READ[type(record)](record) or []
    except UNREADABLE as error:
        reason(record, error)
        return None
