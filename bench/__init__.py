"""Measurements on a real Kafka: `make bench`. Never part of the tests."""
