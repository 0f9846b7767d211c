"""Pix2Scene on the 3D-IQ test task: a code that knows the figure apart from its pose.

The cameras are not known here, so part of the code, z_scene, is to say what the figure is and the
rest, z_view, from where it is seen (section 4.4.1). Mutual information between the two is pushed
down (equation 6), and every so many steps some labelled questions pull z_scene of the reference
towards that of the right answer and away from the wrong ones (equation 5, algorithm 1).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor, nn
from torch.optim import Adam

from fiveviews.data.iqtt import Questions, labelled, lights, viewer
from fiveviews.models import surfels
from fiveviews.models.surfels import BETAS, Batch, Game, Objective, Pix2Scene, Terms
from fiveviews.models.surfels_losses import mutual_information, question_loss
from fiveviews.models.surfels_networks import Statistics
from fiveviews.training.parallel import share, whole
from fiveviews.training.recipes import at_scale
from fiveviews.training.session import evaluating


@dataclass(frozen=True)
class Recipe(surfels.Recipe):
    """A recipe of Pix2Scene, and what 3D-IQTT adds to it."""

    conditions: bool = False
    scene_code: int = 118  # of the code's numbers: how many say what the figure is
    statistics: tuple[int, int] = (256, 512)  # widths of the statistics network
    statistics_rate: float = 2e-4
    information: float = 0.01  # weight of the mutual information
    detach: bool = False  # keep its gradient from the encoder, as the released code does
    question: float = 1.0  # weight of equation 5
    question_every: int = 10  # steps from one batch of labelled questions to the next
    question_batch: int = 100
    margin: float | None = 1.0  # of equation 5's hinge; None: the equation as printed
    n_labels: int = 0  # training questions whose answers are known


# paper: "higher capacity on decoder and critic", by how much it does not say; half as wide again.
RECIPES = {
    "smoke": Recipe(
        size=32, code=16, scene_code=12, encoder_width=4, decoder_width=4, critic_width=4,
        statistics=(8, 8), near=1.8, far=4.6, batch=4, steps=12, learning_rate=1e-3,
        critic_rate=1e-3, statistics_rate=1e-3, critic_steps=1, question_every=5, question_batch=4,
    ),
    "lab": Recipe(
        size=64, code=64, scene_code=56, encoder_width=16, decoder_width=16, critic_width=16,
        statistics=(64, 128), near=1.8, far=4.6, batch=16, steps=2000, learning_rate=3e-3,
        momentum=0.9, critic_rate=1e-3, statistics_rate=1e-3, critic_steps=1, alone=0.5,
        adversary=0.1, latent=0.1, decay_at=0.5, question_batch=32,
    ),
    "full": Recipe(near=1.8, far=4.6, decoder_width=126, critic_width=128),
}  # fmt: skip

VARIANTS: dict[str, dict[str, object]] = {
    "whole": {},
    "detached_information": {"detach": True},
    "no_information": {"information": 0.0},
    "no_pictures": {"picture": 0.0, "latent": 0.0, "adversary": 0.0},
    "as_printed": {"margin": None},
    "asked_more": {"question_every": 2},
    "asked_always": {"question_every": 1},
    "centred": {"far": 6.66},  # the decoder begins with all depths at the wall of `data.iqtt`
    "longer": {},  # with more `--steps`
}


def recipe(scale: str, **changes: object) -> Recipe:
    """The recipe of a scale, `smoke`, `lab` or `full`, with some of its fields changed."""
    return at_scale(RECIPES, scale, changes)


class Pix2SceneIQ(Pix2Scene):
    """Pix2Scene whose code has two parts: what the figure is, and from where it is seen."""

    def __init__(self, recipe: Recipe):
        if not 0 < recipe.scene_code < recipe.code:
            raise ValueError(
                f"scene_code must leave room for the view in a code of {recipe.code}; got "
                f"{recipe.scene_code}"
            )
        super().__init__(recipe)
        self.scene_code = recipe.scene_code

    @classmethod
    def of(cls, config: Mapping[str, Any]) -> Pix2SceneIQ:
        """An untrained one as a recorded configuration describes it."""
        return cls(Recipe.of(config))

    def parts(self, codes: Tensor) -> tuple[Tensor, Tensor]:
        """z_scene (…, a) and z_view (…, b) of codes (…, a + b)."""
        return codes[..., : self.scene_code], codes[..., self.scene_code :]

    def embed(self, pictures: Tensor) -> Tensor:
        """z_scene (B, a) of pictures (B, 3, S, S): what questions are answered by."""
        return self.parts(self.encoder(pictures))[0]


class IQGame(Game):
    """The game, with the network that measures what the two parts share."""

    def __init__(self, scene: Pix2SceneIQ, recipe: Recipe):
        super().__init__(scene)
        self.statistics = Statistics(recipe.code, recipe.statistics)


class IQObjective(Objective):
    """The game on the pictures of questions, without their answers but for a few.

    questions: all four pictures of each train the game; answers of the first `recipe.n_labels` are
        looked at, and no others.
    """

    def __init__(self, questions: Questions, recipe: Recipe, device: torch.device | str = "cpu"):
        known = labelled(questions, recipe.n_labels)
        if questions.images.shape[2] != recipe.size:
            raise ValueError(
                f"the recipe takes pictures of side {recipe.size}; the questions' have side "
                f"{questions.images.shape[2]}"
            )
        self.recipe, self.device, self.classes = recipe, device, None
        self.questions = torch.from_numpy(questions.images).to(device)
        self.answers = torch.from_numpy(known.answers).to(device)
        self.camera, self.lights = viewer().to(device), lights().to(device)

    def __call__(
        self, model: IQGame, step: int, generator: torch.Generator
    ) -> Iterator[tuple[str, Tensor, Terms]]:
        r = self.recipe
        if self.plays(step):
            for _ in range(r.critic_steps):
                yield "critic", *self.criticise(model, generator)
        if r.information:
            yield "statistics", *self.measure(model, generator)
        if r.picture or r.adversary:
            loss, terms, guessed = self.reconstruct(model, generator, step)
        else:
            loss, terms = 0.0, {}
            guessed = model.scene.encode(self.sample(generator).pictures, self.camera)
        if r.information:
            model.statistics.requires_grad_(False)
            codes = guessed.detach() if r.detach else guessed
            loss = loss + r.information * self.information(model, codes, generator)
        asked = len(self.answers) and step % r.question_every == 0
        if asked:
            terms["question"] = self.ask(model, generator)
            loss = loss + r.question * terms["question"]
        if isinstance(loss, Tensor) and loss.requires_grad:
            yield "networks", loss, terms

    def build(self) -> Pix2SceneIQ:
        """Encoder and decoder, untrained."""
        return Pix2SceneIQ(self.recipe)

    def oppose(self, scene: Pix2SceneIQ) -> IQGame:
        """The game for these networks to learn in."""
        return IQGame(scene, self.recipe)

    def optimizers(self, model: IQGame) -> dict[str, Adam]:
        """Pix2Scene's, and one for the statistics network."""
        statistics = Adam(model.statistics.parameters(), self.recipe.statistics_rate, BETAS)
        return super().optimizers(model) | {"statistics": statistics}

    def sample(self, generator: torch.Generator) -> Batch:
        """A batch of single pictures drawn from all questions."""
        shape = (self.recipe.batch,)
        which = torch.randint(len(self.questions), shape, generator=generator).to(
            self.device, non_blocking=True
        )
        of_four = torch.randint(4, shape, generator=generator).to(self.device, non_blocking=True)
        which, of_four = share(which, of_four)
        return Batch(to_network(self.questions[which, of_four]), self.camera, self.lights)

    def information(self, model: IQGame, codes: Tensor, generator: torch.Generator) -> Tensor:
        """The estimate of equation 6 on a batch of codes."""
        codes = whole(codes)  # the shuffled pairs are those of all
        order = torch.randperm(len(codes), generator=generator).to(codes.device, non_blocking=True)
        return mutual_information(model.statistics, *model.scene.parts(codes), order)

    def measure(self, model: IQGame, generator: torch.Generator) -> tuple[Tensor, Terms]:
        """The loss of the statistics network: less what it measures."""
        model.statistics.requires_grad_(True)
        with torch.no_grad():
            codes = model.scene.encode(self.sample(generator).pictures, self.camera)
        information = self.information(model, codes, generator)
        return -information, {"information": information}

    def ask(self, model: IQGame, generator: torch.Generator) -> Tensor:
        """Equation 5 on a batch of labelled questions."""
        shape = (min(self.recipe.question_batch, len(self.answers)),)
        which = torch.randint(len(self.answers), shape, generator=generator).to(
            self.device, non_blocking=True
        )
        which = share(which)
        pictures = to_network(self.questions[which].flatten(0, 1))
        codes = model.scene.embed(pictures).unflatten(0, (-1, 4))
        return question_loss(codes, self.answers[which], self.recipe.margin)


def to_network(images: Tensor) -> Tensor:
    """Stored pictures, uint8 (B, H, W, 3), as the networks take them: (B, 3, H, W) in [0, 1]."""
    return images.permute(0, 3, 1, 2).float() / 255


@torch.no_grad()
def distances(model: nn.Module, questions: Questions, batch: int = 64) -> Tensor:
    """From the embedding of each reference to those of its three candidates: (N, 3).

    model: anything with `embed(pictures)`.
    """
    device, found = next(model.parameters()).device, []
    with evaluating(model):
        for part in torch.from_numpy(questions.images).split(batch):
            codes = model.embed(to_network(part.to(device).flatten(0, 1))).unflatten(0, (-1, 4))
            found.append((codes[:, 1:] - codes[:, :1]).norm(dim=-1).cpu())
    return torch.cat(found)


def right(
    distances: Tensor | np.ndarray,
    answers: Tensor | np.ndarray,
    ties: Literal["wrong", "right"] = "wrong",
) -> Tensor:
    """Which questions are answered rightly: bool (N,).

    distances: (N, 3) of the candidates; the nearest is the answer, and must be nearer than both
        others. A tie is no answer, nor is a distance that is not a number.
    ties: "right" is how the released code counts, by which a network that gives one code to all
        pictures answers every question.

    >>> right(torch.tensor([[0.1, 0.2, 0.3], [0.5, 0.5, 0.5]]), torch.tensor([0, 0]))
    tensor([ True, False])

    Raises ValueError where the shapes do not fit.
    """
    distances, answers = torch.as_tensor(distances), torch.as_tensor(answers)
    if distances.ndim != 2 or distances.shape[1] != 3 or answers.shape != distances.shape[:1]:
        raise ValueError(
            f"scoring takes distances (N, 3) and answers (N,); got {tuple(distances.shape)} and "
            f"{tuple(answers.shape)}"
        )
    own = distances.gather(1, answers.long()[:, None])
    others = torch.ones_like(distances, dtype=torch.bool).scatter(1, answers.long()[:, None], False)
    least = distances.masked_fill(~others, torch.inf).amin(1)
    if ties == "right":
        return ~(own[:, 0] > least)
    return own[:, 0] < least


def accuracy(model: nn.Module, questions: Questions) -> float:
    """Share of questions that a network answers rightly; ties are wrong."""
    return right(distances(model, questions), questions.answers).float().mean().item()
