"""From pictures to codes: the encoder of both solutions (a small or large ResNet-18)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from fiveviews.models.imagenet import read_imagenet
from fiveviews.models.resnet import Basic, ResNet
from fiveviews.models.templates import Recipe

IMAGENET = "resnet18-f37072fd.pth"  # torchvision's file; the second half begins its SHA-256
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # of ImageNet, as the project has it


class Trunk(ResNet):
    """Pictures (B, 3, H, W) in [0, 1] to features (B, channels): ResNet-18 without its last layer.

    A state dict of torchvision's `resnet18` fits the default, and its `fc` is left over.
    """

    def __init__(self, blocks: tuple[int, ...] = (2, 2, 2, 2), width: int = 64):
        super().__init__(blocks, width, features=None, block=Basic)
        self.register_buffer("mean", torch.tensor(MEAN).view(3, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(STD).view(3, 1, 1), persistent=False)

    def forward(self, pictures: Tensor) -> Tensor:
        return super().forward((pictures - self.mean) / self.std)


def load_imagenet(trunk: Trunk, path: Path | None = None) -> None:
    """Put ResNet-18's ImageNet weights, with which the original begins, into a trunk, in place.

    path: torchvision's `resnet18-f37072fd.pth`, or a safetensors file of the same tensors; by
        default torchvision's own cache is looked at. Nothing is downloaded.

    Raises FileNotFoundError, with the address to fetch it from, and ValueError for a file of other
    tensors, or a trunk that is no ResNet-18 (those of `smoke` and `lab` are smaller).
    """
    path, weights = read_imagenet(IMAGENET, "45 MB", path)
    for name, own in trunk.state_dict().items():
        given = weights.get(name)
        if given is None or given.shape != own.shape:
            raise ValueError(
                f"{path} has no {name} {tuple(own.shape)}: it, or this encoder, is no ResNet-18"
            )
    trunk.load_state_dict({name: weights[name] for name in trunk.state_dict()})


class Encoder(nn.Module):
    """E: pictures (B, 3, size, size) in [0, 1], over white, to codes (B, C).

    >>> from fiveviews.models.templates import recipe
    >>> Encoder(recipe("smoke"))(torch.rand(2, 3, 32, 32)).shape
    torch.Size([2, 8])
    """

    def __init__(self, recipe: Recipe):
        super().__init__()
        self.recipe = recipe
        self.trunk = Trunk(recipe.blocks, recipe.width)
        self.head = nn.Linear(self.trunk.channels, recipe.code)

    @classmethod
    def of(cls, config: Mapping[str, Any]) -> Encoder:
        """An untrained one as a recorded configuration describes it."""
        return cls(Recipe.of(config))

    def forward(self, pictures: Tensor) -> Tensor:
        return self.head(self.trunk(pictures))
