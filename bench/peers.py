"""`make bench-peers PEERS=FOLDER`: the worker beside the systems a user would pick instead, on one Kafka, by turns.

The folder holds the same job written for other systems and `bench.py`, which runs them (its README.md says how);
`setup.sh` in it builds them once. The worker runs twice: with the peers' job alone, and with everything. All of it is
done once for each kind of text: real news pages first.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from typing import Any, NamedTuple

from rich.console import Console
from rich.table import Table

from bench.machine import kafka_to_measure, machine
from bench.measure import make_topics
from bench.process import stolen_s, stolen_since
from bench.texts import KINDS, about, add_text_option, texts_of
from harness.commands import environment
from harness.kafka.server import RealKafka
from stream.core.rules import builtin

PROCESSORS = len(os.sched_getaffinity(0))
JOB, EVERYTHING = "article-stream-job", "article-stream"
# Not faust-eos: in spite of its name, its transactions hold no records.
EXACTLY_ONCE = (EVERYTHING, JOB, "confluent-txn", "kstreams-eos", "quix-eos")
FOR_SPEED = (
    f"{JOB}@2", f"{EVERYTHING}@2", JOB, EVERYTHING, "go-franz", "confluent-txn", "confluent-txn@2",
    "kstreams-eos+NUM_THREADS=2", "quix-eos", "quix-eos@2", "bytewax-p2", "faust",
)  # fmt: skip
FOR_LATENCY = (JOB, EVERYTHING, "go-franz", "confluent-txn", "kstreams-eos+NUM_THREADS=2", "quix-eos", "faust")
MARKERS = ("you may also like", "related articles", "read more", "recommended for you")
JOBS_RULE = """disable = {disable}
[[rule]]
id = "peers.job"
kind = "section"
phrases = {phrases}
example = "Read more"
"""
# Makes the harness use the texts of `make bench`, so that both measure the same ones, with a corpus or without.
WITH_OUR_TEXTS = """
import json, sys, bench
with open(sys.argv.pop(1)) as file:
    made = json.load(file)
bench.texts = lambda *_: made
bench.main()
"""
Rows = dict[str, list[dict[str, Any]]]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.peers", description=__doc__)
    parser.add_argument("folder", nargs="?", default="", help="the folder with the peers")
    parser.add_argument("-n", "--articles", type=int, help="the backlog (60,000, of the plain article 200,000)")
    parser.add_argument("--runs", type=int, default=2, help="runs of each, by turns (2)")
    parser.add_argument("--rate", type=int, default=500, help="articles a second for latency (500)")
    parser.add_argument("--high-rate", type=int, default=5000, help="and once more for the worker's job alone (5,000)")
    parser.add_argument("--seconds", type=float, default=20, help="how long latency is measured (20)")
    parser.add_argument("--speed", default=",".join(FOR_SPEED), help="who runs the backlog")
    parser.add_argument("--latency", default=",".join(FOR_LATENCY), help="whose latency is measured")
    add_text_option(parser, ",".join(KINDS))
    arguments = parser.parse_args()
    folder = Path(arguments.folder).resolve()
    build = Path(os.environ.get("PEERS_BUILD", Path(tempfile.gettempdir()) / "peers-build"))
    if not arguments.folder or not (folder / "bench.py").is_file():
        sys.exit("There are no peers to measure: name their folder, as in make bench-peers PEERS=../peers.")
    if not (build / "v1").is_dir():
        sys.exit(f"The peers are not built yet: run sh {folder / 'setup.sh'} once, or set PEERS_BUILD.")
    with kafka_to_measure() as kafka, tempfile.TemporaryDirectory() as scratch:
        harness = Harness(folder, build, Path(scratch), kafka)
        harness.take(arguments.text[0])
        harness.warm_up()
        before, began = stolen_s(), time.monotonic()
        found = {}
        for kind in arguments.text:
            harness.take(kind)
            late = harness.latency(arguments.latency, arguments.rate, arguments)
            fast_late = harness.latency(JOB, arguments.high_rate, arguments)
            count = arguments.articles or KINDS[kind].backlog
            found[kind] = Measured(count, harness.backlog(arguments.speed, count, arguments.runs), late, fast_late)
        share = stolen_since(before, began)
    show(arguments, found, share)


class Measured(NamedTuple):
    """What was measured with one kind of text: a backlog of so many articles, the latency at two rates."""

    articles: int
    fast: Rows
    late: Rows
    fast_late: Rows


class Harness:
    """The peers' own harness, with the worker among them."""

    def __init__(self, folder: Path, build: Path, scratch: Path, kafka: RealKafka) -> None:
        """Copy the folder, because the harness writes into it."""
        shutil.copytree(folder, scratch / "peers", copy_function=shutil.copyfile)
        (scratch / "peers").chmod(0o755)
        (scratch / "pid").write_text(str(kafka.pid), "ascii")
        make_topics(kafka.bootstrap_servers, "peers.dead")
        self._python = build / "v1" / "bin" / "python"
        self._scratch = scratch
        self._environment = {
            **environment(),
            "BOOTSTRAP": kafka.bootstrap_servers, "KAFKA_PID_FILE": str(scratch / "pid"), "DEAD": "peers.dead",
            "KAFKA_DATA": str(kafka.data_dir), "PEERS_BUILD": str(build), "PEERS_JSON": str(self._workers()),
            "PYTHONPATH": "",
        }  # fmt: skip

    def _workers(self) -> Path:
        rules = self._scratch / "job.toml"
        write_jobs_rules(rules)
        worker = {"cmd": [sys.executable, "-m", "bench.peer"], "cwd": str(Path(__file__).parent.parent), "txn": True}
        job = {"STREAM_FOOTERS": "markers", "STREAM_RULES": str(rules)}
        known = self._scratch / "workers.json"
        known.write_text(json.dumps({JOB: {**worker, "env": job}, EVERYTHING: {**worker, "env": {}}}), "utf-8")
        return known

    def take(self, kind: str) -> None:
        """Make the articles of texts of this kind from now on."""
        (self._scratch / "texts.json").write_text(json.dumps(texts_of(kind)), "utf-8")

    def warm_up(self) -> None:
        """Warm the broker up: a JVM that is still compiling takes three times as long to commit."""
        self._run("latency", "confluent-txn", "--rate", "1500", "--secs", "30")

    def latency(self, peers: str, rate: int, arguments: argparse.Namespace) -> Rows:
        """Measure the latency at a rate."""
        at = ("--rate", str(rate), "--secs", str(arguments.seconds))
        return self._run("latency", peers, *at, "--reps", str(arguments.runs))

    def backlog(self, peers: str, articles: int, runs: int) -> Rows:
        """Measure the throughput."""
        size = ("-n", str(articles), "--limit", str(60 + articles / 500))
        return self._run("tput", peers, *size, "--reps", str(runs))

    def _run(self, what: str, peers: str, *options: str) -> Rows:
        """Call the harness once; return its rows by peer."""
        rows = self._scratch / "rows.jsonl"
        rows.write_text("", "ascii")
        subprocess.run(
            [self._python, "-c", WITH_OUR_TEXTS, "../texts.json", what, "--peers", peers, "--jsonl", rows, *options],
            cwd=self._scratch / "peers", env=self._environment, stdout=sys.stderr, check=True,
        )  # fmt: skip
        found: Rows = defaultdict(list)
        for line in rows.read_text("utf-8").splitlines():
            row = json.loads(line)
            found[row["peer"]].append(row)
        return found


def write_jobs_rules(path: Path) -> None:
    """Write the job that the peers do as a rule file for `STREAM_FOOTERS=markers`."""
    disable = json.dumps([rule.id for rule in builtin().rules])
    path.write_text(JOBS_RULE.format(disable=disable, phrases=json.dumps(MARKERS)), "utf-8")


def show(arguments: argparse.Namespace, found: dict[str, Measured], stolen: float) -> None:
    """Print the tables of each text, with the least and the most of several runs."""
    out = Console(width=None if sys.stdout.isatty() else 120)
    for kind, measured in found.items():
        out.print(throughputs(f"{kind}: a backlog of {measured.articles:,} articles", measured.fast))
        rows = {
            **measured.late,
            **{f"{peer} at {arguments.high_rate}/s": of for peer, of in measured.fast_late.items()},
        }
        out.print(latencies(f"{kind}: latency at {arguments.rate} articles/s, milliseconds", rows))
    for kind in found:
        out.print(f"{kind}: {about(kind)}.")
    out.print(f"{machine()}, Kafka and the load on the same cores; CPU/article with the start.")
    out.print("Others: the share of the processors that others took, the harness among them. Distrust a large one.")
    out.print(f"The machine's other guests took {stolen:.1%} of the processors' time.")


def throughputs(title: str, fast: Rows) -> Table:
    """The table of a backlog. Others: the share of the processors that neither the peer nor the broker had."""
    table = Table(title=title)
    for heading in ("", "guarantee", "articles/s", "CPU/article", "memory", "lost, twice", "others"):
        table.add_column(heading, justify="left" if heading in {"", "guarantee"} else "right")
    for peer, ran in fast.items():
        runs = [run for run in ran if run["records"]]
        lost = sum(run["n"] - (run["records"] - run["dup"]) for run in ran)
        table.add_row(
            peer, _guarantee(peer), _range([run["steady_per_s"] for run in runs], "{:,.0f}"),
            _range([1000 * run["cpu_ms_per_msg"] for run in runs], "{:.0f}") + " µs",
            _range([run["peak_rss_MB"] for run in runs], "{:.0f}") + " MB",
            f"{lost}, {sum(run['dup'] for run in runs)}",
            _range([run["other_cpu_s"] / run["total_s"] / PROCESSORS for run in ran], "{:.0%}"),
        )  # fmt: skip
    return table


def latencies(title: str, rows: Rows) -> Table:
    """The table of latencies."""
    table = Table(title=title)
    for heading in ("", "guarantee", "p50", "p99", "max", "cores"):
        table.add_column(heading, justify="left" if heading in {"", "guarantee"} else "right")
    for peer, runs in rows.items():
        ok = [run for run in runs if run["ok"]]
        values = [[run[name] for run in ok] for name in ("p50_ms", "p99_ms", "max_ms")]
        cores = _range([run["cpu_cores"] for run in ok], "{:.2f}")
        table.add_row(peer, _guarantee(peer), *(_range(value, "{:.0f}") for value in values), cores)
    return table


def _guarantee(peer: str) -> str:
    return "exactly once" if re.split("[@+ ]", peer)[0] in EXACTLY_ONCE else "at least once"


def _range(values: list[float], shape: str) -> str:
    if not values:
        return "-"
    ends = [shape.format(value) for value in (min(values), max(values))]
    return ends[0] if ends[0] == ends[1] else "–".join(ends)


if __name__ == "__main__":
    main()
