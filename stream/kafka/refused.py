"""A record that the broker will never take, however often it is sent."""

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
    """The broker refuses a record of the publication, too large or not valid.

    `for_its_time`: whether the record's timestamp is what is not valid, as far as the broker tells.
    """

    def __init__(self, reason: str, message: str, *, for_its_time: bool = False) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message
        self.for_its_time = for_its_time

    @classmethod
    def by(cls, error: KafkaError) -> Refused | None:
        """What an error of the client says, if it is that."""
        reason = REFUSALS.get(error.code())
        if reason is None:
            return None
        return cls(reason, error.str(), for_its_time=error.code() == KafkaError.INVALID_TIMESTAMP)
