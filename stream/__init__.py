r"""article-stream: raw articles in, cleaned articles out, exactly once.

The way of an article through the rooms:

    Kafka                 kafka/                      worker/            kafka/                        Kafka
    articles.raw ──► source (consumer, a thread) ──► Faust's agent ──► sink (producer, a thread) ──► articles.clean
                                                       │     ▲           one transaction: outputs,     articles.dead
                                                       ▼     │           dead letters, offsets
                                          records/   record → article → outcome
                                                       │     ▲
                                                       ▼     │
                                             core/   repeats, footer → cleaned text, with reasons

    cli/      one file a command             demo/    an embedded broker with articles for `article-stream demo`
    page/     the worker's live page
    offline/  the same cleaning on files     observe/ metrics, logs
    registry/ schemas, from a registry
    learner/  what the articles of a site have in common
    config/   the settings                   errors   one tree of errors, each a sentence with its fix

What may import what: a room imports only rooms on the lines below its own, and `core` imports none at all.

    cli
    worker
    page
    demo
    kafka | registry | offline
    observe
    records
    learner
    core | config
    errors

`make check` fails on any other import. docs/architecture.md says what each room promises, and what to touch for a new
rule, command, setting or reason.

As a library, without Kafka:

    >>> from stream import clean
    >>> clean("The ferry runs all winter, the board said on Monday.\n\nAdvertisement\n\nIt leaves at six.").text
    'The ferry runs all winter, the board said on Monday.\n\nIt leaves at six.'

With what a site's other articles tell about it:

    >>> from stream import Profiles
    >>> profiles = Profiles()
    >>> new = profiles.learn("The harbour is closed today.\n\nTo be continued.", "https://example.org/harbour")
    >>> profile = profiles.of("https://example.org/ferry")
    >>> clean("The ferry runs all winter, the board said on Monday.", profile=profile).text
    'The ferry runs all winter, the board said on Monday.'
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from stream._version import __version__
    from stream.core.article import Cleaned, CleanedList, Removal
    from stream.core.cleaning import clean, clean_list
    from stream.core.restoring import restore, restore_list
    from stream.core.rules.loader import load as load_rules
    from stream.core.rules.model import Rule, RuleError, Rules
    from stream.core.sites import Profile
    from stream.learner.profiles import Profiles

__all__ = [
    "Cleaned",
    "CleanedList",
    "Profile",
    "Profiles",
    "Removal",
    "Rule",
    "RuleError",
    "Rules",
    "__version__",
    "clean",
    "clean_list",
    "load_rules",
    "restore",
    "restore_list",
]

_HOMES = {
    "__version__": "stream._version",
    "Cleaned": "stream.core.article",
    "CleanedList": "stream.core.article",
    "Profile": "stream.core.sites",
    "Profiles": "stream.learner.profiles",
    "Removal": "stream.core.article",
    "Rule": "stream.core.rules",
    "RuleError": "stream.core.rules",
    "Rules": "stream.core.rules",
    "clean": "stream.core.cleaning",
    "clean_list": "stream.core.cleaning",
    "restore": "stream.core.restoring",
    "restore_list": "stream.core.restoring",
}


if not TYPE_CHECKING:  # a type checker knows the names from the imports above, and that there are no others

    def __getattr__(name: str) -> object:
        """The public names, loaded when one is first asked for: the command line starts without the core."""
        if name == "load_rules":
            found: object = import_module("stream.core.rules").load
        elif name in _HOMES:
            found = getattr(import_module(_HOMES[name]), name)
        else:
            msg = f"module 'stream' has no attribute {name!r}"
            raise AttributeError(msg)
        globals()[name] = found
        return found


def __dir__() -> list[str]:
    """The public names, whether they were loaded or not."""
    return sorted(__all__)
