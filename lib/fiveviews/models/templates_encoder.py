"""From pictures to codes: the encoder of both solutions (a small or large ResNet-18)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from fiveviews.models.resnet import Basic, ResNet
from fiveviews.models.templates import Recipe

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
