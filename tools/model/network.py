"""The network of stream/core/footer/network.py in floats, so that it can be trained. The two must say the same."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from stream.core.footer.network import DISTANCES
from stream.core.footer.traits import TRAITS
from stream.core.footer.words import WORDS
from stream.core.sites import ASKED, COUNTS, SHARES
from tools.model.data import NONE, SHOWN

Weights = dict[str, Any]
EMBEDDING = 12
"""Numbers that a word is first turned into, which keeps the table of words from learning each page by heart."""
MOST_BODY = 3.0
"""What a line may speak for or against the article at most, in log-odds."""
ARTICLES = len(COUNTS) + 1


class Dropout(NamedTuple):
    """What stays in training of what is left out at random, as shares.

    `words`: of the words of a page, between these two, drawn anew for each page: with few words it has to go by what
    the site's other pages tell, as with the words of a site or in a language that it has never seen. `traits`: of the
    traits of a line. `channels`: of the numbers of a line.
    """

    words: tuple[float, float]
    traits: float
    channels: float


def begin(seed: int, channels: int) -> Weights:
    """Give random weights."""
    keys = iter(jax.random.split(jax.random.PRNGKey(seed), 32))

    def normal(*shape: int) -> Any:
        return jax.random.normal(next(keys), shape) * np.sqrt(1 / np.prod(shape[:-1]))

    weights = {
        "words": jax.random.normal(next(keys), (WORDS, EMBEDDING)) * 0.05,
        "embedding": normal(EMBEDDING, channels),
        "traits": jax.random.normal(next(keys), (TRAITS, channels)) * 0.1,
        # What a share tells, whatever the number of articles; and what it tells more with this number of articles.
        "shares": jax.random.normal(next(keys), (ASKED * (len(SHARES) + 1), channels)) * 0.1,
        "evidence": jnp.zeros((ASKED * (len(SHARES) + 1) * ARTICLES, channels)),
        "direct": jnp.zeros((ASKED * (len(SHARES) + 1), 2)),
        "bias": jnp.zeros(channels),
        "out": normal(channels, 2) * 0.1,
        "out_bias": jnp.zeros(2),
        "no_footer": jnp.zeros(1),
    }
    for number in range(len(DISTANCES)):
        weights[f"layer{number}"], weights[f"bias{number}"] = normal(3, channels, channels), jnp.zeros(channels)
    return weights


def scores(weights: Weights, page: Sequence[Any], key: Any = None, dropout: Dropout | None = None) -> Any:
    """Give the scores of all cuts, in log-odds: (pages, lines + 1). Impossible ones are very low; cut 0 is one.

    `page` holds words, rows and which lines there are (`tools.model.data.packed`).
    """
    words, rows, there = page
    said = (words > 0)[..., None].astype(jnp.float32)
    shown = (rows[..., :SHOWN] < TRAITS)[..., None].astype(jnp.float32)
    if dropout is not None:
        one, two, three, four = jax.random.split(key, 4)
        stay = jax.random.uniform(four, (len(words), 1, 1, 1), minval=dropout.words[0], maxval=dropout.words[1])
        said *= jax.random.uniform(one, said.shape) < stay
        shown *= jax.random.bernoulli(two, dropout.traits, shown.shape)
    told = (rows[..., SHOWN:] < NONE)[..., None]
    answer = jnp.where(told[..., 0], rows[..., SHOWN:] - TRAITS, 0)
    share = answer // ARTICLES
    lines = (weights["words"][words] * said).sum(-2) / jnp.sqrt(1 + said.sum(-2)) @ weights["embedding"]
    lines += (weights["traits"][jnp.minimum(rows[..., :SHOWN], TRAITS - 1)] * shown).sum(-2)
    lines += ((weights["shares"][share] + weights["evidence"][answer]) * told).sum(-2)
    lines = jax.nn.relu(lines + weights["bias"]) * there[..., None]
    if dropout is not None:
        lines *= jax.random.bernoulli(three, dropout.channels, lines.shape) / dropout.channels
    count = lines.shape[1]
    for number, far in enumerate(DISTANCES):
        wide = jnp.pad(lines, ((0, 0), (far, far), (0, 0)))
        three_lines = [wide[:, at * far : at * far + count] @ weights[f"layer{number}"][at] for at in range(3)]
        lines = (lines + jax.nn.relu(sum(three_lines) + weights[f"bias{number}"])) * there[..., None]
    ends = lines @ weights["out"] + weights["out_bias"] + (weights["direct"][share] * told).sum(-2)
    body = MOST_BODY * ends[..., 0] / (MOST_BODY + jnp.abs(ends[..., 0])) * there
    nothing = jnp.zeros((len(body), 1))
    above = jnp.concatenate([nothing, jnp.cumsum(body, 1)], 1)
    here = jnp.concatenate([ends[..., 1], nothing], 1)
    end, cuts = there.sum(1).astype(int)[:, None], jnp.arange(count + 1)[None]
    found = above + jnp.where(cuts == end, weights["no_footer"][0], here)
    return jnp.where((cuts >= 1) & (cuts <= end), found, -1e9)
