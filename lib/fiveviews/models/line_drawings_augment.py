"""More drawings from the same ones: the mirror image of an object, exactly and for nothing.

paper: none of this. A network of a laptop's size sees too few solids to do without.
"""

from __future__ import annotations

import torch
from torch import Tensor


def mirror(given: Tensor, isometric: Tensor) -> tuple[Tensor, Tensor]:
    """The drawings of the mirror image of an object, exactly, from those of the object.

    given: stored drawings (..., 3, H, W, 2), front, right, top; isometric: pose 2, (..., H, W, 2).

    The mirror stands upright between the front and the right side (SPARE3D's x and -y change
    places). What was seen from the front is now seen from the right, the wrong way round; the view
    from above is transposed; and pose 2, which looks along the mirror, has left and right changed.
    """
    front, right, top = given.unbind(-4)
    turned = torch.stack([right.flip(-2), front.flip(-2), top.transpose(-3, -2)], -4)
    return turned, isometric.flip(-2)


def vary(given: Tensor, isometric: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Each object of a batch or its mirror image, at random.

    given: (B, ..., 3, H, W, 2); isometric: (B, ..., H, W, 2), any number of drawings of each.
    """
    other = mirror(given, isometric)
    chosen = (torch.rand(len(given), generator=generator) < 0.5).to(given.device, non_blocking=True)
    given, isometric = (
        torch.where(chosen.view(-1, *[1] * (new.ndim - 1)), new, old)
        for new, old in zip(other, (given, isometric), strict=True)
    )
    return given, isometric
