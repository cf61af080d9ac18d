"""Numbers in seven bits a byte, the lowest first, as Avro and Protobuf write them."""

from __future__ import annotations

from stream.records.schemas.found import Malformed

MORE = 0x80
"""The bit that says that another byte of a number follows."""
MOST_BYTES = 10
"""A number of 64 bits has at most so many."""
_SEVEN = 0x7F


def varint(data: bytes, at: int) -> tuple[int, int]:
    """Read a number as it is written, without its sign; give it and the offset behind it."""
    number, shift, begin = data[at] & _SEVEN, 7, at
    while data[at] >= MORE:
        at += 1
        number |= (data[at] & _SEVEN) << shift
        shift += 7
        if shift > 7 * MOST_BYTES:
            msg = f"a number is longer than {MOST_BYTES} bytes"
            raise Malformed(begin, msg)
    return number, at + 1


def signed(data: bytes, at: int) -> tuple[int, int]:
    """Read a number with its sign, which is in its lowest bit (zigzag); give it and the offset behind it."""
    number = data[at]
    if number < MORE:
        return (number >> 1) ^ -(number & 1), at + 1
    number, at = varint(data, at)
    return (number >> 1) ^ -(number & 1), at


def written_varint(number: int) -> bytes:
    """Write a number that is not negative."""
    out = bytearray()
    while number >= MORE:
        out.append(number & _SEVEN | MORE)
        number >>= 7
    out.append(number)
    return bytes(out)
