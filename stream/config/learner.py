"""The settings of the learner, made from those of the worker."""

from __future__ import annotations

from collections.abc import Sequence

from stream.config.settings import Settings

FETCH_BYTES = 32_000_000
"""Maximum bytes that the learner takes up together. The more there are, the fewer sites are written more than once."""


class LearnerSettings(Settings):
    """What the worker's engine needs to know to read the topic of lines instead of articles."""

    def required_topics(self, inputs: Sequence[str]) -> list[tuple[str, str]]:  # noqa: ARG002 - the worker's
        """The topics, each with its role before it. The learner writes to all of them."""
        return [("input", self.input_topic), ("sites", self.sites_topic), ("counts", self.counts_topic)]

    @property
    def written_topics(self) -> str:
        """The topics that the learner writes to, as a list in a sentence."""
        return f"{self.input_topic}, {self.sites_topic} and {self.counts_topic}"


def for_learner(settings: Settings) -> LearnerSettings:
    """The settings of a learner beside workers with these settings. Its group is theirs with `.learner`."""
    changes = {
        "input_topic": settings.lines_topic,
        "output_topic": settings.sites_topic,
        "removed_topic": None,
        "sites": "off",
        "group_id": f"{settings.group_id}.learner",
        "start_at": "earliest",
        "registry_url": None,
        "batch_max_bytes": max(settings.batch_max_bytes, FETCH_BYTES),
        "fetch_buffer_bytes": max(settings.fetch_buffer_bytes, FETCH_BYTES),
    }
    return LearnerSettings.model_construct(**{**dict(settings), **changes})
