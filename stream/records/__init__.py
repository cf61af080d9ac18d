"""Turns the bytes of a record into an article, and the cleaned article into an outcome. No Kafka client is used here.

    input_partition a partition of an input topic, by which offsets and the lag are kept
    record          a consumed record: its parts, its place in the input, its size on the wire
    headers         the names of all headers, and how headers are read
    shape           where the texts of a record are, and what every format of a value can do
    codec           gets the texts out of a JSON or plain value, and puts cleaned ones back, changing no other byte
    json_values     reads JSON, and finds what a path leads to
    nearest         where in a value its text may be, for who has named another place
    splice          finds where in the bytes something stands, and edits it there
    framing         the frame of a schema registry around a value, which names its schema
    schema_formats  a registry's schema becomes a format for its payloads
    json_schema     where in a JSON Schema the texts are
    schemas/        formats of values that are written by a schema: Avro and Protobuf
    site            the site of an article: what its source field names, or the host of its address
    known_sites     what a worker knows of sites, and which articles it lets the learner see
    trace_context   the trace context that a record's headers name
    reasons         how many removals there are for each reason
    process         one record in, one `Outcome` out: here a record becomes an article
    outcomes        `Outcome`, and `Outcomes`: many of them, counted
    dead_letters    the dead letter of a record that could not be cleaned
    demotion        what is published instead of a record that the broker rejects
    redrive         which dead letters go back to the input, and in what form

Promises: every record gives exactly one outcome (cleaned, unchanged, passed, tombstone or dead), whatever its bytes
are.
Imports only `learner`, `core`, `config` and `errors`.
"""
