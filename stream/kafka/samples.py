"""The last records of the input, for `article-stream check`: whether their texts are where the settings say."""

from __future__ import annotations

import time
from operator import attrgetter
from typing import Any

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from stream.config.settings import Settings
from stream.kafka import client
from stream.kafka.cluster import ANSWER_S
from stream.kafka.found import partitions_of
from stream.observe.check import Check
from stream.observe.wording import counted
from stream.records.codec import JsonCodec
from stream.records.dead_letters import read_letter
from stream.records.nearest import nearest
from stream.records.process import Processor
from stream.records.shape import Shape, Undecodable

RECORDS, PARTITIONS, LOOKED_AT = 5, 8, 64
"""How many records are read, of how many partitions that have any, and how many are looked at for that, at most."""
PATIENCE_S = 5.0


def texts(settings: Settings, processor: Processor) -> Check:
    """Look at the last records of the input topics, without joining the group."""
    with client.explained(settings, doing=f"reading the last records of {settings.inputs}"):
        records = [record for record in _last(settings) if record.value() is not None]
    where = settings.text_field
    if not records:
        return Check(
            "records", f"{settings.inputs} {'holds' if settings.inputs.one else 'hold'} no records to look at yet"
        )
    outcomes = [processor.process(record) for record in records]
    wrong = [outcome for outcome in outcomes if outcome.name == "dead"]
    good = len(outcomes) - len(wrong)
    asked = counted(len(records), "record")
    if not wrong:
        passed = sum(outcome.name == "passed" for outcome in outcomes)
        if passed == len(outcomes):
            return Check(
                "records", f"of the last {asked} none has a text at {where}{_near(records[-1], where)}", warning=True
            )
        if absent := _absent(processor, records):
            said = f"of the last {asked} none has a text at {absent}{_near(records[-1], absent)}"
            return Check("records", said, warning=True)
        without = f"; {passed} of them without one go on as they are" if passed else ""
        return Check("records", f"the last {asked} can be cleaned, with the text at {where}{without}")
    why = read_letter(wrong[-1].headers).message
    fix = _near(wrong[-1].source, where) if wrong[-1].reason == "no_text" else ""
    if good:
        return Check("records", f"of the last {asked} {len(wrong)} would become dead letters: {why}{fix}", warning=True)
    return Check("records", f"of the last {asked} none can be cleaned: {why}{fix}", warning=True)


def _near(record: Any, where: str) -> str:
    """A clause that names the place of a text in a record; empty if it has none."""
    near = nearest(record.value() or b"", where.split(",", maxsplit=1)[0].strip())
    return f"; a text is at {near}" if near else ""


def _absent(processor: Processor, records: list[Any]) -> str:
    """The first of several paths at which no record has a text; "" if there is none, or records name a schema."""
    shape = processor.codec.shape
    if len(shape.texts) == 1 or processor.schemas is not None:
        return ""
    for path in shape.texts:
        codec = JsonCodec(Shape((path,), shape.source))
        if all(isinstance(codec.decode(record.value()), Undecodable) for record in records):
            return path.written
    return ""


def _last(settings: Settings) -> list[Any]:
    """Read the last records of some partitions; fewer where they do not come in time."""
    config = client.consumer(settings) | {"isolation.level": "read_committed"}
    config.pop("group.instance.id", None)
    consumer = Consumer(config)
    found: list[Any] = []
    try:
        of_all = partitions_of(consumer, settings.inputs, ANSWER_S)
        places: list[TopicPartition] = []
        for place in sorted(of_all, key=attrgetter("number"))[:LOOKED_AT]:  # the first ones of every topic first
            if len(places) == PARTITIONS:
                break
            low, high = consumer.get_watermark_offsets(TopicPartition(*place), ANSWER_S)
            if high > low:
                places.append(TopicPartition(*place, max(low, high - RECORDS)))
        consumer.assign(places)
        deadline, ended = time.monotonic() + PATIENCE_S, 0
        while ended < len(places) and time.monotonic() < deadline:
            for message in consumer.consume(RECORDS * PARTITIONS, 0.2):
                error = message.error()
                if error is None:
                    found.append(message)
                elif error.code() == KafkaError._PARTITION_EOF:  # noqa: SLF001 - its public name has the underscore
                    ended += 1
                else:
                    raise KafkaException(error)
    finally:
        consumer.close()
    return found
