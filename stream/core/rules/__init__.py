"""Footer rules: phrases as data, one file a language (`*.toml`), and how lines are looked up in them.

loader   reads TOML files, the built-in ones and the user's, into `Rules`; describes the format
model    `Rule` is one rule, `Rules` a set of them that finds the lines it matches
topics   what a line says about itself (share buttons, related articles, legal notes, ...), for the footer model
"""

from stream.core.rules.loader import builtin, load
from stream.core.rules.model import MAX_MARKER, Kind, Match, Rule, RuleError, Rules, fold, host_of, spelled_host
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
    "spelled_host",
]
