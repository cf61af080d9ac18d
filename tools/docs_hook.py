"""What `make docs` adds to MkDocs: the documents at the top of the repository, and links that fit the site.

On the repository's own page a link names a file of the repository. In the site the same link has to name a page; a
link to a file that is no page (a program, an example) becomes its text.
"""

from __future__ import annotations

import posixpath
import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

ROOT = Path(__file__).resolve().parent.parent
DOCS = "docs/"
PAGES = {
    "README.md": "index.md",
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
    "SECURITY.md": "security.md",
}
"""Documents at the top of the repository, and their pages in the site."""

_LINK = re.compile(r"(?<!!)\[((?:[^\]\[]|\[[^\]]*\])+)\]\(([^)\s:]*?)(#[^)\s]*)?\)")
_RUN_AS_TEST = re.compile(r"^```(\w+) test$", re.MULTILINE)


def on_files(files: Files, *, config: Any) -> Files:
    """Add the repository's own documents; README's place is taken by the site's home."""
    for source, page in PAGES.items():
        if source != "README.md":
            text = for_site((ROOT / source).read_text("utf-8"), source, page)
            files.append(File.generated(config, page, content=text))
    return files


def on_page_markdown(markdown: str, *, page: Any, **_: Any) -> str:
    """Give a page's text with links that fit the site."""
    path = page.file.src_path
    return markdown if path in PAGES.values() and path != "index.md" else for_site(markdown, DOCS + path, path)


def for_site(markdown: str, source: str, page: str) -> str:
    """Give a document's text as a page of the site.

    `source`: its path in the repository. `page`: its path in the site. Links that lead nowhere stay as they are, so
    that the strict build names them.
    """
    here = posixpath.dirname(page)

    def fitted(link: re.Match[str]) -> str:
        text, target, anchor = link[1], link[2], link[3] or ""
        if not target:
            return link[0]
        path = posixpath.normpath(posixpath.join(posixpath.dirname(source), target))
        in_site = path.removeprefix(DOCS) if path.startswith(DOCS) else PAGES.get(path)
        if in_site is not None:
            if (ROOT / DOCS / in_site).is_dir():
                in_site = posixpath.join(in_site, "index.md")
            return f"[{text}]({posixpath.relpath(in_site, here or '.')}{anchor})"
        return text if (ROOT / path).exists() else link[0]

    return _LINK.sub(fitted, _RUN_AS_TEST.sub(r"```\1", markdown))
