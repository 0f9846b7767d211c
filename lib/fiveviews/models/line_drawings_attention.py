"""Where a network looks: the mean square of its activations, as the paper draws it.

No gradient is involved. At every place of a layer's output the squared activations are averaged
over the channels; what is large drew a strong answer. A late-fusion network has a map for each
drawing, an early-fusion network a single one for all four.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from fiveviews.models.line_drawings_networks import EarlyFusion, Tower, to_network
from fiveviews.training.session import evaluating

NAMES = {"f": "front", "r": "right", "t": "top", "i": "isometric"}


@torch.no_grad()
def attention(
    model: nn.Module, given: Tensor, isometric: Tensor, stage: int = -1
) -> dict[str, Tensor]:
    """Maps (B, H, W) in [0, 1] by the name of the drawing; `isometric` alone for early fusion.

    given: stored drawings, uint8 (B, 3, H, W, 2). isometric: (B, H, W, 2).
    stage: which of the places where a tower halves its drawing, from 0 (fine) to -1 (coarse).

    >>> attend(torch.tensor([[[[3.0, 0.0]], [[4.0, 0.0]]]])).tolist()
    [[[1.0, 0.0]]]
    """
    device, colours = next(model.parameters()).device, model.architecture.colours
    drawings = torch.cat([given, isometric[:, None]], 1).to(device)
    seen = to_network(drawings, colours)
    with evaluating(model):
        if isinstance(model, EarlyFusion):
            stacked = torch.cat([seen[:, 3], *seen[:, :3].unbind(1)], 1)
            maps = {"i": features(model.tower, stacked, stage)}
        else:
            maps = {n: features(model.towers[n], seen[:, i], stage) for i, n in enumerate("frti")}
    size = given.shape[2:4]
    return {
        NAMES[name]: F.interpolate(attend(found)[:, None], size, mode="bilinear")[:, 0].cpu()
        for name, found in maps.items()
    }


def attend(found: Tensor) -> Tensor:
    """The map (B, h, w) of feature maps (B, C, h, w), each scaled to [0, 1] as in the paper."""
    maps = found.square().mean(1)
    low, high = maps.amin((1, 2), keepdim=True), maps.amax((1, 2), keepdim=True)
    return (maps - low) / (high - low).clamp(min=1e-12)


def pointing(maps: Tensor, target: Tensor, lines: Tensor) -> Tensor:
    """How well each map points at a part of its drawing, (B,): 1 always, 1/2 not at all.

    The chance that a map is stronger at a pixel of a line within the target than at one outside
    it; nan for a drawing that has not both. Only lines are compared, for any map of a drawing is
    stronger where there is something than where there is nothing.

    maps: (B, H, W). target, lines: bool (B, H, W).

    Raises ValueError where no drawing has lines both within the target and outside it.

    >>> heat, lines = torch.tensor([[[0.9, 0.2, 0.1, 1.0]]]), torch.tensor([[[1, 1, 1, 0]]]) > 0
    >>> pointing(heat, torch.tensor([[[1, 1, 0, 0]]]) > 0, lines).tolist()
    [1.0]
    """
    chances = torch.full((len(maps),), torch.nan, dtype=torch.float64)
    for i, (heat, inside, line) in enumerate(zip(maps, target, lines, strict=True)):
        here, there = heat[inside & line], heat[~inside & line]
        if len(here) and len(there):
            above, equal = here[:, None] > there, here[:, None] == there
            chances[i] = (above.double() + 0.5 * equal).mean()
    if chances.isnan().all():
        raise ValueError("no drawing has lines both within the target and outside it")
    return chances


def features(tower: Tower, drawings: Tensor, stage: int) -> Tensor:
    """A tower's feature maps after one of its halvings: VGG-16's pools, or strided convolutions."""
    pooled = any(isinstance(layer, nn.MaxPool2d) for layer in tower.features)
    last = nn.MaxPool2d if pooled else nn.ReLU  # of a stage
    found: list[Tensor] = []
    for layer in tower.features:
        drawings = layer(drawings)
        if isinstance(layer, last):
            found.append(drawings.clone())  # the next layer may work in place
    return found[stage]
