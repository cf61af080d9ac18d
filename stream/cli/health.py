"""`article-stream health`: asks the worker on this machine whether it is healthy, for the checks of containers."""

from __future__ import annotations

import json
from http.client import HTTPException
from typing import Annotated, Any
from urllib.error import HTTPError, URLError
from urllib.request import ProxyHandler, build_opener

import typer

from stream.cli.options import Config, Set, settings_from
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
    settings = settings_from(config, set_, http_port=http_port)
    if not settings.http_port:
        print("STREAM_HTTP_PORT is 0: the worker serves no health pages and cannot be asked.")  # noqa: T201
        return
    address = url(settings.http_host, settings.http_port, "ready" if ready else "live")
    status, answer = ask(address)
    problems = answer.get("problems", [])
    if status != 200 or problems:  # noqa: PLR2004 - HTTP's OK
        what = "; ".join(map(str, problems)) or f"HTTP status {status}"
        msg = f"The worker at {address} is not {'ready' if ready else 'healthy'}: {what}."
        raise Unhealthy(msg)
    print(f"The worker at {address} is {'ready' if ready else 'healthy'}.")  # noqa: T201


def url(host: str, port: int, page: str) -> str:
    """The address of a health page of a worker that listens on this host and port."""
    from stream.config.written import in_a_url

    return f"http://{in_a_url(ANY_ADDRESS.get(host, host))}:{port}/health/{page}"


def ask(address: str) -> tuple[int, dict[str, Any]]:
    """The HTTP status and the JSON object that the page answers. Raises `Unhealthy` where nothing answers."""
    # Without a proxy: the worker is on this machine, whatever the environment says about others.
    opener = build_opener(ProxyHandler({}))
    try:
        with opener.open(address, timeout=ANSWER_S) as answer:
            return answer.status, _object(answer.read())
    except HTTPError as error:
        return error.code, _object(error.read())
    except (URLError, HTTPException, OSError) as error:
        reason = getattr(error, "reason", error)
        why = getattr(reason, "strerror", None) or str(reason) or type(reason).__name__
        msg = f"No worker answers at {address} ({why})."
        raise Unhealthy(
            msg, fix="Check that it runs, and that STREAM_HTTP_HOST and STREAM_HTTP_PORT are its own."
        ) from None


def _object(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
