"""`article-stream sites`: what is known of sites, on Kafka or in a file, and what a person says of it."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from stream.cli.console import line, output
from stream.cli.options import Config, Servers, Set, settings_from
from stream.errors import SettingsError, StreamError

if TYPE_CHECKING:
    from stream.kafka.learned_sites import LearnedSites
    from stream.learner.learned import LearnedSite
    from stream.learner.messages import Deed, Published
    from stream.learner.site import Site

app = typer.Typer(
    help="List the sites that were learned, show, approve and reject what is known.", no_args_is_help=True
)
Sites = Annotated[
    Path | None,
    typer.Option("--sites", help="A file that `article-stream learn --to` has written; else Kafka.", metavar="FILE"),
]
Host = Annotated[str, typer.Argument(help="The site's host, or the address of an article.", show_default=False)]
Line = Annotated[
    str | None, typer.Argument(help="A line, as `sites show` shows it.", metavar="[LINE]", show_default=False)
]
_WIDEST = 80


@app.command("list")
def list_(sites: Sites = None, config: Config = None, bootstrap_servers: Servers = None, set_: Set = None) -> None:
    """List the sites by name: how many articles were learned, how many still count, how many lines are known."""
    from rich.table import Table

    from stream.observe.wording import counted

    table, out = Table(), output()
    if sites is None:
        from stream.learner.asking import state_of

        known = _on_kafka(config, set_, bootstrap_servers).published()
        for column in ("site", "articles", "of these count", "on nearly every page", "in force"):
            table.add_column(column, justify="right" if column not in {"site", "in force"} else "left")
        for name, each in known.items():
            table.add_row(line(name), *_numbers(each), line(state_of(each)))
        many = len(known)
    else:
        from stream.offline.known_lines import count_known
        from stream.offline.sites_file import read_sites

        profiles = read_sites(sites)
        for column in ("site", "articles", "of these count", "lines known"):
            table.add_column(column, justify="left" if column == "site" else "right")
        for site in profiles:
            still = f"{_rounded(site.articles):,}"
            table.add_row(line(site.name), f"{site.total:,}", still, f"{count_known(site):,}")
        many = len(profiles)
    out.print(table)
    out.print(counted(many, "site"))


def _numbers(known: Published) -> tuple[str, str, str]:
    lines = "1 line" if known.usual == 1 else f"{known.usual:,} lines"
    return f"{known.total:,}", f"{_rounded(known.profile.articles):,}", lines


def _rounded(count: int) -> int:
    from stream.core.sites import rounded

    return rounded(count)


@app.command()
def show(
    host: Host,
    sites: Sites = None,
    all_: Annotated[bool, typer.Option("--all", help="Also what is too rare to do anything.")] = False,
    config: Config = None,
    bootstrap_servers: Servers = None,
    set_: Set = None,
) -> None:
    """Show the lines that a site repeats: in how many articles, since when, where, and what that does.

    A text that ends or begins with an ellipsis stands for all lines that begin
    or end so. A line that is applied wherever it stands goes by itself; one
    that is evidence goes where a footer is found, and helps to find it.
    """
    if sites is None:
        from stream.learner.compiled_site import plain

        known = _known(_on_kafka(config, set_, bootstrap_servers), host)
        _show(plain(known.site), by_time=False, rare=all_, rejected=known.rejected_keys())
        _show_what_people_said(known)
        return
    from stream.offline.sites_file import read_sites

    profiles = read_sites(sites)
    _show(profiles.sites[_name(host, profiles.sites, str(sites))], by_time=profiles.by_time, rare=all_)


def _show(site: Site, *, by_time: bool, rare: bool, rejected: AbstractSet[int] = frozenset()) -> None:
    from rich.table import Table

    from stream.offline.known_lines import known_lines

    shown = known_lines(site, by_time=by_time, rare=rare, rejected=rejected)
    out = output()
    still, version = f"{_rounded(site.articles):,}", site.profile().version
    out.print(line(f"{site.name}: {site.total:,} articles learned, of which {still} still count; version {version}"))
    if not shown:
        out.print("No line stands in enough of them." if rare else "No line stands in enough of them; see --all.")
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


def _show_what_people_said(known: LearnedSite) -> None:
    from stream.learner.asking import state_of, versions_of

    out = output()
    out.print(line(f"In force: {state_of(known.published())}"), soft_wrap=True)
    if known.rejected:
        out.print(line("Rejected lines, which are never known:"))
        for text in known.rejected:
            out.print(line(f"  {text}"), soft_wrap=True)
    if earlier := versions_of(known):
        versions = ", ".join(f"{version} (up to article {total:,})" for version, total in earlier.items())
        out.print(line(f"Versions to go back to: {versions}"), soft_wrap=True)


@app.command()
def approve(
    host: Host, text: Line = None, config: Config = None, bootstrap_servers: Servers = None, set_: Set = None
) -> None:
    """Let the newest version of a site be used; or take the rejection of a LINE back.

    That ends a rejection of the site, and `sites rollback`. A version waits for
    approval where it would take prose, or so much that the budget withholds it.
    """
    _ask(host, text, "approve", config, set_, bootstrap_servers)


@app.command()
def reject(
    host: Host, text: Line = None, config: Config = None, bootstrap_servers: Servers = None, set_: Set = None
) -> None:
    """Use nothing that is known of a site; or never use a LINE of it, nor its first and last words.

    Both hold whatever is learned, until they are approved.
    """
    _ask(host, text, "reject", config, set_, bootstrap_servers)


@app.command()
def forget(host: Host, config: Config = None, bootstrap_servers: Servers = None, set_: Set = None) -> None:
    """Forget a site, with all that people have said of it; learning begins anew."""
    _ask(host, None, "forget", config, set_, bootstrap_servers)


@app.command()
def rollback(
    host: Host,
    version: Annotated[str, typer.Argument(help="One of the versions that `sites show` names.", show_default=False)],
    config: Config = None,
    bootstrap_servers: Servers = None,
    set_: Set = None,
) -> None:
    """Go back to an earlier version of a site; it stays in force until `sites approve HOST`."""
    _ask(host, version, "rollback", config, set_, bootstrap_servers)


@app.command()
def export(
    to: Annotated[Path, typer.Option("--to", help="The file to write; .gz and .zst compress.", metavar="FILE")],
    config: Config = None,
    bootstrap_servers: Servers = None,
    set_: Set = None,
) -> None:
    """Write what is known to a file, for `article-stream clean --sites`."""
    from stream.learner.compiled_site import plain
    from stream.learner.profiles import Profiles
    from stream.observe.wording import counted
    from stream.offline.sites_file import require_writable, write_sites

    require_writable(to)
    profiles = Profiles()
    for name, known in _on_kafka(config, set_, bootstrap_servers).counts().items():
        profiles.sites[name] = plain(known.site)
    write_sites(to, profiles)
    output().print(line(f"{counted(len(profiles), 'site')} written to {to}"))


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="A file that `learn --to` or `sites export` has written.")],
    config: Config = None,
    bootstrap_servers: Servers = None,
    set_: Set = None,
) -> None:
    """Let the learner take over what a file knows; it replaces what was known of these sites."""
    from stream.learner.counts import write_counts
    from stream.learner.learned import LearnedSite
    from stream.learner.messages import Command
    from stream.observe.wording import counted
    from stream.offline.sites_file import read_sites

    profiles = read_sites(file)
    on_kafka = _on_kafka(config, set_, bootstrap_servers)
    on_kafka.ask(
        (site.name, Command("import", site=b64encode(write_counts(LearnedSite.of_file(site))).decode()))
        for site in profiles
    )
    output().print(f"{counted(len(profiles), 'site')} imported")


def _ask(
    host: str,
    what: str | None,
    do: Deed,
    config: Path | None,
    set_: list[str] | None,
    servers: str | None,
) -> None:
    """Ask the learner to do something, wait until it is done, and say what is in force then."""
    from stream.learner.asking import command_for, state_of

    on_kafka = _on_kafka(config, set_, servers)
    known = _known(on_kafka, host)
    on_kafka.ask([(known.site.name, command_for(known, do, what or ""))])
    if do == "forget":
        output().print(line(f"{known.site.name} is forgotten"))
        return
    now = on_kafka.published()[known.site.name]
    output().print(line(f"{known.site.name}: in force is {state_of(now)}"), soft_wrap=True)


def _on_kafka(config: Path | None, set_: list[str] | None, servers: str | None) -> LearnedSites:
    settings = settings_from(config, set_, bootstrap_servers=servers)
    if settings.sites == "off":
        msg = "There are no sites on Kafka while STREAM_SITES is off."
        raise SettingsError(msg, fix="Set it to propose or apply as for the worker, or name a file with --sites.")
    from stream.kafka.learned_sites import LearnedSites
    from stream.observe import logs

    logs.configure_for_command()
    return LearnedSites(settings)


def _known(on_kafka: LearnedSites, host: str) -> LearnedSite:
    """What is kept of a site. Raises `StreamError` with names that are like it."""
    from stream.learner.address import site_of

    name = site_of(host)
    found = on_kafka.counts(name) if name else {}
    if name in found:
        return found[name]
    return on_kafka.counts()[_name(host, on_kafka.published(), "The learner")]


def _name(host: str, known: Iterable[str], who: str) -> str:
    """The name by which a site is known. Raises `StreamError` with names that are like it."""
    from stream.learner.address import site_of

    name, names = site_of(host), list(known)
    if name in names:
        return name
    near = get_close_matches(name or host.lower(), names, 3)
    msg = f"{who} knows no site {host!r}."
    raise StreamError(msg, fix=f"It knows {', '.join(near)}." if near else "`article-stream sites list` lists them.")
