"""A door in front of a schema registry: it can be shut, wants credentials, and gives schemas a GUID.

Apicurio 2.6 knows no GUIDs, which a schema's id in a header is. So the door makes one from each id, and answers for it.
"""

from __future__ import annotations

import json
import ssl
import threading
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self
from uuid import UUID, uuid5

NAMES = UUID("6ba7b811-9dad-11d1-80b4-00c04fd430c8")
GUIDS = "/schemas/guids/"
MOST_IDS = 1000  # of a test
ANSWER_S = 60.0  # of the registry behind it: on a busy machine one that is given up looks like one that is away


def guid_of(schema_id: int) -> str:
    """Give the GUID that the door gives a schema."""
    return str(uuid5(NAMES, str(schema_id)))


class Door:
    """Forwards requests to the registry at ``target``, or answers itself where that is empty.

    ``shut``: None, 0 (it hangs up without an answer), or the status that it answers with. ``authorization``: the header
    that it asks for, "" for none. ``answers``: what it answers by itself, by path. ``asked``: the paths asked for.
    """

    def __init__(self, target: str = "", *, tls: ssl.SSLContext | None = None, authorization: str = "") -> None:
        """Listen on a free port."""
        self.target = target
        self.shut: int | None = None
        self.authorization = authorization
        self.answers: dict[str, object] = {}
        self.asked: list[str] = []
        self.headers: list[dict[str, str]] = []
        door = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._answer(*door.get(self.path, dict(self.headers)))

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"] or 0))
                self._answer(*door.get(self.path, dict(self.headers), body))

            def _answer(self, status: int, body: bytes) -> None:
                if not status:
                    return  # without an answer
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Log nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        scheme = "http"
        if tls is not None:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
            scheme = "https"
        self.url = f"{scheme}://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        """Begin to answer."""
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop."""
        self._server.shutdown()
        self._server.server_close()

    def get(self, path: str, headers: dict[str, str], body: bytes | None = None) -> tuple[int, bytes]:
        """Give the status and the body of an answer; a status of 0 for none."""
        self.asked.append(path)
        self.headers.append(headers)
        if self.shut is not None:
            return self.shut, _error(self.shut, "The door is shut.")
        if path.partition("?")[0] in self.answers:
            return 200, json.dumps(self.answers[path.partition("?")[0]]).encode()
        if self.authorization and headers.get("Authorization") != self.authorization:
            return 401, _error(40101, "Unauthorized")
        if not self.target:
            return 404, _error(40403, "Schema not found")
        guid = path.removeprefix(GUIDS).partition("?")[0] if path.startswith(GUIDS) else ""
        if guid:
            found = next((number for number in range(1, MOST_IDS) if guid_of(number) == guid), 0)
            path = f"/schemas/ids/{found}"
        status, answer = self._ask(path, body)
        return status, _with_guid(answer) if status == 200 else answer

    def _ask(self, path: str, body: bytes | None) -> tuple[int, bytes]:
        kind = {"Content-Type": "application/vnd.schemaregistry.v1+json"}
        request = urllib.request.Request(self.target + path, body, kind)  # noqa: S310 - a registry of the tests
        try:
            with urllib.request.urlopen(request, timeout=ANSWER_S) as answer:  # noqa: S310
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()
        except OSError as error:
            return 503, _error(50302, str(error))


def _with_guid(answer: bytes) -> bytes:
    """The answer, with the GUID of the schema whose id it names."""
    found = json.loads(answer)
    if isinstance(found, dict) and isinstance(found.get("id"), int):
        found["guid"] = guid_of(found["id"])
    return json.dumps(found).encode()


def _error(code: int, message: str) -> bytes:
    return json.dumps({"error_code": code, "message": message}).encode()
