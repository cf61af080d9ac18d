"""`article-stream rules`: list the footer rules, check your own, and try them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from stream.cli.console import line, output
from stream.cli.options import Config, Set, settings_from
from stream.cli.rule_files import load_rules, rules_of
from stream.core.paragraphs import split
from stream.core.rules import MAX_MARKER, Rules, builtin, fold
from stream.core.rules.credit import credited
from stream.errors import StreamError, unreadable
from stream.observe.wording import noun
from stream.offline.rows import editor_lines

app = typer.Typer(help="The footer rules: list them, check your own, see what they find.", no_args_is_help=True)
Files = Annotated[list[Path], typer.Argument(help="Rule files (TOML).")]
_SHORT_WORD = 4


@app.command("list")
def list_(
    lang: Annotated[
        str | None, typer.Option("--lang", help="Only the rules of a language: ids that begin with this and a dot.")
    ] = None,
    phrases: Annotated[bool, typer.Option("--phrases", help="With their phrases.")] = False,
    config: Config = None,
    set_: Set = None,
) -> None:
    """List the rules in force, also those of STREAM_RULES: id, kind, topic, match, number of phrases."""
    rules = load_rules(settings_from(config, set_))
    known = sorted({rule.id.partition(".")[0] for rule in rules.rules if "." in rule.id})
    if lang is not None and lang not in known:
        msg = f"There are no rules of language {lang!r}."
        raise StreamError(msg, fix=f"There are some of {', '.join(known)}.")
    listed = [rule for rule in rules.rules if lang is None or rule.id.startswith(f"{lang}.")]
    out = output()
    for rule in listed:
        where = f"  only {', '.join(rule.source)}" if rule.source else ""
        about = f"{rule.id:28} {rule.kind:8} {rule.about:10} {rule.match:8} {len(rule.phrases):4} phrases{where}"
        out.print(line(about), soft_wrap=True)
        if phrases:
            out.print(line(f"    {'; '.join(rule.phrases)}"), soft_wrap=True)
    total = "" if lang is None else f" of {len(rules.rules)}"
    out.print(f"{len(listed)}{total} rules, version {rules.version}")


@app.command()
def lint(files: Files) -> None:
    """Check rule files: report an error in them, and warn of rules that may have unwanted effects."""
    rules = rules_of(files)
    out = output()
    own = {rule.id for rule in set(rules.rules).difference(builtin().rules)}
    for warning in _surprises(rules, own):
        out.print(line(f"warning: {warning}"), soft_wrap=True)
    out.print(f"{len(files)} {noun(len(files), 'file')}: valid, version {rules.version}")


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
                yield f"{rule.id}: {phrase!r} is a short word, which an article's body may use as a subhead"


@app.command("test")
def try_(
    files: Annotated[list[Path] | None, typer.Argument(help="Rule files; none: the built-in rules.")] = None,
) -> None:
    """Try each rule on its example, with all other rules in force."""
    rules = rules_of(files or [])
    out = output()
    bad = 0
    for rule in rules.rules:
        mine = rules.for_site(rule.source[0] if rule.source else "")
        if not (mine.signs.topic(rule.example) if rule.kind == "hint" else mine.find(rule.example)):
            bad += 1
            out.print(line(f"{rule.id}: {rule.example!r} is not found"))
    if bad:
        what = "rule does not find its example" if bad == 1 else "rules do not find their examples"
        msg = f"{bad} {what}."
        raise StreamError(msg)
    out.print(f"{len(rules.rules)} rules find their examples.")


@app.command()
def explain(
    file: Annotated[Path, typer.Argument(help="An article as text.")],
    site: Annotated[str, typer.Option(help="The article's site, for rules that apply to some sites only.")] = "",
    config: Config = None,
    set_: Set = None,
) -> None:
    """Show the lines of a text that rules find, with the rules. A footer may begin at such a line, but need not."""
    rules = load_rules(settings_from(config, set_)).for_site(site)
    out = output()
    try:
        text = file.read_bytes().decode("utf-8", "replace")
    except OSError as error:
        raise StreamError(unreadable(file, error)) from None
    lines, separator = split(text)
    numbers = editor_lines(lines, separator)
    found = [(number, line_, rules.find(line_)) for number, line_ in enumerate(lines) if len(line_) <= MAX_MARKER]
    marked = [(number, line_, rule) for number, line_, rule in found if rule is not None]
    names = credited([(line_, rule.id) for _, line_, rule in marked], lines, rules)
    for (number, line_, rule), name in zip(marked, names, strict=True):
        out.print(line(f"{numbers[number]:5}  {' '.join(line_.split())}  [{name}, {rule.kind}]"), soft_wrap=True)
