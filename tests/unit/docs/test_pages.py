"""Documents hold together: their links lead somewhere, the files they name exist, the reference is the code's."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from harness.commands import ROOT

TOP = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md", "examples/README.md")]
PAGES = [*TOP, *sorted((ROOT / "docs").rglob("*.md"))]
LINK = re.compile(r"(?<!\\)\]\(([^)\s]+)\)")
FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
GENERATED = re.compile(r"<!-- (\w+) -->.*?<!-- /\1 -->", re.DOTALL)
IN_REPOSITORY = re.compile(r"`((?:stream|tests|harness|bench|tools|docs|examples)/[\w./-]+)`")
NAMED = re.compile(r"(?<![\w/.-])((?:stream|tests|harness|bench|tools|docs|examples)/[\w./-]+\.(?:py|[ch]|md|toml))\b")
DECISION = re.compile(r"\bdecisions/(\d{4})\b")
BARE = re.compile(r"`(\w+\.(?:py|c))`")
FOLDERS = ("stream", "tests", "harness", "bench", "tools", "docs", "examples")
SOURCES = [
    path for folder in FOLDERS for path in (ROOT / folder).rglob("*") if path.suffix in {".py", ".c", ".h", ".md"}
]
FILES = {path.name for path in SOURCES} | {"setup.py"}
OTHER_HOST = re.compile(r"""<(?:script|link|img|iframe|source)[^>]*(?:src|href)=["']?(?:https?:)?//[^"'> ]*""")
README_LINES, README_WORDS = 200, 1500
every_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))


def anchors(page: Path) -> set[str]:
    """Give the anchors of a page's headings, as GitHub and the site make them."""
    headings = re.findall(r"^#+ (.+)$", FENCE.sub("", page.read_text("utf-8")), flags=re.MULTILINE)
    plain = (re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading).lower() for heading in headings)
    return {re.sub(r"[^\w\- ]", "", heading).replace(" ", "-") for heading in plain}


def script(*arguments: object, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """Run a script of this repository."""
    return subprocess.run(
        [sys.executable, *map(str, arguments)], cwd=cwd, capture_output=True, text=True, timeout=120, check=False
    )


@every_page
def test_a_link_leads_to_a_file_and_to_a_heading_in_it(page: Path) -> None:
    for link in LINK.findall(FENCE.sub("", page.read_text("utf-8"))):
        if ":" in link:
            continue  # another host's
        path, _, anchor = link.partition("#")
        target = page.parent / path if path else page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


@every_page
def test_a_file_that_is_named_exists(page: Path) -> None:
    for name in IN_REPOSITORY.findall(page.read_text("utf-8")):
        assert (ROOT / name).exists(), name


def test_a_file_that_is_named_anywhere_exists() -> None:
    decisions = {path.name[:4] for path in (ROOT / "docs/decisions").iterdir()}
    missing = []
    for source in [*TOP, *SOURCES, ROOT / "Makefile", ROOT / "Dockerfile", ROOT / "pyproject.toml"]:
        text = source.read_text("utf-8")
        paths = [name for name in NAMED.findall(text) if not (ROOT / name).exists()]
        unknown = [number for number in DECISION.findall(text) if number not in decisions]
        bare = [name for name in BARE.findall(text) if name not in FILES] if source.suffix == ".md" else []
        missing += [f"{source.relative_to(ROOT)}: {name}" for name in (*paths, *unknown, *bare)]
    assert missing == []


@every_page
def test_cannot_is_one_word(page: Path) -> None:
    assert not re.search(r"\bcan\s+not\b", GENERATED.sub("", page.read_text("utf-8")))


def test_the_readme_is_short() -> None:
    text = (ROOT / "README.md").read_text("utf-8")
    assert len(text.splitlines()) <= README_LINES
    assert len(text.split()) <= README_WORDS


def test_the_reference_pages_say_what_the_code_says() -> None:
    checked = script("tools/reference.py", "--check")
    assert checked.returncode == 0, checked.stderr


@pytest.mark.parametrize(
    ("page", "was", "now"),
    [
        ("settings.md", "| `STREAM_GROUP_ID` |", "| `STREAM_GROUP` |"),
        ("metrics.md", "| `commits_total` | counter |", "| `commits_total` | gauge |"),
        ("cli.md", "## rules lint", "## rules check"),
        ("cli.md", "<!-- commands -->", ""),
    ],
)
def test_another_table_is_found_and_repaired(page: str, was: str, now: str, tmp_path: Path) -> None:
    docs = tmp_path / "docs"
    shutil.copytree(ROOT / "docs", docs)
    right = (docs / page).read_text("utf-8")
    assert was in right
    (docs / page).write_text(right.replace(was, now), "utf-8")
    checked = script("tools/reference.py", "--check", "--docs", docs)
    assert checked.returncode == 1
    (said,) = checked.stderr.splitlines()
    assert said.startswith(f"{page} ")
    if now:
        assert script("tools/reference.py", "--write", "--docs", docs).returncode == 0
        assert (docs / page).read_text("utf-8") == right


@pytest.mark.parametrize("broken", [None, "[x](nowhere.md)", "[x](operations.md#nowhere)"])
def test_the_site_is_built_unless_a_link_leads_nowhere(broken: str | None, tmp_path: Path) -> None:
    for name in ("docs", "tools"):
        shutil.copytree(ROOT / name, tmp_path / name)
    for file in (*TOP[:4], ROOT / "mkdocs.yml"):
        shutil.copy(file, tmp_path)
    if broken:
        with (tmp_path / "docs" / "library.md").open("a", encoding="utf-8") as page:
            page.write(f"\n{broken}\n")
    built = script("-m", "mkdocs", "build", "--strict", cwd=tmp_path)
    warnings = [line for line in built.stderr.splitlines() if line.startswith("WARNING")]
    if broken:
        assert built.returncode == 1
        (warning,) = warnings
        assert "nowhere" in warning
    else:
        assert (built.returncode, warnings) == (0, [])
        pages = [*(tmp_path / "site").rglob("*.html")]
        assert len(pages) > len(PAGES) - len(TOP)
        for page_html in pages:
            loaded = [tag for tag in OTHER_HOST.findall(page_html.read_text("utf-8")) if 'rel="canonical"' not in tag]
            assert not loaded, page_html.name
