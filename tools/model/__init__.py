"""Trains the network that decides where a footer begins: `make model`, or `python -m tools.model CORPUS`.

    data.py       labelled pages as arrays: words, traits, which cuts are right, what the other pages of the site know
    network.py    the network of stream/core/footer/network.py in floats, so that it can be trained
    training.py   several large networks from the labels, and a small one from what they think
    export.py     the small one in integers, as stream/core/footer/network.bin
    folds.py      the same without some sites or some data sets, to measure on what was left out
    report.py     the figures and pictures of docs/model.md

Needs the extra `train`. With the same pages and packages it writes the same weights again: everything random has a
seed, and the arithmetic runs in one thread.
"""
