"""The live page of a worker: what it does now, and a few things to try and to do. It needs no other host.

    serving       adds the page to the worker's web server: which address shows what
    subject       the worker, as the page sees it
    guard         who may see and do what: names, tokens, origins, permissions
    refused       why a request is refused, in a sentence
    answers       requests and answers, as all handlers take and make them
    bodies        the bodies of requests, bounded in number, length and time
    assets        the page itself: HTML, styles and scripts, from the folder `static`
    work          a thread with a bounded queue and a bounded share of a processor
    now           the worker at this moment, as plain values
    history       what it did in each second of the last fifteen minutes
    events        tells all open pages of both once a second (server-sent events)
    trying        cleans what somebody has pasted, and says why each line goes
    snippets      rules in TOML, to copy into a file
    on_kafka      dead letters and sites over HTTP
    letters       dead letters: those that came last, one whole, sending them back
    sites         what is known of sites, and what a person says of it

Promises: nothing here runs on the event loop for longer than a moment, so that articles do not wait for somebody who
looks; text of articles is shown only where the settings allow it; nothing is done without permission, a token and a
request from the page itself. Imports only `kafka`, `registry`, `offline` and what is below them.
"""
