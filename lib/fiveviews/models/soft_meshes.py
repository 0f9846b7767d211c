"""One image in, one mesh out, learned from silhouettes alone (SoftRas, section 5; Zhu et al. 2023).

An encoder turns a picture into a code, a decoder turns the code into displacements of a sphere,
and the soft rasterizer draws the result from two known viewpoints to compare it with the pictures
taken there. No 3D shape is ever shown to the network.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from lightning_fabric import seed_everything
from torch import Tensor, nn

from fiveviews.cameras import Camera, shapenet_views
from fiveviews.data.views import ViewSet
from fiveviews.meshes import Smoothness, icosphere
from fiveviews.metrics import soft_iou
from fiveviews.models.mesh_network import Recipe, Reconstructor
from fiveviews.models.reconstruction import (
    evaluate_iou,
    mean_shape_iou,
    nearest_neighbour_iou,
    to_network,
)
from fiveviews.render.soft import Softness, soft_silhouette
from fiveviews.training import ledger
from fiveviews.training.fit import fit
from fiveviews.training.graphs import Replay
from fiveviews.training.history import History
from fiveviews.training.parallel import share
from fiveviews.training.recipes import at_scale
from fiveviews.training.session import evaluating, find_device

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
    return at_scale(RECIPES, scale, changes)


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
        self.replay = Replay(self._compare)

    def __call__(
        self, model: nn.Module, step: int, generator: torch.Generator
    ) -> tuple[Tensor, dict[str, Tensor]]:
        pair = self.pair(*share(*self.sample(self.recipe.batch, generator)))
        return self.compare(model, *pair, self.sigma(step))

    def sigma(self, step: int) -> float:
        late = step >= self.recipe.decay_at * self.recipe.steps
        return self.recipe.sigma * (self.recipe.decay if late else 1.0)

    def sample(self, count: int, generator: torch.Generator) -> tuple[Tensor, Tensor, Tensor]:
        """Objects and two views of each, drawn at random: three tensors (count,)."""
        n, views = self.images.shape[:2]
        which = torch.randint(n, (count,), generator=generator)
        first = torch.randint(views, (count,), generator=generator)
        return which, first, torch.randint(views, (count,), generator=generator)

    def pair(self, which: Tensor, first: Tensor, second: Tensor) -> tuple[Tensor, Tensor]:
        """Pictures (2B, 4, 64, 64) of objects `which`, (B,), first views first, and views (2B,)."""
        which, views = (  # not blocking: a plain copy would wait for the device
            index.to(self.images.device, non_blocking=True)
            for index in (which.repeat(2), torch.cat([first, second]))
        )
        return to_network(self.images[which, views]), views

    def compare(
        self, model: nn.Module, pictures: Tensor, views: Tensor, sigma: float
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Loss and its terms for pictures (2B, 4, 64, 64), k and B + k of one object, and the
        viewpoints (2B,) that they are believed to be taken from."""
        return self.replay(model, pictures, views, sigma=sigma)

    def _compare(
        self, model: nn.Module, pictures: Tensor, views: Tensor, sigma: float
    ) -> tuple[Tensor, dict[str, Tensor]]:
        vertices = model(pictures)
        masks, camera = pictures[:, 3], self.camera[views]
        silhouette = 1 - soft_iou(self.draw(model, vertices, camera, sigma), masks)
        if self.recipe.cross_views:  # each mesh in the view that the other was made from
            swapped = vertices.roll(len(vertices) // 2, dims=0)
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
    with evaluating(model):
        losses = [
            objective.compare(model, *objective.pair(*parts), recipe.sigma * recipe.decay)[0].item()
            * len(parts[0])
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
