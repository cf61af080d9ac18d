"""Run a command that is silent for long, and show that it is working: `working.py WORDS -- COMMAND…`.

What the command prints is shown only where it fails. Needs nothing but Python, because it runs before anything is
installed. On a terminal the line is renewed every second; elsewhere there is a new line every ten seconds.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time

EVERY_S = {True: 1.0, False: 10.0}  # on a terminal, and elsewhere


def main() -> int:
    """Give the command's exit code."""
    words, dashes, *command = sys.argv[1:]
    if dashes != "--" or not command:
        sys.stderr.write(f"{__doc__}\n")
        return 2
    began = time.monotonic()
    live = sys.stderr.isatty()
    _say(f"{words} ..." if live else f"{words} ...\n")
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(command, stdout=said, stderr=subprocess.STDOUT)
        while (code := _ended(process, EVERY_S[live])) is None:
            line = f"{words} ... {time.monotonic() - began:.0f} s"
            _say(f"\r{line}" if live else f"{line}\n")
        end = "done" if code == 0 else "failed"
        _say(f"{chr(13) if live else ''}{words}: {end} after {time.monotonic() - began:.0f} s.\n")
        if code != 0:
            said.seek(0)
            _say(said.read().decode("utf-8", "replace"))
    return code


def _ended(process: subprocess.Popen[bytes], patience_s: float) -> int | None:
    try:
        return process.wait(patience_s)
    except subprocess.TimeoutExpired:
        return None


def _say(text: str) -> None:
    sys.stderr.write(text)
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
