"""Recording Pix2Scene: runs from a command line, into the ledger, weights and small traces.

    python -m fiveviews.book.surfels scenes box_rotation --seed 0
    python -m fiveviews.book.surfels iqtt pix2scene --labels 1000 --track mirror --seed 0
    python -m fiveviews.book.surfels untrained box_rotation  # depths that need no training

Runs of one machine may go side by side: each appends its lines to the ledger in one write.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from fiveviews import memory
from fiveviews.book.pages import RECORDS, RUNS
from fiveviews.data import surfel_lighting as lighting
from fiveviews.data.iqtt import TRACKS, Questions, lights, viewer
from fiveviews.data.iqtt_sets import SOURCES, load_questions
from fiveviews.data.storage import write_npz
from fiveviews.data.surfel_objects import real_things
from fiveviews.data.surfel_scenes import KINDS, SceneViews
from fiveviews.models import surfels, surfels_baselines, surfels_iqtt
from fiveviews.models import surfels_evaluation as evaluation
from fiveviews.models.surfels import Pix2Scene
from fiveviews.models.surfels_tables import ANGLES, METHODS, METRICS, TABLE1, TABLE2, TABLE3
from fiveviews.models.surfels_traces import (
    EXAMPLES,
    curves,
    some_sheets,
    write_objects,
    write_trace,
)
from fiveviews.training import checkpoints, ledger, provenance, recorded
from fiveviews.training.history import History
from fiveviews.training.session import find_device

# Pictures for training and for testing, of a scale; questions of 3D-IQTT likewise. `full` is what
# fits the memory of a workstation. paper: 200,000 questions; how many scenes, it does not say.
SCENES = {"smoke": (32, 8), "lab": (2000, 100), "full": (10_000, 1000)}
QUESTIONS = {"smoke": (40, 24), "lab": (4000, 1000), "full": (20_000, 5000)}
WORDS = ledger.WORDS["surfels"]  # only what has a row is run
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
    recipe = surfels.recipe(options.scale, **surfels.VARIANTS[options.variant], **_steps(options))
    things, makers = real_things(classes=options.things) if options.things else ((), [])
    draw = partial(take, options.kind, options.variant, size=recipe.size, things=things)
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
    name += "" if options.variant == "whole" else f"_{options.variant}"
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


def take(kind: str, variant: str, split: str, n: int, **how: Any) -> SceneViews:
    """The first n pictures of a kind and split, lit as the variant has it."""
    views = lighting.training_views(kind, split, n, **how)
    if variant not in surfels.RELIT:
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
    if _is_part(options):
        return note({options.variant: own}, claim="ablation")
    if options.things or kind == "furnished":
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
    changes = _steps(options) | {"n_labels": options.labels}
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
    if _is_part(options):
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
    part = _is_part(options)
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


def sha256_of(images: Tensor) -> str:
    """A hash of pictures, for the ledger."""
    return hashlib.sha256(images.contiguous().numpy()).hexdigest()


def checkpoints_of(options: argparse.Namespace, name: str, steps: int) -> Path:
    """The folder of a run's checkpoints, from which it goes on where it was killed."""
    return RUNS / options.scale / f"surfels_{name}_{options.seed}_{steps}"


def sheets_of(checkpoints: Path) -> Path:
    """The folder of a run's sheets of samples, beside its checkpoints, which it outlives."""
    return checkpoints.with_name(f"{checkpoints.name}_samples")


def _steps(options: argparse.Namespace) -> dict[str, int]:
    return {"steps": options.steps} if options.steps else {}


def parser() -> argparse.ArgumentParser:
    """The command line."""
    top = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    commands = top.add_subparsers(dest="command", required=True)
    scenes = commands.add_parser("scenes", help="tables 1 and 2, and the ablation")
    scenes.add_argument("kind", choices=KINDS)
    scenes.add_argument("--variant", choices=WORDS["ablation"][0], default="whole")
    single = scenes.add_mutually_exclusive_group()
    single.add_argument("--classes", action="store_true", help="generate by class")
    single.add_argument(
        "--things", nargs="+", default=[], metavar="CLASS",
        help="stand these classes of models/ in the scenes of kind shapenet, instead of generated "
        "things",
    )  # fmt: skip
    untrained = commands.add_parser("untrained", help="depths without learning, of table 2")
    untrained.add_argument("kind", choices=KINDS)
    questions = commands.add_parser("iqtt", help="table 3")
    questions.add_argument("method", choices=METHODS)
    questions.add_argument("--labels", type=int, default=0)
    questions.add_argument("--track", choices=TRACKS, default="other")
    questions.add_argument(
        "--source", choices=SOURCES, default="procedural",
        help="of the questions; the published files lie under 3diqtt/ of the data folder",
    )  # fmt: skip
    questions.add_argument("--variant", choices=WORDS["iqtt_ablation"][0], default="whole")
    for command in (scenes, questions, untrained):
        command.add_argument("--scale", choices=surfels.RECIPES, default="lab")
        command.add_argument("--book", type=Path, default=RECORDS, help="default: %(default)s")
    for command in (scenes, questions):
        command.add_argument("--seed", type=int, default=0)
        command.add_argument("--steps", type=int, default=0, help="0: the recipe's")
        command.add_argument("--device", default="auto")
        command.add_argument("--ablation", action="store_true", help="the whole, as its first row")
        command.add_argument("--weights", action="store_true", help="keep the weights")
    return top


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """The options of a command line; a usage error for a run that the ledger has no row for."""
    top = parser()
    options = top.parse_args(arguments)
    if options.command == "scenes" and options.classes and _is_part(options):
        top.error("--classes records the whole method: leave out --variant and --ablation")
    if options.command == "iqtt" and options.method != "pix2scene" and _is_part(options):
        top.error(f"--variant and --ablation are of pix2scene: leave them out of {options.method}")
    if options.command == "iqtt" and options.source == "official" and options.track != "other":
        top.error("the published files hold the track other: leave out --track")
    return options


def _is_part(options: argparse.Namespace) -> bool:
    """Whether a run is a row of an ablation."""
    return options.variant != "whole" or options.ablation


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line says; return the exit status."""
    options = parse(arguments)
    runs = {"scenes": run_scenes, "iqtt": run_questions, "untrained": run_untrained}
    try:
        runs[options.command](options)
    except (ValueError, RuntimeError, OSError, FloatingPointError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
