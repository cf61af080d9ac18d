"""The command line: one file a command. Heavy modules are imported by the command that needs them."""

from __future__ import annotations

import errno
import os
import sys
from typing import Annotated, Any

import typer

from stream._version import __version__
from stream.cli import check, clean, dead_letters, demo, evaluate, rules, send, settings, topics, worker
from stream.cli.console import errors, line
from stream.errors import StreamError

SCARCE = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EMFILE, errno.ENFILE, errno.EAGAIN, errno.ENOMEM}
"""What the system has no more of is nobody's mistake in the code."""

# What typer raises for a wrong option, argument or command; it has no name of its own for all of them.
UsageError: type[Exception] = typer.BadParameter.mro()[1]
USAGE = 2  # exit code

app = typer.Typer(
    name="article-stream",
    help="Raw articles in, cleaned articles out: repeated paragraphs and footers go, exactly once, through Kafka.",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        print(f"article-stream {__version__}")  # noqa: T201
        raise typer.Exit


@app.callback()
def _main(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    pass


app.command("demo")(demo.demo)
app.command("worker")(worker.worker)
app.command("clean")(clean.clean)
app.command("send")(send.send)
app.command("check")(check.check)
app.command("settings")(settings.settings)
app.command("evaluate")(evaluate.evaluate)
app.add_typer(rules.app, name="rules")
app.add_typer(topics.app, name="topics")
app.add_typer(dead_letters.app, name="dead-letters")


def main() -> None:
    """Runs a command; an error that a user can make ends in one sentence and its exit code."""
    try:
        sys.exit(app(standalone_mode=False))
    except StreamError as error:
        _say(str(error))
        sys.exit(error.exit_code)
    except UsageError as error:
        _say_usage(error)
        sys.exit(USAGE)
    except BrokenPipeError:
        sys.stderr.close()  # the reader of our output has gone, as `head` does
        sys.exit(0)
    except OSError as error:
        if error.errno not in SCARCE:
            raise
        _say(f"The system says: {error.strerror}. What is written so far is not whole.")
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # what is left to write would fail again
        sys.exit(1)


def _say(error: str) -> None:
    errors().print(line(("error:", "bold red"), f" {error}"), soft_wrap=True)


def _say_usage(error: Any) -> None:
    """What typer would draw a frame around, with whatever the user wrote in it."""
    if type(error).__name__ == "NoArgsIsHelpError":  # the help stands there already
        return
    command = error.ctx.command_path if error.ctx else app.info.name
    _say(f"{error.format_message().rstrip('.')}. `{command} --help` says what there is.")
