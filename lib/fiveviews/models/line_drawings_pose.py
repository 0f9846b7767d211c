"""I2P and P2I: from which pose is a drawing seen? (Xiang et al., CVPR 2022, figure 3)

Whoever draws an object from eight poses knows which drawing is from which. So a network can learn
to name the pose of a drawing, given front, right and top, without any question being written: that
is the self-supervised method, and it answers both tasks with the same eight numbers. Supervised
networks of the same shape learn one task each, from one question per object.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict

import numpy as np
import torch
from lightning_fabric import seed_everything
from torch import Tensor
from torch.nn import functional as F

from fiveviews.data.line_drawings import I2P_POSES, Drawings, Questions
from fiveviews.models.line_drawings import Recipe, schedule
from fiveviews.models.line_drawings_networks import POSES, PoseNetwork, to_network
from fiveviews.models.line_drawings_pretext import copy_towers
from fiveviews.training.checkpoints import fingerprint
from fiveviews.training.fit import fit
from fiveviews.training.history import History
from fiveviews.training.parallel import share
from fiveviews.training.session import evaluating, find_device

CORNERS = torch.tensor(I2P_POSES) - 1  # columns of the four poses that I2P asks about


class EveryPose:
    """One step of the self-supervised method: name the pose of every drawing of some objects.

    Raises ValueError for drawings that are not views of objects, or none.
    """

    def __init__(self, views: Drawings, recipe: Recipe, device: torch.device | str = "cpu"):
        if views.kind != "views" or not len(views):
            raise ValueError(f"the pose network learns from views of objects; got {views!r}")
        self.recipe = recipe
        self.images = torch.from_numpy(views.images).to(device)

    def __call__(
        self, model: PoseNetwork, step: int, generator: torch.Generator
    ) -> tuple[Tensor, dict[str, Tensor]]:
        r, device = self.recipe, self.images.device
        some = torch.randint(len(self.images), (r.pose_batch,), generator=generator).to(
            device, non_blocking=True
        )
        objects = to_network(self.images[share(some)], r.colours)
        logits = model(objects[:, :3], objects[:, 3:])
        loss, right = pose_loss(logits, r.normalised)
        return loss, {"train accuracy": right}


class OneView:
    """One step of naming poses from a single labelled drawing of each object: the unseen poses.

    Which pose that is follows from `seed`. paper: I2P with twenty answers in place of four.
    """

    def __init__(
        self, views: Drawings, recipe: Recipe, device: torch.device | str = "cpu", seed: int = 0
    ):
        self.every = EveryPose(views, recipe, device)
        generator = torch.Generator().manual_seed(seed)
        poses = torch.randint(len(views.poses), (len(views),), generator=generator)
        self.poses = poses.to(device)

    def __call__(
        self, model: PoseNetwork, step: int, generator: torch.Generator
    ) -> tuple[Tensor, dict[str, Tensor]]:
        r, images = self.every.recipe, self.every.images
        some = torch.randint(len(images), (r.pose_batch * 4,), generator=generator)
        some = share(some.to(images.device, non_blocking=True))
        poses = self.poses[some]
        given = to_network(images[some, :3], r.colours)
        shown = to_network(images[some, 3 + poses], r.colours)
        logits = model(given, shown[:, None])[:, 0]
        right = (logits.argmax(1) == poses).float().mean().detach()
        return F.cross_entropy(logits, poses), {"train accuracy": right}


class OneQuestion:
    """One step of the supervised method, on I2P or on P2I questions.

    Raises ValueError for questions of another task, or none.
    """

    def __init__(self, questions: Questions, recipe: Recipe, device: torch.device | str = "cpu"):
        if questions.task not in ("i2p", "p2i") or not len(questions):
            raise ValueError(f"expected I2P or P2I questions, at least one; got {questions!r}")
        self.task, self.recipe = questions.task, recipe
        arrays = (questions.given, questions.options, questions.answers, questions.poses)
        self.arrays = [torch.from_numpy(array).to(device) for array in arrays]

    def __call__(
        self, model: PoseNetwork, step: int, generator: torch.Generator
    ) -> tuple[Tensor, dict[str, Tensor]]:
        r, device = self.recipe, self.arrays[0].device
        # as many drawings in a step as the self-supervised method sees
        count = r.pose_batch * (POSES if self.task == "i2p" else POSES // 4)
        some = torch.randint(len(self.arrays[0]), (count,), generator=generator).to(
            device, non_blocking=True
        )
        given, options, answers, poses = (array[share(some)] for array in self.arrays)
        logits = task_logits(model, self.task, given, options, poses)
        if self.task == "i2p":
            loss = F.cross_entropy(logits, answers)
        else:  # paper: a binary cross-entropy for each candidate, of the column of the asked pose
            loss = F.binary_cross_entropy_with_logits(logits, F.one_hot(answers, 4).to(logits))
        return loss, {"train accuracy": (logits.argmax(1) == answers).float().mean().detach()}


def pose_loss(logits: Tensor, normalised: bool) -> tuple[Tensor, Tensor]:
    """Loss and accuracy of logits (B, P, P): drawing m of each object is from pose m.

    normalised: as published, each row is scaled to length 1 and compared with the unit matrix by
        binary cross-entropies. Its least value is not 0 but 0.532 at P = 8, where the right entry
        is 1 / sqrt(8) and the others -1 / sqrt(8). Otherwise the plain cross-entropy of a softmax.
    """
    poses = torch.arange(logits.shape[-1], device=logits.device).expand(logits.shape[:2])
    right = (logits.argmax(-1) == poses).float().mean().detach()
    if normalised:
        target = F.one_hot(poses, logits.shape[-1]).to(logits)
        return F.binary_cross_entropy_with_logits(F.normalize(logits, dim=-1), target), right
    return F.cross_entropy(logits.flatten(0, 1), poses.flatten()), right


def task_logits(
    model: PoseNetwork, task: str, given: Tensor, options: Tensor, poses: Tensor
) -> Tensor:
    """Scores (B, 4) of the four answers to questions, stored drawings in.

    I2P: the columns of poses 1, 2, 5 and 6 (all four of them, if the network has just four).
    P2I: of each candidate, the column of the pose that is asked for.
    """
    colours = model.architecture.colours
    logits = model(to_network(given, colours), to_network(options, colours))
    if task == "p2i":
        return logits.gather(2, (poses - 1)[:, None, None].expand(-1, 4, 1))[..., 0]
    return logits[:, 0] if logits.shape[-1] == 4 else logits[:, 0, CORNERS.to(logits.device)]


@torch.no_grad()
def accuracy(model: PoseNetwork, questions: Questions, batch: int = 64) -> float:
    """Share of I2P or P2I questions that a model answers right.

    Raises ValueError for an empty set, or for P2I questions to a network that knows four poses.
    """
    if not len(questions):
        raise ValueError("there is no question to answer: the set is empty")
    if questions.task == "p2i" and model.poses.out_features < POSES:
        raise ValueError("this network knows the four poses of I2P only; P2I asks for eight")
    device, right = next(model.parameters()).device, 0
    with evaluating(model):
        for i in range(0, len(questions), batch):
            part = questions[i : i + batch]
            given, options, poses = (
                torch.from_numpy(array).to(device)
                for array in (part.given, part.options, part.poses)
            )
            found = task_logits(model, part.task, given, options, poses).argmax(1).cpu().numpy()
            right += int((found == part.answers).sum())
    return right / len(questions)


@torch.no_grad()
def accuracy_by_pose(model: PoseNetwork, views: Drawings, batch: int = 64) -> np.ndarray:
    """How often the drawing from each pose (rows) is taken for each pose: shares (P, P)."""
    device, found = next(model.parameters()).device, []
    images, colours = torch.from_numpy(views.images), model.architecture.colours
    with evaluating(model):
        for part in images.split(batch):
            objects = to_network(part.to(device), colours)
            found.append(model(objects[:, :3], objects[:, 3:]).argmax(-1).cpu())
    poses = model.poses.out_features
    return F.one_hot(torch.cat(found), poses).double().mean(0).numpy()


def train(
    data: Drawings | Questions | OneView,
    recipe: Recipe,
    *,
    seed: int,
    validation: dict[str, Questions] | None = None,
    start: PoseNetwork | None = None,
    model: PoseNetwork | None = None,
    device: str = "auto",
    **options: object,
) -> tuple[PoseNetwork, History]:
    """A pose network, trained on views (self-supervised) or on questions (supervised).

    data: or a step of its own, `OneView`, on this device.
    validation: questions by name, whose accuracy is looked at along the way. For a supervised
        network they choose the step whose weights are kept; the self-supervised one keeps its last,
        since it is given no labels. (The published numbers are the best of 50 epochs on the
        reported split, chosen for each task by itself.)
    start: a network whose layers, but for the last, this one begins with.
    model, options: as in `line_drawings.pretrain`.
    """
    device = str(find_device(device).device)
    if model is None:
        seed_everything(seed, verbose=False)
        model = network(data, recipe)
    if start is not None:
        copy_towers(start, model)
    step: Callable[..., object] = data
    if isinstance(data, Questions):
        step = OneQuestion(data, recipe, device)
    elif isinstance(data, Drawings):
        step = EveryPose(data, recipe, device)
    history = fit(
        model,
        step,
        steps=recipe.pose_steps,
        optimizer=torch.optim.Adam(model.parameters(), lr=recipe.pose_rate),
        schedule=schedule(recipe, recipe.pose_steps),
        seed=seed,
        config=asdict(recipe)
        | {"method": type(step).__name__, "task": getattr(data, "task", None)}
        | {"start": start and fingerprint(start)},
        evaluate=(lambda m: {name: accuracy(m, q) for name, q in validation.items()})
        if validation
        else None,
        evaluate_every=max(1, recipe.pose_steps // 10),
        keep_best=data.task if isinstance(data, Questions) and validation else None,
        device=device,
        **options,
    )
    return model, history


def network(data: Drawings | Questions | OneView, recipe: Recipe) -> PoseNetwork:
    """The untrained network for a set: as many poses as its drawings have; four for I2P alone."""
    if isinstance(data, Questions):
        return PoseNetwork(recipe, 4 if data.task == "i2p" else POSES)
    views = data.images if isinstance(data, Drawings) else data.every.images
    return PoseNetwork(recipe, views.shape[1] - 3)
