"""A TCP proxy in front of one broker. It cuts the connection at a chosen request, holds one back, or is slow."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

# API keys, by which Kafka numbers its requests.
PRODUCE, ADD_OFFSETS_TO_TXN, END_TXN, TXN_OFFSET_COMMIT = 0, 25, 26, 28
JOIN_GROUP, LEAVE_GROUP, SYNC_GROUP, CONSUMER_GROUP_HEARTBEAT = 11, 13, 14, 68
PIECE = 16_384


@dataclass
class Held:
    """A request that is held back. ``come`` is set when it arrives, ``released`` when it may go on.

    ``drop``: when released, it is discarded and its connection ends, as if its sender had died before sending it.
    """

    request: int
    come: threading.Event = field(default_factory=threading.Event)
    released: threading.Event = field(default_factory=threading.Event)
    drop: bool = False


class Proxy:
    """Listens on 127.0.0.1 and forwards everything to ``target``, which is set later.

    ``cut(request, answered=...)`` breaks the next connection on which this request is sent: before the broker has seen
    it, or after that, so that its answer is lost. ``holding(request)`` holds the next one back for a while.
    """

    def __init__(self) -> None:
        """Listen on a free port; nothing is forwarded yet."""
        self._server = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._server.getsockname()[1]}"
        self.target = ""
        self.bytes_per_second = 0  # from the worker to the broker; 0: unlimited
        self.cuts = 0
        self._cut: tuple[int, bool] | None = None
        self._hold: Held | None = None
        self._open: set[socket.socket] = set()
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self, request: int, *, answered: bool) -> None:
        """Cut the connection at the next request of this kind."""
        self._cut = (request, answered)

    @contextmanager
    def holding(self, request: int) -> Iterator[Held]:
        """Hold the next request of this kind back until the end of the block.

        Once it has arrived, another block may begin, so that two requests in a row can be held.
        """
        hold = self._hold = Held(request)
        try:
            yield hold
        finally:
            if self._hold is hold:
                self._hold = None
            hold.released.set()

    def close(self) -> None:
        """End all connections."""
        self._server.close()
        for each in list(self._open):
            _end(each)

    def _accept(self) -> None:
        while True:
            try:
                worker, _ = self._server.accept()
                host, port = self.target.rsplit(":", 1)
                broker = socket.create_connection((host, int(port)))
            except (OSError, ValueError):
                if self._server.fileno() < 0:
                    return
                continue
            self._open |= {worker, broker}
            threading.Thread(target=self._requests, args=(worker, broker), daemon=True).start()
            threading.Thread(target=self._answers, args=(worker, broker), daemon=True).start()

    def _requests(self, worker: socket.socket, broker: socket.socket) -> None:
        """Forward request by request, so that each can be recognised by its API key."""
        with contextlib.suppress(OSError), worker.makefile("rb") as stream:
            while len(head := stream.read(6)) == 6:
                length, request = struct.unpack(">iH", head)
                message = head + stream.read(length - 2)
                cut = self._cut
                if cut is not None and cut[0] == request:
                    self._cut = None
                    self.cuts += 1
                    if cut[1]:
                        self._open.discard(broker)
                        _mute(worker)  # the answer cannot reach the worker any more
                        broker.sendall(message)
                        broker.settimeout(60)
                        broker.recv(1)
                    break
                if (hold := self._hold) is not None and hold.request == request:
                    self._hold = None
                    hold.come.set()
                    hold.released.wait()
                    if hold.drop:
                        break
                self._pass_on(broker, message)
        self._end(worker, broker)

    def _pass_on(self, broker: socket.socket, message: bytes) -> None:
        for place in range(0, len(message), PIECE):
            piece = message[place : place + PIECE]
            if self.bytes_per_second and len(message) > 1000:
                time.sleep(len(piece) / self.bytes_per_second)
            broker.sendall(piece)

    def _answers(self, worker: socket.socket, broker: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while piece := broker.recv(65_536):
                worker.sendall(piece)
        self._end(worker, broker)

    def _end(self, *ends: socket.socket) -> None:
        for each in ends:
            self._open.discard(each)
            _end(each)


def _mute(end: socket.socket) -> None:
    with contextlib.suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)


def _end(end: socket.socket) -> None:
    with contextlib.suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
    end.close()
