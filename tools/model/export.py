"""The small network in integers: the content of stream/core/footer/network.bin."""

from __future__ import annotations

import numpy as np
import orjson

from stream.core.footer.network import DISTANCES, ROWS, SHIFT
from stream.core.footer.traits import TRAITS
from stream.core.footer.words import WORDS
from tools.model.network import ARTICLES, MOST_BODY, Weights

CHANNEL, WEIGHT = 256, 1 << SHIFT
_ROOT_BITS = 12
LARGEST = (1 << 15) - 1
UNIT = 256 / np.log(2)
"""Scores are in 1/256 of a factor of two."""
TEMPERATURE = 1.4
"""What the network's log-odds are divided by: it is surer than it is right (docs/model.md has the curve)."""
NO_FOOTER = 3.5
"""What is added to the log-odds of no footer: nearly every page of a corpus has one, but many articles in a stream come
without. Of bodies alone 0.9% are changed falsely with it, 1.5% with 2.4; pages cut perfectly lose 0.7 points by that.
"""


def exported(weights: Weights) -> bytes:
    """Round the weights. Everything is 16 bits wide but the biases at the end."""
    found = {name: np.asarray(value, np.float64) for name, value in weights.items()}
    channels = len(found["bias"])
    words = found["words"] @ found["embedding"]
    words[0] = 0
    bits = int(np.floor(np.log2(LARGEST / np.abs(words).max())))
    unit = UNIT / TEMPERATURE
    rows = np.zeros((ROWS, channels + 2))
    rows[:TRAITS, :channels] = found["traits"] * CHANNEL
    rows[TRAITS:-1, :channels] = (np.repeat(found["shares"], ARTICLES, 0) + found["evidence"]) * CHANNEL
    rows[TRAITS:-1, channels:] = np.repeat(found["direct"], ARTICLES, 0) * unit
    arrays = {"words": _rounded(words * 2.0**bits), "traits": _rounded(rows), "bias": _rounded(found["bias"] * CHANNEL)}
    for number in range(len(DISTANCES)):
        arrays[f"layer{number}"] = _rounded(found[f"layer{number}"].reshape(3 * channels, channels) * WEIGHT)
        arrays[f"bias{number}"] = _rounded(found[f"bias{number}"] * CHANNEL)
    arrays["out"] = _rounded(found["out"] * WEIGHT * unit / CHANNEL)
    arrays["out_bias"] = np.round(found["out_bias"] * unit).astype("<i4")
    head = {
        "words": WORDS,
        "traits": ROWS,
        "words_shift": bits + _ROOT_BITS - 8,
        "most_body": round(MOST_BODY * unit),
        "no_footer": round(float(found["no_footer"][0]) * unit + NO_FOOTER * UNIT),
        "arrays": [[name, array.dtype.str, list(array.shape)] for name, array in arrays.items()],
    }
    return orjson.dumps(head) + b"\n" + b"".join(array.tobytes() for array in arrays.values())


def _rounded(values: np.ndarray) -> np.ndarray:
    if np.abs(values).max() > LARGEST:
        msg = "A weight does not fit into 16 bits."
        raise ValueError(msg)
    return np.round(values).astype("<i2")
