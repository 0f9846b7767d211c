"""The pictures of scenes that Pix2Scene learns from: lit in colour, drawn as surfels.

Two things differ from `surfel_scenes.make_views`. Three coloured lights stand to the left, to the
right and above, a little elsewhere in each picture: three colours are three numbers a pixel, which
is what its slope takes. And shading takes the normals that the surfels themselves have, so that the
true depth explains a picture without remainder and what a network leaves unexplained is its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch

from fiveviews.data.surfel_scenes import (
    DISTANCE,
    REFLECTANCE,
    SPLIT,
    SceneViews,
    make_views,
    photograph,
    turn_cameras,
)
from fiveviews.render.surfels import Lights, surfel_render
from fiveviews.shapes.things import Thing

SPLITS = ("train", "val", "test")
HUES = ((0.8, 0.16, 0.16), (0.16, 0.8, 0.16), (0.16, 0.16, 0.8))  # of the lights
PLACES = ((30.0, 5.0), (30.0, 85.0), (70.0, 45.0))  # their elevations and azimuths
ASTRAY = 10.0  # degrees by which either may differ in a picture
STREAM = 7  # of random numbers, apart from those of the scenes


def training_views(
    kind: str, split: str, n: int, size: int, things: Sequence[Thing] = ()
) -> SceneViews:
    """The first n pictures of a kind and split, no scene of which is in another split.

    things: those that stand in them, one after the other; by default, generated ones.
    Raises ValueError for an unknown split, besides what `make_views` raises.
    """
    if split not in SPLITS:
        raise ValueError(f"no split {split!r}; choose one of {', '.join(SPLITS)}")
    seed = SPLITS.index(split) * SPLIT
    return relight(make_views(kind, n, seed, size, things), coloured_lights(n, seed))


def coloured_lights(n: int, seed: int = 0) -> Lights:
    """A red light to the left, a green one to the right, a blue one above, for n pictures.

    Those of a picture depend on seed + its number alone.
    paper: one or several lights of random colours anywhere in the positive octant. Ours stay
    apart, so that no two shine from one side; with lights drawn freely, walls stayed flat in runs
    of this length.
    """
    positions = []
    for number in range(seed, seed + n):
        random = np.random.default_rng([STREAM, number])
        angles = np.radians(np.array(PLACES) + random.uniform(-ASTRAY, ASTRAY, (3, 2)))
        (height, azimuth), flat = (np.sin(angles[:, 0]), angles[:, 1]), np.cos(angles[:, 0])
        places = np.stack([flat * np.sin(azimuth), height, flat * np.cos(azimuth)], 1)
        positions.append(DISTANCE * places)
    made = torch.from_numpy(np.stack(positions)).float()
    return Lights(made, torch.tensor(HUES).expand(n, -1, -1), attenuation=(0.0, 0.5, 0.5))


def relight(views: SceneViews, lights: Lights) -> SceneViews:
    """The same scenes under other lights, shaded with the normals of their surfels."""
    images = surfel_render(views.depth, views.camera, lights, REFLECTANCE)
    return replace(views, images=images, lights=lights)


def turned(views: SceneViews, degrees: float) -> SceneViews:
    """The same scenes and lights from cameras that walked round by so many degrees."""
    camera = turn_cameras(views.camera, degrees)
    seen = photograph(views.scenes, camera, views.lights, views.images.shape[1])
    return relight(seen, views.lights)
