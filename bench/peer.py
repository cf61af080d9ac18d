"""Starts the worker for the peers' harness, whose variables (IN, OUT, GROUP, INSTANCE, BOOTSTRAP) become settings."""

from __future__ import annotations

import os
import sys

from harness.processes import free_port


def main() -> None:
    """Become the worker, with all features on unless a STREAM_ variable says otherwise."""
    peer = os.environ
    settings = {
        "STREAM_BOOTSTRAP_SERVERS": peer["BOOTSTRAP"],
        "STREAM_INPUT_TOPIC": peer["IN"],
        "STREAM_OUTPUT_TOPIC": peer["OUT"],
        "STREAM_DEAD_LETTER_TOPIC": peer["DEAD"],
        "STREAM_GROUP_ID": peer["GROUP"],
        "STREAM_INSTANCE_ID": f"peer-{peer['INSTANCE']}",
        "STREAM_HTTP_PORT": str(free_port()),
    }
    os.execve(sys.executable, [sys.executable, "-m", "stream", "worker"], {**peer, **settings})  # noqa: S606 - it is ours


if __name__ == "__main__":
    main()
