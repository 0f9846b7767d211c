"""The network of both mesh chapters: one picture in, a deformed sphere out (SoftRas, section 5)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

import torch
from torch import Tensor, nn

from fiveviews.meshes import icosphere
from fiveviews.training.recipes import from_config

EncoderName = Literal["baseline", "resnet", "attention", "plain"]


@dataclass(frozen=True)
class Recipe:
    """Everything that a training run depends on, besides the data and the seed."""

    encoder: EncoderName = "baseline"
    widths: tuple[int, int, int] = (64, 128, 256)  # channels of the three convolutions
    hidden: int = 1024  # width of the encoder's dense layers
    code: int = 512
    decoder: tuple[int, int] = (1024, 2048)
    level: int = 3  # of the icosphere: 642 vertices, 1,280 faces
    batch: int = 64  # objects; each gives two views, and four pictures are rendered of it
    steps: int = 250_000
    learning_rate: float = 1e-4
    sigma: float = 1e-4
    dist_eps: float = 1e-10
    decay_at: float = 0.6  # of the steps: learning rate and σ are multiplied by `decay`
    decay: float = 0.3
    laplacian: float = 5e-3
    flatten: float = 5e-4
    cross_views: bool = True  # compare each mesh with the other view too

    @classmethod
    def of(cls, config: Mapping[str, Any]) -> Recipe:
        """The recipe in a recorded configuration, which may hold more than a recipe."""
        return from_config(cls, config)


class Encoder(nn.Module):
    """Pictures (B, 4, 64, 64) to codes (B, code): three strided convolutions, three dense layers.

    `resnet` adds a residual block after each convolution; `attention` lets the 8×8 places look at
    each other in one Transformer layer before they are flattened (the two tweaks of Zhu et al.,
    whose report gives no sizes: these are ours). `plain` is without batch normalisation (SSR).

    Raises ValueError for an encoder that is none of these.
    """

    def __init__(self, recipe: Recipe):
        super().__init__()
        if recipe.encoder not in get_args(EncoderName):
            raise ValueError(
                f"encoder must be one of {', '.join(get_args(EncoderName))}; got {recipe.encoder!r}"
            )
        layers, channels = [], 4
        for width in recipe.widths:
            layers.append(nn.Conv2d(channels, width, 5, stride=2, padding=2))
            if recipe.encoder != "plain":
                layers.append(nn.BatchNorm2d(width))
            layers.append(nn.ReLU())
            if recipe.encoder == "resnet":
                layers.append(Residual(width))
            channels = width
        self.convolutions = nn.Sequential(*layers)
        self.attention = PlaceAttention(channels) if recipe.encoder == "attention" else None
        self.dense = nn.Sequential(
            nn.Flatten(),
            nn.Linear(channels * 64, recipe.hidden),
            nn.ReLU(),
            nn.Linear(recipe.hidden, recipe.hidden),
            nn.ReLU(),
            nn.Linear(recipe.hidden, recipe.code),
            nn.ReLU(),
        )

    def forward(self, pictures: Tensor) -> Tensor:
        places = self.convolutions(pictures)
        if self.attention is not None:
            places = self.attention(places)
        return self.dense(places)


class Residual(nn.Module):
    """x + f(x), with f two 3×3 convolutions (He et al. 2016)."""

    def __init__(self, width: int):
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(width, width, 3, padding=1),
            nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.Conv2d(width, width, 3, padding=1),
            nn.BatchNorm2d(width),
        )

    def forward(self, x: Tensor) -> Tensor:
        return torch.relu(x + self.body(x))


class PlaceAttention(nn.Module):
    """One Transformer encoder layer over the 8×8 places of a feature map (B, C, 8, 8)."""

    def __init__(self, channels: int, heads: int = 4):
        super().__init__()
        self.position = nn.Parameter(0.02 * torch.randn(64, channels))
        self.attend = nn.MultiheadAttention(channels, heads, batch_first=True)
        self.mix = nn.Sequential(
            nn.Linear(channels, 2 * channels), nn.ReLU(), nn.Linear(2 * channels, channels)
        )
        self.before, self.after = nn.LayerNorm(channels), nn.LayerNorm(channels)

    def forward(self, features: Tensor) -> Tensor:
        return self.look(features)[0]

    def look(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """Features (B, C, 8, 8), and who looks where: (B, 64, 64), rows sum to 1."""
        places = features.flatten(2).transpose(1, 2) + self.position
        query = self.before(places)
        seen, weights = self.attend(query, query, query)
        places = places + seen
        places = places + self.mix(self.after(places))
        return places.transpose(1, 2).reshape(features.shape), weights


class Decoder(nn.Module):
    """Codes (B, code) to vertices (B, V, 3) of a deformed sphere inside [-0.5, 0.5]³.

    The parametrisation of SoftRas's published code: a centre c and one displacement per vertex
    in logit space. It keeps every vertex in its octant around the centre, and those that start
    on a plane between octants stay on it: the mesh cannot turn inside out.
    """

    def __init__(self, recipe: Recipe):
        super().__init__()
        sphere = icosphere(recipe.level)
        start = 0.5 * sphere.vertices
        self.register_buffer("faces", sphere.faces, persistent=False)
        self.register_buffer("sign", start.round(decimals=6).sign(), persistent=False)
        self.register_buffer("logit", torch.logit(start.abs().clamp(1e-7)), persistent=False)
        first, second = recipe.decoder
        self.dense = nn.Sequential(
            nn.Linear(recipe.code, first), nn.ReLU(), nn.Linear(first, second), nn.ReLU()
        )
        self.centre = nn.Linear(second, 3)
        self.displacement = nn.Linear(second, start.numel())

    def forward(self, codes: Tensor) -> Tensor:
        hidden = self.dense(codes)
        displacement = self.displacement(hidden).view(len(codes), -1, 3)
        return self.deform(displacement, torch.tanh(0.1 * self.centre(hidden)))

    def deform(self, displacement: Tensor, centre: Tensor) -> Tensor:
        """Vertices (B, V, 3) from displacements (B, V, 3) in logits, centres (B, 3) in (-1, 1)."""
        centre = centre[:, None]
        outward = torch.sigmoid(
            self.logit + displacement
        )  # 0 on the centre's planes, 1 on the cube
        vertices = torch.where(self.sign > 0, outward * (1 - centre), -outward * (1 + centre))
        return 0.5 * (vertices * self.sign.abs() + centre)


class Reconstructor(nn.Module):
    """Encoder and decoder: pictures (B, 4, 64, 64) to vertices (B, V, 3); faces are shared."""

    def __init__(self, recipe: Recipe):
        super().__init__()
        self.recipe = recipe
        self.encoder, self.decoder = Encoder(recipe), Decoder(recipe)

    @classmethod
    def of(cls, config: Mapping[str, Any]) -> Reconstructor:
        """An untrained one as a recorded configuration describes it, which may say more."""
        return cls(Recipe.of(config))

    @property
    def faces(self) -> Tensor:
        return self.decoder.faces

    def forward(self, pictures: Tensor) -> Tensor:
        return self.decoder(self.encoder(pictures))
