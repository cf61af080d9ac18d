"""The parts of a Kafka server for the tests: its jars, its properties, one process of it.

``harness.kafka.server`` puts them together; nothing else should be imported from here.
"""
