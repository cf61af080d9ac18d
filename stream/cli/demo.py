"""`article-stream demo`: the real worker on an embedded broker, with sample articles, in some seconds."""

from __future__ import annotations

import signal
import time
from collections import Counter
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from stream.errors import StreamError
from stream.observe.wording import noun

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.console import Console
    from rich.status import Status
    from rich.text import Text

    from stream.config.settings import Settings
    from stream.core.sites import Profile
    from stream.demo.run import Sent, Worker
    from stream.offline.value import CleanedValue
    from stream.records.process import Processor

REASONS = {
    "repeat": ("repeated paragraph", "repeated paragraphs"),
    "footer": ("footer line", "footer lines"),
    "junk": ("junk line in the body", "junk lines in the body"),
    "site": ("line known from the site's other articles", "lines known from the site's other articles"),
}
"""What was removed, in words: one of it, and more."""


class Ended(NamedTuple):
    """One record after the worker. `became` is cleaned, unchanged or dead; `result` says what was removed."""

    became: str
    heading: Text
    result: CleanedValue | None = None
    language: str = ""


def demo(
    serve: Annotated[
        bool,
        typer.Option(
            "--serve", help="Go on until Ctrl-C, with a few articles a second, to see the live page or try a client."
        ),
    ] = False,
    all_: Annotated[bool, typer.Option("--all", help="Show all articles, not only three.")] = False,
    full: Annotated[
        bool, typer.Option("--full", help="Show the whole text of the articles, not only what was removed.")
    ] = False,
) -> None:
    """Clean some twenty sample articles with the real worker on an embedded broker; show what was removed, and why.

    It needs nothing else and ends by itself, unless it is to serve.
    """
    from stream.cli.console import errors, line, output
    from stream.core import native
    from stream.core.rules import builtin
    from stream.demo import run
    from stream.observe import logs
    from stream.records.process import Processor

    logs.configure_for_command()
    out, console = output(), errors()
    began = time.monotonic()
    with console.status("") as status, run.running(shown=serve) as started:
        settings, sent, worker = started
        say = _teller(console, status)
        say("The embedded broker runs, and the worker is starting…")
        if serve:
            out.print(line("The live page: ", (_address(settings), "bold"), "  (in a few seconds)"))
        say(f"Waiting until the worker has learned from three articles of {run.island_site()}…")
        profile = run.learned(settings, worker)
        run.send(settings, [run.fourth()])
        sent.append(run.fourth())
        say(f"Waiting until all {len(sent)} records have come out…")
        found = run.results(settings, len(sent), worker, lambda many: status.update(f"{many} of {len(sent)} are out…"))
        status.stop()
        processor = Processor.for_field(settings.text_field, settings.input_format, builtin())
        ended = [_ended(processor, record, found[record.key]) for record in sent[:-1]]
        ended.append(_ended(processor, sent[-1], found[sent[-1].key], profile))
        for one in ended[:-1] if all_ else three_of(ended[:-1]):
            _show(out, one, full=full)
        out.print()
        out.print(line(("After three articles of skerrytide.example were learned, its fourth:", "bold")))
        _show(out, ended[-1], full=full)
        counts = Counter(one.became for one in ended)
        _summarize(out, ended)
        parts = f"{counts['cleaned']} cleaned + {counts['unchanged']} unchanged + {counts['dead']} dead"
        how = f"{time.monotonic() - began:.1f} s, on an embedded broker, core {native.NAME}"
        note = f"   (the tombstone counts as unchanged; {how})"
        out.print(line((f"{len(sent)} in = {parts}", "bold"), (note, "dim")))
        if len(found) != len(sent) or counts.total() != len(sent):
            msg = f"{len(sent)} records went in and {len(found)} came out."
            raise StreamError(msg)
        if serve:
            _serve(out, settings, worker)
        elif not all_:
            out.print("`article-stream demo --all` shows all of them; with `--full` you see the whole texts.")


def three_of(ended: list[Ended]) -> list[Ended]:
    """For each reason a short example, in English where there is one; in the order in which they were sent."""
    chosen: list[Ended] = []
    for reason in REASONS:
        having = [
            one for one in ended
            if one not in chosen and one.result and any(it.reason == reason for it in one.result.removed)
        ]  # fmt: skip
        chosen += sorted(having, key=_suits)[:1]
    return sorted(chosen, key=ended.index)


def _suits(one: Ended) -> tuple[bool, int]:
    return one.language != "en", len(one.result.removed) if one.result else 0


def _ended(processor: Processor, record: Sent, message: object, profile: Profile | None = None) -> Ended:
    """What became of one record. Raises `StreamError` where the worker and `article-stream clean` differ."""
    import orjson

    from stream.cli.console import line
    from stream.offline.value import clean_value
    from stream.records.dead_letters import read_letter
    from stream.records.headers import readable

    name = record.key.decode()
    if (letter := read_letter(readable(message))).reason:
        return Ended("dead", line((name, "bold"), "  ", ("dead letter", "red"), f": {letter.message}"))
    if record.value is None:
        return Ended("unchanged", line((name, "bold"), "  ", ("tombstone, passed on", "dim")))
    profiles = None if profile is None else {profile.site: profile}
    result = clean_value(processor, record.value, "json", profiles=profiles)
    if message.value() != result.value:  # type: ignore[attr-defined]
        msg = f"The worker's {name} differs from what `article-stream clean` makes of it; this is a bug."
        raise StreamError(msg)
    article = orjson.loads(record.value)
    about = f"  {article.get('lang', '')} · {article.get('source', '')}"
    nothing = () if result.removed else ("  ", ("nothing to remove", "green"))
    heading = line((article.get("title", name), "bold"), (about, "dim"), *nothing)
    return Ended("cleaned" if result.removed else "unchanged", heading, result, article.get("lang", ""))


def _show(out: Console, one: Ended, *, full: bool) -> None:
    from stream.cli.explain import brief, explained

    out.print()
    out.print(one.heading)
    if one.result is not None and (full or one.result.removed):
        out.print(explained(one.result) if full else brief(one.result, out.width), end="")


def _summarize(out: Console, ended: list[Ended]) -> None:
    """How much was removed from all articles, by reason."""
    from stream.cli.console import line

    removed = Counter[str](removal.reason for one in ended if one.result for removal in one.result.removed)
    out.print()
    out.print(line(("Removed from all articles:", "bold")))
    for reason, names in REASONS.items():
        out.print(f"{removed[reason]:6}  {noun(removed[reason], *names)}")


def _address(settings: Settings) -> str:
    return f"http://{settings.http_host}:{settings.http_port}/"


def _teller(console: Console, status: Status) -> Callable[[str], None]:
    """Says what is waited for: beside the spinner on a terminal, elsewhere on a line of its own."""

    def say(what: str) -> None:
        status.update(what)
        if not console.is_terminal:
            console.print(what)

    return say


def _serve(out: Console, settings: Settings, worker: Worker) -> None:
    """Lets articles flow until Ctrl-C. Raises `StreamError` if the worker ends before."""
    from stream.cli.console import line
    from stream.demo.flow import flow
    from stream.kafka.interrupts import Stopping

    page = _address(settings)
    out.print()
    out.print(line("Articles are flowing now, a few a second. The live page: ", (page, "bold")))
    out.print(line("Broker ", (settings.bootstrap_servers, "bold"), f", metrics {page}metrics."))
    out.print(
        "Try this in another terminal:\n"
        f"  article-stream send -b {settings.bootstrap_servers} FILE\n"
        f"Cleaned articles are written to {settings.output_topic}. Any consumer can read them, such as:\n"
        f"  kafka-console-consumer.sh --bootstrap-server {settings.bootstrap_servers} --topic {settings.output_topic} "
        "--from-beginning\n"
        "Ctrl-C ends both.",
        soft_wrap=True,  # a command stays one line, to be copied
    )
    with Stopping(signal.SIGINT, signal.SIGTERM) as stopping:
        flow(settings, worker, stopping)
        out.print("Stopping the worker and the broker.")
