"""Footer rules: phrases as data, by language (`*.toml`), how files of them are read, and how lines are looked up.

loader   TOML files, the built-in ones and the user's, to `Rules`; the format is described there
model    `Rule`, and `Rules` that finds the lines of a text
topics   what a line is about (share buttons, related articles, legal notes, ...), for the footer model
"""

from stream.core.rules.loader import builtin, load
from stream.core.rules.model import MAX_MARKER, Kind, Match, Rule, RuleError, Rules, fold, host_of
from stream.core.rules.topics import ABOUTS, About

__all__ = [
    "ABOUTS",
    "MAX_MARKER",
    "About",
    "Kind",
    "Match",
    "Rule",
    "RuleError",
    "Rules",
    "builtin",
    "fold",
    "host_of",
    "load",
]
