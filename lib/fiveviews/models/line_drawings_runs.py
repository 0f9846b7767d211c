"""Whole runs of the line-drawing chapter: from data to a trained network and its score."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import torch
from torch import nn

from fiveviews.data.line_drawings import Drawings, Questions, questions_of
from fiveviews.data.line_drawings_sets import (
    load_pairs,
    load_questions,
    load_views,
    pose_questions,
)
from fiveviews.models import line_drawings_pose as pose
from fiveviews.models import line_drawings_results as results
from fiveviews.models.line_drawings import (
    SELF_SUPERVISED,
    ZERO_SHOT,
    Recipe,
    accuracy,
    learn,
    pretrain,
)
from fiveviews.training import ledger, provenance
from fiveviews.training.history import History
from fiveviews.training.session import find_device

METHODS = ("supervised_early", "supervised_late", *SELF_SUPERVISED)


@dataclass(frozen=True)
class Sizes:
    """How much data a scale takes. In the paper 5,000 questions; 500 of them, we think, to test."""

    n_train: int  # labelled questions; of the pose tasks, objects
    n_pairs: int  # pairs for self-supervision, which nobody labels
    n_val: int
    n_test: int


SIZES = {
    "smoke": Sizes(25, 25, 25, 50),
    "lab": Sizes(1000, 4000, 200, 1000),
    "full": Sizes(5000, 14_000, 500, 1000),
}
AMOUNTS = {  # objects for the pose tasks; at `lab` the paper's eight numbers over twenty
    "smoke": (15, 25),
    "lab": tuple(range(250, 2001, 250)),
    "full": tuple(range(5000, 40_001, 5000)),
}


@dataclass(frozen=True, eq=False)
class T2I:
    """The data of a T2I run: labelled questions, unlabelled pairs, and questions to score with."""

    train: Questions
    pairs: Drawings
    val: Questions
    test: Questions


@dataclass(frozen=True)
class Finished:
    """One row of a table in the making: what was trained, how, and how well it answers.

    params: what the ledger keeps of it besides.
    """

    claim: str
    row: str
    model: nn.Module | None
    history: History
    score: float
    n_items: int
    params: dict[str, object]


def load_t2i(
    sizes: Sizes,
    size: int,
    source: str = "procedural",
    root: str | Path | None = None,
    jobs: int = 1,
) -> T2I:
    """The data of T2I, from one source; no generated solid is in two of the four sets.

    Of official data as many as there are, where these are fewer. Raises as `load_questions`.
    """
    kept = {"size": size, "source": source, "root": root, "jobs": jobs}
    return T2I(
        load_questions("train", sizes.n_train, **kept),
        load_pairs("train", sizes.n_pairs, **kept),
        load_questions("val", sizes.n_val, **kept),
        load_questions("test", sizes.n_test, **kept),
    )


def run_t2i(
    method: str,
    recipe: Recipe,
    data: T2I,
    seed: int,
    amounts: Sequence[int] = (),
    device: str = "auto",
    **options: object,
) -> list[Finished]:
    """Train by one method and score it, before fine-tuning too where that is possible.

    amounts: numbers of labelled questions to train with, one after the other; default: all.
    options: passed on to `fit`; each training has a part of `folder` to itself.

    Raises ValueError for a method that does not exist, or for more questions than there are.
    """
    if method not in METHODS:
        raise ValueError(f"no method {method!r}; choose one of {', '.join(METHODS)}")
    amounts = tuple(amounts) or (len(data.train),)
    if max(amounts) > len(data.train):
        raise ValueError(
            f"there are {len(data.train)} labelled questions; {max(amounts)} asked for"
        )
    about = {"n_pairs": 0, "size": recipe.size, "steps": recipe.steps}
    both = {"seed": seed, "validation": data.val, "device": device, **options}
    done: list[Finished] = []
    fusion, start, row, before = "late", None, method, 0.0
    if method.startswith("supervised"):
        fusion = method.removeprefix("supervised_")
    else:
        about |= {"n_pairs": len(data.pairs), "pairs_steps": recipe.pairs_steps}
        start, history = pretrain(method, data.pairs, recipe, **_within(both, "pretrain"))
        before = history.seconds
        if method in ZERO_SHOT:
            told = about | {"finetuned": False, "steps": 0, "n_train": 0}
            done.append(_finished_t2i(method, start, history, data, told))
        about |= {"finetuned": True}
        row = "bce_finetuned" if method == "bce" else method
    for n in amounts:
        own = _within(both, f"learn_{n}")
        model, history = learn(data.train[:n], recipe, fusion=fusion, start=start, **own)
        history = replace(history, seconds=before + history.seconds)
        done.append(_finished_t2i(row, model, history, data, about | {"n_train": n}))
    return done


def _finished_t2i(
    row: str, model: nn.Module, history: History, data: T2I, about: dict[str, object]
) -> Finished:
    params = {"n_train": len(data.train)} | about
    return Finished("t2i", row, model, history, accuracy(model, data.test), len(data.test), params)


def run_ink(data: T2I, seed: int) -> Finished:
    """What counting ink alone scores on the same questions."""
    started = time.perf_counter()
    score = results.InkShortcut.fit(data.train).accuracy(data.test)
    history = History(provenance.device_name(torch.device("cpu")), seed)
    history.seconds = time.perf_counter() - started
    params = {"n_train": len(data.train), "size": data.test.size}
    return Finished("t2i", "ink_shortcut", None, history, score, len(data.test), params)


@dataclass(frozen=True, eq=False)
class Poses:
    """The data of a run on I2P and P2I: views of objects, and questions of others.

    asked: the questions that are asked of the views, if not by lot.
    """

    views: Drawings
    val: dict[str, Questions]
    test: dict[str, Questions]
    asked: dict[str, Questions] | None = None


def load_poses(
    sizes: Sizes,
    size: int,
    source: str = "procedural",
    root: str | Path | None = None,
    jobs: int = 1,
) -> Poses:
    """Views from one source, and I2P and P2I questions of the solids of other splits.

    Raises as `load_views`; ValueError where there are fewer views than `sizes.n_train`.
    """
    kept = {"size": size, "source": source, "root": root, "jobs": jobs}

    def ask(views: Drawings) -> dict[str, Questions]:
        return {task: pose_questions(views, task, root=root) for task in results.TASKS}

    val, test = (
        ask(load_views(split, n, **kept))
        for split, n in (("val", sizes.n_val), ("test", sizes.n_test))
    )
    views = load_views("train", sizes.n_train, **kept)
    if len(views) < sizes.n_train:
        raise ValueError(f"there are views of {len(views)} objects; {sizes.n_train} asked for")
    return Poses(views, val, test, ask(views) if source == "official" else None)


def run_pose(
    method: str,
    recipe: Recipe,
    data: Poses,
    seed: int,
    device: str = "auto",
    **options: object,
) -> list[Finished]:
    """Train one self-supervised network, or two supervised ones, and score both tasks.

    Raises ValueError for a method other than `supervised` and `self_supervised`.
    """
    if method not in ("supervised", "self_supervised"):
        raise ValueError(f"method must be supervised or self_supervised; got {method!r}")
    params = {"n_train": len(data.views), "size": recipe.size, "steps": recipe.pose_steps}
    both = {"seed": seed, "device": device, **options}
    done, model, history = [], None, None
    for task, asked in data.test.items():
        if method == "supervised":
            questions = data.asked[task] if data.asked else questions_of(data.views, task, seed)
            watched = {task: data.val[task]}
            own = _within(both, task)
            model, history = pose.train(questions, recipe, validation=watched, **own)
        elif model is None:
            model, history = pose.train(data.views, recipe, validation=data.val, **both)
        score = pose.accuracy(model, asked)
        done.append(Finished(task, method, model, history, score, len(asked), params))
    return done


def run_unseen(
    method: str,
    recipe: Recipe,
    train: Drawings,
    test: Drawings,
    seed: int,
    start: nn.Module | None = None,
    device: str = "auto",
    **options: object,
) -> list[Finished]:
    """Name twenty poses, of which twelve are new, from one labelled drawing of each object.

    start: the self-supervised network of the eight poses to begin with; without it, none.
    """
    data = pose.OneView(train, recipe, find_device(device).device, seed)
    model, history = pose.train(data, recipe, seed=seed, start=start, device=device, **options)
    share = pose.accuracy_by_pose(model, test).diagonal()
    params = {"n_train": len(train), "size": recipe.size, "steps": recipe.pose_steps}
    return [
        Finished("i2p", method, model, history, float(part.mean()), len(test) * len(part), told)
        for part, told in (
            (share, params | {"poses": 20}),
            (share[8:], params | {"poses": 20, "unseen_only": True}),
        )
    ]


def _within(options: dict[str, object], part: str) -> dict[str, object]:
    """The options of one training out of several, with its own part of the folder."""
    folder = options.get("folder")
    return options if folder is None else options | {"folder": Path(folder) / part}


def ledger_row(
    finished: Finished,
    scale: str,
    data_sha256: str,
    weights_sha256: str | None = None,
    dataset: str = "procedural",
) -> ledger.Row:
    """The line of the ledger for a finished run."""
    return results.row(
        finished.claim,
        finished.row,
        finished.score,
        finished.n_items,
        finished.history,
        scale=scale,
        dataset=dataset,
        params=finished.params,
        data_sha256=data_sha256,
        weights_sha256=weights_sha256,
    )


def describe(finished: Finished) -> str:
    """One line for a log.

    >>> describe(Finished("t2i", "bce", None, History("cpu", 3), 0.5, 40, {"n_train": 0}))
    't2i bce seed 3 n_train 0: 0.500 on 40 (0 s)'
    """
    f = finished
    seconds = f"{f.history.seconds:.0f} s"
    return (
        f"{f.claim} {f.row} seed {f.history.seed} n_train {f.params['n_train']}: "
        f"{f.score:.3f} on {f.n_items} ({seconds})"
    )


def config(recipe: Recipe, sizes: Sizes) -> dict[str, object]:
    """What recorded weights must have been trained with, to be taken instead of training."""
    return asdict(recipe) | asdict(sizes)
