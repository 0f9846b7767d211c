"""T2I: three views and an isometric drawing, of one object or of two? (Xiang et al., CVPR 2022)

Supervised, a network learns from labelled questions. Self-supervised, it learns from pairs of
solids that differ in one cut, which a generator makes without end, and then answers questions that
it was never trained on; or goes on to learn from questions. I2P and P2I: `line_drawings_pose`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import asdict, dataclass

import torch
from lightning_fabric import seed_everything
from torch import Tensor, nn
from torch.nn import functional as F

from fiveviews.data.line_drawings import Drawings, Questions
from fiveviews.models.contrastive import nt_xent
from fiveviews.models.line_drawings_augment import vary
from fiveviews.models.line_drawings_networks import (
    Architecture,
    Consistency,
    EarlyFusion,
    Embedding,
    load_imagenet,
    to_network,
)
from fiveviews.models.line_drawings_pretext import PRETEXTS, copy_towers
from fiveviews.training.checkpoints import fingerprint
from fiveviews.training.fit import fit
from fiveviews.training.history import History
from fiveviews.training.parallel import share, whole
from fiveviews.training.recipes import at_scale
from fiveviews.training.session import evaluating, find_device

SELF_SUPERVISED = ("bce", "ntxent", "simclr", *PRETEXTS)
ZERO_SHOT = ("bce", "ntxent", "simclr")  # those that can answer questions without labels
FUSIONS = {"early": EarlyFusion, "late": Consistency}
TEMPERATURE = 0.5  # of NT-Xent
SAME = torch.eye(2)  # views of the left and right object (rows) against their isometric drawings


@dataclass(frozen=True)
class Recipe(Architecture):
    """Everything that a run depends on, besides the data and the seed."""

    pairs_batch: int = 8  # solids, two cuts each, that self-supervision sees in one step
    pairs_steps: int = 100_000
    pairs_rate: float = 5e-5
    batch: int = 8  # labelled questions in one step
    steps: int = 31_250
    learning_rate: float = 2e-5
    finetune_rate: float = 2e-5
    augment: bool = False  # learn from mirror images too
    decay: bool = False  # let the learning rates fall to zero, along half a cosine
    imagenet: bool = False  # VGG-16 begins with ImageNet's weights
    pose_batch: int = 30  # objects, eight poses each, in one step of the pose network
    pose_steps: int = 8_350
    pose_rate: float = 5e-5
    normalised: bool = True  # the pose network's logits have length 1, as published


# paper: `full` is the published recipe as far as it is known: VGG-16, 200 pixels, K = 4096, Adam,
# 50 epochs of 5,000 questions in batches of 8. How long the contrast was trained is not known.
RECIPES = {
    "smoke": Recipe(
        backbone="small", size=64, colours=2, width=4, hidden=16, product=True, batch=8, steps=6,
        learning_rate=1e-3, finetune_rate=1e-3, pairs_batch=4, pairs_steps=6, pairs_rate=1e-3,
        augment=True, decay=True, pose_batch=4, pose_steps=6, pose_rate=1e-3, normalised=False,
    ),
    "lab": Recipe(
        backbone="small", size=64, colours=2, width=16, hidden=96, product=True, batch=32,
        steps=400, learning_rate=1e-3, finetune_rate=3e-4, pairs_batch=32, pairs_steps=2000,
        pairs_rate=1e-3, augment=True, decay=True, pose_batch=16, pose_steps=600, pose_rate=1e-3,
        normalised=False,
    ),
    "full": Recipe(),
}  # fmt: skip


def recipe(scale: str, **changes: object) -> Recipe:
    """The recipe of a scale, `smoke`, `lab` or `full`, with some of its fields changed."""
    return at_scale(RECIPES, scale, changes)


class Labelled:
    """One step on labelled questions: cross-entropy of the right candidate against the others.

    paper: four binary cross-entropies, one per candidate, and not one softmax over all four.
    """

    def __init__(self, questions: Questions, recipe: Recipe, device: torch.device | str = "cpu"):
        self.recipe = recipe
        self.given, self.options, self.answers = stored(questions, device)

    def __call__(
        self, model: EarlyFusion | Consistency, step: int, generator: torch.Generator
    ) -> tuple[Tensor, dict[str, Tensor]]:
        some = torch.randint(len(self.given), (self.recipe.batch,), generator=generator)
        some = some.to(self.given.device, non_blocking=True)
        colours, answers = self.recipe.colours, self.answers[some]
        given, options = self.given[some], self.options[some]
        if self.recipe.augment:
            given, options = vary(given, options, generator)
        given, options, answers = share(given, options, answers)
        logits = model.score(to_network(given, colours), to_network(options, colours))
        loss = F.binary_cross_entropy_with_logits(logits, F.one_hot(answers, 4).to(logits))
        return loss, {"train accuracy": (logits.argmax(1) == answers).float().mean().detach()}


class Unlabelled:
    """One step on drawings that nobody labelled, by one of the self-supervised methods.

    Raises ValueError for a method that is none of them, or drawings that are not pairs.
    """

    def __init__(
        self, method: str, pairs: Drawings, recipe: Recipe, device: torch.device | str = "cpu"
    ):
        if method not in SELF_SUPERVISED:
            raise ValueError(f"no method {method!r}; choose one of {', '.join(SELF_SUPERVISED)}")
        if pairs.kind != "pairs" or not len(pairs):
            raise ValueError(f"self-supervision for T2I learns from pairs; got {pairs!r}")
        self.method, self.recipe = method, recipe
        self.pairs = torch.from_numpy(pairs.images).to(device)

    def __call__(
        self, model: nn.Module, step: int, generator: torch.Generator
    ) -> tuple[Tensor, dict[str, Tensor]]:
        r, device = self.recipe, self.pairs.device
        some = torch.randint(len(self.pairs), (r.pairs_batch,), generator=generator).to(
            device, non_blocking=True
        )
        pairs = self.pairs[some]
        if r.augment:
            given, isometric = vary(pairs[:, :, :3], pairs[:, :, 3], generator)
            pairs = torch.cat([given, isometric[:, :, None]], 2)
        if self.method in PRETEXTS:
            loss, right = model.loss(pairs.flatten(0, 2), generator)
            return loss, {"train accuracy": right}
        pairs = share(pairs)
        if self.method == "bce":
            loss, right = contrast(model, to_network(pairs, r.colours))
        elif self.method == "ntxent":  # the sibling is among the negatives
            both = embedded(model, to_network(pairs, r.colours))
            loss, right = nt_xent(*both, TEMPERATURE)
        else:  # SimCLR: one object of each pair, so that all negatives are of other solids
            side = share(
                torch.randint(2, (len(some),), generator=generator).to(device, non_blocking=True)
            )
            one = pairs[torch.arange(len(pairs), device=device), side][:, None]
            both = embedded(model, to_network(one, r.colours))
            loss, right = nt_xent(*both, TEMPERATURE)
        return loss, {"train accuracy": right}


def contrast(model: Consistency, pairs: Tensor) -> tuple[Tensor, Tensor]:
    """The paper's loss on pairs (B, 2, 4, C, H, W), and the share of pairs told apart.

    The three views of the left and the right object against both isometric drawings: four binary
    cross-entropies, of which two ask for a yes. A pair is told apart where the two right
    combinations together score higher than the two wrong ones.
    """
    logits = combinations(model, pairs)
    loss = F.binary_cross_entropy_with_logits(
        logits, SAME.to(logits, non_blocking=True).expand_as(logits)
    )
    return loss, told_apart(logits).float().mean().detach()


def combinations(model: Consistency, pairs: Tensor) -> Tensor:
    """Logits (B, 2, 2) of the views of each object (rows) against each isometric drawing."""
    b = model.views(pairs[:, :, :3].flatten(0, 1)).view(*pairs.shape[:2], -1)
    a = model.isometric(pairs[:, :, 3])
    return model.compare(b[:, :, None], a[:, None])


def told_apart(logits: Tensor) -> Tensor:
    """Whether right combinations (the diagonal of (..., 2, 2)) outscore wrong ones: bool (...)."""
    return logits.diagonal(dim1=-2, dim2=-1).sum(-1) > logits.flip(-1).diagonal(
        dim1=-2, dim2=-1
    ).sum(-1)


def embedded(model: Embedding, objects: Tensor) -> tuple[Tensor, Tensor]:
    """Unit vectors (N, E) of the views and of the isometric drawings of (B, M, 4, C, H, W), and of
    those that other processes have: each is compared with all."""
    flat = objects.flatten(0, 1)
    b, a = model.embed(flat[:, :3], flat[:, 3])
    return whole(b), whole(a)


@torch.no_grad()
def answer(model: nn.Module, questions: Questions, batch: int = 64) -> Tensor:
    """The candidate with the highest score, int64 (N,), on the model's device, without labels."""
    device, colours = next(model.parameters()).device, model.architecture.colours
    given, options, _ = stored(questions, "cpu")
    with evaluating(model):
        scores = [
            model.score(to_network(g.to(device), colours), to_network(o.to(device), colours))
            for g, o in zip(given.split(batch), options.split(batch), strict=True)
        ]
    return torch.cat(scores).argmax(1)


def accuracy(model: nn.Module, questions: Questions) -> float:
    """Share of the questions that a model answers right."""
    found = answer(model, questions).cpu()
    return (found == torch.from_numpy(questions.answers)).double().mean().item()


def stored(questions: Questions, device: torch.device | str) -> tuple[Tensor, Tensor, Tensor]:
    """The three views, the candidates and the answers of a set, as they are stored.

    Raises ValueError for an empty set and for questions of another task.
    """
    if questions.task != "t2i" or not len(questions):
        raise ValueError(f"expected T2I questions, at least one; got {questions!r}")
    arrays = (questions.given, questions.options, questions.answers)
    given, options, answers = (torch.from_numpy(array).to(device) for array in arrays)
    return given, options, answers


def build(method: str, recipe: Recipe) -> nn.Module:
    """The untrained network that a self-supervised method trains."""
    if method in PRETEXTS:
        return PRETEXTS[method](recipe)
    return Consistency(recipe) if method == "bce" else Embedding(recipe)


def pretrain(
    method: str,
    pairs: Drawings,
    recipe: Recipe,
    *,
    seed: int,
    validation: Questions | None = None,
    model: nn.Module | None = None,
    device: str = "auto",
    **options: object,
) -> tuple[nn.Module, History]:
    """A network trained by one of the self-supervised methods, and the history of its training.

    validation: questions whose accuracy is looked at along the way, and which decide nothing.
    model: one to go on with; by default a new one whose weights follow from `seed`.
    options: passed on to `fit` (folder, progress, ...).
    """
    device = str(find_device(device).device)
    objective = Unlabelled(method, pairs, recipe, device)
    if model is None:
        seed_everything(seed, verbose=False)
        model = build(method, recipe)
    watched = validation if method in ZERO_SHOT else None
    history = fit(
        model,
        objective,
        steps=recipe.pairs_steps,
        optimizer=torch.optim.Adam(model.parameters(), lr=recipe.pairs_rate),
        schedule=schedule(recipe, recipe.pairs_steps),
        seed=seed,
        config=asdict(recipe) | {"method": method},
        evaluate=(lambda m: {"accuracy": accuracy(m, watched)}) if watched else None,
        evaluate_every=max(1, recipe.pairs_steps // 10),
        device=device,
        **options,
    )
    return model, history


def learn(
    questions: Questions,
    recipe: Recipe,
    *,
    seed: int,
    fusion: str = "late",
    start: nn.Module | None = None,
    validation: Questions | None = None,
    model: nn.Module | None = None,
    device: str = "auto",
    **options: object,
) -> tuple[nn.Module, History]:
    """A network trained on labelled questions, and the history of its training.

    start: a pretrained network whose towers (and whatever else fits) this one begins with.
    validation: questions that choose the step whose weights are kept. The published code chose the
        epoch by the accuracy on the very split that it reports.
    model, options: as in `pretrain`.

    Raises ValueError for a fusion that is none of `FUSIONS`.
    """
    if fusion not in FUSIONS:
        raise ValueError(f"fusion must be one of {', '.join(FUSIONS)}; got {fusion!r}")
    device = str(find_device(device).device)
    if model is None:
        seed_everything(seed, verbose=False)
        model = FUSIONS[fusion](recipe)
        if recipe.imagenet:
            load_imagenet(model)
    if start is not None:
        copy_towers(start, model)
    rate = recipe.finetune_rate if start is not None else recipe.learning_rate
    history = fit(
        model,
        Labelled(questions, recipe, device),
        steps=recipe.steps,
        optimizer=torch.optim.Adam(model.parameters(), lr=rate),
        schedule=schedule(recipe, recipe.steps),
        seed=seed,
        config=asdict(recipe) | {"fusion": fusion, "start": start and fingerprint(start)},
        evaluate=(lambda m: {"accuracy": accuracy(m, validation)}) if validation else None,
        evaluate_every=max(1, recipe.steps // 10),
        keep_best="accuracy" if validation else None,
        device=device,
        **options,
    )
    return model, history


def schedule(recipe: Recipe, steps: int) -> Callable[[int], float] | None:
    """The factor on the learning rate: half a cosine from 1 to 0, or always 1."""
    if not recipe.decay:
        return None
    return lambda step: 0.5 * (1 + math.cos(math.pi * step / steps))
