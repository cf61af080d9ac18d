"""What a topic's settings mean for the records that are written to it. Pure functions that ask no broker.

A topic's settings are given as a mapping from their names to their values, as Kafka reports them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

TopicSettings = Mapping[str, str]
BEFORE, AFTER = "message.timestamp.before.max.ms", "message.timestamp.after.max.ms"
BOTH = "message.timestamp.difference.max.ms"
"""What stands for `BEFORE` and `AFTER` before Kafka 3.6; versions before 4.0 still have it."""
LARGEST_COUNTS = 8 << 20
"""Bytes that the topic of counts should take in one record.

Failure: the counts of a site that repeats thousands of long lines in a script without spaces have more than Kafka's
default of 1 MB, and a learner could not go on behind them (1.3 MB were seen, before compression). Trade: 3,000 texts of
200 characters have at most 2.4 MB, the last three articles 1.2 MB. Worst case: a person rejects a thousand lines of
4,000 characters each.
"""


def notes(role: str, topic: TopicSettings, input_topic: TopicSettings) -> Iterator[str]:
    """What the topic refuses or changes although the input topic takes it, each as a clause.

    Settings that are missing are not known, and nothing is said about them.
    """
    letters = role == "dead letter"
    if _compacted(topic) and role == "output":
        yield "it is compacted, so records without a key become dead letters"
    if topic.get("message.timestamp.type") == "LogAppendTime":
        yield "it replaces each record's timestamp by the time of its arrival"
    elif bounds := [name for name in (BEFORE, AFTER, BOTH) if _narrower(topic, input_topic, name)]:
        what = "letters outside that range get today's date" if letters else "records outside it become dead letters"
        yield f"it accepts a narrower range of timestamps than the input topic ({', '.join(bounds)}), so {what}"


def warnings(role: str, name: str, topic: TopicSettings) -> Iterator[str]:
    """What will be lost because of the settings of the topic `name`, each as a sentence with the fix."""
    if role in {"sites", "counts"} and "cleanup.policy" in topic and not _compacted(topic):
        what = "what is known of a site" if role == "sites" else "what a learner has counted of a site"
        yield (
            f"{name} is not compacted, so that {what} is deleted after its retention.ms. Set its cleanup.policy to "
            "compact."
        )
    if role == "counts" and (most := _number(topic, "max.message.bytes")) is not None and most < LARGEST_COUNTS:
        yield (
            f"{name} takes records of at most {most:,} bytes. The counts of a site may have more, and a learner could "
            f"not go on behind them. Set its max.message.bytes to {LARGEST_COUNTS}."
        )
    if not _compacted(topic):
        return
    if role == "lines":
        yield (
            f"{name} is compacted, so that only the last article of a site is certain to be learned from. Set its "
            "cleanup.policy to delete."
        )
    if role == "dead letter":
        yield (
            f"{name} is compacted, so Kafka keeps only the last of the dead letters with the same key (a letter whose "
            "record has no key gets the record's place as its key). Set its cleanup.policy to delete."
        )
    if role == "removed":
        yield (
            f"{name} is compacted, so of the articles with the same key Kafka keeps only the removals of the last one, "
            "and refuses those of an article without a key. Set its cleanup.policy to delete."
        )


def _compacted(topic: TopicSettings) -> bool:
    return "compact" in topic.get("cleanup.policy", "")


def _narrower(topic: TopicSettings, input_topic: TopicSettings, name: str) -> bool:
    ours, theirs = _number(topic, name), _number(input_topic, name)
    return ours is not None and theirs is not None and ours < theirs


def _number(topic: TopicSettings, name: str) -> int | None:
    value = topic.get(name, "")
    return int(value) if value.isdigit() else None
