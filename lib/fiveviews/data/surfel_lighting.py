"""The pictures of scenes that Pix2Scene learns from: lit in colour, drawn as surfels.

Two things differ from `surfel_scenes.make_views`. Three lights of random colours stand anywhere in
the positive octant: of the settings that the paper's appendix B names, the one in which a picture
says most about slopes. And shading takes the normals that the surfels themselves have, so that the
true depth explains a picture without remainder and what a network leaves unexplained is its own.
"""

from __future__ import annotations

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

SPLITS = ("train", "val", "test")
HUES = ((1.0, 0.2, 0.2), (0.2, 1.0, 0.2), (0.2, 0.2, 1.0))  # of the lights, before they vary
STREAM = 7  # of random numbers, apart from those of the scenes


def training_views(kind: str, split: str, n: int, size: int) -> SceneViews:
    """The first n pictures of a kind and split, no scene of which is in another split.

    Raises ValueError for an unknown split, besides what `make_views` raises.
    """
    if split not in SPLITS:
        raise ValueError(f"no split {split!r}; choose one of {', '.join(SPLITS)}")
    seed = SPLITS.index(split) * SPLIT
    return relight(make_views(kind, n, seed, size), coloured_lights(n, seed))


def coloured_lights(n: int, seed: int = 0) -> Lights:
    """Three lights for each of n pictures: reddish, greenish, bluish, anywhere in the octant.

    Light k of a picture depends on seed + its number alone. Falling off with the distance, for with
    its square (the other setting of equation 1) the walls of the room would lie in the dark.
    """
    positions, colours = [], []
    for number in range(seed, seed + n):
        random = np.random.default_rng([STREAM, number])
        height, azimuth = random.uniform(0.1, 0.95, 3), np.radians(random.uniform(5, 85, 3))
        flat = np.sqrt(1 - height**2)
        places = [flat * np.sin(azimuth), height, flat * np.cos(azimuth)]
        positions.append(DISTANCE * np.stack(places, 1))
        colours.append(0.8 * np.array(HUES))
    made = (torch.from_numpy(np.stack(values)).float() for values in (positions, colours))
    return Lights(*made, attenuation=(0.0, 1.0, 0.0))


def relight(views: SceneViews, lights: Lights) -> SceneViews:
    """The same scenes under other lights, shaded with the normals of their surfels."""
    images = surfel_render(views.depth, views.camera, lights, REFLECTANCE)
    return replace(views, images=images, lights=lights)


def turned(views: SceneViews, degrees: float) -> SceneViews:
    """The same scenes and lights from cameras that walked round by so many degrees."""
    camera = turn_cameras(views.camera, degrees)
    seen = photograph(views.scenes, camera, views.lights, views.images.shape[1])
    return relight(seen, views.lights)
