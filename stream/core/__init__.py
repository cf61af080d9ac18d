"""The cleaning itself: a text in, the cleaned text and the reasons for each removal out.

    article         the values: `Cleaned`, `CleanedList`, `Removal`
    paragraphs      text to lines and back; when two lines are the same
    repeats, stack  which lines are exact repeats, one line or a run of lines at a time
    markers         lines that open a footer by their words (`rules/`), without the model
    footer/         where the footer begins, decided over the whole page by a small model
    cleaning        the order in which these are asked, and the budget that protects the story
    removals        what was removed, as a record of its own, and how to undo it
    native/         compiled twins of the slow parts; optional

Promises: the same text and rules always give the same result; no `str` raises; time is linear in the text; cleaning
a cleaned text changes nothing. There is no clock, no log, no network and no Kafka in here.
Imports nothing of the other rooms.
"""
