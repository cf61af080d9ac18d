"""Errors which mean that the broker will never take a record, however often it is sent."""

from __future__ import annotations

from confluent_kafka import KafkaError

REFUSALS = {
    KafkaError.MSG_SIZE_TOO_LARGE: "too_large",
    KafkaError.RECORD_LIST_TOO_LARGE: "too_large",
    KafkaError.INVALID_RECORD: "rejected",
    KafkaError.INVALID_MSG: "rejected",
    KafkaError.INVALID_TIMESTAMP: "rejected",
}


class Refused(Exception):
    """The broker refuses a record of the publication, because it is too large or not valid.

    `reason`: `too_large` or `rejected`, the dead letter's reason. `message`: librdkafka's words. `for_its_time`:
    whether the broker has said that the record's timestamp is what it refuses.
    """

    def __init__(self, reason: str, message: str, *, for_its_time: bool = False) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message
        self.for_its_time = for_its_time

    @classmethod
    def from_error(cls, error: KafkaError) -> Refused | None:
        """The refusal that an error of the client reports; None if it reports something else."""
        reason = REFUSALS.get(error.code())
        if reason is None:
            return None
        return cls(reason, error.str(), for_its_time=error.code() == KafkaError.INVALID_TIMESTAMP)
