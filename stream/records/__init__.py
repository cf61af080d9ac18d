"""Records: bytes in, an article in between, an outcome out. Knows how records look, and has no Kafka client.

    record          the parts of a consumed record that are used, its place, its size on the wire
    headers         the names of all headers, and how they are read
    codec, splice   the text of a JSON or plain value, and putting the cleaned text back without touching other bytes
    process         one record in, one `Outcome` out: here a record becomes an article
    outcomes        outcomes, one by one and counted together
    dead_letters    the record of one that could not be cleaned
    demotion        what goes instead of a record that the broker refuses
    redrive         dead letters on their way back to the input

Promises: every record gives exactly one outcome (cleaned, unchanged, tombstone or dead), whatever its bytes are.
Imports `core`.
"""
