"""Recording Pix2Scene: runs from a command line, into the ledger, weights and small traces.

    python -m fiveviews.models.surfels_results scenes box_rotation --seed 0
    python -m fiveviews.models.surfels_results iqtt pix2scene --labels 1000 --track mirror --seed 0

Runs of one machine may go side by side: each appends its lines to the ledger in one write.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import sys
from collections.abc import Sequence
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from fiveviews.data import surfel_lighting as lighting
from fiveviews.data.iqtt import TRACKS, load_questions, viewer
from fiveviews.data.storage import write_npz
from fiveviews.data.surfel_objects import real_things
from fiveviews.data.surfel_scenes import KINDS, SceneViews
from fiveviews.models import surfels, surfels_baselines, surfels_iqtt
from fiveviews.models import surfels_evaluation as evaluation
from fiveviews.models.surfels import Pix2Scene
from fiveviews.models.surfels_tables import ANGLES, METHODS, METRICS, TABLE1, TABLE2, TABLE3
from fiveviews.models.surfels_traces import EXAMPLES, write_objects, write_trace
from fiveviews.training import checkpoints, ledger, provenance, recorded
from fiveviews.training.history import History
from fiveviews.training.session import find_device

# Pictures for training and for testing, of a scale; questions of 3D-IQTT likewise. `full` is what
# fits the memory of a workstation. paper: 200,000 questions; how many scenes, it does not say.
SCENES = {"smoke": (32, 8), "lab": (2000, 100), "full": (10_000, 1000)}
QUESTIONS = {"smoke": (40, 24), "lab": (4000, 1000), "full": (20_000, 5000)}
RECORDS = Path(os.environ.get("FIVEVIEWS_RECORDS") or "book")  # a rerun has a folder of its own
CHECKPOINTS = RECORDS / "runs" if Path("book") != RECORDS else Path("_runs")
PLAIN = ("constant_depth", "plane_depth")  # baselines of every run; the others of seed 0 alone
TURNED = (*PLAIN, "mean_depth", "empty_room")  # those that can be asked about an unseen view


def scene_rows(
    scored: dict[str, dict[str, float]],
    origin: dict[str, Any],
    *,
    claim: str,
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
    """Train on scenes of one kind; record tables 1 and 2, or an ablation."""
    n_train, n_test = SCENES[options.scale]
    changes = surfels.VARIANTS[options.variant] | _steps(options)
    recipe = surfels.recipe(options.scale, **changes)
    things, makers = real_things(classes=options.things) if options.things else ((), [])
    draw = partial(lighting.training_views, options.kind, size=recipe.size, things=things)
    train, test = draw("train", n_train), draw("test", n_test)
    classes = None
    if options.classes:
        train, classes, names = by_class(train)
        recipe = replace(recipe, classes=len(names))
    device = find_device(options.device).device
    validation = draw("val", min(50, n_test))
    kind = "_".join(options.things) or options.kind
    folder, name = options.book, f"{kind}{'_classes' if options.classes else ''}"
    name += "" if options.variant == "whole" else f"_{options.variant}"
    kept = checkpoints_of(options, name, recipe.steps)
    model, history = surfels.train(
        surfels.Objective(train, recipe, device, classes),
        seed=options.seed,
        evaluate=lambda scene: evaluation.validate(scene, validation) if classes is None else {},
        folder=kept,
        progress=False,
    )
    sha256 = None
    if options.weights:
        path = folder / "weights" / "surfels" / f"{name}_{options.seed}.safetensors"
        config = asdict(recipe) | {"kind": kind, "n_train": n_train}
        sha256 = recorded.record(path, model, history, config=config, scale=options.scale)
        model = recorded.load(path, Pix2Scene.of, device).model
    trace = folder / "results" / "surfels" / f"{name}_{options.seed}.npz"
    write_trace(trace, model, history, test, classes=recipe.classes)
    rows, shared = [], {"scale": options.scale, "n_items": n_test, "weights_sha256": sha256}
    shared |= {"kind": kind, "data_sha256": sha256_of(train.images)}
    params = {"n_train": n_train, "steps": recipe.steps, "size": recipe.size}
    origin = history.provenance()
    if classes is not None:
        where = trace.with_name(f"{options.kind}_objects_{options.seed}.npz")
        rows = object_rows(model, train, test, names, where, origin, params=params, **shared)
        ledger.append(folder / "results" / "surfels.jsonl", rows)
        checkpoints.discard(kept)
        return
    believed = evaluation.reconstruct(model, test)
    own = evaluation.scores(believed, test)
    if things:
        shared["dataset"] = "open models"
        write_objects(trace.with_name(f"{name}_objects_{options.seed}.npz"), test, believed, makers)
    if options.variant != "whole" or options.ablation:
        rows += scene_rows(
            {options.variant: own}, origin, claim="ablation", params=params, **shared
        )
    elif things or kind == "furnished":  # in no table of the paper: only the picture's own view
        found = {"pix2scene": own} | evaluation.baselines(train, test)
        rows += scene_rows(found, origin, claim="complex", params=params, **shared)
    else:
        paper = TABLE1.get(kind)
        rows += scene_rows(
            {"pix2scene": own}, origin, claim="table1", params=params, paper=paper, **shared
        )
        bare = evaluation.baselines(train, test, PLAIN if options.seed else None)
        rows += scene_rows(bare, origin, claim="table1", params=params, **shared)
        for angle in ANGLES:
            seen = lighting.turned(test, angle)
            found = {"pix2scene": evaluation.reconstruct(model, test, seen.camera)}
            bare = PLAIN if options.seed else TURNED
            found |= {row: evaluation.BASELINES[row](train, seen) for row in bare}
            scored = {row: evaluation.scores(depth, seen) for row, depth in found.items()}
            rows += scene_rows(
                scored, origin, claim="table2", params=params | {"angle": angle},
                paper=TABLE2.get((kind, angle)), **shared,
            )  # fmt: skip
    ledger.append(folder / "results" / "surfels.jsonl", rows)
    checkpoints.discard(kept)
    print(kind, options.variant, options.seed, {k: round(v, 4) for k, v in own.items()})


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
    origin: dict[str, Any],
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
        rows += scene_rows(scored, origin, claim="objects", dataset=dataset, **shared)
        print(dataset, {row: round(found["mse_depth"], 5) for row, found in scored.items()})
        if dataset == "open models":
            write_objects(trace, views, depth, credits)
    return rows


def run_questions(options: argparse.Namespace) -> None:
    """Train one method on 3D-IQTT and record its accuracy."""
    n_train, n_test = QUESTIONS[options.scale]
    n_train = max(n_train, options.labels)
    device = find_device(options.device).device
    variant = options.variant
    name = f"iqtt_{options.method}_{options.track}_{options.labels}"
    name += "" if variant == "whole" else f"_{variant}"
    if options.method == "pix2scene":
        changes = surfels_iqtt.VARIANTS[variant] | _steps(options) | {"n_labels": options.labels}
        recipe = surfels_iqtt.recipe(options.scale, **changes)
        size = recipe.size
    else:
        changes = _steps(options) | {"n_labels": options.labels}
        recipe = surfels_baselines.recipe(options.scale, options.method, **changes)
        size = surfels_iqtt.RECIPES[options.scale].size
    folder = checkpoints_of(options, name, recipe.steps)
    shared: dict[str, Any] = {"seed": options.seed, "progress": False, "folder": folder}
    train = load_questions(options.track, "train", n_train, size)
    test = load_questions(options.track, "test", n_test, size)
    validation = load_questions(options.track, "val", min(200, n_test), size)
    if options.method == "pix2scene":
        model, history = surfels.train(
            surfels_iqtt.IQObjective(train, recipe, device),
            evaluate=lambda scene: {"accuracy": surfels_iqtt.accuracy(scene, validation)},
            **shared,
        )
        distances = surfels_iqtt.distances(model, test)
        hits = surfels_iqtt.right(distances, test.answers)
    else:
        model, history = surfels_baselines.train(
            train, recipe, validation=validation, device=device, **shared
        )
        hits = surfels_baselines.answered(model, test)
    history = history or History(device=provenance.device_name(device), seed=options.seed)
    sha256 = None
    if options.weights:
        path = options.book / "weights" / "surfels" / f"{name}_{options.seed}.safetensors"
        sha256 = recorded.record(path, model, history, config=recipe, scale=options.scale)
    found = {"accuracy": hits.float().mean().item()}
    claim, row = ("iqtt", options.method)
    if variant != "whole" or options.ablation:
        claim, row = "iqtt_ablation", variant
        lax = surfels_iqtt.right(distances, test.answers, ties="right")
        found["accuracy_ties_right"] = lax.float().mean().item()
    known = TABLE3.get(row, {}).get(options.labels) if options.track == "other" else None
    rows = [
        ledger.Row(
            chapter="surfels",
            claim=claim,
            row=row,
            metric=metric,
            unit="fraction",
            value=value,
            paper_value=known if metric == "accuracy" else None,
            n_items=n_test,
            scale=options.scale,
            dataset="procedural",
            params={
                "n_labels": options.labels, "track": options.track, "n_train": n_train,
                "steps": recipe.steps, "size": size,
            },
            data_sha256=train.sha256,
            weights_sha256=sha256,
            **history.provenance(),
        )
        for metric, value in found.items()
    ]  # fmt: skip
    ledger.append(options.book / "results" / "surfels.jsonl", rows)
    checkpoints.discard(folder)
    trace = options.book / "results" / "surfels" / f"{name}_{options.seed}.npz"
    if options.seed == 0:
        kept = {"right": hits.numpy(), "angles": test.angles().astype(np.float16)}
        if options.method == "pix2scene":
            few = torch.from_numpy(test.images[:EXAMPLES, 0]).to(device)
            with torch.no_grad():
                codes = model.encode(surfels_iqtt.to_network(few), viewer())
                kept["rebuilt"] = model.decode(codes, viewer()).cpu().half().numpy()
        write_npz(trace, **kept)
    print(name, options.seed, {k: round(v, 4) for k, v in found.items()})


def sha256_of(images: Tensor) -> str:
    """A hash of pictures, for the ledger."""
    return hashlib.sha256(images.contiguous().numpy()).hexdigest()


def checkpoints_of(options: argparse.Namespace, name: str, steps: int) -> Path:
    """The folder of a run's checkpoints, from which it goes on where it was killed."""
    return CHECKPOINTS / options.scale / f"surfels_{name}_{options.seed}_{steps}"


def _steps(options: argparse.Namespace) -> dict[str, int]:
    return {"steps": options.steps} if options.steps else {}


def parser() -> argparse.ArgumentParser:
    """The command line."""
    top = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    commands = top.add_subparsers(dest="command", required=True)
    scenes = commands.add_parser("scenes", help="tables 1 and 2, and the ablation")
    scenes.add_argument("kind", choices=KINDS)
    scenes.add_argument("--variant", choices=surfels.VARIANTS, default="whole")
    single = scenes.add_mutually_exclusive_group()
    single.add_argument("--classes", action="store_true", help="generate by class")
    single.add_argument(
        "--things", nargs="+", default=[], metavar="CLASS",
        help="stand these classes of models/ in the scenes of kind shapenet, instead of generated "
        "things",
    )  # fmt: skip
    questions = commands.add_parser("iqtt", help="table 3")
    questions.add_argument("method", choices=METHODS)
    questions.add_argument("--labels", type=int, default=0)
    questions.add_argument("--track", choices=TRACKS, default="other")
    questions.add_argument("--variant", choices=surfels_iqtt.VARIANTS, default="whole")
    for command in (scenes, questions):
        command.add_argument("--scale", choices=surfels.RECIPES, default="lab")
        command.add_argument("--seed", type=int, default=0)
        command.add_argument("--steps", type=int, default=0, help="0: the recipe's")
        command.add_argument("--device", default="auto")
        command.add_argument("--ablation", action="store_true", help="the whole, as its first row")
        command.add_argument("--weights", action="store_true", help="keep the weights")
        command.add_argument("--book", type=Path, default=RECORDS, help="default: %(default)s")
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line says; return the exit status."""
    options = parser().parse_args(arguments)
    try:
        run_scenes(options) if options.command == "scenes" else run_questions(options)
    except (ValueError, RuntimeError, OSError, FloatingPointError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
