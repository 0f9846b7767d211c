"""Checks of the exercises on one surfel: where it is, and how bright."""

from __future__ import annotations

import torch
from torch import Tensor

from fiveviews.checks import Case, Exercise, uniform

# 1. Where is it? ----------------------------------------------------------------------------------


def _place(depth: Tensor, x: Tensor, y: Tensor, tangent: float) -> Tensor:
    return torch.stack([x * tangent * depth, y * tangent * depth, -depth], -1)


def _along_ray(depth: Tensor, x: Tensor, y: Tensor, tangent: float) -> Tensor:
    ray = torch.stack([x * tangent, y * tangent, -torch.ones_like(x)], -1)
    return depth[..., None] * torch.nn.functional.normalize(ray, dim=-1)


def _pixels() -> list[Case]:
    depth = uniform(50, 6, low=0.5, high=2.0)
    x, y = uniform(51, 6, low=-1.0), uniform(52, 6, low=-1.0)
    return [
        Case("six surfels", (depth, x, y, 0.25)),
        Case("six surfels seen by a wide lens", (depth, x, y, 1.1)),
    ]


back_project = Exercise(
    name="1 Where is it?",
    truth=_place,
    cases=_pixels,
    mistakes={
        "Your surfels lie *behind* the viewer: z points towards the viewer, so what is seen has a "
        "negative z.": lambda d, x, y, t: _place(d, x, y, t) * torch.tensor([1, 1, -1]),
        "x and y are the same at every depth: that is a camera without perspective. What is twice "
        "as far off is twice as far from the axis.": (
            lambda d, x, y, t: torch.stack([x * t, y * t, -d], -1)
        ),
        "The lens is missing: at depth 1 the picture's half height is `tangent`, not 1.": (
            lambda d, x, y, t: _place(d, x, y, 1.0)
        ),
        "You go that far along the *ray*. Depth is measured along the viewing axis, so z is the "
        "depth itself.": _along_ray,
        "x and y have changed places.": lambda d, x, y, t: _place(d, y, x, t),
        "Your picture hangs upside down: y goes up, as in the pixel.": (
            lambda d, x, y, t: _place(d, x, -y, t)
        ),
        "You divide by the tangent; a wider lens sees farther to the side, so multiply.": (
            lambda d, x, y, t: _place(d, x, y, 1 / t)
        ),
    },
    praise="One number a pixel, and the surfel has a place in space.",
)


# 2. How bright is it? -----------------------------------------------------------------------------


def _light(to_light: Tensor, normal: Tensor, falloff: int = 2) -> Tensor:
    distance = to_light.norm(dim=-1)
    cosine = (to_light * normal).sum(-1) / distance
    return cosine.clamp(min=0) / distance**falloff


def _surfels() -> list[Case]:
    to_light = uniform(53, 7, 3, low=-1.0) + torch.tensor([0.0, 0.0, 0.4])
    normal = torch.nn.functional.normalize(uniform(54, 7, 3, low=-1.0), dim=-1)
    turned_away = torch.tensor([[0.0, 0.0, -2.0]], dtype=torch.float64)
    upward = torch.tensor([[0.0, 0.0, 1.0]], dtype=torch.float64)
    return [
        Case("seven surfels", (to_light, normal)),
        Case(
            "a surfel that looks away from the light",
            (turned_away, upward),
            edge="Light from behind does not reach the front: max(0, ·).",
        ),
    ]


shade = Exercise(
    name="2 How bright is it?",
    truth=_light,
    cases=_surfels,
    mistakes={
        "Surfels that look away from the light get negative brightness: light from behind does not "
        "reach the front. max(0, ·).": (
            lambda d, n: (d * n).sum(-1) / d.norm(dim=-1) / d.square().sum(-1)
        ),
        "A light from behind is as bright as one from the front: max(0, ·), no absolute value.": (
            lambda d, n: ((d * n).sum(-1) / d.norm(dim=-1)).abs() / d.square().sum(-1)
        ),
        "You divide by ‖d‖² in all. The cosine takes one ‖d‖, for it wants a *unit* vector to the "
        "light, and the falloff two more.": lambda d, n: _light(d, n, falloff=1),
        "The falloff is missing: twice as far off, a quarter as bright.": (
            lambda d, n: _light(d, n, falloff=0)
        ),
        "You look from the light to the surfel; d goes from the surfel to the light.": (
            lambda d, n: _light(-d, n)
        ),
    },
    praise="A cosine and a falloff: that is all of equation 1 for one white light.",
)
