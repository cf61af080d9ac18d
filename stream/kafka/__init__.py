"""Everything that talks to Kafka; the only room that imports confluent-kafka.

    client, causes, refusals          clients' configuration, and their errors as our sentences
    source, member, beginnings, …     records out of the input topic: joining, where reading begins, what is missing
    flow                              how many records are under way between source and sink
    sink, transaction, at_least_once  outcomes into the output topics, with the offsets they stand for
    group, ownership, rejoin          whether each partition has an owner, and healing where one has none
    partitions, progress, ends, undelivered
                                      what is known of each partition, and whether it moves
    checks, topics, sending, redriving, embedded
                                      what the commands ask of a cluster

Promises: offsets are committed with what they stand for, or after it, never before; nothing is skipped silently; what a
client raises leaves here as an error of `stream.errors`. Imports `records`, `core` and `config`.
"""
