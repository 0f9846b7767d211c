"""Deep Implicit Templates: one field per category, and a warp to it from every object.

The signed distance of object k at p is that of the *template* T at the place where p is warped to,

    f(p, c_k) = T(W(p, c_k)),                                     (Zheng et al. 2021, eq. 1)

so T is a shape that all objects of a category share, the code c_k says how this one differs, and
two points of two objects that are warped to one place correspond. T is a plain network; W is an
LSTM that moves p a little, eight times over. `templates_losses` says what they learn from,
`templates_training` how, `templates_encoder` where a code comes from if there is only a picture.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import linear
from torch.nn.utils.parametrizations import weight_norm

from fiveviews.fields import Field
from fiveviews.training.recipes import at_scale, from_config


@dataclass(frozen=True)
class Recipe:
    """Everything that a run depends on, besides the data and the seed. The default is published."""

    # the two networks and the codes
    hidden: int = 512  # of the LSTM
    warps: int = 8  # steps of the LSTM
    outputs: int = 4  # of these steps the loss looks at so many, evenly spaced: 2, 4, 6, 8
    template: tuple[int, ...] = (256, 256, 256, 256, 256)
    dropout: float = 0.05
    code: int = 256
    bound: float = 1.0  # greatest norm of a code (CodeBound)
    # phase 1: networks and codes from signed distances
    scenes: int = 24  # objects in a step
    points: int = 5000  # samples of each, half inside and half outside
    steps: int = 273_000  # 2001 epochs of the 3,281 chairs
    ramp: int = 13_600  # steps until the regularisers have their weight: 100 epochs
    halve: int = 68_000  # steps after which learning rates are halved: 500 epochs
    rate_warper: float = 5e-4
    rate_template: float = 1e-3
    rate_codes: float = 1e-3
    clamp: float = 0.1  # beyond this distance only the side counts
    pointwise: float = 5e-3
    pairs: float = 1e-4
    pair_points: tuple[int, int] = (625, 4375)
    pair_limit: float = 5.0  # of one pair's loss; the project's addition to the original
    code_norm: float = 1e-4
    # pictures
    size: int = 224
    levels: tuple[str, ...] = ("easy", "hard")  # Sol 1 and all scores look at the easy ones alone
    blocks: tuple[int, ...] = (2, 2, 2, 2)  # of the encoder: ResNet-18
    width: int = 64
    # Sol 1: the encoder learns the codes of phase 1
    sol1_steps: int = 64_000  # 200 epochs of one picture per sample
    sol1_batch: int = 512
    sol1_rate: float = 1e-3
    sol1_halve: int = 1_600  # 5 epochs
    # contrastive pre-training of the encoder
    contrast_steps: int = 2_560  # 200 epochs of one pair per object
    contrast_batch: int = 256
    contrast_rate: float = 1e-3
    contrast_adam: bool = False  # the original: SGD without momentum
    projection: int = 128
    temperature: float = 0.07
    jitter: float = 0.4
    # Sol 2: encoder, warper and template learn together, on phase 1's schedule. paper: the original
    # counts epochs of pictures (of planes 7,416 steps each), and its printed curve ends after about
    # 200,000 steps: before a rate is halved, and with the ramp at a quarter
    sol2_steps: int = 273_000
    sol2_halve: int = 68_000
    sol2_rate: float = 1e-3  # of the encoder
    sol2_scenes: int = 24  # pictures in a step
    sol2_points: int = 5000  # samples of each
    sol2_pairs: tuple[int, int] = (625, 4375)
    warm: bool = False  # whether Sol 2 goes on with the warper and template of phase 1 …
    slow: float = 1.0  # … whose rates are multiplied by this
    head: float = 1.0  # factor on the first weights of the encoder's last layer
    frozen: bool = True  # whether Sol 2 keeps the encoder's convolutions as they were
    # codes fitted to a field, and meshes
    fit_steps: int = 800
    fit_rate: float = 5e-3
    fit_points: int = 8000
    resolution: int = 256
    surface: int = 30_000  # points of a surface that a Chamfer distance is measured with

    @classmethod
    def of(cls, config: Mapping[str, Any]) -> Recipe:
        """The recipe in a recorded configuration, which may hold more than a recipe."""
        return from_config(cls, config)


# paper: `full` is the published recipe, counted in steps and not in epochs; the others shrink
# networks, batches and steps, and raise the rates to match. `lab` clamps at 0.5 and not at 0.1:
# where template and object are apart by more than the clamp, no gradient says in which direction
# to move, and a short run never gets there (64 planes after 1,500 steps: a Chamfer distance of
# 2.5 with 0.3 and of 3.8 with 0.1). Steps are what its fields live from: on planes, seed 1, a code
# fitted to the true field scores 2.52 after 4,000 steps and 0.74 after 10,000 with the warper's
# rate doubled. Its Sol 2 starts with the warper and template of phase 1: from nothing, as published
# it would be, its steps leave it behind the bare template (VARIANTS has it as `scratch`). Its
# contrastive pre-training has another optimiser.
RECIPES = {
    "smoke": Recipe(
        hidden=16, template=(16, 16, 16), dropout=0.0, code=8, scenes=4, points=64, steps=8,
        ramp=4, halve=8, pairs=1e-3, pair_points=(8, 24), size=64, levels=("easy",),
        blocks=(1, 1, 1), width=4, sol1_steps=8, sol1_batch=16, sol1_halve=4, contrast_steps=8,
        contrast_batch=4, contrast_adam=True, projection=16, sol2_steps=8, sol2_halve=4,
        sol2_scenes=4, sol2_points=32, sol2_pairs=(4, 12), warm=True, slow=0.25, head=0.2,
        frozen=False, fit_steps=20, fit_points=128, resolution=24, surface=2000,
    ),
    "lab": Recipe(
        hidden=64, template=(64, 64, 64, 64, 64), dropout=0.0, code=32, scenes=16, points=32,
        steps=10_000, ramp=1000, halve=2000, rate_warper=8e-3, rate_template=2e-3, rate_codes=1e-2,
        clamp=0.5, pairs=1e-3, pair_points=(4, 28), size=64, levels=("easy",),
        blocks=(1, 1, 1, 1), width=8, sol1_steps=2400, sol1_batch=64, sol1_rate=2e-3,
        sol1_halve=550, contrast_steps=200, contrast_batch=64, contrast_adam=True, projection=64,
        sol2_steps=1600, sol2_halve=480, sol2_rate=2e-3, sol2_scenes=32, sol2_points=16,
        sol2_pairs=(2, 14), warm=True, slow=0.125, head=0.2, frozen=False, fit_steps=100,
        fit_points=512, fit_rate=2e-2, resolution=48,
    ),
    "full": Recipe(),
}  # fmt: skip


def recipe(scale: str, **changes: object) -> Recipe:
    """The recipe of a scale, `smoke`, `lab` or `full`, with some of its fields changed."""
    return at_scale(RECIPES, scale, changes)


class Warper(nn.Module):
    """W: an LSTM that moves points, S small steps: p ← (1 + v) · p + ξ       (Zheng et al., eq. 3)

    At every step the cell is given the code and where the point is now; its output gives v and ξ,
    three numbers each. It starts as the identity, but for 1e-5.
    """

    def __init__(self, code: int, hidden: int, steps: int):
        super().__init__()
        self.code, self.hidden, self.steps = code, hidden, steps
        self.cell = nn.LSTMCell(code + 3, hidden)
        self.head = nn.Linear(hidden, 6)
        nn.init.kaiming_normal_(self.cell.weight_ih)
        nn.init.orthogonal_(self.cell.weight_hh)
        for bias in (self.cell.bias_ih, self.cell.bias_hh):
            nn.init.zeros_(bias)
            nn.init.ones_(bias[hidden : 2 * hidden])  # the gate that forgets starts open
        nn.init.uniform_(self.head.weight, -1e-5, 1e-5)
        nn.init.zeros_(self.head.bias)

    def forward(self, points: Tensor, codes: Tensor) -> Tensor:
        """Where points (B, P, 3) of objects with codes (B, C) are after each step: (S, B, P, 3).

        The code is the same for all points of an object and for all steps, so its product with the
        cell's weights is taken once for each object and not P · S times.
        """
        shape = points.shape
        cell = self.cell
        of_code, of_point = cell.weight_ih.split([self.code, 3], dim=1)
        constant = linear(codes, of_code, cell.bias_ih + cell.bias_hh)
        constant = constant[:, None].expand(-1, shape[1], -1).reshape(-1, 4 * self.hidden)
        p, path = points.reshape(-1, 3), []
        h = memory = None
        for _ in range(self.steps):
            gates = torch.addmm(constant, p, of_point.T)
            if h is not None:
                gates = torch.addmm(gates, h, cell.weight_hh.T)
            h, memory = lstm(gates, memory)
            v, xi = self.head(h).split(3, dim=1)
            p = torch.addcmul(p + xi, v, p)
            path.append(p)
        return torch.stack(path).view(self.steps, *shape)


def lstm(gates: Tensor, memory: Tensor | None) -> tuple[Tensor, Tensor]:
    """Output and memory (N, H) of an LSTM cell, from the sums at its gates (N, 4H)."""
    i, f, g, o = gates.chunk(4, dim=1)
    new = torch.sigmoid(i) * torch.tanh(g)
    memory = new if memory is None else torch.addcmul(new, torch.sigmoid(f), memory)
    return torch.sigmoid(o) * torch.tanh(memory), memory


class Template(nn.Module):
    """T: signed distance (...) at places (..., 3) of the shape that a category has in common."""

    def __init__(self, widths: tuple[int, ...], dropout: float = 0.0):
        super().__init__()
        layers: list[nn.Module] = []
        for before, width in zip((3, *widths), widths, strict=False):
            layers += [weight_norm(nn.Linear(before, width)), nn.ReLU()]
            if dropout:
                layers.append(nn.Dropout(dropout))
        self.layers = nn.Sequential(*layers, nn.Linear(widths[-1], 1), nn.Tanh())

    def forward(self, places: Tensor) -> Tensor:
        return self.layers(places)[..., 0]


class ImplicitTemplates(nn.Module):
    """Warper, template and the codes of the objects that they were trained on.

    codes: (n_objects, C), of norm 1 at most. Everything is in DeepSDF's frame (`unit_sphere`).

    A point set (M, 3) goes with one code (C,), and a batch (B, P, 3) with codes (B, C).

    >>> model = ImplicitTemplates(recipe("smoke"), n_objects=4)
    >>> points = torch.rand(5, 3)
    >>> bool((model.warp(points, model.codes[0]) - points).abs().max() < 1e-3)  # as yet
    True
    """

    def __init__(self, recipe: Recipe, n_objects: int):
        super().__init__()
        self.recipe = recipe
        self.warper = Warper(recipe.code, recipe.hidden, recipe.warps)
        self.template = Template(recipe.template, recipe.dropout)
        self.embedding = None
        if n_objects:  # none where the codes come from an encoder
            self.embedding = nn.Embedding(n_objects, recipe.code, max_norm=recipe.bound)
            nn.init.normal_(self.embedding.weight, std=recipe.code**-0.5)

    @classmethod
    def of(cls, config: Mapping[str, Any]) -> ImplicitTemplates:
        """An untrained one as a recorded configuration describes it."""
        return cls(Recipe.of(config), config["n_objects"])

    @property
    def codes(self) -> Tensor:
        """The objects' codes (n_objects, C), without gradient.

        Raises ValueError for networks whose codes come from an encoder.
        """
        if self.embedding is None:
            raise ValueError("these networks have no codes of their own; an encoder gives them")
        return self.embedding.weight.detach()

    def forward(self, points: Tensor, codes: Tensor) -> tuple[Tensor, Tensor]:
        """What the loss looks at: places (K, B, P, 3) after every S/K steps, and T there."""
        every = self.recipe.warps // self.recipe.outputs
        places = self.warper(points, codes)[every - 1 :: every]
        return places, self.template(places)

    def warp_steps(self, points: Tensor, code: Tensor) -> Tensor:
        """Where points are after each of the S steps: (S, M, 3) or (S, B, P, 3)."""
        if points.ndim == 2:
            return self.warper(points[None], code[None])[:, 0]
        return self.warper(points, code)

    def warp(self, points: Tensor, code: Tensor) -> Tensor:
        """Where points of an object lie in the template: their canonical positions."""
        return self.warp_steps(points, code)[-1]

    def sdf(self, points: Tensor, code: Tensor) -> Tensor:
        """Signed distance of the object with this code at points: (M,) or (B, P)."""
        return self.template(self.warp(points, code))

    def template_sdf(self, points: Tensor) -> Tensor:
        """Signed distance of the template at points (..., 3)."""
        return self.template(points)

    def field(self, code: Tensor) -> Field:
        """The object with code (C,) as a field, for `isosurface` and `sphere_trace`."""
        return lambda points: self.sdf(points, code)

    def template_field(self) -> Field:
        """The template as a field."""
        return self.template_sdf
