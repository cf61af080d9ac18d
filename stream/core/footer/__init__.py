"""Where the footer begins, from the text alone: one decision over the whole page.

    lines ──► plain.py: nothing to find, or where everybody sees it; else
          ──► lines.py: a weight each, from length, punctuation, capitals, digits, topic
          ──► features.py: the few cuts that are possible, and what the page looks like from each
          ──► model.py: a score for each (trees, as tables)          weights.json
          ──► decision.py: the cut of the least expected cost, or none

All numbers are integers, so the answer is the same on every machine. `tools/train_footer.py` makes the weights.
"""
