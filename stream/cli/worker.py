"""`article-stream worker`: the program that runs in production."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from stream.cli.options import Config, Servers, Set, settings_from
from stream.cli.rule_files import load_rules
from stream.errors import SettingsError

if TYPE_CHECKING:
    from stream.config.settings import Settings


def worker(
    config: Config = None,
    bootstrap_servers: Servers = None,
    input_topic: Annotated[
        str | None, typer.Option(help="The topic with the raw articles; several with commas, or a pattern.")
    ] = None,
    output_topic: Annotated[
        str | None, typer.Option(help="The topic for cleaned articles; {topic}: its input topic.")
    ] = None,
    dead_letter_topic: Annotated[str | None, typer.Option(help="The topic for records that cannot be cleaned.")] = None,
    group_id: Annotated[str | None, typer.Option(help="The consumer group.")] = None,
    instance_id: Annotated[str | None, typer.Option(help="A stable name, for static group membership.")] = None,
    http_port: Annotated[
        int | None, typer.Option(help="The port of the live page, health and metrics; 0: no HTTP.")
    ] = None,
    log_format: Annotated[str | None, typer.Option(help="Log lines as text or json.")] = None,
    learn: Annotated[
        bool, typer.Option("--learn", help="Learn sites in this process, too (STREAM_SITES=propose or apply).")
    ] = False,
    set_: Set = None,
) -> None:
    """Clean articles from one topic into another until told to stop.

    On SIGTERM or Ctrl-C the worker finishes and commits the articles it has begun, gives up its partitions and ends
    with exit code 0.
    """
    settings = settings_from(
        config,
        set_,
        bootstrap_servers=bootstrap_servers,
        input_topic=input_topic,
        output_topic=output_topic,
        dead_letter_topic=dead_letter_topic,
        group_id=group_id,
        instance_id=instance_id,
        http_port=http_port,
        log_format=log_format,
    )
    if learn and settings.sites == "off":
        msg = "--learn learns nothing while STREAM_SITES is off."
        raise SettingsError(msg, fix="Set STREAM_SITES to propose or apply.")
    run_worker(settings, learns=learn)


def run_worker(settings: Settings, *, learns: bool = False) -> None:
    """Run a worker, or a learner if the settings are a learner's, until told to stop; with exit codes as documented.

    `learns`: whether a learner runs beside the worker.
    """
    from stream.observe import logs

    logs.configure(settings.log_format, settings.log_level)
    from stream.kafka import checks
    from stream.observe.telemetry.started import started
    from stream.registry import checks as registry_checks
    from stream.worker.app import ArticleWorker, create_app
    from stream.worker.web import require_port

    require_port(settings)
    rules = load_rules(settings)
    telemetry = started(settings)
    logs.silence_librdkafka()  # the checks report problems in their own words
    largest_bytes = checks.require(settings)
    registry_checks.require(settings)
    logs.configure(settings.log_format, settings.log_level)
    app = create_app(settings, rules=rules, largest_bytes=largest_bytes, learns=learns, telemetry=telemetry)
    ArticleWorker(app).execute_from_commandline()
