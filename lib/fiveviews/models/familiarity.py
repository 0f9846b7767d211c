"""How far a picture lies from the pictures that a network was trained on.

A network answers whatever it is shown. Whether the answer means anything depends, first of all, on
whether it has seen the like: here the distance of a picture's features to the nearest of a training
picture, beside the same distance for pictures of objects that were held out.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from scipy.spatial import cKDTree
from torch import Tensor

from fiveviews.data import renders
from fiveviews.data.fields import FieldSet
from fiveviews.fields.frames import unit_diagonal
from fiveviews.models.templates_data import read_picture
from fiveviews.models.templates_encoder import Encoder
from fiveviews.render.depth import render_views
from fiveviews.training.session import evaluating

FEW, MUCH = 0.05, 3.0  # share of held-out pictures farther; times their median
VERDICTS = (
    "as near as pictures of unseen objects are, which does not prove that it shows one",
    "farther than unseen objects are: take the answer as a guess",
    "from another world than the training pictures: the answer is a guess at best",
)


class Distance(NamedTuple):
    """To the nearest training picture; the median of held-out ones; the share of these farther."""

    distance: float
    median: float
    farther: float
    n: int

    def __str__(self) -> str:
        times = self.distance / max(self.median, 1e-12)
        share = f"{self.farther:.0%}" if self.farther else "none"
        verdict = VERDICTS[0 if self.farther >= FEW else 1 if times < MUCH else 2]
        return (
            f"This picture is {self.distance:.3g} from the nearest training picture, {times:.1f} "
            f"times the median of {self.n:,} held-out pictures, of which {share} are farther; "
            f"it is {verdict}."
        )


@dataclass(frozen=True, eq=False)
class Familiarity:
    """Features of the training pictures, and how far held-out pictures are from them.

    tree: of the training features. held_out: distances (M,), in order.
    """

    tree: cKDTree
    held_out: np.ndarray

    @classmethod
    def of(cls, training: Tensor, held_out: Tensor) -> Familiarity:
        """From features (N, F) of training and (M, F) of held-out pictures of other objects.

        Raises ValueError for features of another shape, none, or NaN and infinity.

        >>> known = Familiarity.of(torch.zeros(1, 2), torch.tensor([[3.0, 4.0], [0.0, 1.0]]))
        >>> known(torch.tensor([0.0, 2.0])).farther
        0.5
        """
        sets = (training, held_out)
        for features in sets:
            if features.ndim != 2 or not len(features) or not torch.isfinite(features).all():
                raise ValueError(
                    f"features are finite numbers (N, F), at least one; got {tuple(features.shape)}"
                )
        known, others = (t.detach().cpu().double().numpy() for t in sets)
        tree = cKDTree(known)
        return cls(tree, np.sort(tree.query(others)[0]))

    def __call__(self, features: Tensor) -> Distance:
        """How far the features (F,) or (1, F) of a picture are."""
        point = features.detach().cpu().double().numpy().reshape(-1)
        distance = float(self.tree.query(point)[0])
        n = len(self.held_out)
        farther = n - int(np.searchsorted(self.held_out, distance, side="right"))
        return Distance(distance, float(np.median(self.held_out)), farther / n, n)


def glimpses(fields: FieldSet, views: int = 4, level: renders.Level = "easy") -> np.ndarray:
    """A few of the pictures of each object, those of `FieldSet.pictures` without the others.

    Returns uint8 (N · views, 224, 224, 3), over white.
    """
    chosen = np.linspace(0, renders.VIEWS - 1, views).round().astype(int)
    pictures = []
    for i, name in enumerate(fields.names):
        mesh = fields.original(i)
        mesh = unit_diagonal(mesh).mesh(mesh)
        random = np.random.default_rng([zlib.crc32(name.encode()), renders.LEVELS.index(level)])
        lines = renders.draw_views(mesh, level, random)[chosen]
        images = render_views(mesh, renders.cameras(lines), renders.SIZE).numpy()
        pictures.append(renders.over_white(renders.straight(images)))
    return np.concatenate(pictures)


@torch.no_grad()
def features(encoder: Encoder, pictures: np.ndarray) -> Tensor:
    """What an encoder's convolutions make of pictures uint8 (N, H, H, 3): (N, F)."""
    size = encoder.recipe.size
    with evaluating(encoder):
        return encoder.trunk(torch.cat([read_picture(picture, size) for picture in pictures]))
