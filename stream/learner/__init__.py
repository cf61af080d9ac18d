"""Learns sites: what the articles of a site have in common becomes a profile (`stream.core.sites`).

    observation     an article → what it teaches: its lines, the end of its story, which story it tells
    site            the observations of one site, counted; old ones fade
    compiled_site   the same, by the compiled core
    profiles        all sites: learning article by article, profiles to clean with
    address         the address of an article → its site

    On Kafka (docs/sites.md)
      messages      the records by which workers, learners and people tell each other of sites
    asking          what a person may ask of a learner, and what is in force, in words
      learned       what a learner keeps of a site: counts, the version in force, what people have said
      counts        the record by which a learner remembers a site
      partitions    all sites of the partitions that a learner owns

What is kept is bounded, and what goes first is said there: of a site its rarest lines, of the sites the one that was
learned from the longest ago. Nothing crosses from one site to another.

Only event time counts, never a clock: the same articles with the same times teach the same, at any hour and in any
order within one instant. Nothing is read or written here: `stream.offline.sites_file` does that with files,
`stream.worker.learning` with Kafka. Imports only `core` and `errors`.
"""
