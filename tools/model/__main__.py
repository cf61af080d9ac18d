"""`python -m tools.model`: see the package."""

from __future__ import annotations

import os

# Before the first import of jax: additions in one order, whatever the number of processors.
os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1")
os.environ.setdefault("JAX_PLATFORMS", "cpu")

import argparse
from hashlib import sha256
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
WEIGHTS = ROOT / "stream" / "core" / "footer" / "network.bin"
TEACHERS = 3


def main() -> None:
    """Train the network that is shipped, or those of the folds."""
    parser = argparse.ArgumentParser(prog="python -m tools.model", description="Learn where footers begin.")
    parser.add_argument("corpus", type=Path, help="labelled pages (.jsonl.gz): docs/cleaning.md says how they look")
    parser.add_argument("--out", type=Path, default=WEIGHTS, help="the file to write")
    parser.add_argument("--folds", choices=["site", "dataset"], help="train without a part each, into the folder --out")
    parser.add_argument("--teachers", type=int, default=TEACHERS, help="how many large networks teach the small one")
    asked = parser.parse_args()
    from tools.model import folds
    from tools.model.data import pages_of
    from tools.model.export import exported
    from tools.model.training import learn, say

    pages = pages_of(asked.corpus)
    say(f"{len(pages):,} pages")
    if asked.folds:
        folds.write(pages, asked.folds, asked.out, asked.teachers)
        return
    data = exported(learn(pages, asked.teachers))
    asked.out.write_bytes(data)
    say(f"{asked.out}: {len(data):,} bytes, sha256 {sha256(data).hexdigest()}")


if __name__ == "__main__":
    main()
