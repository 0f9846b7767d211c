"""Box, sphere, cone, torus and teapot: the shapes of Pix2Scene's simpler scenes."""

from __future__ import annotations

import numpy as np
from manifold3d import CrossSection

from ..parts import Solid, arc, ball, box, ellipse, lathe, points, smooth, sweep, tube


def cube() -> Solid:
    """A box with equal sides."""
    return box(1.0, 1.0, 1.0)


def sphere() -> Solid:
    """A ball."""
    return ball((0, 0, 0), 0.5, 64)


def cone() -> Solid:
    """A cone that stands on its base, as high as it is wide."""
    return lathe([(0.5, 0.0), (1e-3, 1.0)], 64)


def torus() -> Solid:
    """A ring that lies flat."""
    outline = arc(0.17, 0, 360, 32, (0.33, 0.0))[:-1]
    return CrossSection([outline]).revolve(64).rotate((90, 0, 0))


def teapot() -> Solid:
    """A pot with a lid, a knob, a handle and a spout, in honour of the one from Utah."""
    side = smooth(points(".3 0, .47 .12, .5 .28, .42 .48, .3 .6"), 6)
    lid = smooth(points(".3 .6, .22 .68, .07 .72, .05 .76, .09 .81, .05 .86, .001 .87"), 5)
    pot = lathe(np.concatenate([side[:-1], lid]), 48)
    curve = smooth(points("-.42 .5, -.66 .56, -.78 .42, -.68 .22, -.46 .12"), 6)
    handle = tube(np.column_stack([curve, np.zeros(len(curve))]), 0.045, 16)
    curve = smooth(points(".4 .16, .58 .24, .66 .44, .82 .6"), 6)
    width = np.linspace(0.13, 0.05, len(curve))
    spout = sweep(np.column_stack([curve, np.zeros(len(curve))]), ellipse(2.0, 2.0, 20), width)
    return pot + handle + spout
