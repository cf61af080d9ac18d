"""Dead letters as the page shows them: no bytes of theirs are anything but text."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.config.loading import load
from stream.kafka.newest import Newest
from stream.page import letters
from stream.page.letters import MOST_HEX, MOST_TEXT, hexadecimal, listed, selection_of, shown_value, whole
from stream.page.refused import Refused
from stream.records.dead_letters import letter_headers

SETTINGS = load(environ={})
SECRET = b"The warden of the island let every one of them through"


class Letter:
    """A dead letter as the client gives it."""

    def __init__(self, value: bytes | None = SECRET, partition: int = 0, offset: int = 0, sent_ms: int = 1) -> None:
        """Make one that was no JSON."""
        self._value, self._place, self._sent_ms = value, (partition, offset), sent_ms

    def value(self) -> bytes | None:
        """Give its value."""
        return self._value

    def key(self) -> bytes:
        """Give its key."""
        return b"the-key"

    def headers(self) -> Any:
        """Give its own header and those that say what was wrong."""
        return [("trace", b"the-trace"), *letter_headers("not_json", "the value is not JSON", "articles.raw", 3, 9)]

    def timestamp(self) -> tuple[int, int]:
        """Give its time."""
        return 1, self._sent_ms

    def partition(self) -> int:
        """Give its partition."""
        return self._place[0]

    def offset(self) -> int:
        """Give its offset."""
        return self._place[1]

    def topic(self) -> str:
        """Give its topic."""
        return "articles.dead"


@pytest.fixture
def some(monkeypatch: pytest.MonkeyPatch) -> None:
    """The topic holds two."""
    found = [Letter(offset=4, sent_ms=5), Letter(partition=1, offset=2, sent_ms=9)]

    def newest(_settings: Any, _topic: str, _most: int, keep: Any, _stopping: Any) -> Any:
        return Newest([keep(letter) for letter in found], whole=True)

    monkeypatch.setattr(letters, "newest", newest)
    monkeypatch.setattr(letters, "read_one", lambda *_: found[0])


@pytest.mark.usefixtures("some")
def test_the_newest_come_first_and_are_counted_by_reason() -> None:
    told = listed(SETTINGS, lambda: False, articles=True)
    assert [(row["partition"], row["offset"]) for row in told["letters"]] == [(1, 2), (0, 4)]
    assert told["reasons"] == {"not_json": 2}
    assert told["letters"][0]["preview"].startswith("The warden")
    assert told["letters"][0]["size"] == len(SECRET)


@pytest.mark.usefixtures("some")
def test_without_permission_there_is_nothing_of_the_article() -> None:
    for told in (listed(SETTINGS, lambda: False, articles=False), whole(SETTINGS, 0, 4, articles=False)):
        for hidden in ("warden", "the-key", "the-trace"):
            assert hidden not in repr(told)
    told = whole(SETTINGS, 0, 4, articles=True)
    assert told["value"] == SECRET.decode()
    assert told["key"] == "the-key"
    assert told["headers"] == [["trace", "the-trace"]]
    assert told["from"] == "articles.raw 3:9"


def test_a_letter_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(letters, "read_one", lambda *_: None)
    with pytest.raises(Refused, match="has no record at 0:4"):
        whole(SETTINGS, 0, 4, articles=True)


def test_text_is_shown_as_text_and_all_else_in_hexadecimal_digits() -> None:
    assert shown_value(None)["kind"] == "none"
    assert shown_value("a\u202eb\x1b".encode()) == {"kind": "text", "value": r"a\u202eb\x1b", "cut": False}
    assert shown_value(b"a\x00b")["kind"] == shown_value(b"\xff")["kind"] == "hex"
    assert shown_value(b"x" * (MOST_TEXT + 1))["cut"]
    assert shown_value(b"\xff" * (MOST_HEX + 1))["cut"]
    assert hexadecimal(b"\xff<b>" + b"0" * 13).splitlines() == [
        "000000  ff 3c 62 3e 30 30 30 30 30 30 30 30 30 30 30 30  ·<b>000000000000",
        "000010  30" + " " * 47 + "0",
    ]


@given(st.binary(max_size=100))
def test_no_bytes_are_lost_in_hexadecimal_digits(value: bytes) -> None:
    digits = "".join(row[8 : 8 + 3 * 16] for row in hexadecimal(value).splitlines())
    assert bytes.fromhex(digits) == value


@given(
    st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.dictionaries(st.text(), inner))
)
def test_any_request_selects_letters_or_is_refused(asked: Any) -> None:
    with suppress(Refused):
        assert selection_of(asked) == selection_of(asked)
