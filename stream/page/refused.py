"""Why a request is refused: a sentence for the person who looks at the page."""

from __future__ import annotations


class Refused(Exception):
    """Ends a request with an HTTP status and a sentence. `retry_s`: after how many seconds it may be tried again."""

    def __init__(self, status: int, sentence: str, *, retry_s: float = 0.0) -> None:
        super().__init__(sentence)
        self.status = status
        self.sentence = sentence
        self.retry_s = retry_s
