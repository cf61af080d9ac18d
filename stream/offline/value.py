"""Cleaning a value that comes from a file: the worker's own steps, without a record around it."""

from __future__ import annotations

from typing import Literal, NamedTuple

from stream.core.article import Cleaned, CleanedList, Removal
from stream.records.codec import Undecodable, decode_text
from stream.records.process import Processor


class CleanedValue(NamedTuple):
    """A value before and after. `problem` says why it could not be cleaned; then `value` is what came in."""

    value: bytes
    result: Cleaned | CleanedList | None = None
    problem: str = ""

    @property
    def paragraphs(self) -> tuple[str, ...]:
        """What stays."""
        if self.result is None:
            return ()
        return self.result.paragraphs if isinstance(self.result, CleanedList) else tuple(self.result.text.split("\n"))

    @property
    def removed(self) -> tuple[Removal, ...]:
        """What went."""
        return () if self.result is None else self.result.removed

    @property
    def withheld(self) -> tuple[Removal, ...]:
        """What stays only for the safety budget."""
        return () if self.result is None else self.result.withheld


def clean_value(
    processor: Processor, value: bytes, value_format: Literal["text", "json", "jsonl"], *, details: bool = True
) -> CleanedValue:
    """Cleans one value. Never raises, whatever the bytes are. Without `details` there may be no `result`."""
    old = decode_text(value) if value_format == "text" else processor.codec.decode(value)
    if isinstance(old, Undecodable):
        return CleanedValue(value, problem=old.message)
    rules = processor.rules_for(value if value_format != "text" else None, [])
    if not details and value_format != "text" and (found := processor.clean_compiled(value, old, rules)) is not None:
        return CleanedValue(found[0])
    result, new = processor.clean(old, rules)
    if result.removed:
        value = new.encode() if value_format == "text" and isinstance(new, str) else processor.codec.encode(value, new)
    return CleanedValue(value, result)
