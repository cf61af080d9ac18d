"""The footer model: decides where a page's footer begins, in one decision over the whole page.

    page.py            all of it, in order; adds what rules know: markers, junk lines in the body, comments
      reading.py       looks at each line, and corrects what only the whole page can tell
        codes.py       a line as seven codes: length, end, start, topic, digits, capitals, sentences
        lines.py       the codes as what is asked of a line later: is it prose, has it a topic
      words.py         what a line says: its words, and the keys by which the site's other articles are asked
      traits.py        codes, place on the page, and the site's evidence, as rows of a table
      network.py       a score for each cut, from words and traits (network.bin)
      decision.py      the cut with the least expected harm
      budget.py        what no cut may take
      junk.py          junk lines above the cut

A cut is the index of the line that the footer begins with. All numbers are integers, so that every machine gives the
same answer. `python -m tools.model` makes the weights.
"""
