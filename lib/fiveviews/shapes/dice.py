"""Chance for the shape generators, drawn from one place."""

from __future__ import annotations

import zlib
from typing import TypeVar

import numpy as np

from .parts import Solid

T = TypeVar("T")


class Dice:
    """All the chance in one object, the same on every machine for one category and seed.

    >>> Dice("chair", 7).between(0, 1) == Dice("chair", 7).between(0, 1)
    True
    """

    def __init__(self, category: str, seed: int) -> None:
        self._generator = np.random.default_rng([zlib.crc32(category.encode()), seed])

    def between(self, low: float, high: float) -> float:
        """A number drawn evenly from [low, high)."""
        return float(self._generator.uniform(low, high))

    def count(self, low: int, high: int) -> int:
        """A whole number from low to high, both included."""
        return int(self._generator.integers(low, high + 1))

    def chance(self, probability: float) -> bool:
        """True as often as `probability` says."""
        return bool(self._generator.random() < probability)

    def pick(self, *options: T) -> T:
        """One of the options, all equally likely; name one twice to see it twice as often."""
        return options[int(self._generator.integers(len(options)))]

    def maybe(self, probability: float, part: Solid) -> Solid:
        """The part as often as `probability` says, otherwise nothing."""
        return part if self.chance(probability) else Solid()

    def hand(self, part: Solid) -> Solid:
        """The part or its mirror image in x: left- and right-handed are equally likely."""
        return part.mirror((1, 0, 0)) if self.chance(0.5) else part
