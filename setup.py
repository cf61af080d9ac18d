"""The compiled core, which is optional: without a Rust compiler the package is installed without it.

With STREAM_REQUIRE_COMPILED=1 that is an error.
"""

import os
from pathlib import Path
from zlib import crc32

from setuptools import setup
from setuptools_rust import Binding, RustExtension, Strip

NATIVE = Path("native")
# What it is built from: in a checkout one of other sources is not used (stream/core/native/__init__.py).
SOURCES = [*sorted(NATIVE.glob("src/*.rs")), NATIVE / "Cargo.toml"]
os.environ["ARTICLE_STREAM_STATE"] = f"{crc32(b''.join(path.read_bytes() for path in SOURCES)):08x}"

setup(
    rust_extensions=[
        RustExtension(
            "stream.core.native.compiled",
            path=str(NATIVE / "Cargo.toml"),
            binding=Binding.PyO3,
            debug=False,
            strip=Strip.All,
            optional=os.environ.get("STREAM_REQUIRE_COMPILED") != "1",
            py_limited_api=True,
        )
    ]
)
