"""Learns sites: what the articles of a site have in common becomes a profile (`stream.core.sites`).

    observation.py  an article → what it teaches: its lines, the end of its story, which story it tells
    site.py         the observations of one site, counted; old ones fade
    profiles.py     all sites: learning article by article, profiles to clean with
    address.py      the address of an article → its site

What is kept is bounded, and what goes first is said there: of a site its rarest lines, of the sites the one that was
learned from the longest ago. Nothing crosses from one site to another.

Only event time counts, never a clock: the same articles with the same times teach the same, at any hour and in any
order within one instant. Nothing is read or written here; `stream.offline.sites_file` does that. Imports only `core`
and `errors`.
"""
