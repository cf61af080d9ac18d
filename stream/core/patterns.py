"""Regular expressions that are compiled when they are first used: most starts of a command need few of them."""

from __future__ import annotations

import re
from typing import Any, AnyStr, cast


class _Pattern:
    """Becomes like the compiled pattern when it is first asked for anything; from then on it costs no more."""

    def __init__(self, pattern: str | bytes, flags: int) -> None:
        self._given: Any = (pattern, flags)

    def __getattr__(self, name: str) -> Any:
        compiled = re.compile(*self._given)
        vars(self).update({each: getattr(compiled, each) for each in dir(compiled) if each[:1] != "_"})
        return getattr(compiled, name)


def pattern(text: AnyStr, flags: int = 0) -> re.Pattern[AnyStr]:
    """Do what `re.compile` does, but later. A mistake in `text` is found when it is first used, too."""
    return cast("re.Pattern[AnyStr]", _Pattern(text, flags))
