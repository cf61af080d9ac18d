"""The long-running process: source, cleaning and sink wired together, supervised by Faust.

    engine        one worker's parts, session after session, without Faust
    app           the Faust app around the engine: services, the agent that cleans, signals, the web server
    health        what /health/live and /health/ready answer, and the monitor that asks the broker
    group_watch   looks at the whole group and heals it
    reload        the user's rule files, read again when they change
    readings      what the metrics show of Kafka's side
    web           the HTTP pages

Promises: a stop drains what is under way and takes no longer than was asked; a worker that gets nowhere says so, begins
anew or ends. Imports every room but `offline`, `demo` and `cli`.
"""
