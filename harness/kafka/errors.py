"""What can go wrong with a test's Kafka server."""


class KafkaServerError(RuntimeError):
    """The server could not be had, or did not start in time; the message holds the tail of its log."""
