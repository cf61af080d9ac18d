"""`article-stream health`: asks the worker on this machine whether it is healthy, for the checks of containers."""

from __future__ import annotations

import json
import os
from contextlib import closing
from http.client import HTTPConnection, HTTPException
from typing import Annotated, Any

import typer

from stream.cli.options import Config, Set, settings_from
from stream.config.light import http_address, in_a_url
from stream.errors import StreamError

ANSWER_S = 4.0
"""How long the worker may take to answer; Docker's own limit for a health check is often 5 s."""
ANY_ADDRESS = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}  # noqa: S104 - nothing listens here
"""A worker that listens on every address is asked at the local one."""


class Unhealthy(StreamError):
    """The worker answers that it is not healthy, or does not answer."""


def health(
    ready: Annotated[
        bool, typer.Option("--ready", help="Ask whether the worker is ready, not only whether it is alive.")
    ] = False,
    config: Config = None,
    http_port: Annotated[int | None, typer.Option(help="The port of health and metrics.")] = None,
    set_: Set = None,
) -> None:
    """Ask a running worker on this machine whether it is healthy.

    The worker is found by the same settings that it was started with. Exit code 0: it is healthy, or it serves no
    HTTP (port 0) and cannot be asked. Exit code 1: it is not healthy, or does not answer.
    """
    found = None if config or set_ or http_port is not None else http_address(os.environ)
    if found is None:
        settings = settings_from(config, set_, http_port=http_port)
        found = settings.http_host, settings.http_port
    host, port = found
    if not port:
        print("STREAM_HTTP_PORT is 0: the worker serves no health pages and cannot be asked.")  # noqa: T201
        return
    host, path = local(host), f"/health/{'ready' if ready else 'live'}"
    status, answer = ask(host, port, path)
    problems = answer.get("problems", [])
    what, where = "ready" if ready else "healthy", address(host, port, path)
    if status != 200 or problems:  # noqa: PLR2004 - HTTP's OK
        why = "; ".join(map(str, problems)) or f"HTTP status {status}"
        msg = f"The worker at {where} is not {what}: {why}."
        raise Unhealthy(msg)
    print(f"The worker at {where} is {what}.")  # noqa: T201


def local(host: str) -> str:
    """The host at which a worker on this machine answers that listens on `host`."""
    return ANY_ADDRESS.get(host, host)


def address(host: str, port: int, path: str) -> str:
    """The page's address, as a user may open it."""
    return f"http://{in_a_url(host)}:{port}{path}"


def ask(host: str, port: int, path: str) -> tuple[int, dict[str, Any]]:
    """The HTTP status and the JSON object that the page answers. Raises `Unhealthy` when nothing answers."""
    # A plain connection: no proxy of the environment is asked about a worker on this machine.
    try:
        with closing(HTTPConnection(host, port, timeout=ANSWER_S)) as connection:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, _object(answer.read())
    except (HTTPException, OSError, ValueError) as error:  # ValueError: what cannot be the name of a host
        why = getattr(error, "strerror", None) or str(error) or type(error).__name__
        msg = f"No worker answers at {address(host, port, path)} ({why})."
        fix = "Check that it runs, and that STREAM_HTTP_HOST and STREAM_HTTP_PORT are those that it was started with."
        raise Unhealthy(msg, fix=fix) from None


def _object(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
