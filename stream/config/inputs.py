r"""The input topics, as `STREAM_INPUT_TOPIC` names them: one, a list, or a pattern.

A pattern has to mean the same to librdkafka (POSIX), to the broker (RE2, with the consumer protocol) and to us
(Python), because by it we tell whether the worker would read what it writes. So only what all three have is accepted:
characters of topic names, `\.`, `.`, `[…]`, `(…|…)` and the repetitions `*`, `+`, `?`, `{2,3}`, between `^` and `$`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

PLACE = "{topic}"
"""What stands for the name of the input topic in the name of an output topic."""

NAME = re.compile(r"[a-zA-Z0-9._-]{1,249}")
_CHARACTER = r"(?:[a-zA-Z0-9._-]|\\\.|\[\^?[a-zA-Z0-9._-]+\])"
_TIMES = r"(?:[*+?]|\{[0-9]+(?:,[0-9]*)?\})"
# What is in parentheses is not repeated: with `(a*)*` a short name could take hours.
_COMMON = re.compile(rf"\^(?:{_CHARACTER}{_TIMES}?|[(|]|\)\??)+\$")
MOST_CHARACTERS = 249
_KAFKAS_OWN = "__consumer_offsets"


@dataclass(frozen=True, slots=True)
class Inputs:
    """The topics that are read: `names`, or all that the `pattern` matches as a whole."""

    names: tuple[str, ...]
    pattern: re.Pattern[str] | None = None

    def __contains__(self, topic: str) -> bool:
        return topic in self.names if self.pattern is None else self.pattern.fullmatch(topic) is not None

    def __str__(self) -> str:
        """The topics in a sentence."""
        if self.pattern is not None:
            return f"topics that match {self.pattern.pattern}"
        return " and ".join(filter(None, (", ".join(self.names[:-1]), self.names[-1])))

    @property
    def one(self) -> bool:
        """Whether it is one topic, by its name."""
        return len(self.names) == 1

    @property
    def subscription(self) -> list[str]:
        """What a consumer subscribes to."""
        return list(self.names) if self.pattern is None else [self.pattern.pattern]

    def among(self, topics: Iterable[str]) -> list[str]:
        """Which of these topics are read, in order; if only one can be, that one, whether it is among them or not."""
        return list(self.names) if self.one else sorted(topic for topic in topics if topic in self)

    @property
    def none_exists(self) -> str:
        """Says that none of several topics exists, as a clause."""
        if self.pattern is not None:
            return f"no topic matches {self.pattern.pattern}"
        return f"none of the input topics {self} exists"


@lru_cache
def parsed(text: str) -> Inputs:
    """The input topics of a setting. Raises `ValueError` that says what is wrong with it."""
    if text.startswith("^"):
        return Inputs((), _pattern(text))
    names = tuple(part.strip() for part in text.split(","))
    for name in names:
        if NAME.fullmatch(name) is None:
            what = f"{name!r} is not the name of a topic" if len(names) > 1 else "that is not the name of a topic"
            msg = rf"{what}; write one, several with commas between, or a pattern such as ^articles\.(..)$"
            raise ValueError(msg)
    if twice := [name for at, name in enumerate(names) if name in names[:at]]:
        msg = f"it names {twice[0]} twice"
        raise ValueError(msg)
    return Inputs(names)


def template(text: str) -> str:
    """The name of an output topic, or a template of it, as it was given. Raises `ValueError`."""
    if NAME.fullmatch(text.replace(PLACE, "", 1)) is None and text != PLACE:
        msg = f"that is not the name of a topic; write one, or one with {PLACE} in it such as clean.{PLACE}"
        raise ValueError(msg)
    return text


def conflict(input_topic: str, output_topic: str, others: Mapping[str, str]) -> str:
    """What is wrong with these settings together, as a clause; empty if nothing is.

    `others`: by setting, the other topics that are written to.
    """
    inputs = parsed(input_topic)
    written = {"output_topic": output_topic, **others}
    topics = {"input_topic": input_topic, **written}
    if len(set(topics.values())) < len(topics):
        return f"{', '.join(list(topics)[:-1])} and {[*topics][-1]} must differ, but are {', '.join(topics.values())}"
    for role, topic in written.items():
        if topic in inputs:
            return f"input_topic {input_topic} takes in {role} {topic}, so the worker would read what it writes"
    for topic in inputs.names:
        if why := feeds(inputs, output_topic.replace(PLACE, topic), others):
            return f"input_topic {topic} cannot be read: {why}"
    return ""


def feeds(inputs: Inputs, output: str, others: Mapping[str, str]) -> str:
    """What is wrong with writing an input topic's records to the topic `output`, as a clause; empty if nothing is."""
    if output in inputs:
        return f"its output topic {output} is an input topic, too, so the worker would read what it writes"
    if same := next((role for role, other in others.items() if other == output), ""):
        return f"its output topic would be {output}, which is the {same}"
    if NAME.fullmatch(output) is None:
        return f"the name of its output topic {output} would be longer than 249 characters"
    return ""


def _pattern(text: str) -> re.Pattern[str]:
    if not text.endswith("$") or text.endswith("\\$"):
        msg = f"a pattern is of whole names and ends with $: write {text}$, or {text}.*$ for all that begin so"
        raise ValueError(msg)
    if _COMMON.fullmatch(text) is None or not _nested(text):
        msg = (
            r"a pattern may have letters, digits, _ and -, \. for a dot, . for any character, [a-z], (en|de), and "
            "*, +, ? or {2} behind a character"
        )
        raise ValueError(msg)
    if any(
        int(times) > MOST_CHARACTERS
        for braces in re.findall(r"\{([0-9,]+)\}", text)
        for times in braces.split(",")
        if times
    ):
        msg = f"no name is longer than {MOST_CHARACTERS} characters, so nothing is repeated more often"
        raise ValueError(msg)
    try:
        pattern = re.compile(text)
    except re.error as error:
        msg = f"the pattern is not valid: {error}"
        raise ValueError(msg) from None
    if pattern.fullmatch(_KAFKAS_OWN):
        msg = f"the pattern matches Kafka's own topics, such as {_KAFKAS_OWN}: make it narrower"
        raise ValueError(msg)
    return pattern


def _nested(text: str) -> bool:
    """Whether no `|` stands outside parentheses, where `^` would belong to the first part alone and `$` to the last."""
    depth = 0
    for character in re.sub(r"\[[^\]]*\]", "", text):
        depth += {"(": 1, ")": -1}.get(character, 0)
        if character == "|" and not depth:
            return False
    return True
