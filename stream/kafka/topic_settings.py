"""What the settings of a topic mean for the records that go there. No Kafka here: a topic's settings are its words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

TopicSettings = Mapping[str, str]
BEFORE, AFTER = "message.timestamp.before.max.ms", "message.timestamp.after.max.ms"


def notes(role: str, of: TopicSettings, of_input: TopicSettings) -> Iterator[str]:
    """What the topic refuses or changes that the input topic does not, each as a clause.

    `of_input`: the settings of the input topic. Those that are not known are missing, and nothing is said of them.
    """
    letters = role == "dead letter"
    if _compacted(of) and role == "output":
        yield "it is compacted, so that a record without a key becomes a dead letter"
    if of.get("message.timestamp.type") == "LogAppendTime":
        yield "it replaces timestamps by the time of arrival"
    elif any(_narrower(of, of_input, name) for name in (BEFORE, AFTER)):
        what = "letters with other timestamps get today's date" if letters else "other records become dead letters"
        yield f"it takes fewer timestamps than the input topic ({BEFORE}, …after…), so that {what}"


def warnings(role: str, name: str, of: TopicSettings) -> Iterator[str]:
    """What is lost by a topic's settings, each as a sentence with the way out."""
    if not _compacted(of):
        return
    if role == "dead letter":
        yield (
            f"{name} is compacted: of the letters with the same key Kafka keeps the last one only (one without a key "
            "gets its record's place for a key). Set its cleanup.policy to delete."
        )
    if role == "removed":
        yield (
            f"{name} is compacted: of what was removed from the articles with the same key Kafka keeps the last only, "
            "and takes nothing of an article without a key. Set its cleanup.policy to delete."
        )


def _compacted(of: TopicSettings) -> bool:
    return "compact" in of.get("cleanup.policy", "")


def _narrower(of: TopicSettings, of_input: TopicSettings, name: str) -> bool:
    ours, theirs = _number(of, name), _number(of_input, name)
    return ours is not None and theirs is not None and ours < theirs


def _number(of: TopicSettings, name: str) -> int | None:
    value = of.get(name, "")
    return int(value) if value.isdigit() else None
