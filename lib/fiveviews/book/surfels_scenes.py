"""Runs of Pix2Scene on scenes: tables 1 and 2, the ablation, objects by class."""

from __future__ import annotations

import argparse
import hashlib
import sys
import time
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from fiveviews import memory
from fiveviews.book.surfels_options import checkpoints_of, is_part, sheets_of, steps_of
from fiveviews.data import surfel_lighting as lighting
from fiveviews.data.surfel_objects import real_things
from fiveviews.data.surfel_scenes import SceneViews
from fiveviews.models import surfels
from fiveviews.models import surfels_evaluation as evaluation
from fiveviews.models.surfels import Pix2Scene
from fiveviews.models.surfels_tables import ANGLES, METRICS, TABLE1, TABLE2
from fiveviews.models.surfels_traces import write_objects, write_trace
from fiveviews.training import checkpoints, ledger, provenance, recorded
from fiveviews.training.history import History
from fiveviews.training.session import find_device

# Pictures for training and for testing, of a scale. `full` is what fits the memory of a
# workstation. paper: how many scenes, it does not say.
SCENES = {"smoke": (32, 8), "lab": (2000, 100), "full": (10_000, 1000)}
PLAIN = ("constant_depth", "plane_depth")  # baselines of every run; the others of seed 0 alone
TURNED = (*PLAIN, "mean_depth", "empty_room")  # those that can be asked about an unseen view


def scene_rows(
    scored: dict[str, dict[str, float]],
    *,
    claim: str,
    origin: dict[str, Any],
    kind: str,
    scale: str,
    n_items: int,
    params: dict[str, Any],
    paper: tuple[float, ...] | None = None,
    weights_sha256: str | None = None,
    data_sha256: str | None = None,
    dataset: str = "procedural",
) -> list[ledger.Row]:
    """Lines of the ledger: row -> metric -> value. `paper` is for Pix2Scene's row alone."""
    return [
        ledger.Row(
            chapter="surfels",
            claim=claim,
            row=row,
            category=kind,
            metric=metric,
            unit="room²" if metric == "mse_depth" else "room",
            value=values[metric],
            paper_value=paper[i] if paper and row == "pix2scene" else None,
            n_items=n_items,
            scale=scale,
            dataset=dataset,
            params=params,
            weights_sha256=weights_sha256 if row not in evaluation.BASELINES else None,
            data_sha256=data_sha256,
            **origin,
        )
        for row, values in scored.items()
        for i, metric in enumerate(METRICS)
    ]


def run_scenes(options: argparse.Namespace) -> None:
    """Train on scenes of one kind; record tables 1 and 2, an ablation, or objects by class."""
    n_train, n_test = SCENES[options.scale]
    n_val = min(50, n_test)
    recipe = surfels.recipe(options.scale, **surfels.VARIANTS[options.variant], **steps_of(options))
    things, makers = real_things(classes=options.things) if options.things else ((), [])
    draw = partial(take, recipe, options.kind, things=things)
    train, test, validation = (
        draw(split, n) for split, n in (("train", n_train), ("test", n_test), ("val", n_val))
    )
    classes, known, names = None, None, ()
    if options.classes:
        train, classes, names = by_class(train)
        validation, known, _ = by_class(validation, names)
        recipe = replace(recipe, classes=len(names))
    device = find_device(options.device).device
    kind = "_".join(options.things) or options.kind
    name = f"{kind}{'_classes' if options.classes else ''}"
    name += f"_{options.variant}" if is_part(options) else ""
    kept = checkpoints_of(options, name, recipe.steps)
    shown = evaluation.pictures(validation), validation.camera, validation.lights, known
    model, history = surfels.train(
        surfels.Objective(train, recipe, device, classes),
        seed=options.seed,
        evaluate=partial(evaluation.validate, views=validation, classes=known),
        watch=evaluation.watch(sheets_of(kept), *shown),
        folder=kept,
    )
    sha256 = None
    if options.weights:
        path = options.book / "weights" / "surfels" / f"{name}_{options.seed}.safetensors"
        config = asdict(recipe) | {"kind": kind, "n_train": n_train}
        sha256 = recorded.record(path, model, history, config=config, scale=options.scale)
        model = recorded.load(path, Pix2Scene.of, device).model
    results = options.book / "results"
    trace = results / "surfels" / f"{name}_{options.seed}.npz"
    write_trace(trace, model, history, test, recipe.classes, sheets_of(kept))
    shared = {"kind": kind, "scale": options.scale, "n_items": n_test, "weights_sha256": sha256}
    shared |= {"data_sha256": sha256_of(train.images), "origin": history.provenance()}
    shared |= {"params": {"n_train": n_train, "steps": recipe.steps, "size": recipe.size}}
    objects = f"{kind if options.classes else name}_objects_{options.seed}.npz"
    if options.classes:
        rows = object_rows(model, train, test, names, trace.with_name(objects), **shared)
    else:
        believed = evaluation.reconstruct(model, test)
        own = evaluation.scores(believed, test)
        if things:
            shared["dataset"] = "open models"
            write_objects(trace.with_name(objects), test, believed, makers)
        rows = picture_rows(options, model, train, test, own, **shared)
        print(kind, options.variant, options.seed, {k: round(v, 4) for k, v in own.items()})
    ledger.append(results / "surfels.jsonl", rows)
    checkpoints.discard(kept)


def take(recipe: surfels.Recipe, kind: str, split: str, n: int, **how: Any) -> SceneViews:
    """The first n pictures of a kind and split, as large and as lit as a recipe has them."""
    views = lighting.training_views(kind, split, n, recipe.size, **how)
    if not recipe.random_lights:
        return views
    generator = torch.Generator().manual_seed(lighting.SPLITS.index(split))
    return lighting.relight(views, surfels.strange(views.lights, generator))


def picture_rows(
    options: argparse.Namespace,
    model: Pix2Scene,
    train: SceneViews,
    test: SceneViews,
    own: dict[str, float],
    **shared: Any,
) -> list[ledger.Row]:
    """Scores of a run that was told no classes, where it belongs: `own` are those of the pictures'
    own view, which an ablation and what is in no table of the paper leave it at."""
    kind, note = shared["kind"], partial(scene_rows, **shared)
    if is_part(options):
        return note({options.variant: own}, claim="ablation")
    if options.things or kind in ("furnished", "shapenet"):
        return note({"pix2scene": own} | evaluation.baselines(train, test), claim="complex")
    rows = note({"pix2scene": own}, claim="table1", paper=TABLE1.get(kind))
    bare = evaluation.baselines(train, test, PLAIN if options.seed else None)
    rows += note(bare, claim="table1")
    for angle in ANGLES:
        seen = lighting.turned(test, angle)
        found = {"pix2scene": evaluation.reconstruct(model, test, seen.camera)}
        bare = PLAIN if options.seed else TURNED
        found |= {row: evaluation.BASELINES[row](train, seen) for row in bare}
        scored = {row: evaluation.scores(depth, seen) for row, depth in found.items()}
        params = shared["params"] | {"angle": angle}
        rows += note(scored, claim="table2", params=params, paper=TABLE2.get((kind, angle)))
    return rows


def run_untrained(options: argparse.Namespace) -> None:
    """Score depths that need no training for cameras that Pix2Scene has to guess from (table 2).

    Where a run of seed 0 has recorded its own, these are the same lines: they are set against runs
    of the recipe's length, and say so.
    """
    (n_train, n_test), recipe = SCENES[options.scale], surfels.recipe(options.scale)
    device, began = torch.device("cpu"), time.perf_counter()
    history = History(device=provenance.device_name(device), seed=0)
    draw = partial(lighting.training_views, options.kind, size=recipe.size)
    train, test = draw("train", n_train), draw("test", n_test)
    scored = {}
    for angle in ANGLES:
        seen = lighting.turned(test, angle)
        scored[angle] = evaluation.baselines(train, seen, [t for t in TURNED if t not in PLAIN])
    history.seconds = time.perf_counter() - began
    history.peak_mb = max(0.0, memory.peak_mb(device))  # not NaN, where it is not known
    shared = {"kind": options.kind, "scale": options.scale, "n_items": n_test}
    shared |= {"data_sha256": sha256_of(train.images), "origin": history.provenance()}
    of = {"n_train": n_train, "steps": recipe.steps, "size": recipe.size}
    for angle, found in scored.items():
        rows = scene_rows(found, claim="table2", params=of | {"angle": angle}, **shared)
        ledger.append(options.book / "results" / "surfels.jsonl", rows)
        print(options.kind, angle, {row: round(v["mse_depth"], 5) for row, v in found.items()})


def by_class(
    views: SceneViews, names: tuple[str, ...] = ()
) -> tuple[SceneViews, Tensor, tuple[str, ...]]:
    """Pictures of one thing each, the class (N,) of each, and the classes' names.

    names: what the classes are called, in their order; by default, what the things are.
    """
    single = [i for i, scene in enumerate(views.scenes) if len(scene.names) == 1]
    names = names or tuple(sorted({views.scenes[i].names[0] for i in single}))
    classes = torch.tensor([names.index(views.scenes[i].names[0]) for i in single])
    return views[single], classes, names


def object_rows(
    model: Pix2Scene,
    train: SceneViews,
    test: SceneViews,
    names: tuple[str, ...],
    trace: Path,
    **shared: Any,
) -> list[ledger.Row]:
    """Scores on generated test objects and, where there are any, on real ones under the same
    cameras and lights. Of the first real objects, what the page shows is kept at `trace`."""
    sets = {"procedural": test}
    try:
        things, credits = real_things()
        n, size = len(test), test.images.shape[1]
        sets["open models"] = lighting.training_views(shared["kind"], "test", n, size, things)
    except (FileNotFoundError, ValueError) as error:
        print(f"no real objects: {error}", file=sys.stderr)
    rows = []
    for dataset, views in sets.items():
        views, classes, _ = by_class(views, names)
        depth = evaluation.reconstruct(model, views, classes=classes)
        scored = {"pix2scene": evaluation.scores(depth, views)}
        scored |= evaluation.baselines(train, views)
        rows += scene_rows(scored, claim="objects", dataset=dataset, **shared)
        print(dataset, {row: round(found["mse_depth"], 5) for row, found in scored.items()})
        if dataset == "open models":
            write_objects(trace, views, depth, credits)
    return rows


def sha256_of(images: Tensor) -> str:
    """A hash of pictures, for the ledger."""
    return hashlib.sha256(images.contiguous().numpy()).hexdigest()
