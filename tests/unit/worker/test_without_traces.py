"""Without traces nothing of them is imported, and nothing of them is called: not for a batch, and not for a record."""

from __future__ import annotations

import subprocess
import sys

from harness.commands import ROOT, environment

# Runs a session of one batch, notes every call of Python, and prints the files of those that have to do with traces.
PROGRAM = """
import asyncio, sys
from harness.fakes import FakeRecord
from stream.config.loading import load
from stream.core.rules import builtin
from stream.observe.telemetry.started import started
from stream.worker import app, engine as module

settings = load(environ={})
engine = module.Engine(settings, builtin(), largest_bytes=1_000_000)
assert started(settings) is None
records = [FakeRecord(b'{"text": "The ferry runs."}', the_headers=[("traceparent", b"x")]) for _ in range(100)]
called, batches = set(), []

class Source:
    member = engine.source.member
    def open(self): pass
    def close(self): pass
    def fetch(self):
        engine.stop()
        return records

async def main():
    engine.sink.start()
    await engine.clean(batches[0])

engine.source = Source()
engine.flow.wait_drained = lambda _: True
publications = []
engine.committer.commit = publications.append
sys.setprofile(lambda frame, event, _: called.add(frame.f_code.co_filename) if event == "call" else None)
engine._session(batches.append)
engine.flow.stopping.clear()
asyncio.run(main())
sys.setprofile(None)
print(len(batches[0].records), *sorted(name for name in called if "trace" in name or "telemetry" in name))
print(type(engine.committer).__name__, *sorted(name for name in sys.modules if name.startswith("opentelemetry")))
"""


def test_nothing_of_traces_is_imported_or_called() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        capture_output=True, text=True, timeout=120, check=False, cwd=ROOT, env=environment(),
    )  # fmt: skip
    assert (ended.stdout.splitlines(), ended.returncode) == (["100", "Transactions"], 0), ended.stderr
