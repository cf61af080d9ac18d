"""The cleaning itself: takes a text, gives the cleaned text and the reason for each removal.

    article         the results: `Cleaned`, `CleanedList`, `Removal`
    paragraphs      splits a text into lines, and tells which lines are equal
    repeats, stack  which lines are exact repeats, one line or a run of lines at a time
    markers         lines that open a footer by their words (`rules/`), without the model
    footer/         where the footer begins, decided over the whole page by a small model
    comments        finds readers' comments below the article; they go with the footer
    sites           what is known of an article's site: a plain value that is handed in
    packed          the same in few bytes, for a process that knows many sites
    cleaning        the order of these steps, and the budget that protects the story
    restoring       undoes a cleaning
    removals        the record of what was removed, from which it is undone
    native/         calls the compiled core, which does all of this in one call, where it was built

    listing         which lines are source code, which is left alone
    line_ends       keeps CR LF whole where lines are removed
    sentence_ends   tells whether a line ends a sentence, in many scripts
    spelling        brings words to one spelling before phrases are compared
    patterns        regular expressions that are compiled when they are first used

Promises: the same text and rules always give the same result; no `str` raises; time is linear in the text; cleaning
a cleaned text changes nothing. There is no clock, no log, no network and no Kafka in here.
Imports no other room, not even `errors`.
"""
