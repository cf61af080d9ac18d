"""The name by which Faust's own commands find the worker: `faust -A stream.app worker`."""

from __future__ import annotations

from stream.worker.app import ArticleApp, app_from_environment


def __getattr__(name: str) -> ArticleApp:
    """`stream.app.app`, made from the environment when it is first asked for."""
    if name != "app":
        raise AttributeError(name)
    app = app_from_environment()
    globals()["app"] = app
    return app
