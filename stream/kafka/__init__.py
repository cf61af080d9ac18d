"""Everything that talks to Kafka; the only room that imports Kafka's client.

    Clients and their errors
      client            configures the clients, and turns their errors into ours
      causes            what each of Kafka's error codes means, and what to do about it
      refusals          how Kafka refuses a connection, recognised by the client's message

    Reading
      source            reads the input topics in a thread of its own, and what it does at a rebalance
      member            the consumer as a member of its group: joining and leaving
      beginnings        finds the offset at which a partition begins, and commits it before anything is read
      outputs           which input topics wait, because their output topics are missing
      found             which input topics there are, and their partitions
      offsets           asks for committed offsets, and for the first and last of a partition
      gaps              where to resume if the committed offset is no longer in the log
      topic_id          the id by which a topic that was created again is recognised
      same_topic        notices that an input topic was deleted and created again
      held              partitions that wait for something other than Kafka, and are read again
      following         reads a compacted topic to its end, and then what comes
      flow              counts the records in flight between source and sink

    Publishing
      sink              collects outcomes while one commit is under way, and publishes them in the next
      committer         what both delivery guarantees have in common
      transaction       exactly once: `Transactions`
      at_least_once     at least once: `AtLeastOnce`
      producing         queues outcomes in a producer
      flushing          waits for their acknowledgements
      missing           whether publishing fails because a topic is missing
      refused           which errors mean that the broker will never take a record
      demoting          what is published instead of such a record
      traced            tells the traces of fetches, transactions and commits, where there are traces

    Watching
      partitions        how far each assigned partition is fetched and published
      ends              where partitions end, asked without the consumer
      progress          whether reading makes progress, and when a new session should be started
      undelivered       finds records that the client has passed over
      group             what the broker reports about the whole group
      ownership         whether each partition is assigned, and what to do if one is not
      rejoin            makes the group rebalance

    For the commands and the live page
      checks            whether the worker can start
      samples           whether the last records have their texts where the settings say
      cluster           asks a cluster for its brokers, its topics and their settings, and for what we may do
      api_versions      whether the brokers know the consumer protocol
      topic_settings    what a topic's settings mean for its records
      topic_differences how an existing topic differs from the one that was asked for
      topics            creates topics, and reads whole topics
      newest            the newest records of a topic
      sending           publishes records to an input topic
      learned_sites     what the topics of sites hold, and asking the learner to change it
      redriving         sends dead letters back, each exactly once
      interrupts        Ctrl-C while the client is in a call
      embedded          the embedded broker, for the demo and quick tests

The order of a commit is written down where it is done, as a numbered list: `transaction.Transactions._publish` for
exactly once, `at_least_once.AtLeastOnce.commit` for at least once. The order of a rebalance is in `source.Source`
(`_assigned`, `_revoked`), that of a partition's first offset in `beginnings.Beginnings._find`.

Promises: offsets are never committed before the outputs of their records, but in one transaction with them, or after
them; no record is skipped silently; an error of a Kafka client leaves this room as an error of `stream.errors`, except
where a docstring says otherwise. Imports only `observe` and what is below it.
"""
