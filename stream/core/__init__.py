"""The cleaning itself: takes a text, gives the cleaned text and the reason for each removal.

    article         the results: `Cleaned`, `CleanedList`, `Removal`
    paragraphs      splits a text into lines, and tells which lines are equal
    repeats, stack  which lines are exact repeats, one line or a run of lines at a time
    markers         lines that open a footer by their words (`rules/`), without the model
    footer/         where the footer begins, decided over the whole page by a small model
    comments        readers' comments, which look like an article of their own
    cleaning        the order of these steps, and the budget that protects the story
    removals        the record of what was removed, and how to undo it
    native/         compiled twins of the slow parts; optional

    listing         which lines are source code, which is left alone
    line_ends       keeps CR LF whole; sentence_ends: how sentences end; spelling: how phrases are compared

Promises: the same text and rules always give the same result; no `str` raises; time is linear in the text; cleaning
a cleaned text changes nothing. There is no clock, no log, no network and no Kafka in here.
Imports no other room.
"""
