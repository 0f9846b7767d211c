"""What Pix2Scene is compared with on 3D-IQTT: CNN, Siamese CNN, and a contrastive encoder.

The first two are the paper's (appendix D, figure 13): one ResNet-50 for all four pictures, then
three dense layers that name the answer, or a contrastive loss on its features. They learn from the
labelled questions alone. The third, ours, is told which pictures show one figure, by the renderer
that drew them, and needs no question: how far a plain encoder gets that way.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

import numpy as np
import torch
from lightning_fabric import seed_everything
from torch import Tensor, nn
from torch.optim import Adam

from fiveviews.data.iqtt import Questions, labelled
from fiveviews.models.resnet import ResNet
from fiveviews.models.surfels_iqtt import distances, right, to_network
from fiveviews.models.surfels_losses import contrastive_loss, pair_cross_entropy
from fiveviews.training.fit import fit
from fiveviews.training.history import History
from fiveviews.training.parallel import share, whole
from fiveviews.training.recipes import from_config
from fiveviews.training.session import evaluating, find_device

Method = Literal["cnn", "siamese", "contrastive"]


@dataclass(frozen=True)
class Recipe:
    """Everything that a baseline's run depends on, besides the data and the seed."""

    method: Method = "cnn"
    blocks: tuple[int, int, int, int] = (3, 4, 6, 3)  # ResNet-50's
    width: int = 64
    features: int = 2048
    hidden: tuple[int, int] = (512, 256)  # of the CNN's dense layers
    batch: int = 32  # questions, or pairs
    steps: int = 12_500  # 40 epochs of 10,000 labels
    learning_rate: float = 1e-4
    margin: float = 2.0  # of equation 7
    temperature: float = 0.1
    n_labels: int = 0

    @classmethod
    def of(cls, config: Mapping[str, Any]) -> Recipe:
        """The recipe in a recorded configuration, which may hold more than a recipe."""
        return from_config(cls, config)


RECIPES = {
    "smoke": Recipe(
        blocks=(1, 1, 1, 1), width=4, features=16, hidden=(16, 8), batch=4, steps=6,
        learning_rate=1e-3,
    ),
    "lab": Recipe(
        blocks=(1, 1, 1, 1), width=16, features=128, hidden=(128, 64), batch=32, steps=1500,
        learning_rate=1e-3,
    ),
    "full": Recipe(),
}  # fmt: skip


def recipe(scale: str, method: str, **changes: object) -> Recipe:
    """The recipe of a scale and a method, with some of its fields changed."""
    if scale not in RECIPES or method not in get_args(Method):
        raise ValueError(
            f"scale is one of {', '.join(RECIPES)}, method one of {', '.join(get_args(Method))}; "
            f"got {scale!r}, {method!r}"
        )
    return replace(RECIPES[scale], method=method, **changes)


class Baseline(nn.Module):
    """A ResNet for single pictures; the CNN's dense layers for four of them at once."""

    def __init__(self, recipe: Recipe):
        super().__init__()
        self.recipe = recipe
        self.encoder = ResNet(recipe.blocks, recipe.width, recipe.features)
        first, second = recipe.hidden
        self.answer = None
        if recipe.method == "cnn":
            self.answer = nn.Sequential(
                nn.Linear(4 * recipe.features, first), nn.ReLU(), nn.Linear(first, second),
                nn.ReLU(), nn.Linear(second, 3),
            )  # fmt: skip

    @classmethod
    def of(cls, config: Mapping[str, Any]) -> Baseline:
        """An untrained one as a recorded configuration describes it."""
        return cls(Recipe.of(config))

    def embed(self, pictures: Tensor) -> Tensor:
        """Features (B, n) of pictures (B, 3, S, S); the contrastive encoder's are unit vectors."""
        features = self.encoder(pictures)
        unit = self.recipe.method == "contrastive"
        return nn.functional.normalize(features, dim=1) if unit else features

    def scores(self, pictures: Tensor) -> Tensor:
        """Scores (Q, 3) of the candidates in pictures (4 Q, 3, S, S): the CNN's."""
        return self.answer(self.embed(pictures).view(len(pictures) // 4, -1))


class Objective:
    """One step of a baseline: its loss on a batch of labelled questions, or of pairs."""

    def __init__(self, questions: Questions, recipe: Recipe, device: torch.device | str = "cpu"):
        self.recipe, self.device = recipe, device
        if recipe.method == "contrastive":
            self.pictures = torch.from_numpy(pairs(questions)).to(device)
        else:
            known = labelled(questions, recipe.n_labels)
            self.pictures = torch.from_numpy(known.images).to(device)
            self.answers = torch.from_numpy(known.answers).to(device)

    def __call__(
        self, model: Baseline, step: int, generator: torch.Generator
    ) -> tuple[Tensor, dict[str, float | Tensor]]:
        r, count = self.recipe, len(self.pictures)
        which = torch.randint(count, (min(r.batch, count),), generator=generator)
        which = share(which.to(self.device, non_blocking=True))
        pictures = to_network(self.pictures[which].flatten(0, 1))
        if r.method == "cnn":
            # paper: softmax and a loss of single yes or no answers; here the usual cross-entropy.
            scores, answers = model.scores(pictures), self.answers[which]
            hit = (scores.argmax(1) == answers).float().mean()
            return nn.functional.cross_entropy(scores, answers), {"training accuracy": hit}
        features = model.embed(pictures)
        if r.method == "contrastive":
            ours, theirs = features.unflatten(0, (-1, 2)).unbind(1)
            return pair_cross_entropy(whole(ours), whole(theirs), r.temperature), {}
        features = features.unflatten(0, (-1, 4))
        differ = torch.ones(len(which), 3, dtype=torch.bool, device=features.device)
        differ.scatter_(1, self.answers[which][:, None], False)
        return contrastive_loss(features[:, :1], features[:, 1:], differ, r.margin), {}


def pairs(questions: Questions) -> np.ndarray:
    """Pairs of pictures of one figure, uint8 (P, 2, H, W, 3), from questions with answers.

    The reference with the right answer; and on the mirror track the two wrong answers, which are
    of one figure too, so that a batch holds figures beside their mirror images. Questions whose
    answer is not known are left out.

    Raises ValueError where no answer is known.
    """
    questions = questions[questions.answers >= 0]
    if not len(questions):
        raise ValueError("none of these questions has an answer, so no pair of pictures is known")
    row = np.arange(len(questions))
    found = [questions.images[:, 0], questions.images[row, 1 + questions.answers]]
    if questions.track == "mirror":
        wrong = [(questions.answers + k) % 3 for k in (1, 2)]
        for pair, other in zip((0, 1), wrong, strict=True):
            found[pair] = np.concatenate([found[pair], questions.images[row, 1 + other]])
    return np.stack(found, 1)


@torch.no_grad()
def answered(model: Baseline, questions: Questions, batch: int = 64) -> Tensor:
    """Which questions a baseline answers rightly: bool (N,). Ties are wrong."""
    if model.answer is None:
        return right(distances(model, questions, batch), questions.answers)
    device = next(model.parameters()).device
    parts = torch.from_numpy(questions.images).split(batch)
    with evaluating(model):
        found = [-model.scores(to_network(p.to(device).flatten(0, 1))).cpu() for p in parts]
    return right(torch.cat(found), questions.answers)


def train(
    questions: Questions,
    recipe: Recipe,
    *,
    seed: int,
    validation: Questions | None = None,
    model: Baseline | None = None,
    device: torch.device | str = "auto",
    **options: object,
) -> tuple[Baseline, History | None]:
    """A baseline trained on questions, and the history of its training.

    Without labels CNN and Siamese CNN have nothing to learn from: they come back as they were
    drawn, and there is no history.
    options: passed on to `fit` (folder, progress, checkpoint_every, …).

    Raises ValueError for labels that are not there; for the contrastive encoder, if no answer is.
    """
    device = find_device(str(device)).device
    if model is None:
        seed_everything(seed, verbose=False)
        model = Baseline(recipe)
    if recipe.method != "contrastive" and recipe.n_labels == 0:
        return model.to(device).eval(), None

    def look(model: Baseline) -> dict[str, float]:
        return {"accuracy": answered(model, validation).float().mean().item()}

    history = fit(
        model,
        Objective(questions, recipe, device),
        steps=recipe.steps,
        optimizer=Adam(model.parameters(), recipe.learning_rate),
        seed=seed,
        config=recipe,
        evaluate=look if validation is not None else None,
        evaluate_every=max(1, recipe.steps // 10),
        device=str(device),
        **options,
    )
    return model, history
