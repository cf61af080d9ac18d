"""Faults on a real Kafka, each with articles flowing, and a ledger that counts what came out."""
