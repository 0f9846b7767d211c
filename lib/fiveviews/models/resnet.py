"""ResNet-18, ResNet-50 and smaller (He et al. 2016), with torchvision's names for their weights.

torchvision has no build for every machine that this book runs on. A state dict of its `resnet50`
fits `ResNet()`, except for the last layer where the number of features differs.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn


class Basic(nn.Module):
    """x + f(x), f looks around twice by 3×3 convolutions."""

    expansion = 1  # of a block's output over its width

    def __init__(self, channels: int, width: int, stride: int):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, width, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.downsample = _shortcut(channels, width, stride)

    def forward(self, x: Tensor) -> Tensor:
        features = torch.relu(self.bn1(self.conv1(x)))
        shortcut = x if self.downsample is None else self.downsample(x)
        return torch.relu(shortcut + self.bn2(self.conv2(features)))


class Bottleneck(nn.Module):
    """x + f(x), f narrows by a 1×1 convolution, looks around by a 3×3, widens by a 1×1."""

    expansion = 4

    def __init__(self, channels: int, width: int, stride: int):
        super().__init__()
        out = self.expansion * width
        self.conv1, self.bn1 = nn.Conv2d(channels, width, 1, bias=False), nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, stride, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3, self.bn3 = nn.Conv2d(width, out, 1, bias=False), nn.BatchNorm2d(out)
        self.downsample = _shortcut(channels, out, stride)

    def forward(self, x: Tensor) -> Tensor:
        features = torch.relu(self.bn1(self.conv1(x)))
        features = torch.relu(self.bn2(self.conv2(features)))
        shortcut = x if self.downsample is None else self.downsample(x)
        return torch.relu(shortcut + self.bn3(self.conv3(features)))


class ResNet(nn.Module):
    """Pictures (B, 3, H, W) to features (B, features).

    blocks: in each of the stages; the default is ResNet-50. width: of the first stage.
    features: None leaves the last layer out, so that there are `channels` of them.

    >>> sum(p.numel() for p in ResNet(features=1000).parameters())  # as torchvision's resnet50
    25557032
    """

    def __init__(
        self,
        blocks: tuple[int, ...] = (3, 4, 6, 3),
        width: int = 64,
        features: int | None = 2048,
        block: type[Basic] | type[Bottleneck] = Bottleneck,
    ):
        super().__init__()
        self.conv1 = nn.Conv2d(3, width, 7, 2, 3, bias=False)
        self.bn1, self.maxpool = nn.BatchNorm2d(width), nn.MaxPool2d(3, 2, 1)
        self.stages, self.channels = [f"layer{stage + 1}" for stage in range(len(blocks))], width
        for stage, count in enumerate(blocks):
            layers = []
            for index in range(count):
                stride = 2 if stage and not index else 1
                layers.append(block(self.channels, width * 2**stage, stride))
                self.channels = block.expansion * width * 2**stage
            self.add_module(self.stages[stage], nn.Sequential(*layers))
        self.fc = nn.Identity() if features is None else nn.Linear(self.channels, features)

    def forward(self, pictures: Tensor) -> Tensor:
        if pictures.device.type == "cpu":
            # Colours last in memory, as pictures are stored, the gradient of a shortcut of six
            # channels or fewer is written past its end: torch 2.13 (oneDNN) then crashes.
            pictures = pictures.contiguous()
        x = self.maxpool(torch.relu(self.bn1(self.conv1(pictures))))
        for name in self.stages:
            x = getattr(self, name)(x)
        return self.fc(x.mean((2, 3)))


def _shortcut(channels: int, out: int, stride: int) -> nn.Sequential | None:
    """What brings a block's input to the size of its output; None where it has it."""
    if stride == 1 and channels == out:
        return None
    narrow = nn.Conv2d(channels, out, 1, stride, bias=False)
    return nn.Sequential(narrow, nn.BatchNorm2d(out))
