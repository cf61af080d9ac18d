"""The compiled part of the core, which is optional: without a C compiler the package is installed without it."""

from pathlib import Path
from zlib import crc32

from setuptools import Extension, setup

NATIVE = Path("stream", "core", "native")
# What it was built from: in a checkout one of other sources is not used (stream/core/native/__init__.py).
STATE = f"{crc32(b''.join(path.read_bytes() for path in sorted(NATIVE.glob('*.[ch]')))):08x}"

setup(
    ext_modules=[
        Extension(
            "stream.core.native.compiled",
            sources=sorted(str(path) for path in NATIVE.glob("*.c")),
            depends=sorted(str(path) for path in NATIVE.glob("*.h")),
            extra_compile_args=["-O3"],
            define_macros=[("STATE", f'"{STATE}"')],
            optional=True,
        )
    ]
)
