"""Numbers and blocks as Avro writes them."""

from __future__ import annotations

from stream.records.schemas.found import Malformed
from stream.records.schemas.varints import signed, written_varint


def block(data: bytes, at: int, number: int, size: int | None) -> tuple[int, int, int]:
    """Read what follows the first number of a block: give its count, where its items begin, and its end if it is known.

    `size` is that of an item, if that is fixed. An end that is not known is -1.
    """
    count, end = abs(number), -1
    if number < 0:
        begin, (long, at) = at, signed(data, at)
        if not 0 <= long <= len(data) - at:
            raise bad_length(data, begin, long)
        end = at + long
        if count * size != long if size is not None else count > long:
            raise Malformed(begin, f"a block of {count:,} items is said to be {long:,} bytes long")
    elif size is not None:
        end = at + count * size
    if max(end, at if size is not None else at + count) > len(data):
        raise Malformed(at, f"a block has {count:,} items, more than the value has bytes")
    return count, at, end


def written(number: int) -> bytes:
    """Write a number as Avro does."""
    return written_varint((number << 1) ^ (number >> 63))


def bad_length(data: bytes, at: int, number: int) -> Malformed:
    """Say that a length cannot be."""
    if number < 0:
        return Malformed(at, f"a length is negative ({number:,})")
    return Malformed(at, f"a length is {number:,}, but the value ends at byte {len(data):,}")


def bad_branch(at: int, number: int, branches: int) -> Malformed:
    """Say that a union has no such branch."""
    return Malformed(at, f"a union of {branches} types has no number {number:,}")
