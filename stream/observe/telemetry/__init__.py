"""OpenTelemetry: spans of batches, and the metrics sent by OTLP. The only part that imports its packages.

    started       whether anything is asked for
    providers     the providers and exporters, and their end
    traces        the spans of a batch: `poll`, `process`, `send`, `commit`
    told          the plain values that these are told
    propagation   the context that an article goes on with
    delivery      what an exporter does not get rid of: counted, and said now and then
    metrics       Prometheus' metrics as OTLP's

All but `started` and `told` import OpenTelemetry, so they are imported only where it is asked for.
"""
