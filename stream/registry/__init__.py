"""Everything that talks to a schema registry. Kafka's client and Faust are unknown here.

    configuration   the settings as the registry's client takes them
    client          questions to the registry, each answered or an error of ours
    formats         a schema becomes a format: where its text is, or a sentence why there is none
    encryption      whether a rule of the schema encrypts the text
    schemas         the schemas by id, kept for good; those that the registry does not know, for a while
    checks          what `article-stream check` asks, and the worker's start

The client is confluent-kafka's own (`confluent_kafka.schema_registry`), which the extra `registry` brings. It is
imported when a registry is set.
"""
