"""The picture on the first page: pictures in, meshes out, made by a recorded network.

    python -m fiveviews.book.hero

draws book/_images/hero.png anew; the result is kept in git, since the page needs it at once.
"""

from __future__ import annotations

import numpy as np
import torch
from PIL import Image

from fiveviews.book.pages import ROOT, WEIGHTS
from fiveviews.cameras import orbit
from fiveviews.data.views import load_views
from fiveviews.meshes import Mesh
from fiveviews.models.mesh_network import Reconstructor
from fiveviews.models.reconstruction import meshes_of, reconstruct
from fiveviews.render.depth import render_views
from fiveviews.shapes import make
from fiveviews.training import recorded

NETWORK = WEIGHTS / "soft_meshes" / "chair_procedural_baseline_0.safetensors"
OBJECTS = (36, 19, 28, 9, 23, 12, 16)  # of the test chairs, for their variety
VIEW, SIZE = 2, 220  # the input's viewpoint; side of a drawing in pixels
INK, BLUE = (0.55, 0.55, 0.58), (0.34, 0.62, 0.86)


def draw(mesh: Mesh, azimuth: float, tint: tuple[float, float, float]) -> np.ndarray:
    """A large drawing of a mesh over white: (SIZE, SIZE, 3) uint8."""
    picture = render_views(mesh, orbit(azimuth, fov=32.0), SIZE, samples=4)[0].numpy() / 255
    light, alpha = picture[..., :1] / 0.85, picture[..., 3:]
    colour = light * (np.array(tint) + 0.35 * light) + (1 - alpha)
    return (colour.clip(0, 1) * 255).astype(np.uint8)


def main() -> None:
    """Draw inputs, meshes from the same side, and meshes from another side."""
    test = load_views("chair", "test", n=max(OBJECTS) + 1)[list(OBJECTS)]
    network = recorded.load(NETWORK, Reconstructor.of).model
    ours = meshes_of(network, reconstruct(network, torch.from_numpy(test.images[:, VIEW])))
    columns = []
    for name, mesh in zip(test.names, ours, strict=True):
        truth = make("chair", int(name.rpartition("-")[2]))
        columns.append([draw(truth, -30, INK), draw(mesh, -30, BLUE), draw(mesh, 60, BLUE)])
    rows = [np.concatenate(row, axis=1) for row in zip(*columns, strict=True)]
    Image.fromarray(np.concatenate(rows)).save(
        ROOT / "book" / "_images" / "hero.png", optimize=True
    )


if __name__ == "__main__":
    main()
