"""The compiled part of the core, which is optional: without a C compiler the package is installed without it."""

from pathlib import Path

from setuptools import Extension, setup

NATIVE = Path("stream", "native")

setup(
    ext_modules=[
        Extension(
            "stream.native.compiled",
            sources=sorted(str(path) for path in NATIVE.glob("*.c")),
            depends=sorted(str(path) for path in NATIVE.glob("*.h")),
            extra_compile_args=["-O3"],
            optional=True,
        )
    ]
)
