"""One image in, one mesh out, learned from silhouettes alone (SoftRas, section 5; Zhu et al. 2023).

An encoder turns a picture into a code, a decoder turns the code into displacements of a sphere,
and the soft rasterizer draws the result from two known viewpoints to compare it with the pictures
taken there. No 3D shape is ever shown to the network.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Literal

import torch
from lightning_fabric import seed_everything
from torch import Tensor, nn

from fiveviews.cameras import Camera, shapenet_views
from fiveviews.data.views import ViewSet
from fiveviews.meshes import Smoothness, icosphere
from fiveviews.metrics import soft_iou
from fiveviews.models.reconstruction import (
    evaluate_iou,
    mean_shape_iou,
    nearest_neighbour_iou,
    to_network,
)
from fiveviews.render.soft import Softness, soft_silhouette
from fiveviews.training import ledger
from fiveviews.training.fit import fit
from fiveviews.training.history import History
from fiveviews.training.session import find_device

EncoderName = Literal["baseline", "resnet", "attention"]


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
        names = {field.name for field in fields(cls)}
        return cls(
            **{k: tuple(v) if isinstance(v, list) else v for k, v in config.items() if k in names}
        )


# paper: `full` is the published recipe; the others shrink the network and the number of steps so
# that a laptop without GPU shows the same claim, and raise the learning rate to match.
RECIPES = {
    "smoke": Recipe(
        widths=(8, 16, 32), hidden=64, code=64, decoder=(64, 64), level=2, batch=4, steps=8,
        learning_rate=1e-3, dist_eps=1e-4,
    ),
    "lab": Recipe(
        widths=(16, 32, 64), hidden=128, code=128, decoder=(256, 256), batch=16, steps=6000,
        learning_rate=1e-3, dist_eps=1e-4,
    ),
    "full": Recipe(),
}  # fmt: skip


def recipe(scale: str, **changes: object) -> Recipe:
    """The recipe of a scale, `smoke`, `lab` or `full`, with some of its fields changed."""
    if scale not in RECIPES:
        raise ValueError(f"scale must be one of {', '.join(RECIPES)}; got {scale!r}")
    return replace(RECIPES[scale], **changes)


class Encoder(nn.Module):
    """Pictures (B, 4, 64, 64) to codes (B, code): three strided convolutions, three dense layers.

    `resnet` adds a residual block after each convolution; `attention` lets the 8×8 places look at
    each other in one Transformer layer before they are flattened (the two tweaks of Zhu et al.,
    whose report gives no sizes: these are ours).
    """

    def __init__(self, recipe: Recipe):
        super().__init__()
        if recipe.encoder not in ("baseline", "resnet", "attention"):
            raise ValueError(
                f"encoder must be baseline, resnet or attention; got {recipe.encoder!r}"
            )
        layers, channels = [], 4
        for width in recipe.widths:
            layers += [
                nn.Conv2d(channels, width, 5, stride=2, padding=2),
                nn.BatchNorm2d(width),
                nn.ReLU(),
            ]
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

    @property
    def faces(self) -> Tensor:
        return self.decoder.faces

    def forward(self, pictures: Tensor) -> Tensor:
        return self.decoder(self.encoder(pictures))


class Objective:
    """The loss of a training step: draw pairs of views, reconstruct from both, compare in both.

    L = mean of 4 silhouette losses + λ_l · Laplacian + λ_f · flatten          (Zhu et al., "Loss")
    where the silhouette loss is 1 - soft IoU, for each mesh in each of the two views.
    """

    def __init__(self, views: ViewSet, recipe: Recipe, device: torch.device | str = "cpu"):
        self.recipe = recipe
        self.images = torch.from_numpy(views.images).to(device)
        self.camera = shapenet_views().to(device)
        sphere = icosphere(recipe.level)
        self.smoothness = Smoothness(sphere.faces, len(sphere.vertices)).to(device)

    def __call__(
        self, model: nn.Module, step: int, generator: torch.Generator
    ) -> tuple[Tensor, dict[str, Tensor]]:
        r, (n, views) = self.recipe, self.images.shape[:2]
        which = torch.randint(n, (r.batch,), generator=generator)
        first = torch.randint(views, (r.batch,), generator=generator)
        second = torch.randint(views, (r.batch,), generator=generator)
        late = step >= r.decay_at * r.steps
        return self.compare(model, which, first, second, r.sigma * (r.decay if late else 1.0))

    def compare(
        self, model: nn.Module, which: Tensor, first: Tensor, second: Tensor, sigma: float
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Loss and its terms on objects `which`, (B,), seen in views `first` and `second`."""
        both = torch.cat([first, second]).to(self.images.device)
        pictures = to_network(self.images[which.to(both.device).repeat(2), both])
        vertices = model(pictures)
        masks, camera = pictures[:, 3], self.camera[both]
        silhouette = 1 - soft_iou(self.draw(model, vertices, camera, sigma), masks)
        if self.recipe.cross_views:  # each mesh in the view that the other was made from
            swapped = vertices.roll(len(which), dims=0)
            crossed = 1 - soft_iou(self.draw(model, swapped, camera, sigma), masks)
            silhouette = torch.cat([silhouette, crossed])
        laplacian, flatten = self.smoothness(vertices)
        terms = {
            "silhouette": silhouette.mean(),
            "laplacian": laplacian.mean(),
            "flatten": flatten.mean(),
        }
        loss = (
            terms["silhouette"]
            + self.recipe.laplacian * terms["laplacian"]
            + self.recipe.flatten * terms["flatten"]
        )
        return loss, {name: term.detach() for name, term in terms.items()}

    def draw(self, model: nn.Module, vertices: Tensor, camera: Camera, sigma: float) -> Tensor:
        softness = Softness(sigma=sigma, dist_eps=self.recipe.dist_eps)
        return soft_silhouette(vertices, model.faces, camera, 64, softness, check=False)


def schedule(recipe: Recipe) -> Callable[[int], float]:
    """Factor on the learning rate at each step: 1, and `decay` from `decay_at` on."""
    return lambda step: recipe.decay if step >= recipe.decay_at * recipe.steps else 1.0


def train(
    views: ViewSet,
    recipe: Recipe,
    *,
    seed: int,
    validation: ViewSet | None = None,
    model: nn.Module | None = None,
    device: str = "auto",
    **options: object,
) -> tuple[nn.Module, History]:
    """A reconstructor trained on the silhouettes of `views`, and the history of its training.

    validation: objects whose IoU is looked at along the way, from 4 of their 24 views.
    model: one to go on with; by default a new one whose weights follow from `seed`.
    options: passed on to `fit` (folder, progress, checkpoint_every, …).
    """
    if model is None:
        seed_everything(seed, verbose=False)
        model = Reconstructor(recipe)

    def evaluate(model: nn.Module) -> dict[str, float]:
        return {"iou": evaluate_iou(model, validation, every=6).mean().item()}

    device = find_device(device).device
    history = fit(
        model,
        Objective(views, recipe, device),
        steps=recipe.steps,
        optimizer=torch.optim.Adam(model.parameters(), lr=recipe.learning_rate),
        schedule=schedule(recipe),
        seed=seed,
        config=recipe,
        evaluate=evaluate if validation else None,
        evaluate_every=max(1, recipe.steps // 10),
        device=str(device),
        **options,
    )
    return model, history


@torch.no_grad()
def evaluate_loss(model: Reconstructor, views: ViewSet, seed: int = 0) -> float:
    """Mean training loss on every object and view, each paired with a random second view."""
    recipe = model.recipe
    objective = Objective(views, recipe, next(model.parameters()).device)
    generator = torch.Generator().manual_seed(seed)
    n, count = views.images.shape[:2]
    which = torch.arange(n).repeat_interleave(count)
    first = torch.arange(count).repeat(n)
    second = torch.randint(count, (n * count,), generator=generator)
    model.eval()
    losses = [
        objective.compare(model, *parts, recipe.sigma * recipe.decay)[0].item() * len(parts[0])
        for parts in zip(*(t.split(64) for t in (which, first, second)), strict=True)
    ]
    return sum(losses) / len(which)


DATASETS = {"procedural": "procedural", "models": "open models", "official": "official"}
PAPER = {  # Zhu et al., table 1: six categories (not named), one seed
    "baseline": {"iou": 0.546209, "loss": 0.204286},
    "resnet": {"iou": 0.540347, "loss": 0.209622},
    "attention": {"iou": 0.538869, "loss": 0.205251},
}


def run_rows(
    model: Reconstructor,
    history: History,
    train: ViewSet,
    tests: Sequence[ViewSet],
    *,
    claim: str,
    row: str,
    scale: str,
    weights_sha256: str | None = None,
) -> list[ledger.Row]:
    """The lines of the ledger for one finished run: its IoU on every set of test objects, its loss
    on those that come from where it was trained and, once per data set, the baselines' IoU."""
    free = History(device=history.device, seed=0)  # what needs no training
    rows = []
    for test in tests:
        found = [(row, "iou", evaluate_iou(model, test).mean(), history, weights_sha256)]
        if test.source == train.source:
            found.append((row, "loss", evaluate_loss(model, test), history, weights_sha256))
        if (claim, row, history.seed) == ("table1", "baseline", 0):
            for score in (mean_shape_iou, nearest_neighbour_iou):
                name = score.__name__.removesuffix("_iou")
                found.append((name, "iou", score(train, test)[0].mean(), free, None))
        rows += [
            ledger.Row(
                chapter="soft_meshes",
                claim=claim,
                row=name,
                category=test.category,
                metric=metric,
                unit="fraction",
                value=float(value),
                paper_value=PAPER.get(name, {}).get(metric) if claim == "table1" else None,
                n_items=len(test),
                scale=scale,
                dataset=DATASETS[test.source],
                params={
                    "n_train": len(train),
                    "steps": model.recipe.steps,
                    "trained_on": DATASETS[train.source],
                },
                data_sha256=train.sha256,
                weights_sha256=digest,
                **run.provenance(),
            )
            for name, metric, value, run, digest in found
        ]
    return rows
