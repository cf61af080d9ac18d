"""`article-stream demo`: the whole thing, on an embedded broker, in some seconds."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated

import typer

from stream.cli.console import errors, line, output
from stream.errors import StreamError

if TYPE_CHECKING:
    from rich.console import Console

    from stream.config.settings import Settings
    from stream.demo.run import Sent
    from stream.records.process import Processor


def demo(
    serve: Annotated[bool, typer.Option("--serve", help="Leave broker and worker running, to try a client.")] = False,
    full: Annotated[bool, typer.Option("--full", help="Show whole articles, not only what went.")] = False,
) -> None:
    """Clean some twenty articles with the real worker on an embedded broker, and show what went and why."""
    from stream.core.rules import builtin
    from stream.demo import run
    from stream.observe import logs
    from stream.records.process import Processor

    logs.configure("text", "error")
    logs.silence_librdkafka()
    out, console = output(), errors()
    began = time.monotonic()
    with run.running() as (settings, sent, worker):
        with console.status("The worker is cleaning…"):
            found = run.results(settings, len(sent), worker)
        processor = Processor.for_field(settings.text_field, settings.input_format, builtin())
        counts = {"cleaned": 0, "unchanged": 0, "dead": 0}
        for record in sent:
            counts[_show(out, processor, record, found[record.key], full=full)] += 1
        parts = f"{counts['cleaned']} cleaned + {counts['unchanged']} unchanged + {counts['dead']} dead"
        note = f"   (the tombstone counts as unchanged; {time.monotonic() - began:.1f} s, on an embedded broker)"
        out.print()
        out.print(line((f"{len(sent)} in = {parts}", "bold"), (note, "dim")))
        if len(found) != len(sent) or sum(counts.values()) != len(sent):
            msg = f"{len(sent)} records went in and {len(found)} came out."
            raise StreamError(msg)
        if serve:
            _serve(out, settings, worker)


def _show(out: Console, processor: Processor, record: Sent, message: object, *, full: bool) -> str:
    """Prints one article as it went; returns what became of it."""
    import orjson

    from stream.cli.explain import brief, explained
    from stream.offline.value import clean_value
    from stream.records.dead_letters import read_letter
    from stream.records.headers import readable

    name = record.key.decode()
    out.print()
    if (letter := read_letter(readable(message))).reason:
        out.print(line((name, "bold"), "  ", ("dead letter", "red"), f": {letter.message}"), soft_wrap=True)
        return "dead"
    if record.value is None:
        out.print(line((name, "bold"), "  ", ("tombstone, passed on", "dim")))
        return "unchanged"
    result = clean_value(processor, record.value, "json")
    if message.value() != result.value:  # type: ignore[attr-defined]
        msg = f"The worker's {name} differs from what `article-stream clean` makes of it; this is a bug."
        raise StreamError(msg)
    article = orjson.loads(record.value)
    about = f"  {article.get('lang', '')} · {article.get('source', '')}"
    nothing = () if result.removed else ("  ", ("nothing to remove", "green"))
    out.print(line((article.get("title", name), "bold"), (about, "dim"), *nothing), soft_wrap=True)
    if full or result.removed:
        out.print(explained(result) if full else brief(result, out.width), soft_wrap=True, end="")
    return "cleaned" if result.removed else "unchanged"


def _serve(out: Console, settings: Settings, worker: object) -> None:
    page = f"http://{settings.http_host}:{settings.http_port}"
    out.print()
    out.print(line("Broker ", (settings.bootstrap_servers, "bold"), f", metrics {page}/metrics."), soft_wrap=True)
    out.print(
        "Try, in another terminal:\n"
        f"  article-stream send -b {settings.bootstrap_servers} FILE\n"
        f"Cleaned articles come out of {settings.output_topic}; any consumer reads them, such as:\n"
        f"  kafka-console-consumer.sh --bootstrap-server {settings.bootstrap_servers} --topic {settings.output_topic} "
        "--from-beginning\n"
        "Ctrl-C ends both.",
        soft_wrap=True,
    )
    try:
        worker.wait()  # type: ignore[attr-defined]
    except KeyboardInterrupt:
        out.print("Ending.")
