"""SSR: meshes from pictures of which only a few have a known viewpoint (Laradji et al. 2021).

SiamVP learns from the labelled objects to recognise viewpoints, labels the pictures of the others
where it is sure, and the reconstruction network of the soft-mesh chapter trains on both.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import torch
from lightning_fabric import seed_everything
from torch import Tensor, nn

from fiveviews.data.rendering import VIEWS
from fiveviews.data.views import ViewSet
from fiveviews.models import mesh_network, soft_meshes
from fiveviews.models.mesh_network import Reconstructor
from fiveviews.models.reconstruction import evaluate_iou, to_network
from fiveviews.models.siamvp import (
    SiamVP,
    pair_loss,
    pseudo_label,
    rotate,
    score_pseudo_labels,
)
from fiveviews.training.fit import fit
from fiveviews.training.history import History
from fiveviews.training.parallel import share
from fiveviews.training.recipes import at_scale
from fiveviews.training.session import find_device


@dataclass(frozen=True)
class Recipe(mesh_network.Recipe):
    """Everything that an SSR run depends on, besides the data and the seed."""

    siam_widths: tuple[int, int, int] = (64, 128, 128)  # channels of SiamVP's convolutions
    embedding: int = 4096
    siam_batch: int = 64  # labelled pictures that SiamVP compares in one step
    siam_rate: float = 1e-4  # its learning rate
    siam_first: int = 0  # steps that SiamVP learns alone, before the reconstruction begins
    siam_every: int = 1  # afterwards: steps of the reconstruction to one of SiamVP
    siam_rotate: bool = False  # also compare the batch turned by a random angle
    pseudo_batch: int = 32  # of the objects of a batch: how many are pseudo-labelled ones
    cycle: int = 400  # steps between two rounds of pseudo-labels
    ready: float = 0.99  # accuracy on SiamVP's batch below which a round is put off
    threshold: float = 0.8  # probability below which a picture gets no pseudo-label
    check_rotation: bool = False
    all_references: bool = False  # compare with every labelled object, not with the first alone
    grouped: bool = True  # two pictures are known to show one object


# paper: `full` is the published recipe. Its network has no batch normalisation, unlike SoftRas's,
# and its first pseudo-labels come after 400 of 200,000 steps; so that they come early in a short
# run too, SiamVP goes first in `lab`.
RECIPES = {
    "smoke": Recipe(
        widths=(8, 16, 32), hidden=64, code=64, decoder=(64, 64), level=2, batch=4, steps=8,
        learning_rate=1e-3, dist_eps=1e-4, siam_widths=(4, 8, 8), embedding=64, siam_batch=48,
        siam_rate=1e-3, siam_first=2, pseudo_batch=2, cycle=4, ready=0.0, threshold=0.3,
    ),
    "lab": Recipe(
        widths=(16, 32, 64), hidden=128, code=128, decoder=(256, 256), batch=16, steps=1800,
        learning_rate=1e-3, dist_eps=1e-4, siam_widths=(16, 32, 32), embedding=512, siam_batch=48,
        siam_rate=1e-3, siam_first=300, siam_every=4, pseudo_batch=8, cycle=300, ready=0.95,
    ),
    "full": Recipe(encoder="plain", steps=200_000, decay_at=0.75),
}  # fmt: skip

# Rows of the ablation, each by what it changes in the recipe. In `between_views` it is the
# unlabelled pictures that change, in `random_labels` the objective.
VARIANTS: dict[str, dict[str, object]] = {
    "ungrouped": {"grouped": False},
    "all_references": {"all_references": True},
    "rotation": {"siam_rotate": True, "check_rotation": True},
    "between_views": {},
    "random_labels": {},
}


def recipe(scale: str, **changes: object) -> Recipe:
    """The recipe of a scale, `smoke`, `lab` or `full`, with some of its fields changed."""
    return at_scale(RECIPES, scale, changes)


def split_labels(views: ViewSet, n_labelled: int, seed: int = 0) -> tuple[ViewSet, ViewSet]:
    """Objects whose viewpoints are known, and the rest, of which only pictures are used.

    paper: the first N are labelled. So they are here with seed 0; another seed takes the next N,
    since which objects were labelled is the larger part of what chance does to a result.

    Raises ValueError where there are not enough objects for one on each side.
    """
    if n_labelled < 1:
        raise ValueError(f"n_labelled counts objects, so it is 1 or more; got {n_labelled}")
    if n_labelled >= len(views):
        raise ValueError(
            f"{n_labelled} labelled objects of {len(views)} {views.category}s leave none without "
            f"labels; give fewer labels or more objects"
        )
    order = (torch.arange(len(views)) + seed * n_labelled) % len(views)
    return views[order[:n_labelled].numpy()], views[order[n_labelled:].numpy()]


class SSR(nn.Module):
    """The two networks, and what they carry from step to step: the pseudo-labels.

    pseudo: int64 (objects, 24), the viewpoint that each unlabelled picture is believed to show,
        or -1. A later round overwrites a label and never takes one back.
    """

    def __init__(self, recipe: Recipe, n_unlabelled: int):
        super().__init__()
        self.recipe = recipe
        self.reconstructor = Reconstructor(recipe)
        self.siamvp = SiamVP(recipe.siam_widths, recipe.embedding)
        self.register_buffer("pseudo", torch.full((n_unlabelled, VIEWS), -1))

    @classmethod
    def of(cls, config: dict[str, Any]) -> SSR:
        """An untrained one as a recorded configuration describes it."""
        return cls(Recipe.of(config), config["n_unlabelled"])


class Objective:
    """One step of SSR: SiamVP learns; now and then it labels; the reconstruction learns.

    labelled: pictures with their viewpoints. unlabelled: pictures, uint8 (n, 24, 64, 64, 4), in no
        known order of views. Nothing else about these objects is looked at.
    """

    def __init__(
        self,
        labelled: ViewSet,
        unlabelled: Tensor,
        recipe: Recipe,
        device: torch.device | str = "cpu",
    ):
        self.recipe = recipe
        self.labelled = soft_meshes.Objective(labelled, recipe, device)
        self.unlabelled = unlabelled.to(device)
        self._fetched: tuple[Tensor | None, int, Tensor | None] = (None, 0, None)

    def __call__(
        self, model: SSR, step: int, generator: torch.Generator
    ) -> Iterator[tuple[str, Tensor, dict[str, float | Tensor]]]:
        r = self.recipe
        if step < r.siam_first or step % r.siam_every == 0:
            loss, accuracy = self.recognise(model.siamvp, generator)
            yield "siamvp", loss, {"pair accuracy": accuracy}
            if step > 0 and step % r.cycle == 0 and float(accuracy) > r.ready:
                self.label(model, generator)
        if step < r.siam_first:
            return
        pictures, views = self.pairs(model, generator)
        parts = share(*pictures.chunk(2), *views.chunk(2))  # both pictures of some objects
        pictures, views = torch.cat(parts[:2]), torch.cat(parts[2:])
        loss, terms = self.labelled.compare(
            model.reconstructor, pictures, views, self.labelled.sigma(step)
        )
        yield "mesh", loss, terms

    def recognise(self, siamvp: SiamVP, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """SiamVP's loss on a batch of labelled pictures, and its accuracy there."""
        drawn = self.labelled.sample((self.recipe.siam_batch + 1) // 2, generator)
        pictures, views = self.labelled.pair(*drawn)[0], torch.cat(drawn[1:])
        loss, accuracy = pair_loss(siamvp, pictures, views, generator)
        if self.recipe.siam_rotate:
            degrees = float(torch.randint(360, (), generator=generator))
            turned, _ = pair_loss(siamvp, rotate(pictures, degrees), views, generator)
            loss = loss + turned
        return loss, accuracy

    @torch.no_grad()
    def label(self, model: SSR, generator: torch.Generator) -> None:
        """A round of pseudo-labels on every unlabelled picture; chance has no part in it."""
        r, images = self.recipe, self.labelled.images
        references = images if r.all_references else images[:1]
        found = pseudo_label(
            model.siamvp, self.unlabelled.flatten(0, 1), references, r.threshold, r.check_rotation
        ).to(model.pseudo)
        found = found.view_as(model.pseudo)
        model.pseudo.copy_(torch.where(found >= 0, found, model.pseudo))

    def believed(self, model: SSR) -> Tensor:
        """The pseudo-labels on the CPU; on a GPU they are fetched again only where they changed."""
        if model.pseudo is not self._fetched[0] or model.pseudo._version != self._fetched[1]:
            self._fetched = model.pseudo, model.pseudo._version, model.pseudo.cpu()
        return self._fetched[2]

    def pairs(self, model: SSR, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Pictures (2B, 4, 64, 64) and viewpoints (2B,): labelled pairs, then pseudo-labelled ones.

        Where no object has the two labelled pictures that a pair takes, all pairs are labelled.
        """
        r, believed = self.recipe, self.believed(model)
        needed = 2 if r.grouped else 1
        usable = ((believed >= 0).sum(1) >= needed).nonzero()[:, 0]
        count = r.pseudo_batch if len(usable) else 0
        pictures, views = self.labelled.pair(*self.labelled.sample(r.batch - count, generator))
        if not count:
            return pictures, views
        which = usable[torch.randint(len(usable), (count,), generator=generator)]
        weights = (believed[which] >= 0).float()
        chosen = torch.multinomial(weights, needed, generator=generator)
        first, second = chosen[:, 0], chosen[:, -1]  # the same one where nothing pairs them
        own, both = torch.cat([first, second]), which.repeat(2)
        guessed = believed[both, own]
        both, own, guessed = (
            index.to(self.unlabelled.device, non_blocking=True) for index in (both, own, guessed)
        )
        pseudo = to_network(self.unlabelled[both, own])
        # both halves keep their order: picture k and picture B + k show one object
        halves = zip(pictures.chunk(2), pseudo.chunk(2), strict=True)
        of_views = zip(views.chunk(2), guessed.chunk(2), strict=True)
        return (
            torch.cat([part for half in halves for part in half]),
            torch.cat([part for half in of_views for part in half]),
        )


class RandomLabels(Objective):
    """A control: SiamVP says which pictures get a label, and chance says which label.

    What SSR gains over this is what its labels are worth; what this gains over the labelled
    objects alone is what it is worth to see more pictures, whatever is believed of them.
    """

    def label(self, model: SSR, generator: torch.Generator) -> None:
        before = model.pseudo.clone()
        super().label(model, generator)
        drawn = torch.randint(VIEWS, before.shape, generator=generator).to(before)
        fresh = torch.where(model.pseudo >= 0, drawn, model.pseudo)
        model.pseudo.copy_(torch.where(before >= 0, before, fresh))


def train(
    labelled: ViewSet,
    unlabelled: ViewSet,
    recipe: Recipe,
    *,
    seed: int,
    validation: ViewSet | None = None,
    model: SSR | None = None,
    objective: type[Objective] = Objective,
    device: str = "auto",
    **options: object,
) -> tuple[SSR, History]:
    """SSR trained on both sets, and the history of its training.

    Of `unlabelled` only the pictures train. Its order of views is used to *score* the
    pseudo-labels, whose coverage and accuracy are metrics of the history.
    validation: objects whose IoU is looked at along the way, from 4 of their 24 views.
    model: one to go on with; by default a new one whose weights follow from `seed`.
    objective: `RandomLabels` for the control.
    options: passed on to `fit` (folder, progress, checkpoint_every, …).

    Raises ValueError where a batch has no room for labelled pairs beside the pseudo-labelled, or
    where rounds of pseudo-labels would fall between the steps of SiamVP.
    """
    if not 0 < recipe.pseudo_batch < recipe.batch:
        raise ValueError(
            f"pseudo_batch must lie between 1 and {recipe.batch - 1}, for a batch of "
            f"{recipe.batch} needs both kinds of pairs; got {recipe.pseudo_batch}"
        )
    if recipe.cycle % recipe.siam_every:
        raise ValueError(
            f"cycle must be a multiple of siam_every, {recipe.siam_every}; got {recipe.cycle}"
        )
    if model is None:
        seed_everything(seed, verbose=False)
        model = SSR(recipe, len(unlabelled))

    def evaluate(model: SSR) -> dict[str, float]:
        found = score_pseudo_labels(model.pseudo)
        if validation:
            found["iou"] = evaluate_iou(model.reconstructor, validation, every=6).mean().item()
        return found

    device = find_device(device).device
    history = fit(
        model,
        objective(labelled, torch.from_numpy(unlabelled.images), recipe, device),
        steps=recipe.steps,
        optimizer={
            "siamvp": torch.optim.Adam(model.siamvp.parameters(), lr=recipe.siam_rate),
            "mesh": torch.optim.Adam(model.reconstructor.parameters(), lr=recipe.learning_rate),
        },
        schedule=soft_meshes.schedule(recipe),
        seed=seed,
        config=asdict(recipe) | {"objective": objective.__name__},
        evaluate=evaluate,
        evaluate_every=max(1, recipe.steps // 10),
        device=str(device),
        **options,
    )
    if not (model.pseudo >= 0).any():
        print(
            f"SiamVP was never sure enough (threshold {recipe.threshold}) to label a picture: the "
            f"reconstruction was trained on the {len(labelled)} labelled objects alone"
        )
    return model, history
