"""What is published instead of a record that the broker will never take."""

from __future__ import annotations

from stream.config.settings import Settings
from stream.errors import StreamError
from stream.kafka.refused import Refused
from stream.kafka.topic_settings import AFTER, BEFORE, BOTH
from stream.records.dead_letters import dead
from stream.records.demotion import dated_now, is_pointer, keyed, pointer, with_context_of, without_removals
from stream.records.outcomes import Outcome
from stream.records.record import NOW, place

REMEDY = {
    "too_large": "Raise the topic's max.message.bytes.",
    "rejected": f"Look at the topic's {BEFORE} and {AFTER} (before Kafka 3.6: {BOTH}).",
}


def demoted(outcome: Outcome, refused: Refused, settings: Settings) -> Outcome:
    """What to publish instead of a refused record; called again if that is refused as well. In this order:

    1. The article without the record of what was removed from it, which may be what is too large.
    2. Its dead letter.
    3. If the letter is refused for another reason than its size: with a key if it has none, then with today's date.
    4. A pointer: a letter without a value, whose headers say where the record stands in the input topic.

    Raises `StreamError` if even a pointer is refused.
    """
    if outcome.removed is not None:
        return without_removals(outcome, refused.reason)
    if outcome.name != "dead":
        size = len(outcome.value or b"")
        message = f"{settings.output_for(outcome.source.topic())} refuses the record of {size} bytes: {refused.message}"
        return with_context_of(dead(outcome.source, refused.reason, message), outcome)
    if refused.reason == "rejected":
        dated = outcome.timestamp_ms != NOW
        if outcome.key is None and not (dated and refused.for_its_time):
            return keyed(outcome)
        if dated:
            return dated_now(outcome)
    if not is_pointer(outcome.headers):
        return pointer(outcome)
    topic, where = settings.dead_letter_topic, place(outcome.source).decode()
    msg = f"{topic} refuses even a pointer to the record at {where}: {refused.message}."
    raise StreamError(msg, fix=REMEDY[refused.reason])
