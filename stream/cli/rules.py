"""Rule files: `article-stream rules`, and their errors in the command line's manner."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated

import typer

from stream.cli.console import line, output
from stream.cli.options import Config, Set, settings_from
from stream.config.settings import Settings
from stream.core.paragraphs import split
from stream.core.rules import MAX_MARKER, RuleError, Rules, fold, load
from stream.errors import SettingsError, StreamError

app = typer.Typer(help="The footer rules: list them, check your own, see what they find.", no_args_is_help=True)
Files = Annotated[list[Path], typer.Argument(help="Rule files (TOML).")]
_SHORT_WORD = 4


def load_rules(settings: Settings) -> Rules:
    """The built-in rules and those of the user's files. Raises `SettingsError`."""
    return _load(settings.rules, whole_page=settings.whole_page)


def _load(paths: Sequence[Path], *, whole_page: bool = True) -> Rules:
    try:
        return load(paths, whole_page=whole_page)
    except OSError as error:
        msg = f"STREAM_RULES: {error.filename} can not be read: {error.strerror}."
        raise SettingsError(msg) from None
    except RuleError as error:
        msg = f"STREAM_RULES: {error}"
        raise SettingsError(msg) from None


@app.command("list")
def list_(
    lang: Annotated[str | None, typer.Option("--lang", help="Only rules whose id begins with this and a dot.")] = None,
    phrases: Annotated[bool, typer.Option("--phrases", help="With their phrases.")] = False,
    config: Config = None,
    set_: Set = None,
) -> None:
    """List the rules in force, those of STREAM_RULES too: id, kind, topic, how a line is matched, phrases."""
    rules = load_rules(settings_from(config, set_))
    out = output()
    for rule in rules.rules:
        if lang is None or rule.id.startswith(f"{lang}."):
            where = f"  only {', '.join(rule.source)}" if rule.source else ""
            about = f"{rule.id:28} {rule.kind:8} {rule.about:10} {rule.match:8} {len(rule.phrases):4} phrases{where}"
            out.print(line(about), soft_wrap=True)
            if phrases:
                out.print(line(f"    {'; '.join(rule.phrases)}"), soft_wrap=True)
    out.print(f"{len(rules.rules)} rules, version {rules.version}")


@app.command()
def lint(files: Files) -> None:
    """Check rule files: what makes them unusable is an error, what may surprise is said."""
    rules = _load(files)
    out = output()
    own = {rule.id for rule in set(rules.rules).difference(load().rules)}
    for warning in _surprises(rules, own):
        out.print(line(f"warning: {warning}"), soft_wrap=True)
    out.print(f"{len(files)} {'file' if len(files) == 1 else 'files'}: valid, version {rules.version}")


def _surprises(rules: Rules, own: set[str]) -> Iterator[str]:
    known = {fold(phrase): rule.id for rule in rules.rules if rule.id not in own for phrase in rule.phrases}
    for rule in rules.rules:
        if rule.id not in own:
            continue
        for phrase in rule.phrases:
            folded = fold(phrase)
            if folded in known:
                yield f"{rule.id} takes {phrase!r} over from {known[folded]}"
            elif rule.kind in ("section", "notice") and " " not in folded and len(folded) <= _SHORT_WORD:
                yield f"{rule.id}: {phrase!r} is a short word, which a body may use as a subhead"


@app.command("test")
def try_(
    files: Annotated[list[Path] | None, typer.Argument(help="Rule files; none: the built-in rules.")] = None,
) -> None:
    """Try each rule on its example, with all the others in force."""
    rules = _load(files or [])
    out = output()
    bad = 0
    for rule in rules.rules:
        mine = rules.for_site(rule.source[0] if rule.source else "")
        if not (mine.signs.topic(rule.example) if rule.kind == "hint" else mine.find(rule.example)):
            bad += 1
            out.print(line(f"{rule.id}: {rule.example!r} is not found"))
    if bad:
        msg = f"{bad} of {len(rules.rules)} rules do not find their example."
        raise StreamError(msg)
    out.print(f"{len(rules.rules)} rules find their examples.")


@app.command()
def explain(
    file: Annotated[Path, typer.Argument(help="An article as text.")],
    site: Annotated[str, typer.Option(help="The site it is of, for rules that are for some sites alone.")] = "",
    config: Config = None,
    set_: Set = None,
) -> None:
    """Show the lines of a text that a rule finds, and the rule: where a footer may begin, not where it does."""
    rules = load_rules(settings_from(config, set_)).for_site(site)
    out = output()
    try:
        lines, _ = split(file.read_bytes().decode("utf-8", "replace"))
    except OSError as error:
        msg = f"{file} can not be read: {error.strerror}."
        raise StreamError(msg) from None
    for number, text in enumerate(lines, 1):
        rule = rules.find(text) if len(text) <= MAX_MARKER else None
        if rule is not None:
            out.print(line(f"{number:5}  {' '.join(text.split())}  [{rule.id}, {rule.kind}]"), soft_wrap=True)
