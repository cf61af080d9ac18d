"""Everything that talks to Kafka; the only room that imports confluent-kafka.

    client                            configures the clients, and turns their errors into ours
    causes                            what each of Kafka's error codes means, and what to do about it
    refusals                          how Kafka refuses a connection, recognised by the client's message
    source                            reads the input topic, in a thread of its own
    member                            the consumer, a member of the group
    beginnings, offsets, gaps         find the offset at which a partition begins, or resumes after a gap
    topic_id, same_topic              notice that the input topic was deleted and created again
    flow                              counts the records in flight between source and sink
    sink, demoting                    collects outcomes, and retries, splits or demotes what cannot be published
    committer                         what both delivery guarantees have in common
    transaction                       exactly once: `Transactions`
    at_least_once                     at least once: `AtLeastOnce`
    producing, flushing               queue outcomes in a producer, and wait for their acknowledgements
    missing, refused                  why publishing has failed
    group, ownership, rejoin          whether each partition has an owner, and what to do if one has none
    partitions, progress, ends, undelivered
                                      how far each partition has got, and whether it still makes progress
    checks, topic_settings, topics, sending, redriving, embedded
                                      what the commands ask of a cluster

The order of a commit is written down where it is done, as a numbered list: `transaction.Transactions._publish` for
exactly once, `at_least_once.AtLeastOnce.commit` for at least once. The order of a rebalance is in `source.Source`
(`_assigned`, `_revoked`), that of a partition's first offset in `beginnings.Beginnings._find`.

Promises: offsets are never committed before the outputs of their records, but in one transaction with them, or after
them; no record is skipped silently; an error of a Kafka client leaves this room as an error of `stream.errors`, except
where a docstring says otherwise. Imports only `observe` and what is below it.
"""
