"""The command line: one file a command, and what all have in common.

    commands                        all commands by name, each imported when it is used
    lazy, options                   help and imports of commands; the options that several have
    console                         where output goes, in colours or plain
    cleaning                        what `clean` does, without Typer
    differences, explain, shorten   what is shown of an article
    replay, plot, rule_files        parts of `dead-letters`, of `evaluate`, and of all commands that read rules

Typer takes longer to import than a small file to clean, so the plainest calls are told without it: `clean FILE ...`
where nothing is set, and `--version`.
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from stream.errors import StreamError

SCARCE = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EMFILE, errno.ENFILE, errno.EAGAIN, errno.ENOMEM}
"""The system has run out of something: not a bug, and no traceback."""
COMPLETES = "_ARTICLE_STREAM_COMPLETE"
"""A variable by which a shell asks Typer how a word goes on."""
INTERRUPTED = 130  # exit code


def main() -> None:
    """Runs a command; an error that a user can make ends in one sentence and its exit code."""
    try:
        sys.exit(_run(sys.argv[1:], os.environ))
    except StreamError as error:
        _say(str(error))
        sys.exit(error.exit_code)
    except BrokenPipeError:
        sys.stderr.close()  # whoever read our output has gone, as `head` does
        sys.exit(0)
    except OSError as error:
        if error.errno not in SCARCE:
            raise
        _say(f"The system reports: {error.strerror}. The output written so far is incomplete.")
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # what is left to write would fail again
        sys.exit(1)


def _run(arguments: Sequence[str], environ: Mapping[str, str]) -> Any:
    """Runs what the arguments ask for; gives the exit code, None for 0."""
    if arguments == ["--version"]:
        from stream._version import __version__

        print(f"article-stream {__version__}")  # noqa: T201
        return 0
    if cleans_only(arguments, environ):
        from stream.cli.cleaning import clean_files
        from stream.config.light import DEFAULTS

        try:
            clean_files(DEFAULTS, [Path(name) for name in arguments[1:]])
        except KeyboardInterrupt:
            return INTERRUPTED
        return 0
    from stream.cli.commands import run

    return run()


def cleans_only(arguments: Sequence[str], environ: Mapping[str, str]) -> bool:
    """Whether these are the arguments of `clean` without any option, and nothing is set."""
    # On Windows Typer puts the names of files in place of `*.txt`, which a shell does elsewhere.
    if arguments[:1] != ["clean"] or os.name == "nt" or any(argument.startswith("-") for argument in arguments):
        return False
    from stream.config.light import is_set

    return not is_set(environ) and COMPLETES not in environ


def _say(error: str) -> None:
    from stream.cli.console import say_error

    say_error(error)
