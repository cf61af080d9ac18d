"""`article-stream sites`: list the sites that were learned, and show what is known of one."""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from stream.cli.console import line, output
from stream.errors import StreamError

if TYPE_CHECKING:
    from stream.learner.profiles import Profiles

app = typer.Typer(help="List the sites that were learned, show what is known of one.", no_args_is_help=True)
Sites = Annotated[
    Path, typer.Option("--sites", help="The file that `article-stream learn` has written.", metavar="FILE")
]
_WIDEST = 80


@app.command("list")
def list_(sites: Sites) -> None:
    """List the sites by name: how many articles were learned, how many still count, how many lines are known."""
    from rich.table import Table

    from stream.core.sites import rounded
    from stream.observe.wording import counted
    from stream.offline.known_lines import count_known
    from stream.offline.sites_file import read_sites

    profiles = read_sites(sites)
    table = Table()
    for column in ("site", "articles", "of these count", "lines known"):
        table.add_column(column, justify="left" if column == "site" else "right")
    for site in profiles:
        table.add_row(line(site.name), f"{site.total:,}", f"{rounded(site.articles):,}", f"{count_known(site):,}")
    out = output()
    out.print(table)
    out.print(counted(len(profiles), "site"))


@app.command()
def show(
    host: Annotated[str, typer.Argument(help="The site's host, or the address of an article.")],
    sites: Sites,
    all_: Annotated[bool, typer.Option("--all", help="Also what is too rare to do anything.")] = False,
) -> None:
    """Show the lines that a site repeats: in how many articles, since when, where, and what that does.

    A text that ends or begins with an ellipsis stands for all lines that begin
    or end so. A line that is applied wherever it stands goes by itself; one
    that is evidence goes where a footer is found, and helps to find it.
    """
    from rich.table import Table

    from stream.core.sites import rounded
    from stream.offline.known_lines import known_lines
    from stream.offline.sites_file import read_sites

    profiles = read_sites(sites)
    name = _name(host, profiles, sites)
    site = profiles.sites[name]
    shown = known_lines(site, by_time=profiles.by_time, rare=all_)
    out = output()
    still = rounded(site.articles)
    version = site.profile().version
    out.print(line(f"{name}: {site.total:,} articles learned, of which {still:,} still count; version {version}"))
    if not shown:
        out.print("No line stands in enough of them." if all_ else "No line stands in enough of them; see --all.")
        return
    table = Table()
    table.add_column("line", max_width=_WIDEST, overflow="ellipsis", no_wrap=True)
    table.add_column("articles", justify="right", no_wrap=True)
    for column in ("since", "where", "applied", "removes"):
        table.add_column(column)
    for each in shown:
        share = f"{each.articles:,} of {each.of:,}"
        table.add_row(line(each.text), share, each.since, each.where, each.effect.value, each.removes)
    out.print(table)


def _name(host: str, profiles: Profiles, path: Path) -> str:
    """The name by which a site is known. Raises `StreamError` with names that are like it."""
    from stream.learner.address import site_of

    name = site_of(host)
    if name in profiles.sites:
        return name
    near = get_close_matches(name or host.lower(), profiles.sites, 3)
    msg = f"{path} knows no site {host!r}."
    raise StreamError(msg, fix=f"It knows {', '.join(near)}." if near else "`article-stream sites list` lists them.")
