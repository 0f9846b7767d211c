"""The networks of Pix2Scene: encoder, decoder, critic (tables 4 to 6) and statistics (table 7).

All of them halve or double the side of a picture by 4×4 convolutions, from `size` to 4 or back; the
tables are those for 128×128, and 64×64 leaves out the first (or last) of their layers.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from fiveviews.cameras import Camera
from fiveviews.training.recipes import from_config

LEAK = 0.2  # of the LeakyReLU
STEP = 0.1  # scale of the decoder's outputs, which many weights move together
CAMERA = 3  # numbers that say where the camera is: its position


@dataclass(frozen=True)
class Sizes:
    """How large the networks are. The defaults are the tables'.

    near, far: depths that the decoder can give. conditions: whether the networks are told where
    the camera is (not so in 3D-IQTT). classes: how many the pictures are of; 0: not told.
    """

    size: int = 128
    code: int = 128
    encoder_width: int = 85
    decoder_width: int = 84
    critic_width: int = 85
    near: float = 0.4
    far: float = 1.8
    conditions: bool = True
    classes: int = 0

    @classmethod
    def of(cls, config: Mapping[str, Any]) -> Sizes:
        """The sizes in a recorded configuration, which may hold more."""
        return from_config(cls, config)

    @property
    def widths(self) -> list[int]:
        """Factors of the width, one for each halving of the picture: 1, 2, 4, …

        Raises ValueError for sizes that halving does not bring to 4.
        """
        halvings = math.log2(self.size / 4)
        if halvings < 1 or halvings % 1:
            raise ValueError(f"size must be 8, 16, 32, 64 or 128 …; got {self.size}")
        return [2**i for i in range(int(halvings))]


class ConditionalNorm(nn.Module):
    """Batch normalisation whose scale and shift follow from a condition (Perez et al. 2018).

    γ = 1 + W_γ c and β = W_β c, for each channel; both start at the plain normalisation.
    """

    def __init__(self, channels: int, condition: int):
        super().__init__()
        self.norm = nn.BatchNorm2d(channels, affine=False)
        self.affine = nn.Linear(condition, 2 * channels)
        nn.init.zeros_(self.affine.weight)
        nn.init.zeros_(self.affine.bias)

    def forward(self, features: Tensor, condition: Tensor) -> Tensor:
        scale, shift = self.affine(condition)[..., None, None].chunk(2, 1)
        return (1 + scale) * self.norm(features) + shift


class Block(nn.Module):
    """A convolution, its normalisation (conditional, plain or none) and a LeakyReLU."""

    def __init__(self, convolution: nn.Module, norm: nn.Module | None):
        super().__init__()
        self.convolution, self.norm = convolution, norm

    def forward(self, features: Tensor, condition: Tensor | None = None) -> Tensor:
        features = self.convolution(features)
        if isinstance(self.norm, ConditionalNorm):
            features = self.norm(features, condition)
        elif self.norm is not None:
            features = self.norm(features)
        return nn.functional.leaky_relu(features, LEAK)


def _norm(channels: int, conditional: bool) -> nn.Module:
    return ConditionalNorm(channels, CAMERA) if conditional else nn.BatchNorm2d(channels)


class Encoder(nn.Module):
    """Pictures (B, 3, S, S) seen by cameras at (B, 3) to codes (B, code). Table 4.

    paper: the table's last line gives a 1×1×1 output; a code of 128 numbers must come out.
    """

    def __init__(self, sizes: Sizes):
        super().__init__()
        channels, blocks = 3, []
        for factor in sizes.widths:
            width = factor * sizes.encoder_width
            last = factor == sizes.widths[-1]  # not normalised, says the table
            norm = None if last else _norm(width, sizes.conditions)
            blocks.append(Block(nn.Conv2d(channels, width, 4, 2, 1, bias=last), norm))
            channels = width
        self.blocks = nn.ModuleList(blocks)
        self.code = nn.Conv2d(channels, sizes.code, 4)

    def forward(self, pictures: Tensor, camera: Tensor | None = None) -> Tensor:
        features = pictures
        for block in self.blocks:
            features = block(features, camera)
        return self.code(features)[..., 0, 0]


class Decoder(nn.Module):
    """Codes (B, code), for cameras at (B, 3) and classes (B,), to depths (B, S, S). Table 5.

    The camera enters beside the code (the table's 131 numbers) and by conditional normalisation in
    every second layer.
    # paper: depth is relu(-out) + 0.1, whose gradient can die; here near + (far - near)·sigmoid.
    # paper: one output, at full size. Shading sees slopes between neighbours only, so that moving a
    # wall takes many pixels that move together: here every scale adds its part, coarse to fine.
    """

    def __init__(self, sizes: Sizes):
        super().__init__()
        self.near, self.far, self.classes = sizes.near, sizes.far, sizes.classes
        channels = sizes.code + CAMERA * sizes.conditions + sizes.classes
        blocks = []
        for index, factor in enumerate(reversed(sizes.widths)):
            width = factor * sizes.decoder_width
            where = {"kernel_size": 4, "bias": False}
            where |= {"stride": 2, "padding": 1} if blocks else {}
            norm = _norm(width, sizes.conditions and index % 2 == 0)
            blocks.append(Block(nn.ConvTranspose2d(channels, width, **where), norm))
            channels = width
        self.blocks = nn.ModuleList(blocks)
        heads = [nn.Conv2d(block.convolution.out_channels, 1, 3, padding=1) for block in blocks]
        self.heads = nn.ModuleList(heads)
        self.depth = nn.ConvTranspose2d(channels, 1, 4, 2, 1)

    def forward(
        self, codes: Tensor, camera: Tensor | None = None, classes: Tensor | None = None
    ) -> Tensor:
        parts = [codes, *([] if camera is None else [camera])]
        if self.classes:
            parts.append(one_hot(classes, self.classes, codes))
        features = torch.cat(parts, 1)[..., None, None]
        out = 0.0
        for block, head in zip(self.blocks, self.heads, strict=True):
            features = block(features, camera)
            out = nn.functional.interpolate(
                out + STEP * head(features), scale_factor=2, mode="bilinear", align_corners=False
            )
        out = (out + STEP * self.depth(features))[:, 0]
        return self.near + (self.far - self.near) * out.sigmoid()


class Critic(nn.Module):
    """How real a picture looks beside its code: (B,), any real number. Table 6.

    The camera enters as three constant planes beside the colours; the code (and the class) as
    planes beside the features that the last halving convolution takes, so that picture and code
    meet before the last, linear layer. No normalisation: the gradient penalty is about single
    pictures.
    """

    def __init__(self, sizes: Sizes):
        super().__init__()
        self.classes = sizes.classes
        channels, layers = 3 + CAMERA * sizes.conditions, []
        for factor in sizes.widths:
            width = factor * sizes.critic_width
            if factor == sizes.widths[-1]:
                channels += sizes.code + sizes.classes
            layers.append(nn.Conv2d(channels, width, 4, 2, 1))
            channels = width
        self.layers = nn.ModuleList(layers)
        self.score = nn.Conv2d(channels, 1, 4)

    def forward(
        self,
        pictures: Tensor,
        codes: Tensor,
        camera: Tensor | None = None,
        classes: Tensor | None = None,
    ) -> Tensor:
        features = pictures if camera is None else _beside(pictures, camera)
        if self.classes:
            codes = torch.cat([codes, one_hot(classes, self.classes, codes)], 1)
        for layer in self.layers:
            if layer is self.layers[-1]:
                features = _beside(features, codes)
            features = nn.functional.leaky_relu(layer(features), LEAK)
        return self.score(features)[:, 0, 0, 0]


def _beside(features: Tensor, numbers: Tensor) -> Tensor:
    """Features (B, C, H, W) with numbers (B, n) as n more, constant planes."""
    planes = numbers[..., None, None].expand(-1, -1, *features.shape[2:])
    return torch.cat([features, planes], 1)


class Pix2Scene(nn.Module):
    """Encoder and decoder: what is left when the game is over."""

    def __init__(self, sizes: Sizes):
        super().__init__()
        self.sizes = sizes
        self.encoder, self.decoder = Encoder(sizes), Decoder(sizes)

    @classmethod
    def of(cls, config: Mapping[str, Any]) -> Pix2Scene:
        """An untrained one as a recorded configuration describes it, which may say more."""
        return cls(Sizes.of(config))

    def where(self, camera: Camera) -> Tensor | None:
        """What the networks are told of the cameras: their positions (B, 3), or nothing."""
        return camera.eye if self.sizes.conditions else None

    def encode(self, pictures: Tensor, camera: Camera) -> Tensor:
        """Codes (B, code) of pictures (B, 3, S, S)."""
        return self.encoder(pictures, self.where(camera))

    def decode(self, codes: Tensor, camera: Camera, classes: Tensor | None = None) -> Tensor:
        """Depths (B, S, S) that these cameras see of codes (B, code)."""
        return self.decoder(codes, self.where(camera), classes)


class Game(nn.Module):
    """Pix2Scene and the critic that it plays against while it learns."""

    def __init__(self, scene: Pix2Scene):
        super().__init__()
        self.scene, self.critic = scene, Critic(scene.sizes)

    def judge(
        self, pictures: Tensor, codes: Tensor, camera: Camera, classes: Tensor | None = None
    ) -> Tensor:
        """The critic's scores (B,)."""
        return self.critic(pictures, codes, self.scene.where(camera), classes)


class Statistics(nn.Module):
    """T(z_scene, z_view) of equation 6: (B,) from codes (B, a) and (B, b). Table 7."""

    def __init__(self, inputs: int, widths: tuple[int, int] = (256, 512)):
        super().__init__()
        first, second = widths
        self.layers = nn.Sequential(
            nn.Linear(inputs, first), nn.ELU(), nn.Linear(first, second), nn.ELU(),
            nn.Linear(second, 1),
        )  # fmt: skip

    def forward(self, scene: Tensor, view: Tensor) -> Tensor:
        return self.layers(torch.cat([scene, view], 1))[:, 0]


def one_hot(classes: Tensor | None, count: int, like: Tensor) -> Tensor:
    """Classes (B,) as rows (B, count) of one 1; ValueError where a conditional net gets none."""
    if classes is None:
        raise ValueError(f"this network is told which of {count} classes to show; pass `classes`")
    return nn.functional.one_hot(classes, count).to(like)
