"""Measure how fast the full recipes train on this machine's GPU, and what they would take in all.

Each training is started whole, on random data of the right shapes, whose contents do not matter for
speed, and stopped after some steps; the first of them, which compile and record, are not counted.
The page "Rerun it" shows the result, book/results/training_costs.json.
"""

from __future__ import annotations

import argparse
import json
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import mean
from unittest.mock import patch

import numpy as np
import torch

from fiveviews.book.pages import ROOT
from fiveviews.data import iqtt, line_drawings
from fiveviews.data.surfel_lighting import coloured_lights
from fiveviews.data.surfel_scenes import SceneViews, sample_cameras
from fiveviews.data.views import ViewSet
from fiveviews.fields.sampling import SdfSamples
from fiveviews.files import write_atomically
from fiveviews.memory import peak_mb
from fiveviews.models import line_drawings as t2i
from fiveviews.models import (
    line_drawings_pose,
    soft_meshes,
    surfels,
    surfels_baselines,
    surfels_iqtt,
    templates,
    templates_training,
    viewpoints,
)
from fiveviews.models.templates_data import Objects, Samples
from fiveviews.training import fit
from fiveviews.training.history import History
from fiveviews.training.provenance import code_version, device_name, now
from fiveviews.training.run import Run
from fiveviews.training.session import find_device

FILE = ROOT / "book" / "results" / "training_costs.json"
PRECISIONS = ("32-true", "bf16-mixed")
Train = Callable[..., tuple[object, History]]


@dataclass
class Speed:
    """What a step of one training takes. busy: share of the time in which the GPU computed."""

    chapter: str
    training: str
    precision: str
    total: int  # steps of the whole recipe
    steps_per_s: float
    busy: float | None
    peak_mb: float


@dataclass(frozen=True)
class Training:
    """One training of the full recipes. make: called without arguments, prepares its data and
    returns a function of a number of steps and of options for `fit`. few, more: steps timed."""

    chapter: str
    name: str
    total: int
    make: Callable[[], Train]
    few: int = 20
    more: int = 120
    precisions: tuple[str, ...] = field(default=PRECISIONS)


def pictures(n: int = 32) -> ViewSet:
    images = np.random.default_rng(0).integers(0, 256, (n, 24, 64, 64, 4), np.uint8)
    voxels = np.zeros((n, 32, 32, 32), bool)
    return ViewSet(images, voxels, tuple(map(str, range(n))), "chair", "train", "procedural")


def drawings(n: int, *layout: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (n, *layout, 200, 200, 2), np.uint8)


def names(n: int) -> tuple[str, ...]:
    return tuple(map(str, range(n)))


def reconstruct() -> Train:
    views = pictures()
    return lambda steps, **options: soft_meshes.train(
        views, soft_meshes.recipe("full", steps=steps), **options
    )


def label_and_reconstruct() -> Train:
    labelled, rest = viewpoints.split_labels(pictures(), 2)

    def train(steps: int, **options: object) -> tuple[object, History]:
        recipe = viewpoints.recipe("full", steps=steps)
        model = viewpoints.SSR(recipe, len(rest))
        model.pseudo.random_(24)  # as later on, when there are pseudo-labels
        return viewpoints.train(labelled, rest, recipe, model=model, **options)

    return train


def contrast_drawings() -> Train:
    n = 64
    pairs = line_drawings.Drawings("pairs", drawings(n, 2, 4), names(n), "train", "procedural")
    return lambda steps, **options: t2i.pretrain(
        "bce", pairs, t2i.recipe("full", pairs_steps=steps), **options
    )


def answer_questions() -> Train:
    n = 64
    some = np.zeros(n, np.int64)
    asked = line_drawings.Questions(
        "t2i", drawings(n, 3), drawings(n, 4), some, some, names(n),
        "train", "procedural",
    )  # fmt: skip
    return lambda steps, **options: t2i.learn(asked, t2i.recipe("full", steps=steps), **options)


def name_poses() -> Train:
    n = 64
    views = line_drawings.Drawings(
        "views", drawings(n, 11), names(n), "train", "procedural", tuple(range(1, 9))
    )
    return lambda steps, **options: line_drawings_pose.train(
        views, t2i.recipe("full", pose_steps=steps), **options
    )


def explain_scenes() -> Train:
    n, size = 64, 128
    shape = (n, size, size)
    views = SceneViews(
        torch.rand(*shape, 3), torch.ones(shape), torch.zeros(*shape, 3), sample_cameras(n),
        coloured_lights(n), (),
    )  # fmt: skip

    def train(steps: int, device: str, **options: object) -> tuple[object, History]:
        return surfels.train(
            surfels.Objective(views, surfels.recipe("full", steps=steps), device), **options
        )

    return train


def questions() -> iqtt.Questions:
    images = np.random.default_rng(0).integers(0, 256, (256, 4, 128, 128, 3), np.uint8)
    return iqtt.Questions(images, np.zeros(256, np.int64), None, "other", "train")


def rotate_figures() -> Train:
    asked = questions()

    def train(steps: int, device: str, **options: object) -> tuple[object, History]:
        recipe = surfels_iqtt.recipe("full", steps=steps, n_labels=200)
        return surfels.train(surfels_iqtt.IQObjective(asked, recipe, device), **options)

    return train


def compare_figures() -> Train:
    asked = questions()
    return lambda steps, **options: surfels_baselines.train(
        asked, surfels_baselines.recipe("full", "siamese", n_labels=200, steps=steps), **options
    )


def objects(n: int = 24, views: int = 8) -> Objects:
    generator = torch.Generator().manual_seed(0)
    samples = []
    for _ in range(n):
        points = 2 * torch.rand(20_000, 3, generator=generator) - 1
        samples.append(SdfSamples(points, points.norm(dim=1) - 0.5))
    images = torch.randint(256, (n, views, 224, 224, 3), generator=generator, dtype=torch.uint8)
    return Objects(range(n), Samples(samples), images)


def learn_fields() -> Train:
    known = objects()
    return lambda steps, **options: templates_training.train_fields(
        known, templates.recipe("full", steps=steps), **options
    )


def learn_codes() -> Train:
    known, recipe = objects(), templates.recipe("full")
    codes = torch.zeros(len(known), recipe.code)
    return lambda steps, **options: templates_training.train_encoder(
        known, codes, templates.recipe("full", sol1_steps=steps), **options
    )


def learn_all() -> Train:
    known = objects()
    return lambda steps, **options: templates_training.train_end_to_end(
        known, templates.recipe("full", sol2_steps=steps), **options
    )


T2I, POSES = t2i.recipe("full"), t2i.recipe("full").pose_steps
SCENES, QUESTIONS = surfels.recipe("full").steps, surfels_iqtt.recipe("full").steps
FIELDS = templates.recipe("full")
TRAININGS = (
    Training("soft_meshes", "reconstruction", soft_meshes.recipe("full").steps, reconstruct,
             100, 1100),
    Training("viewpoints", "SSR", viewpoints.recipe("full").steps, label_and_reconstruct, 50, 450),
    Training("line_drawings", "binary contrast", T2I.pairs_steps, contrast_drawings, 5, 35),
    Training("line_drawings", "T2I, supervised", T2I.steps, answer_questions, 5, 35),
    Training("line_drawings", "poses, self-supervised", POSES, name_poses, 5, 25),
    Training("surfels", "Pix2Scene, scenes", SCENES, explain_scenes, 5, 45),
    Training("surfels", "Pix2Scene, 3D-IQTT", QUESTIONS, rotate_figures, 5, 45),
    Training("surfels", "Siamese CNN", surfels_baselines.recipe("full", "siamese").steps,
             compare_figures, 10, 60),
    Training("templates", "phase 1", FIELDS.steps, learn_fields, 3, 18),
    Training("templates", "Sol 1", FIELDS.sol1_steps, learn_codes, 3, 18),
    Training("templates", "Sol 2", FIELDS.sol2_steps, learn_all, 3, 18),
)  # fmt: skip


@contextmanager
def watched(found: list[float]) -> Iterator[None]:
    """Meanwhile, look ten times a second whether the GPU computes."""
    done = threading.Event()

    def look() -> None:
        while not done.wait(0.1):
            try:
                found.append(torch.cuda.utilization() / 100)
            except (ModuleNotFoundError, RuntimeError):  # needs nvidia-ml-py, and a card that tells
                return

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


class Enough(Exception):
    """The steps that were to be timed are done."""


def measure(what: Training, precision: str, device: torch.device) -> Speed:
    """The speed of one training at one precision."""
    train, shares, stamps, update = what.make(), [], [], fit._update

    def timed(run: Run, *arguments: object) -> object:
        if run.step in (what.few, what.more):
            if device.type == "cuda":
                torch.cuda.synchronize(device)
            stamps.append(time.perf_counter())
        if run.step == what.more:
            raise Enough
        return update(run, *arguments)

    options = {"seed": 0, "device": str(device), "progress": False, "precision": precision}
    with watched(shares), patch.object(fit, "_update", timed), suppress(Enough):
        train(what.total, **options)
    rate = (what.more - what.few) / (stamps[1] - stamps[0])
    busy = mean(shares[len(shares) // 2 :]) if shares else None
    peak = peak_mb(device)  # since `fit` began
    return Speed(
        what.chapter, what.name, precision, what.total, round(rate, 3), busy and round(busy, 3),
        round(peak),
    )  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--to", type=Path, default=FILE, help="default: %(default)s")
    parser.add_argument("--only", default="", help="trainings of which chapter or name")
    parser.add_argument("--device", default="auto", help="default: auto")
    asked = parser.parse_args()
    device = find_device(asked.device).device
    found, failed = {}, []
    if asked.to.exists():
        kept = json.loads(asked.to.read_text("utf-8"))["speeds"]
        found = {(s["chapter"], s["training"], s["precision"]): s for s in kept}
    for what in TRAININGS:
        if asked.only not in f"{what.chapter} {what.name}":
            continue
        for precision in what.precisions:
            try:
                speed = measure(what, precision, device)
            except (RuntimeError, ValueError, FloatingPointError) as error:
                failed.append(what.name)
                print(f"{what.name}, {precision}: {error}", file=sys.stderr, flush=True)
                continue
            found[speed.chapter, speed.training, precision] = asdict(speed)
            hours = speed.total / speed.steps_per_s / 3600
            print(
                f"{speed.steps_per_s:9.2f} steps/s, {hours:6.2f} h, busy {speed.busy}: "
                f"{what.chapter}, {what.name}, {precision}",
                flush=True,
            )
            origin = code_version() | {"device": device_name(device), "started": now()}
            looked = "every 25 steps, as in every run"
            text = {"speeds": list(found.values()), "looked": looked, "origin": origin}
            text = json.dumps(text, indent=1)
            write_atomically(asked.to, text + "\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
