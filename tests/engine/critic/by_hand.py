"""A critic whose odds can be told without a computer."""

from __future__ import annotations

import numpy as np

from engine.critic.critic import Critic


def critic_by_hand(weights: list[dict[str, float]], mean: float = 0.0, spread: float = 1.0) -> Critic:
    """A network for each of ``weights``; its odds are the sum of weight x feature, in standard deviations."""
    names = tuple(dict.fromkeys(name for own in weights for name in own))
    into = np.array([[own.get(name, 0.0) for name in names] for own in weights])
    both = np.stack([into, -into], axis=2)  # what is below zero goes through the second unit
    n = len(weights)
    return Critic(
        names,
        np.full(len(names), mean),
        np.full(len(names), spread),
        both,
        np.zeros((n, 2)),
        np.tile([1.0, -1.0], (n, 1)),
        np.zeros(n),
    )
