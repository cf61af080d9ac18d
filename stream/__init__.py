"""article-stream: raw articles in, cleaned articles out, exactly once.

    articles.raw ──► source ──► batches ──► agent ──► sink ──────────► articles.clean
                     consumer   (channel)   decode    transaction:     articles.dead
                     (thread)   bounded     clean     outputs, dead
                                            encode    letters, offsets

In reading order: `article`, `paragraphs`, `repeats`, `footers`, `cleaning` (the pure core); `codec`,
`records`, `outcomes` (bytes to bytes, no Kafka yet); `kafka/`, `flow`, `engine` (the data path); `app` (Faust);
`health`, `metrics`, `web` (to be seen); `settings`, `errors`, `cli/`.
"""

from stream._version import __version__

__all__ = ["__version__"]
