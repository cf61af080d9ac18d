"""Ctrl-C, and other signals that end a command, while Kafka's client may be in a call.

The client runs callbacks in the midst of `poll` and `flush`, and a signal is handled wherever Python code runs, so
within them as well. Python's own handler raises `KeyboardInterrupt` as a class. Up to 3.11 the binding keeps only the
instance of what a callback raises (`cfl_exception_fetch` in its confluent_kafka.h), finds none, and the call ends in a
`SystemError`: the command then died with a traceback instead of ending.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Iterable, Iterator
from types import FrameType
from typing import NoReturn, Self, TypeVar

Item = TypeVar("Item")

LOOK_S = 0.1  # a signal that raises nothing does not end a sleep


def interrupt(_number: int = 0, _frame: FrameType | None = None) -> NoReturn:
    """Raise `KeyboardInterrupt`. As the handler of a signal, in place of `signal.default_int_handler`."""
    raise KeyboardInterrupt


def interruptible() -> None:
    """Let Ctrl-C raise what Kafka's client does not lose, unless this process ignores it or has its own handler."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, interrupt)


class Stopping:
    """Whether a command was asked to stop by one of these signals; for a `with` block of the main thread.

    The first signal only sets it, so that no delivery report is cut off in its middle and every record is accounted
    for. The next one raises `KeyboardInterrupt`. A signal that this process ignores, as one that runs in the background
    of a script ignores Ctrl-C, it goes on ignoring.
    """

    def __init__(self, *signals: signal.Signals) -> None:
        """By default Ctrl-C alone."""
        self._signals = signals or (signal.SIGINT,)
        self._asked = self._reads = False

    def __enter__(self) -> Self:
        """From now on."""
        heeded = [number for number in self._signals if signal.getsignal(number) is not signal.SIG_IGN]
        self._before = {number: signal.signal(number, self._ask) for number in heeded}
        return self

    def __exit__(self, *_: object) -> None:
        """Handle the signals as before."""
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def wait(self, timeout_s: float) -> bool:
        """Sleep for so many seconds, or until it was asked to stop; gives whether it was."""
        until = time.monotonic() + timeout_s
        while not self._asked and (left := until - time.monotonic()) > 0:
            time.sleep(min(LOOK_S, left))
        return self._asked

    def reading(self, items: Iterable[Item]) -> Iterator[Item]:
        """Give these. While the next one is read, any signal raises: a pipe may have nothing to read for long."""
        left = iter(items)
        try:
            while True:
                self._reads = True
                if self._asked:  # a moment ago, so that nothing has been raised
                    interrupt()
                item = next(left)
                self._reads = False
                yield item
        except StopIteration:
            return
        finally:
            self._reads = False

    def _ask(self, number: int, frame: FrameType | None) -> None:
        if self._asked or self._reads:
            interrupt(number, frame)
        self._asked = True
