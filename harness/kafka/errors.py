"""The error of a test's Kafka server."""


class KafkaServerError(RuntimeError):
    """The server cannot run here, or did not start in time; in that case the message ends with its log."""
