"""Print the reference tables that are made from the code: settings, metrics, commands.

`--write` puts them into the pages of `docs/`, `--check` tells whether the pages hold them as they are now. In a page
a table stands between `<!-- NAME -->` and `<!-- /NAME -->`; everything around it is written by hand.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, get_args

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import typer  # noqa: E402 - what is imported from the repository has to be found without an installation too

from stream.cli.commands import app  # noqa: E402
from stream.config.light import PREFIX  # noqa: E402
from stream.config.settings import Settings  # noqa: E402
from stream.core.rules import builtin  # noqa: E402
from stream.learner.partitions import Partitions  # noqa: E402
from stream.observe.metrics import PREFIX as METRICS_PREFIX  # noqa: E402
from stream.observe.metrics import GroupReading, Metrics, PartitionReading  # noqa: E402
from stream.observe.sites_metrics import LearnerMetrics, WorkerSitesMetrics  # noqa: E402
from stream.records.dead_letters import REASONS  # noqa: E402
from stream.records.input_partition import InputPartition  # noqa: E402
from stream.records.outcomes import Outcomes  # noqa: E402

EVENTS = ("assigned", "revoked", "lost", "skipped", "session", "aborted")
STAGES = ("clean", "learn", "produce", "offsets", "commit", "deliver")


def main() -> int:
    """Return 1 where `--check` finds another table in a page, or a page has no place for one."""
    parser = argparse.ArgumentParser(description="The reference tables that are made from the code.")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--write", action="store_true", help="put them into the pages")
    what.add_argument("--check", action="store_true", help="tell whether the pages hold them")
    parser.add_argument("--docs", type=Path, default=ROOT / "docs", metavar="FOLDER", help="the pages' folder")
    asked = parser.parse_args()
    problems = 0
    for name, (page, lines) in TABLES.items():
        text = "\n".join(lines())
        if not (asked.write or asked.check):
            sys.stdout.write(f"{text}\n\n")
            continue
        problem = _put(asked.docs / page, name, text, write=asked.write)
        if problem:
            problems += 1
            sys.stderr.write(f"{problem}\n")
    return 1 if problems else 0


def _put(page: Path, name: str, text: str, *, write: bool) -> str:
    """Put a table into its page, or only compare; a sentence about what is wrong, or nothing."""
    begin, end = f"<!-- {name} -->", f"<!-- /{name} -->"
    old = page.read_text(encoding="utf-8")
    before, found, rest = old.partition(begin)
    _, also_found, after = rest.partition(end)
    if not (found and also_found):
        return f"{page.name} has no {begin} … {end}."
    new = f"{before}{begin}\n{text}\n{end}{after}"
    if write:
        page.write_text(new, encoding="utf-8")
    elif new != old:
        return f"{page.name} no longer says what the code says: python tools/reference.py --write"
    return ""


def settings() -> Iterator[str]:
    """Give the table of all settings, in the order of their definition."""
    yield "| variable | default | what it is |"
    yield "|---|---|---|"
    for name, field in Settings.model_fields.items():
        about = field.description or ""
        limits = " to ".join(f"{limit:,}" for limit in _limits(field.metadata))
        if choices := [choice for choice in _choices(field.annotation) if choice != field.default]:
            also = "one of" if field.default is None else "also"
            about += f"; {also} {', '.join(f'`{choice}`' for choice in choices)}"
        elif limits:
            about += f" ({limits})" if " to " in limits else f" (at least {limits})"
        yield f"| `{PREFIX}{name.upper()}` | {_shown(field.default)} | {about} |"


def _choices(annotation: Any) -> list[str]:
    """The values of a `Literal`, alone or beside None."""
    found: list[str] = []
    for part in get_args(annotation):
        found += [part] if isinstance(part, str) else _choices(part)
    return found


def _limits(metadata: list[Any]) -> list[int]:
    """The smallest and the largest number allowed, where there are such limits."""
    smallest = [item.ge for item in metadata if hasattr(item, "ge")]
    largest = [item.le for item in metadata if hasattr(item, "le")]
    return [limit for limit in smallest + largest if isinstance(limit, int)]


def _shown(default: object) -> str:
    if default is None or default in ((), {}, ""):
        return "–"
    if isinstance(default, bool):
        return f"`{str(default).lower()}`"
    return f"`{default:g}`" if isinstance(default, float) else f"`{default}`"


def metrics() -> Iterator[str]:
    """Give the table of all metrics, sorted by name: of a worker, and a learner, to which everything has happened."""
    place = InputPartition("", 0)
    worker = Metrics(
        lambda: [PartitionReading(place, 1, 2, 1, 0)],
        lambda: GroupReading(0, {place: 1}),
        dict.fromkeys(("version", "librdkafka", "core", "input_topic", "output_topic", "group_id"), ""),
        rules_version="",
    )
    worker.show_health(lambda: dict.fromkeys(("live", "ready", "publishing", "learning"), True))
    for event in EVENTS:
        worker.event(event, 1)
    for stage in STAGES:
        worker.stage(stage, 1)
    worker.rules_refused()
    WorkerSitesMetrics(worker.registry, int, int)
    LearnerMetrics(worker.registry, lambda: Partitions(builtin(), hash))
    worker.committed(Outcomes(reasons=Counter(REASONS.keys())), 1)
    yield "| metric | type | labels | what it is |"
    yield "|---|---|---|---|"
    suffixes = {"counter": "_total", "info": "_info"}
    for family in sorted(worker.registry.collect(), key=lambda family: family.name):
        name = family.name.removeprefix(METRICS_PREFIX) + suffixes.get(family.type, "")
        labels: dict[str, list[str]] = {}
        for sample in family.samples:
            for label, value in sample.labels.items():
                values = labels.setdefault(label, [])
                if value and not value.isdigit() and value not in values:
                    values.append(value)
        labels.pop("le", None)  # a histogram's buckets
        shown = (
            f"`{label}`: {', '.join(f'`{value}`' for value in values)}" if values else f"`{label}`"
            for label, values in labels.items()
        )
        yield f"| `{name}` | {family.type} | {'; '.join(shown)} | {family.documentation} |"


def commands() -> Iterator[str]:
    """Give a section for each command, as its `--help` has it."""
    root: Any = typer.main.get_command(app)
    yield from _command(root, typer.Context(root, info_name=app.info.name))


def _paragraph(text: str) -> str:
    """Give a paragraph of a help text; one whose lines Click keeps as they are, for it begins so, as a block."""
    return f"```text\n{text[2:]}\n```" if text.startswith("\b\n") else text


def _command(command: Any, context: typer.Context) -> Iterator[str]:
    """A command's section, then those of the commands in it."""
    children = command.list_commands(context) if hasattr(command, "list_commands") else []
    about = "\n\n".join(map(_paragraph, (command.help or "").strip().split("\n\n")))
    if not children:
        yield f"## {context.command_path.partition(' ')[2]}"
        yield ""
        yield about
        yield ""
        yield "```text"
        yield command.get_usage(context).removeprefix("Usage: ")
        yield "```"
        yield ""
        yield "| argument or option | what it does |"
        yield "|---|---|"
        for parameter in command.get_params(context):
            record = parameter.get_help_record(context)
            if record and parameter.name != "help":
                name, text = record
                yield f"| `{name}` | {' '.join(text.split()).replace('|', chr(92) + '|')} |"
        yield ""
    for name in children:
        child = command.get_command(context, name)
        yield from _command(child, typer.Context(child, info_name=name, parent=context))


TABLES: dict[str, tuple[str, Callable[[], Iterator[str]]]] = {
    "settings": ("settings.md", settings),
    "metrics": ("metrics.md", metrics),
    "commands": ("cli.md", commands),
}


if __name__ == "__main__":
    sys.exit(main())
