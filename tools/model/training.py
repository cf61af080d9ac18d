"""Training: several large networks from the labels, then a small one from what these think on average."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from hashlib import sha256
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax

from tools.model.data import GENRES, Numbers, Page, packed, sample
from tools.model.network import Dropout, Weights, begin, scores

SIZES, CHANCES, LINES = (128, 256, 512), (0.5, 0.35, 0.15), 2048
"""A step takes `LINES` lines: pages cut off or filled up to one of these sizes."""


class Recipe(NamedTuple):
    """How a network is trained."""

    channels: int
    steps: int
    dropout: Dropout
    decay: float
    rate: float = 3e-3


LARGE = Recipe(32, 2500, Dropout(words=(0.1, 0.9), traits=0.9, channels=0.75), 1e-2)
SMALL = Recipe(16, 4000, Dropout(words=(0.1, 0.9), traits=0.97, channels=0.95), 1e-3)


def train(pages: Sequence[Page], seed: int, recipe: Recipe, teachers: Sequence[Weights] = ()) -> Weights:
    """Train a network from the pages' labels, or, given teachers, from what they think on average."""
    chance, key = np.random.default_rng(seed), jax.random.PRNGKey(seed + 100)
    weights = begin(seed, recipe.channels)
    schedule = optax.cosine_decay_schedule(recipe.rate, recipe.steps)
    optimizer = optax.chain(optax.clip_by_global_norm(1.0), optax.adamw(schedule, weight_decay=recipe.decay))
    state = optimizer.init(weights)
    drawn = np.array([2.0 if len(page.others) >= 4 else 1.0 for page in pages])
    drawn /= drawn.sum()

    def loss(weights: Weights, batch: Sequence[Numbers], counts: Numbers, key: Numbers) -> Numbers:
        *page, right = batch
        said = jax.nn.log_softmax(scores(weights, page, key, recipe.dropout), 1)
        if teachers:
            think = sum(jax.nn.softmax(scores(each, page), 1) for each in teachers) / len(teachers)
            return -((think * said).sum(1) * counts).sum() / counts.sum()
        return -(jax.nn.logsumexp(jnp.where(right > 0, said, -1e9), axis=1) * counts).sum() / counts.sum()

    @jax.jit
    def step(weights: Weights, state: object, batch: Sequence[Numbers], counts: Numbers, key: Numbers) -> object:
        updates, state = optimizer.update(jax.grad(loss)(weights, batch, counts, key), state, weights)
        return optax.apply_updates(weights, updates), state

    for _ in range(recipe.steps):
        size = int(chance.choice(SIZES, p=CHANCES))
        chosen = [pages[at] for at in chance.choice(len(pages), LINES // size, p=drawn)]
        counts = np.array([GENRES.get(page.labelled.genre, GENRES["web"]) for page in chosen], np.float32)
        key, now = jax.random.split(key)
        weights, state = step(weights, state, packed([sample(page, chance) for page in chosen], size), counts, now)
    return weights


def learn(pages: Sequence[Page], teachers: int) -> Weights:
    """Train the small network from so many large ones."""
    large = []
    for seed in range(teachers):
        large.append(train(pages, seed, LARGE))
        say(f"large network {seed + 1} of {teachers}")
    small = train(pages, 16, SMALL, large)
    say("small network")
    return small


def fold_of(name: str, folds: int) -> int:
    """Give the fold that a site or data set is in: by its name, so always the same."""
    return int(sha256(name.encode()).hexdigest(), 16) % folds


def say(text: str) -> None:
    """Say on standard error what was done."""
    sys.stderr.write(f"{text}\n")
