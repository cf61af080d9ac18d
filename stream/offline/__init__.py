"""The same cleaning on files, without Kafka: reading them, cleaning in several processes, measuring the quality.

    files, compressed, arrays     which format a file is in, by name or content; gzip and Zstandard; JSON arrays
    sources                       the files that are given, in parts
    value                         one article cleaned, and what was counted
    chunks, jobs, crew            files in parts, cleaned in several processes, in order; these processes
    targets, replacement          where the cleaned articles go; files that replace others atomically
    rows, summary                 what happened to each line, for people; the sentence at the end
    learning, sites_file          what a site's articles have in common: learned from files, and kept in one
    known_lines                   what is known of a site, line by line, for people
    evaluation, playing           how good the cleaning is on pages whose lines are labelled

Imports only `observe` and what is below it; nothing of `kafka`.
"""
