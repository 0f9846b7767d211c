"""From pictures to codes: the encoder of both solutions (a small or large ResNet-18)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from fiveviews.models.templates import Recipe

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # of ImageNet, as the project has it


class Basic(nn.Module):
    """x + f(x), with f two 3×3 convolutions (He et al. 2016)."""

    def __init__(self, channels: int, width: int, stride: int):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, width, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.downsample = None
        if stride != 1 or channels != width:
            narrow = nn.Conv2d(channels, width, 1, stride, bias=False)
            self.downsample = nn.Sequential(narrow, nn.BatchNorm2d(width))

    def forward(self, x: Tensor) -> Tensor:
        features = torch.relu(self.bn1(self.conv1(x)))
        shortcut = x if self.downsample is None else self.downsample(x)
        return torch.relu(shortcut + self.bn2(self.conv2(features)))


class Trunk(nn.Module):
    """Pictures (B, 3, H, W) in [0, 1] to features (B, F): ResNet-18 without its last layer.

    With torchvision's names for its weights, so that a state dict of its `resnet18` fits the
    default (and its `fc` is left over).
    """

    def __init__(self, blocks: tuple[int, ...] = (2, 2, 2, 2), width: int = 64):
        super().__init__()
        self.register_buffer("mean", torch.tensor(MEAN).view(3, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(STD).view(3, 1, 1), persistent=False)
        self.conv1 = nn.Conv2d(3, width, 7, 2, 3, bias=False)
        self.bn1, self.maxpool = nn.BatchNorm2d(width), nn.MaxPool2d(3, 2, 1)
        self.stages, channels = [], width
        for stage, count in enumerate(blocks):
            layers = []
            for index in range(count):
                layers.append(Basic(channels, width * 2**stage, 2 if stage and not index else 1))
                channels = width * 2**stage
            self.stages.append(f"layer{stage + 1}")
            self.add_module(self.stages[-1], nn.Sequential(*layers))
        self.features = channels

    def forward(self, pictures: Tensor) -> Tensor:
        x = (pictures - self.mean) / self.std
        x = self.maxpool(torch.relu(self.bn1(self.conv1(x))))
        for name in self.stages:
            x = getattr(self, name)(x)
        return x.mean((2, 3))


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
        self.head = nn.Linear(self.trunk.features, recipe.code)

    @classmethod
    def of(cls, config: Mapping[str, Any]) -> Encoder:
        """An untrained one as a recorded configuration describes it."""
        return cls(Recipe.of(config))

    def forward(self, pictures: Tensor) -> Tensor:
        return self.head(self.trunk(pictures))
