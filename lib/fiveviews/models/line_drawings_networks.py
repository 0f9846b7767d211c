"""Networks of the line-drawing chapter: towers that see one drawing, and what joins them.

    Tower            a drawing -> features (VGG-16 as published, or a small one for laptops)
    EarlyFusion      four drawings stacked as channels -> one number: do they belong together?
    Consistency      four towers, joined late -> the same number      (T2I; the paper's figure 2)
    PoseNetwork      four towers, joined late -> eight logits, a pose (I2P and P2I; figure 3)

A network takes ink: (B, C, H, W), C = 2 kinds of lines, or C = 3 for the papers' colours.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Self

import torch
from torch import Tensor, nn

from fiveviews.models.imagenet import read_imagenet
from fiveviews.training.recipes import from_config

VGG16 = (64, 64, 0, 128, 128, 0, 256, 256, 256, 0, 512, 512, 512, 0, 512, 512, 512, 0)  # 0: pool
IMAGENET = "vgg16-397923af.pth"  # torchvision's file; the second half begins its SHA-256
POSES = 8


@dataclass(frozen=True)
class Architecture:
    """What a network is, as far as its weights go; every recipe is one."""

    backbone: Literal["vgg16", "small"] = "vgg16"
    size: int = 200  # side of a drawing, in pixels
    colours: int = 3  # channels of a drawing: 3 as published, or 2, visible and hidden ink
    width: int = 24  # channels of the small backbone's first layer; VGG-16 has its own
    hidden: int = 4096  # the paper's K
    product: bool = False  # the head also sees the product of both sides' features
    dropout: float = 0.0  # before the last layer of the pose network

    @classmethod
    def of(cls, config: dict[str, Any]) -> Self:
        """The one that a recorded configuration describes; what it does not know is left out."""
        return from_config(cls, config)


def to_network(drawings: Tensor, colours: int) -> Tensor:
    """Stored drawings, uint8 (..., H, W, 2), as a network takes them: float (..., C, H, W).

    colours: 2 for ink, with 0 for paper; 3 for the papers' RGB in [0, 1], with 1 for paper.
    """
    ink = drawings.movedim(-1, -3).float() / 255
    if colours == 2:
        return ink
    visible, hidden = ink.unbind(-3)
    both = (visible + hidden).clamp(max=1)
    return 1 - torch.stack([visible, both, both], -3)


def vgg16_features(channels: int = 3) -> nn.Sequential:
    """VGG-16's 13 convolutions, their indices and so their weights' names as in torchvision.

    >>> vgg16_features()[28]
    Conv2d(512, 512, kernel_size=(3, 3), stride=(1, 1), padding=(1, 1))
    """
    layers: list[nn.Module] = []
    for width in VGG16:
        if width:
            layers += [nn.Conv2d(channels, width, 3, padding=1), nn.ReLU(inplace=True)]
            channels = width
        else:
            layers.append(nn.MaxPool2d(2))
    return nn.Sequential(*layers)


def small_features(channels: int, width: int) -> nn.Sequential:
    """Four strided convolutions with batch normalisation, for two cores: H to H / 16."""
    layers: list[nn.Module] = []
    for out, kernel in ((width, 5), (2 * width, 3), (4 * width, 3), (2 * width, 3)):
        convolution = nn.Conv2d(channels, out, kernel, 2, kernel // 2, bias=False)
        layers += [convolution, nn.BatchNorm2d(out), nn.ReLU(inplace=True)]
        channels = out
    return nn.Sequential(*layers)


class Tower(nn.Module):
    """A drawing (B, C, H, W) to features (B, width): flat, for a detail's place is what counts.

    Raises ValueError for drawings smaller than 32 pixels.
    """

    def __init__(self, a: Architecture, drawings: int = 1):
        super().__init__()
        channels = drawings * a.colours
        if a.size < 32:
            raise ValueError(f"a tower halves drawings four or five times; {a.size} is too small")
        if a.backbone == "vgg16":
            self.features = vgg16_features(channels)
            self.out_features = 512 * (a.size // 32) ** 2
        else:
            self.features = small_features(channels, a.width)
            self.out_features = 2 * a.width * (-(-a.size // 16)) ** 2

    def forward(self, drawing: Tensor) -> Tensor:
        return self.features(drawing).flatten(1)


class EarlyFusion(nn.Module):
    """Candidate, front, right and top as one picture of 4C channels, to one logit (SPARE3D's BC).

    paper: VGG-16 with its own classifier, whose last layer has one output.
    """

    def __init__(self, a: Architecture):
        super().__init__()
        self.architecture = a
        self.tower = Tower(a, drawings=4)
        width, hidden = self.tower.out_features, a.hidden
        middle = [nn.Linear(hidden, hidden), nn.ReLU()] if a.backbone == "vgg16" else []
        self.classifier = nn.Sequential(
            nn.Linear(width, hidden), nn.ReLU(), *middle, nn.Linear(hidden, 1)
        )

    def score(self, given: Tensor, options: Tensor) -> Tensor:
        """Logits (B, K) that each of K isometric drawings (B, K, C, H, W) is of the object whose
        three views are (B, 3, C, H, W)."""
        batch, count = options.shape[:2]
        views = given[:, None].expand(-1, count, *given.shape[1:])
        stacked = torch.cat([options[:, :, None], views], 2).flatten(2, 3).flatten(0, 1)
        return self.classifier(self.tower(stacked)).view(batch, count)


class LateFusion(nn.Module):
    """Four towers of one shape and different weights, and the two sides that they form.

    b (B, K) of the three views, a (B, K) of an isometric drawing: the paper's b and a.
    """

    def __init__(self, a: Architecture, activation: bool = True):
        super().__init__()
        self.architecture = a
        self.towers = nn.ModuleDict({name: Tower(a) for name in "frti"})
        width = self.towers["i"].out_features
        after = nn.ReLU if activation else nn.Identity
        self.of_views = nn.Sequential(nn.Linear(3 * width, a.hidden), after())
        self.of_isometric = nn.Sequential(nn.Linear(width, a.hidden), after())

    def views(self, given: Tensor) -> Tensor:
        """b (B, K) of front, right and top (B, 3, C, H, W)."""
        seen = [self.towers[name](given[:, i]) for i, name in enumerate("frt")]
        return self.of_views(torch.cat(seen, 1))

    def isometric(self, drawings: Tensor) -> Tensor:
        """a (..., K) of isometric drawings (..., C, H, W)."""
        flat = drawings.flatten(0, -4)
        return self.of_isometric(self.towers["i"](flat)).view(*drawings.shape[:-3], -1)


class Consistency(LateFusion):
    """Do three views and an isometric drawing show the same object? The network of T2I.

    paper: the head sees a and b side by side. With `product` it also sees their product, without
    which a small network spends most of a short run on finding out that it has to compare.
    """

    def __init__(self, a: Architecture):
        super().__init__(a)
        self.head = nn.Sequential(
            nn.Linear((3 if a.product else 2) * a.hidden, a.hidden),
            nn.ReLU(),
            nn.Linear(a.hidden, 1),
        )

    def compare(self, b: Tensor, a: Tensor) -> Tensor:
        """Logits (...) of features b and a (..., K), which broadcast."""
        b, a = torch.broadcast_tensors(b, a)
        sides = (b, a, b * a) if self.architecture.product else (b, a)
        return self.head(torch.cat(sides, -1))[..., 0]

    def score(self, given: Tensor, options: Tensor) -> Tensor:
        """Logits (B, K), as `EarlyFusion.score`."""
        return self.compare(self.views(given)[:, None], self.isometric(options))


class Embedding(LateFusion):
    """The same two sides, each projected to one space where the nearest belong together.

    paper: SimCLR's network and that of the NT-Xent row; two projections K -> K -> 256.
    """

    def __init__(self, a: Architecture, embedding: int = 256):
        super().__init__(a)
        embedding = min(embedding, a.hidden)
        self.project_views = nn.Linear(a.hidden, embedding)
        self.project_isometric = nn.Linear(a.hidden, embedding)

    def embed(self, given: Tensor, isometric: Tensor) -> tuple[Tensor, Tensor]:
        """Unit vectors (B, E) of three views and (..., E) of isometric drawings."""
        b, a = (
            self.project_views(self.views(given)),
            self.project_isometric(self.isometric(isometric)),
        )
        return nn.functional.normalize(b, dim=-1), nn.functional.normalize(a, dim=-1)

    def score(self, given: Tensor, options: Tensor) -> Tensor:
        """Cosines (B, K), as `EarlyFusion.score`."""
        b, a = self.embed(given, options)
        return (b[:, None] * a).sum(-1)


class PoseNetwork(LateFusion):
    """From which pose is the isometric drawing seen? Logits (B, poses), for I2P and P2I."""

    def __init__(self, a: Architecture, poses: int = POSES):
        super().__init__(a, activation=False)
        self.head = nn.Sequential(
            nn.Linear(2 * a.hidden, a.hidden), nn.ReLU(), nn.Dropout(a.dropout)
        )
        self.poses = nn.Linear(a.hidden, poses)

    def forward(self, given: Tensor, isometric: Tensor) -> Tensor:
        """Logits (B, M, poses) of M isometric drawings (B, M, C, H, W) of each object."""
        a = self.isometric(isometric)
        b = self.views(given)[:, None].expand_as(a)
        return self.poses(self.head(torch.cat([b, a], -1)))


def load_imagenet(model: nn.Module, path: Path | None = None) -> None:
    """Put VGG-16's ImageNet weights into every VGG-16 tower of a model, in place.

    path: torchvision's `vgg16-397923af.pth`, or a safetensors file of the same tensors; by default
        torchvision's own cache is looked at. Nothing is downloaded, and nothing is unpickled but
        tensors. A first layer with another number of channels keeps its random weights.

    Raises FileNotFoundError, with the address to fetch it from, and ValueError for another file.
    """
    path, weights = read_imagenet(IMAGENET, "528 MB", path)
    towers = [m for m in model.modules() if isinstance(m, Tower)]
    if not towers or not isinstance(towers[0].features[2], nn.Conv2d):
        raise ValueError("ImageNet's weights are of VGG-16; this network has another backbone")
    for tower in towers:
        for name, own in tower.features.state_dict().items():
            given = weights.get(f"features.{name}")
            if given is None or (given.shape != own.shape and not name.startswith("0.")):
                raise ValueError(f"{path} has no features.{name} {tuple(own.shape)}: no VGG-16")
            if given.shape == own.shape:
                own.copy_(given)
