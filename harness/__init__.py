"""What tests and benchmarks share: a real Kafka of their own, the worker as a process, records that need no Kafka.

`tests` and `bench` import this; it imports neither.
"""
