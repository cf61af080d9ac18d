"""A Typer group that imports a command's module only when the command is used, and help as plain text with colours.

Typer's own help with frames is drawn by Rich, whose import takes longer than everything else that `--help` does.
"""

from __future__ import annotations

import re
import sys
from importlib import import_module
from os import environ
from typing import TYPE_CHECKING, Any, NamedTuple

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

if TYPE_CHECKING:
    # Typer's base classes have no public names of their own.
    ClickContext = Any
    ClickFormatter = Any

BOLD, CYAN, PLAIN = "\x1b[1m", "\x1b[36m", "\x1b[0m"
_HEADING = re.compile(r"^([A-Z][A-Za-z ]*):", re.MULTILINE)
_OPTION = re.compile(r"(?<![\w-])(--?[a-z][\w-]*)")
_COMMAND = re.compile(r"^  ([a-z][\w-]*)(?=  |$)", re.MULTILINE)
HELP_WIDTH = 100
"""Columns of the help at the most; a narrower terminal makes it narrower."""


class Entry(NamedTuple):
    """Where a command is defined, and its one line in the list of commands.

    `name` is a function, or a `typer.Typer` that holds commands of its own.
    """

    module: str
    name: str
    summary: str


class Command(TyperCommand):
    """A command whose help is coloured on a terminal."""

    def get_help(self, ctx: ClickContext) -> str:
        """The help text."""
        return coloured(super().get_help(ctx))


class Group(TyperGroup):
    """A group whose help is coloured on a terminal."""

    def get_help(self, ctx: ClickContext) -> str:
        """The help text."""
        return coloured(super().get_help(ctx))

    def format_commands(self, ctx: ClickContext, formatter: ClickFormatter) -> None:
        """Writes the list of commands with the whole first paragraph of their help, where Typer cuts it short."""
        found = [(name, self.get_command(ctx, name)) for name in self.list_commands(ctx)]
        with formatter.section("Commands"):
            formatter.write_dl([(name, " ".join((it.help or "").split("\n\n")[0].split())) for name, it in found if it])


class LazyGroup(Group):
    """The group of all commands; a subclass sets `entries`, by name in the order of the help."""

    entries: dict[str, Entry]

    def list_commands(self, ctx: ClickContext) -> list[str]:  # noqa: ARG002 - the base class has it
        """The names of the commands."""
        return list(self.entries)

    def get_command(self, ctx: ClickContext, cmd_name: str) -> Any:  # noqa: ARG002
        """The command with this name, imported now; None where there is none."""
        entry = self.entries.get(cmd_name)
        return None if entry is None else load(cmd_name, entry)

    def format_commands(self, ctx: ClickContext, formatter: ClickFormatter) -> None:  # noqa: ARG002
        """Writes the list of commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, entry.summary) for name, entry in self.entries.items()])


def load(name: str, entry: Entry) -> Any:
    """Imports a command, or a group of commands, and gives what Typer makes of it."""
    found = getattr(import_module(entry.module), entry.name)
    if not isinstance(found, typer.Typer):
        app = typer.Typer(add_completion=False, rich_markup_mode=None)
        app.command(name, cls=Command)(found)
        return get_command(app)
    found.rich_markup_mode = None
    found.info.cls = Group
    for command in found.registered_commands:
        command.cls = Command
    found._add_completion = False  # noqa: SLF001 - the whole program has it already
    group = get_command(found)
    group.name = name
    return group


def coloured(text: str) -> str:
    """A help text with colours for headings, options and commands, where standard output is a terminal."""
    if not sys.stdout.isatty() or "NO_COLOR" in environ:
        return text
    text = _HEADING.sub(rf"{BOLD}\1:{PLAIN}", text)
    text = _OPTION.sub(rf"{CYAN}\1{PLAIN}", text)
    return _COMMAND.sub(rf"  {CYAN}\1{PLAIN}", text)
