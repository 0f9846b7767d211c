"""The other self-supervised methods: labels that a drawing gives away for nothing.

    RotNet        by which quarter turn was the drawing turned?            (Gidaris et al. 2018)
    Jigsaw        in which order were its nine tiles shuffled?             (Noroozi & Favaro 2016)
    Colorization  all its lines in grey: which are hidden, which visible?  (Zhang et al. 2016)

Each trains one tower on single drawings; its weights then start all four towers of the late-fusion
network, which learns the task from labelled questions.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from fiveviews.models.line_drawings_networks import Architecture, Tower, to_network
from fiveviews.training.parallel import mean, share

ARRANGEMENTS = 100  # paper: 1000 arrangements of the tiles; of a few tiles few suffice


class RotNet(nn.Module):
    """A tower and four logits: turned by 0, 90, 180 or 270 degrees."""

    def __init__(self, a: Architecture):
        super().__init__()
        self.architecture, self.tower = a, Tower(a)
        self.head = nn.Sequential(
            nn.Linear(self.tower.out_features, a.hidden), nn.ReLU(), nn.Linear(a.hidden, 4)
        )

    def loss(self, drawings: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Cross-entropy and accuracy on stored drawings (B, H, W, 2), each turned at random."""
        turns = torch.randint(4, (len(drawings),), generator=generator).to(
            drawings.device, non_blocking=True
        )
        drawings, turns = share(drawings, turns)
        turned = torch.stack([drawings.rot90(k, (1, 2)) for k in range(4)])
        turned = turned[turns, torch.arange(len(drawings), device=drawings.device)]
        logits = self.head(self.tower(to_network(turned, self.architecture.colours)))
        return F.cross_entropy(logits, turns), _accuracy(logits, turns)


class Jigsaw(nn.Module):
    """A tower that sees nine tiles, one after the other, and a head that says how they lay.

    Each tile is enlarged to the size that the tower was made for: then its weights fit whole
    drawings too. paper: the original's context-free network has a tower of its own for tiles.
    """

    def __init__(self, a: Architecture):
        super().__init__()
        self.architecture, self.tower = a, Tower(a)
        self.arrangements: Tensor
        self.register_buffer("arrangements", arrangements(ARRANGEMENTS))
        self.of_tile = nn.Sequential(nn.Linear(self.tower.out_features, a.hidden // 4), nn.ReLU())
        self.head = nn.Sequential(
            nn.Linear(9 * (a.hidden // 4), a.hidden), nn.ReLU(), nn.Linear(a.hidden, ARRANGEMENTS)
        )

    def loss(self, drawings: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Cross-entropy and accuracy on stored drawings (B, H, W, 2), each shuffled at random."""
        a, shape = self.architecture, (len(drawings),)
        which = torch.randint(ARRANGEMENTS, shape, generator=generator).to(
            drawings.device, non_blocking=True
        )
        drawings, which = share(drawings, which)
        batch = len(drawings)
        tiles = cut_tiles(to_network(drawings, a.colours))
        order = self.arrangements[which]
        tiles = tiles[torch.arange(batch, device=drawings.device)[:, None], order].flatten(0, 1)
        seen = self.of_tile(self.tower(F.interpolate(tiles, a.size, mode="bilinear")))
        logits = self.head(seen.view(batch, -1))
        return F.cross_entropy(logits, which), _accuracy(logits, which)


class Colorization(nn.Module):
    """A tower that sees all lines alike, and a decoder that colours them.

    paper: mean squared error between colours, on a VGG-16 with one input channel whose other
    layers were copied. Here the grey drawing fills all channels, so that the first layer fits too.
    """

    def __init__(self, a: Architecture):
        super().__init__()
        self.architecture, self.tower = a, Tower(a)
        steps = 5 if a.backbone == "vgg16" else 4
        wide = 512 if a.backbone == "vgg16" else 2 * a.width
        layers: list[nn.Module] = []
        for _ in range(steps):
            out = max(wide // 2, 8)
            layers += [nn.Upsample(scale_factor=2), nn.Conv2d(wide, out, 3, padding=1)]
            layers.append(nn.ReLU(inplace=True))
            wide = out
        self.decoder = nn.Sequential(*layers, nn.Conv2d(wide, 1, 3, padding=1))

    def loss(self, drawings: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Squared error of the share of hidden ink where there is any, and the share of ink told
        right, on stored drawings (B, H, W, 2)."""
        ink = to_network(share(drawings), 2)
        both = ink.sum(1, keepdim=True).clamp(max=1)
        grey = both if self.architecture.colours == 2 else 1 - both
        maps = self.tower.features(grey.expand(-1, self.architecture.colours, -1, -1))
        found = F.interpolate(self.decoder(maps), ink.shape[-2:])[:, 0].sigmoid()
        weight, hidden = both[:, 0], ink[:, 1]
        error = weight * (found - hidden / weight.clamp(min=1e-6)).square()
        right = weight * ((found > 0.5) == (hidden > 0.5 * weight))
        ink = mean(weight.sum()).clamp(min=1)  # of all processes, which have unequal shares of it
        return error.sum() / ink, right.sum() / ink


PRETEXTS: dict[str, Callable[[Architecture], RotNet | Jigsaw | Colorization]] = {
    "rotnet": RotNet,
    "jigsaw": Jigsaw,
    "colorization": Colorization,
}


def cut_tiles(drawings: Tensor) -> Tensor:
    """Drawings (B, C, H, W) in 3 x 3 tiles (B, 9, C, h, w), row by row; h and w are H // 3, W // 3,
    and what is left over is cut off at the edge.

    >>> cut_tiles(torch.arange(36.0).view(1, 1, 6, 6))[0, 5, 0].tolist()
    [[16.0, 17.0], [22.0, 23.0]]
    """
    h, w = drawings.shape[-2] // 3, drawings.shape[-1] // 3
    rows = drawings[..., : 3 * h, : 3 * w].unfold(2, h, h).unfold(3, w, w)
    return rows.flatten(2, 3).transpose(1, 2)


def arrangements(count: int, seed: int = 0) -> Tensor:
    """Orders of nine tiles, int64 (count, 9), each far from the others in Hamming distance: of 50
    random ones the farthest from those there are is taken, again and again."""
    generator = torch.Generator().manual_seed(seed)
    chosen = torch.arange(9)[None]
    while len(chosen) < count:
        new = torch.stack([torch.randperm(9, generator=generator) for _ in range(50)])
        apart = (new[:, None] != chosen).sum(2).amin(1)
        chosen = torch.cat([chosen, new[apart.argmax()][None]])
    return chosen


def copy_towers(pretrained: nn.Module, model: nn.Module) -> int:
    """Start the towers of `model` from a pretrained network's, in place; how many tensors moved.

    One tower starts all; towers with names start those of the same names. So do the layers that
    join them, where both networks have them.

    Raises ValueError where nothing at all was transferred. The published SimCLR fine-tuning looks
    for names that its checkpoint does not have and goes on, in silence, from random weights.
    """
    given, moved = pretrained.state_dict(), 0
    alone = any(name.startswith("tower.") for name in given)
    for name, own in model.state_dict().items():
        if alone:  # its head answers another question: only towers are taken
            name = re.sub(r"^towers\.\w+\.", "tower.", name) if name.startswith("towers.") else ""
        source = given.get(name)
        if source is not None and source.shape == own.shape:
            own.copy_(source)
            moved += 1
    if not moved:
        raise ValueError(
            f"no weight of {type(pretrained).__name__} fits {type(model).__name__}: "
            f"{', '.join(itertools.islice(given, 3))} ... against "
            f"{', '.join(itertools.islice(model.state_dict(), 3))} ..."
        )
    return moved


def _accuracy(logits: Tensor, truth: Tensor) -> Tensor:
    return (logits.argmax(-1) == truth).float().mean().detach()
