"""Compiles the parts in C with the compiler's checks, and runs the tests that compare them with their twins in Python.

python tools/sanitize.py                run the tests with every memory access and all arithmetic checked (GCC)
python tools/sanitize.py --warnings     only compile, with all warnings as errors
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path
from zlib import crc32

ROOT = Path(__file__).resolve().parent.parent
NATIVE = Path("stream", "core", "native")
STRICT = ("-Wall", "-Wextra", "-Werror", "-Wno-missing-field-initializers", "-Wno-cast-function-type")
CHECKS = ("-g", "-O1", "-fsanitize=address,undefined", "-fno-sanitize-recover=undefined")
NAMES = (
    "test_native.py",
    "test_native_calls.py",
    "test_native_network.py",
    "test_whole_articles.py",
    "test_spelling.py",
    "test_separators.py",
)
TESTS = [str(Path("tests", "property", name)) for name in NAMES]


def main() -> None:
    """Compile, and run the tests unless only warnings are asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--warnings", action="store_true", help="only compile")
    only_warnings = parser.parse_args().warnings
    compiler = shutil.which(os.environ.get("CC", "cc"))
    if compiler is None:
        sys.stderr.write("sanitize: skipped, there is no C compiler\n")
        return
    with tempfile.TemporaryDirectory() as scratch:
        shutil.copytree(ROOT / "stream", Path(scratch, "stream"), ignore=shutil.ignore_patterns("*.so"))
        for part in ("tests", "bench", "harness"):
            shutil.copytree(ROOT / part, Path(scratch, part))
        shutil.copy(ROOT / "pyproject.toml", scratch)
        library = str(NATIVE / f"compiled{sysconfig.get_config_var('EXT_SUFFIX')}")
        sources = sorted(str(NATIVE / path.name) for path in (ROOT / NATIVE).glob("*.c"))
        checks = ("-O3",) if only_warnings else CHECKS
        content = b"".join(path.read_bytes() for path in sorted((ROOT / NATIVE).glob("*.[ch]")))
        options = (*STRICT, *checks, "-std=c11", "-shared", "-fPIC", f'-DSTATE="{crc32(content):08x}"')
        command = [compiler, *options, f"-I{sysconfig.get_path('include')}", *sources, "-o", library]
        subprocess.run(command, cwd=scratch, check=True)
        if only_warnings:
            return
        wanted = ("libasan.so", "libubsan.so")
        found = (subprocess.check_output([compiler, f"-print-file-name={name}"], text=True).strip() for name in wanted)
        checked = {"LD_PRELOAD": " ".join(found), "ASAN_OPTIONS": "detect_leaks=0", "PYTHONMALLOC": "malloc"}
        test = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *TESTS, "-k", "not nothing_is_kept"]
        ended = subprocess.run(test, cwd=scratch, env={**os.environ, **checked}, check=False)
    sys.exit(ended.returncode)


if __name__ == "__main__":
    main()
