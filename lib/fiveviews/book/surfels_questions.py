"""Runs on 3D-IQTT, of Pix2Scene and its rivals: table 3 and its ablation."""

from __future__ import annotations

import argparse
import sys
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from fiveviews.book.surfels_options import checkpoints_of, is_part, sheets_of, steps_of
from fiveviews.data.iqtt import Questions, lights, viewer
from fiveviews.data.iqtt_sets import load_questions
from fiveviews.data.storage import write_npz
from fiveviews.models import surfels, surfels_baselines, surfels_iqtt
from fiveviews.models import surfels_evaluation as evaluation
from fiveviews.models.surfels import Pix2Scene
from fiveviews.models.surfels_tables import TABLE3
from fiveviews.models.surfels_traces import EXAMPLES, curves, some_sheets
from fiveviews.training import checkpoints, ledger, provenance, recorded
from fiveviews.training.history import History
from fiveviews.training.session import find_device

# Questions for training and for testing, of a scale. `full` is what fits the memory of a
# workstation. paper: 200,000.
QUESTIONS = {"smoke": (40, 24), "lab": (4000, 1000), "full": (20_000, 5000)}


def run_questions(options: argparse.Namespace) -> None:
    """Train one method on 3D-IQTT and record its accuracy."""
    n_train, n_test = QUESTIONS[options.scale]
    if options.labels > n_train:
        print(
            f"{options.labels:,} labels are more than the {n_train:,} training questions of scale "
            f"{options.scale}: this run asks for {options.labels:,} questions, all with answers",
            file=sys.stderr,
        )
        n_train = options.labels
    ours, size = options.method == "pix2scene", surfels_iqtt.RECIPES[options.scale].size
    changes = steps_of(options) | {"n_labels": options.labels}
    if ours:
        changes |= surfels_iqtt.VARIANTS[options.variant]
        recipe = surfels_iqtt.recipe(options.scale, **changes)
    else:
        recipe = surfels_baselines.recipe(options.scale, options.method, **changes)
    name = f"iqtt_{options.method}_{options.track}_{options.labels}"
    name += "" if options.variant == "whole" else f"_{options.variant}"
    name += "" if options.source == "procedural" else f"_{options.source}"
    load = partial(load_questions, options.track, size=size, source=options.source)
    train, test = load("train", n_train), load("test", n_test)
    validation = load("val", min(200, n_test))
    device = find_device(options.device).device
    kept = checkpoints_of(options, name, recipe.steps)
    shared: dict[str, Any] = {"seed": options.seed, "folder": kept}
    if ours:
        few = surfels_iqtt.to_network(torch.from_numpy(validation.images[:, 0]))
        model, history = surfels.train(
            surfels_iqtt.IQObjective(train, recipe, device),
            evaluate=lambda scene: {"accuracy": surfels_iqtt.accuracy(scene, validation)},
            watch=evaluation.watch(sheets_of(kept), few, viewer(), lights()),
            **shared,
        )
    else:
        model, history = surfels_baselines.train(
            train, recipe, validation=validation, device=device, **shared
        )
    history = history or History(device=provenance.device_name(device), seed=options.seed)
    sha256 = None
    if options.weights:
        path = options.book / "weights" / "surfels" / f"{name}_{options.seed}.safetensors"
        sha256 = recorded.record(path, model, history, config=recipe, scale=options.scale)
    if ours:
        distances = surfels_iqtt.distances(model, test)
        hits = surfels_iqtt.right(distances, test.answers)
    else:
        hits = surfels_baselines.answered(model, test)
    found = {"accuracy": hits.float().mean().item()}
    if is_part(options):
        lax = surfels_iqtt.right(distances, test.answers, ties="right")
        found["accuracy_ties_right"] = lax.float().mean().item()
    rows = question_rows(
        options,
        found,
        n_items=len(test),
        params={
            "n_labels": options.labels, "track": options.track, "n_train": len(train),
            "steps": recipe.steps, "size": size,
        },
        data_sha256=train.sha256,
        weights_sha256=sha256,
        **history.provenance(),
    )  # fmt: skip
    ledger.append(options.book / "results" / "surfels.jsonl", rows)
    checkpoints.discard(kept)
    if options.seed == 0 and options.source == "procedural":
        path = options.book / "results" / "surfels" / f"{name}_{options.seed}.npz"
        about = curves(history) | some_sheets(sheets_of(kept) if ours else None)
        write_npz(path, **question_trace(model, test, hits), **about)
    print(name, options.seed, {k: round(v, 4) for k, v in found.items()})


def question_rows(
    options: argparse.Namespace, found: dict[str, float], **shared: Any
) -> list[ledger.Row]:
    """Lines of the ledger for what one run scored, metric -> value."""
    part = is_part(options)
    row = options.variant if part else options.method
    known = TABLE3.get(row, {}).get(options.labels) if options.track == "other" else None
    return [
        ledger.Row(
            chapter="surfels",
            claim="iqtt_ablation" if part else "iqtt",
            row=row,
            metric=metric,
            unit="fraction",
            value=value,
            paper_value=known if metric == "accuracy" else None,
            scale=options.scale,
            dataset=options.source,
            **shared,
        )
        for metric, value in found.items()
    ]


def question_trace(model: nn.Module, test: Questions, hits: Tensor) -> dict[str, np.ndarray]:
    """What the figures need of a run: which questions it got right, their angles and, of
    Pix2Scene, how it rebuilds the first references."""
    kept = {"right": hits.numpy(), "angles": test.angles().astype(np.float16)}
    if isinstance(model, Pix2Scene):
        few = torch.from_numpy(test.images[:EXAMPLES, 0]).to(next(model.parameters()).device)
        with torch.no_grad():
            codes = model.encode(surfels_iqtt.to_network(few), viewer())
            kept["rebuilt"] = model.decode(codes, viewer()).cpu().half().numpy()
    return kept
