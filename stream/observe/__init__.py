"""What people see of the worker: metrics, log lines, and text from outside made safe to show. Plain values come in.

    metrics       what the worker counts, for Prometheus
    sites_metrics what is counted of sites, by workers and learners
    telemetry     traces, and metrics sent by OTLP, with OpenTelemetry
    logs          log lines for people or for machines
    shown         makes text from outside safe to print on a terminal
    letters       a dead letter as plain values
    check         one answer of the checks before a start
    wording       numbers with their nouns, for sentences

Imports only `records` and what is below it.
"""
