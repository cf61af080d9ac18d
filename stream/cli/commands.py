"""All commands by name, each imported when it is used; and what the command line says of a wrong option or argument."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from stream.cli.lazy import HELP_WIDTH, Entry, LazyGroup

# What typer raises for a wrong option, argument or command; it has no name of its own for all of them.
UsageError: type[Exception] = typer.BadParameter.mro()[1]
USAGE = 2  # exit code

COMMANDS = {
    "demo": Entry("stream.cli.demo", "demo", "Watch the worker clean sample articles on an embedded broker."),
    "worker": Entry("stream.cli.worker", "worker", "Clean articles from one topic into another until told to stop."),
    "clean": Entry("stream.cli.clean", "clean", "Clean articles in files, without Kafka."),
    "learn": Entry("stream.cli.learn", "learn", "Learn what sites repeat, on Kafka or from articles in files."),
    "sites": Entry("stream.cli.sites", "app", "List the sites that were learned; show, approve, reject what is known."),
    "send": Entry("stream.cli.send", "send", "Publish articles from files to an input topic."),
    "check": Entry("stream.cli.check", "check", "Check that the worker can start."),
    "health": Entry("stream.cli.health", "health", "Ask a running worker on this machine whether it is healthy."),
    "settings": Entry("stream.cli.settings", "settings", "Show every setting, its value and where it was set."),
    "evaluate": Entry("stream.cli.evaluate", "evaluate", "Measure the cleaning on labelled pages."),
    "rules": Entry("stream.cli.rules", "app", "List the footer rules, check your own, see what they find."),
    "topics": Entry("stream.cli.topics", "app", "Create the topics that the worker needs."),
    "dead-letters": Entry("stream.cli.dead_letters", "app", "List, show and replay records that could not be cleaned."),
}


class ReaderGoneError(Exception):
    """Whoever reads our output has gone. Typer would make an exit code of the `BrokenPipeError` itself."""


class Commands(LazyGroup):
    """All commands."""

    entries = COMMANDS

    def invoke(self, ctx: Any) -> Any:
        """Runs the command."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            raise ReaderGoneError from None


app = typer.Typer(
    name="article-stream",
    cls=Commands,
    help="Removes repeated paragraphs and footers from news articles: exactly once between Kafka topics, or in files.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": HELP_WIDTH},
)


def _version(wanted: bool) -> None:
    if wanted:
        from stream._version import __version__

        print(f"article-stream {__version__}")  # noqa: T201
        raise typer.Exit


@app.callback()
def _main(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    pass


def run() -> Any:
    """Runs the command that the arguments of this process name; gives the exit code, None for 0.

    Raises `BrokenPipeError` where whoever reads our output has gone.
    """
    from stream.kafka.interrupts import interruptible

    interruptible()
    try:
        return app(prog_name=app.info.name, standalone_mode=False)
    except UsageError as error:
        _say_usage(error)
        return USAGE
    except ReaderGoneError:
        raise BrokenPipeError from None


def _say_usage(error: Any) -> None:
    """One line instead of the frame that Typer would draw around the same words."""
    if type(error).__name__ == "NoArgsIsHelpError":  # the help has been printed already
        return
    command = error.ctx.command_path if error.ctx else app.info.name
    from stream.cli.console import say_error

    say_error(f"{error.format_message().rstrip('.')}. Run `{command} --help` for usage.")
