"""The last line of a cleaning: how many articles, and what was removed from them."""

from __future__ import annotations

from stream.observe.wording import counted
from stream.offline.value import Counts


def summary(counts: Counts) -> str:
    """Such as "3 articles: 2 cleaned, 1 unchanged, 0 failed; removed 1 repeated paragraph, 4 footer lines"."""
    text = f"{counted(counts.articles, 'article')}: {counts.cleaned:,} cleaned, {counts.unchanged:,} unchanged, "
    text += f"{counts.failed:,} failed"
    removed = [
        counted(counts.repeats, "repeated paragraph") if counts.repeats else "",
        counted(counts.footer, "footer line") if counts.footer else "",
        counted(counts.junk, "line of junk", "lines of junk") if counts.junk else "",
        counted(counts.site, "line known from its site", "lines known from their sites") if counts.site else "",
    ]
    return f"{text}; removed {', '.join(filter(None, removed))}" if any(removed) else text
