"""The footer model: decides where a page's footer begins, from the text alone, in one decision over the whole page.

    page.py            all of it, in order; adds what rules know: markers, junk lines in the body, comments
      plain.py         pages that need no model: clean ones, and those with a plain tail
      decision.py      the cut with the least expected cost, or none
        reading.py     looks at each line, and corrects what only the whole page can tell
          codes.py     a line as seven codes: length, end, start, topic, digits, capitals, sentences
          lines.py     the codes as a weight and counts
        candidates.py  the few possible cuts, and the features of the page seen from each
        model.py       a score for each cut, by gradient-boosted trees (weights.json)
        refusals.py    cuts that are never made
      junk.py          junk lines above the cut

A cut is the index of the line that the footer begins with. All numbers are integers, so that every machine gives the
same answer. `tools/train_footer.py` makes the weights.
"""
