"""The long-running process: source, cleaning and sink wired together, supervised by Faust.

    engine        wires the parts of one worker together and runs session after session, without Faust
    next_session  whether a session that has failed is followed by another, and after what pause
    app           the Faust app around the engine: services, the agent that cleans, signals, the web server
    learning      the learner: the same engine, which counts sites instead of cleaning
    worker_sites  what a worker has for sites: what is known, and whether it may teach
    sites_watch   keeps what a worker knows of sites up to date
    cleaners      cleans a batch in several threads at once
    gate          records pass once their schemas are known; while the registry is away, they wait
    health        what /health/live and /health/ready answer, and the monitor that asks the broker
    group_watch   watches the whole consumer group, and acts if partitions are assigned to no worker
    reload        reads the user's rule files again when they change
    readings      reads from Kafka's side what the metrics show
    web           the HTTP pages

Promises: a stop commits the records in flight and takes no longer than the user allows; a worker that makes no progress
reports it, and begins a new session or ends. Imports only `kafka`,
`registry`, `offline` and what is below them.
"""
