"""Records that somebody made to do harm: each shape in any size, so that growth can be measured."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import orjson

PROSE = "The ferry to the outer islands was cancelled again on Monday. Nobody at the quay was surprised by it at all."
OPEN, CLOSE = b'{"text":', b"}"


def article(text: str) -> bytes:
    """Make a record of a text."""
    return orjson.dumps({"text": text})


def text_last(before: bytes) -> bytes:
    """Make a record whose text, with a repeat in it, stands behind something.

    The field's name stands in it twice, so that the whole record has to be walked.
    """
    return b'{"z":"text","a":' + before + b',"text":' + orjson.dumps(f"{PROSE}\n{PROSE}") + b"}"


def _as_json(make: Callable[[int], str]) -> Callable[[int], bytes]:
    return lambda size: article(make(size))


def _late_end(size: int) -> str:
    """Make a marker of nearly every line, then prose that says that the body goes on, then short lines."""
    body = [f"{PROSE} {number}." for number in range(30)]
    return "\n".join([*body, *["Advertisement", "You may also like"] * size, PROSE, f"{PROSE} No.", *["a"] * size])


def _padded(size: int) -> str:
    """Make lines that stand first with much white space in them, then often without."""
    first = [f"x{number}{' ' * size}y" for number in range(6)]
    return "\n".join([*first, *(f"x{number % 6} y\nq{number}" for number in range(size))])


TEXTS: Mapping[str, Callable[[int], str]] = {
    "one word lines": lambda size: "\n".join(f"w{number}" for number in range(size)),
    "the same word": lambda size: "word\n" * size,
    "one line": lambda size: "word " * size,
    "spaces": lambda size: f"a{' ' * size}b\nc",
    "blank lines": lambda size: "a" + "\n" * size + "a",
    "blank lines between": lambda size: f"{PROSE}\n\n \n" * size,
    "the same paragraph": lambda size: "\n".join([PROSE] * size),
    "two paragraphs": lambda size: "\n".join([PROSE, f"{PROSE} Two."] * size),
    "a refrain": lambda size: "\n".join(f"{PROSE} {number}.\nla la" for number in range(size)),
    "markers": lambda size: "\n".join([PROSE, *["Share", "Tweet", "Advertisement"] * size]),
    "links": lambda size: "\n".join([PROSE, *["Read more:", "- a link"] * size]),
    "colons": lambda size: f"{PROSE}\n" + ": | " * size,
    "a late end": _late_end,
    "padded lines": _padded,
    "carriage returns": lambda size: "a\r" * size + "\na",
    "separators": lambda size: "\u2028\u2029\r" * size,
    "marks in disorder": lambda size: "a" + "\u0301" * size + "\u0316" * size + "\nb",
    "marks that are two": lambda size: "a" + "\u0f73" * size + "\nb",
    "bidirectional marks": lambda size: "\u202e\u2066" * size + "\n\u202c",
    "control characters": lambda size: "\x00\x1b[31m\x7f\u0085" * size,
    "emoji": lambda size: "\U0001f600\u200d\ufe0f" * size + "\n" + PROSE,
    "ideographs": lambda size: "渡轮再次停航。\n" * size,
    "unspaced words": lambda size: "เรือข้ามฟาก" * size + "\nb",
}

VALUES: Mapping[str, Callable[[int], bytes]] = {
    "the text last": lambda size: text_last(b"[" + b",".join([b"1.5"] * size) + b"]"),
    "names before": lambda size: text_last(b"{" + b",".join(b'"n%d":1' % n for n in range(size)) + b"}"),
    "the same name": lambda size: b"{" + b'"text":"x",' * size + b'"text":"%b\\n%b"}' % ((PROSE.encode(),) * 2),
    "escaped name": lambda size: (
        b'{"a":"%b","t\\u0065xt":"%b\\n%b"}' % (b"\\u0041" * size, PROSE.encode(), PROSE.encode())
    ),
    "quotes": lambda size: text_last(b'"' + b'\\"' * size + b'"'),
    "backslashes": lambda size: text_last(b'"' + b"\\\\" * size + b'"'),
    "backslashes in the text": lambda size: b'{"z":"text","text":"%b"}' % (b"\\\\\\n" * size),
    "brackets": lambda size: text_last(b"[" + b",".join([b"[]"] * size) + b"]"),
    "brackets in a string": lambda size: text_last(b'"' + b'[{:,\\"]' * size + b'"'),
    "white space": lambda size: b'{"text":"text","text"' + b" " * size + b':"%b\\n%b"}' % ((PROSE.encode(),) * 2),
    "white space at the end": lambda size: article(f"{PROSE}\n{PROSE}") + b" " * size,
    "depth": lambda size: text_last(b"[" * size + b"]" * size),
    "depth, unclosed": lambda size: b"[" * size,
    "a long number": lambda size: text_last(b"1" + b"0" * size),
    "a long decimal": lambda size: text_last(b"0." + b"1" * size),
    "broken at the end": lambda size: OPEN + orjson.dumps("word\n" * size),
    "bytes that are no UTF-8": lambda size: OPEN + b'"' + b"a" * size + b'\xff"}',
    "not UTF-8 at all": lambda size: b"\xff" * size,
    "a list": lambda size: orjson.dumps({"text": [PROSE, "Share", " "] * size}),
    **{f"text: {name}": _as_json(make) for name, make in TEXTS.items()},
}
