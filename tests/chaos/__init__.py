"""Faults on a real Kafka while articles flow, and a ledger that counts what comes out."""
