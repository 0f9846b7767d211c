"""A few steps of every chapter's training by one process or, under torchrun, by several.

python tests/training_steps.py FOLDER
torchrun --nproc-per-node 2 tests/training_steps.py FOLDER
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import nn

from fiveviews.data import line_drawings_procedural as drawings
from fiveviews.data.fields import load_fields
from fiveviews.data.iqtt import load_questions
from fiveviews.data.line_drawings import questions_of
from fiveviews.data.surfel_lighting import training_views
from fiveviews.data.views import load_views
from fiveviews.models import (
    line_drawings,
    line_drawings_pose,
    soft_meshes,
    surfels,
    surfels_baselines,
    surfels_iqtt,
    templates,
    templates_training,
    viewpoints,
)
from fiveviews.models.line_drawings_pretext import PRETEXTS
from fiveviews.models.templates_data import load_objects
from fiveviews.training import parallel
from fiveviews.training.history import History

Trained = tuple[nn.Module, History]
HOW = {"seed": 0, "progress": False, "log_every": 1}


def soft(encoder: str, steps: int, device: str) -> Trained:
    recipe = soft_meshes.recipe("smoke", steps=steps, encoder=encoder, decay_at=1.0)
    return soft_meshes.train(load_views("chair", "train", n=4), recipe, device=device, **HOW)


def ssr(steps: int, device: str) -> Trained:
    views = load_views("chair", "train", n=4)
    recipe = viewpoints.recipe("smoke", steps=2 * steps, siam_first=1, cycle=2)
    return viewpoints.train(views[:2], views[2:], recipe, device=device, **HOW)


def contrast(method: str, steps: int, device: str) -> Trained:
    recipe = line_drawings.recipe("smoke", pairs_steps=steps, dropout=0.0)
    pairs = drawings.load_pairs("train", 25)
    return line_drawings.pretrain(method, pairs, recipe, device=device, **HOW)


def questions(fusion: str, steps: int, device: str) -> Trained:
    recipe = line_drawings.recipe("smoke", steps=steps, dropout=0.0)
    asked = drawings.load_questions("train", 25)
    return line_drawings.learn(asked, recipe, fusion=fusion, device=device, **HOW)


def poses(task: str, steps: int, device: str) -> Trained:
    recipe = line_drawings.recipe("smoke", pose_steps=steps, dropout=0.0)
    views = drawings.load_views("train", 25)
    data = questions_of(views, task) if task else views
    return line_drawings_pose.train(data, recipe, device=device, **HOW)


def scenes(changes: dict[str, bool], steps: int, device: str) -> Trained:
    recipe = surfels.recipe("smoke", steps=steps, **changes)
    views = training_views("shapes", "train", 8, recipe.size)
    return surfels.train(surfels.Objective(views, recipe, device), **HOW)


def rotation(method: str, steps: int, device: str) -> Trained:
    asked = load_questions("other", "train", 20, 32)
    if method == "pix2scene":
        recipe = surfels_iqtt.recipe("smoke", steps=steps, n_labels=16, question_every=1)
        return surfels.train(surfels_iqtt.IQObjective(asked, recipe, device), **HOW)
    recipe = surfels_baselines.recipe("smoke", method, steps=steps, n_labels=16)
    return surfels_baselines.train(asked, recipe, device=device, **HOW)


def implicit(what: str, steps: int, device: str) -> Trained:
    recipe = templates.recipe(
        "smoke", steps=steps, sol1_steps=steps, contrast_steps=steps, sol2_steps=steps
    )
    objects = load_objects(load_fields("chair", "train", n=4, samples=2000), recipe.size)
    how = {"device": device, **HOW}
    if what == "encoder":
        codes = torch.linspace(-1, 1, 4 * recipe.code).view(4, -1)
        return templates_training.train_encoder(objects, codes, recipe, **how)
    train = {
        "fields": templates_training.train_fields,
        "contrast": templates_training.contrast,
        "end_to_end": templates_training.train_end_to_end,
    }[what]
    return train(objects, recipe, **how)


# Each is called with a number of steps and a device.
CASES: dict[str, Callable[[int, str], Trained]] = {
    **{f"soft_meshes {e}": partial(soft, e) for e in ("baseline", "resnet", "attention")},
    "viewpoints": ssr,
    **{f"line_drawings {m}": partial(contrast, m) for m in ("bce", "ntxent", "simclr", *PRETEXTS)},
    **{f"line_drawings {f}": partial(questions, f) for f in ("early", "late")},
    **{f"line_drawings poses {t}": partial(poses, t) for t in ("", "i2p", "p2i")},
    "surfels scenes": partial(scenes, {}),
    "surfels random_lights": partial(scenes, {"random_lights": True}),
    "surfels last_only": partial(scenes, {"last_only": True}),
    **{
        f"surfels {m}": partial(rotation, m) for m in ("pix2scene", "cnn", "siamese", "contrastive")
    },
    **{
        f"templates {w}": partial(implicit, w)
        for w in ("fields", "encoder", "contrast", "end_to_end")
    },
}


class Plain(torch.optim.SGD):
    """Plain descent in Adam's place, whose first step is the sign of each gradient: where that is
    zero but for rounding, the sign is chance."""

    def __init__(self, params: object, lr: float = 1e-3, betas: tuple[float, float] = (0.9, 0.999)):
        super().__init__(params, lr=lr)


def main() -> None:
    torch.set_num_threads(1)
    torch.optim.Adam = surfels.Adam = surfels_iqtt.Adam = surfels_baselines.Adam = Plain
    folder = Path(sys.argv[1])
    for name, run in CASES.items():
        model, history = run(3, "cpu")
        if parallel.rank() == 0:
            kept = {k: v.clone().contiguous() for k, v in model.state_dict().items()}
            losses = [v for row in history.losses for k, v in row.items() if k.endswith("loss")]
            save_file(kept | {"losses": torch.tensor(losses)}, folder / f"{name}.safetensors")


if __name__ == "__main__":
    main()
