"""ResNet-50 and smaller ones (He et al. 2016), with torchvision's names for their weights.

torchvision has no build for every machine that this book runs on. A state dict of its `resnet50`
fits `ResNet()`, except for the last layer where the number of features differs.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

EXPANSION = 4  # of a block's output over its width


class Bottleneck(nn.Module):
    """x + f(x), f narrows by a 1×1 convolution, looks around by a 3×3, widens by a 1×1."""

    def __init__(self, channels: int, width: int, stride: int):
        super().__init__()
        out = EXPANSION * width
        self.conv1, self.bn1 = nn.Conv2d(channels, width, 1, bias=False), nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, stride, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3, self.bn3 = nn.Conv2d(width, out, 1, bias=False), nn.BatchNorm2d(out)
        self.downsample = None
        if stride != 1 or channels != out:
            narrow = nn.Conv2d(channels, out, 1, stride, bias=False)
            self.downsample = nn.Sequential(narrow, nn.BatchNorm2d(out))

    def forward(self, x: Tensor) -> Tensor:
        features = torch.relu(self.bn1(self.conv1(x)))
        features = torch.relu(self.bn2(self.conv2(features)))
        shortcut = x if self.downsample is None else self.downsample(x)
        return torch.relu(shortcut + self.bn3(self.conv3(features)))


class ResNet(nn.Module):
    """Pictures (B, 3, H, W) to features (B, features).

    blocks: in each of the four stages; the default is ResNet-50. width: of the first stage.

    >>> sum(p.numel() for p in ResNet(features=1000).parameters())  # as torchvision's resnet50
    25557032
    """

    def __init__(
        self,
        blocks: tuple[int, int, int, int] = (3, 4, 6, 3),
        width: int = 64,
        features: int = 2048,
    ):
        super().__init__()
        self.conv1 = nn.Conv2d(3, width, 7, 2, 3, bias=False)
        self.bn1, self.maxpool = nn.BatchNorm2d(width), nn.MaxPool2d(3, 2, 1)
        channels = width
        for stage, count in enumerate(blocks):
            layers = []
            for index in range(count):
                stride = 2 if stage and not index else 1
                layers.append(Bottleneck(channels, width * 2**stage, stride))
                channels = EXPANSION * width * 2**stage
            self.add_module(f"layer{stage + 1}", nn.Sequential(*layers))
        self.fc = nn.Linear(channels, features)

    def forward(self, pictures: Tensor) -> Tensor:
        features = self.maxpool(torch.relu(self.bn1(self.conv1(pictures))))
        for stage in (self.layer1, self.layer2, self.layer3, self.layer4):
            features = stage(features)
        return self.fc(features.mean((2, 3)))
