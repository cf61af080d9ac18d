"""Prints the table of all settings, made from `stream.config.settings`.

`--write` puts it into README.md, `--check` only compares it with the one there.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from stream.config.settings import PREFIX, Settings  # noqa: E402 - importable even if the package is not installed

README = ROOT / "README.md"
BEGIN, END = "<!-- settings -->", "<!-- /settings -->"


def main() -> int:
    """Return 1 where `--check` finds another table, or no place for one."""
    parser = argparse.ArgumentParser(description="The table of all settings.")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--write", action="store_true", help="put it into README.md")
    what.add_argument("--check", action="store_true", help="tell whether README.md holds it")
    asked = parser.parse_args()
    table = "\n".join(rows())
    if not (asked.write or asked.check):
        sys.stdout.write(f"{table}\n")
        return 0
    old = README.read_text(encoding="utf-8")
    before, begin, rest = old.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        sys.stderr.write(f"{README.name} has no {BEGIN} … {END}.\n")
        return 1
    new = f"{before}{BEGIN}\n{table}\n{END}{after}"
    if asked.write:
        README.write_text(new, encoding="utf-8")
    elif new != old:
        sys.stderr.write(f"{README.name} has another table of settings: python tools/settings_table.py --write\n")
        return 1
    return 0


def rows() -> Iterator[str]:
    """Give the table's lines, in the order of the settings."""
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
    """The least and the greatest number allowed, where they say something."""
    least = [item.ge for item in metadata if hasattr(item, "ge")]
    greatest = [item.le for item in metadata if hasattr(item, "le")]
    return [limit for limit in least + greatest if isinstance(limit, int)]


def _shown(default: object) -> str:
    if default is None or default in ((), {}):
        return "–"
    if isinstance(default, bool):
        return f"`{str(default).lower()}`"
    return f"`{default:g}`" if isinstance(default, float) else f"`{default}`"


if __name__ == "__main__":
    sys.exit(main())
