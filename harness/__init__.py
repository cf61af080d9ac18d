"""What tests and benchmarks share: a real Kafka server, the commands and the worker as processes, fake records.

`tests` and `bench` import this package; it imports neither of them.
"""
