"""The same cleaning on files, without Kafka: reading them, cleaning in several processes, measuring the quality.

    files         the formats of files, and the records in them
    value         one value of a file cleaned
    chunks, jobs  files in parts, cleaned in several processes, in order
    evaluation    how good the cleaning is on pages whose lines are labelled

Imports `records`, `core` and `config`.
"""
