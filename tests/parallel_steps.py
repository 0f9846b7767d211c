"""A few steps of every chapter's training by one process or, under torchrun, by several.

python tests/parallel_steps.py FOLDER
torchrun --nproc-per-node 2 tests/parallel_steps.py FOLDER
"""

from __future__ import annotations

import sys
from collections.abc import Callable
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
STEPS = 3


def soft(encoder: str) -> Trained:
    recipe = soft_meshes.recipe("smoke", steps=STEPS, encoder=encoder)
    return soft_meshes.train(load_views("chair", "train", n=4), recipe, device="cpu", **HOW)


def ssr() -> Trained:
    views = load_views("chair", "train", n=4)
    recipe = viewpoints.recipe("smoke", steps=6, siam_first=1, cycle=2)
    return viewpoints.train(views[:2], views[2:], recipe, device="cpu", **HOW)


def contrast(method: str) -> Trained:
    recipe = line_drawings.recipe("smoke", pairs_steps=STEPS, dropout=0.0)
    pairs = drawings.load_pairs("train", 25)
    return line_drawings.pretrain(method, pairs, recipe, device="cpu", **HOW)


def questions(fusion: str) -> Trained:
    recipe = line_drawings.recipe("smoke", steps=STEPS, dropout=0.0)
    asked = drawings.load_questions("train", 25)
    return line_drawings.learn(asked, recipe, fusion=fusion, device="cpu", **HOW)


def poses(task: str) -> Trained:
    recipe = line_drawings.recipe("smoke", pose_steps=STEPS, dropout=0.0)
    views = drawings.load_views("train", 25)
    data = questions_of(views, task) if task else views
    return line_drawings_pose.train(data, recipe, device="cpu", **HOW)


def scenes(**changes: object) -> Trained:
    recipe = surfels.recipe("smoke", steps=STEPS, **changes)
    views = training_views("shapes", "train", 8, recipe.size)
    return surfels.train(surfels.Objective(views, recipe), **HOW)


def rotation(method: str) -> Trained:
    asked = load_questions("other", "train", 20, 32)
    if method == "pix2scene":
        recipe = surfels_iqtt.recipe("smoke", steps=STEPS, n_labels=16, question_every=1)
        return surfels.train(surfels_iqtt.IQObjective(asked, recipe), **HOW)
    recipe = surfels_baselines.recipe("smoke", method, steps=STEPS, n_labels=16)
    return surfels_baselines.train(asked, recipe, device="cpu", **HOW)


def implicit(what: str) -> Trained:
    recipe = templates.recipe(
        "smoke", steps=STEPS, sol1_steps=STEPS, contrast_steps=STEPS, sol2_steps=STEPS
    )
    objects = load_objects(load_fields("chair", "train", n=4, samples=2000), recipe.size)
    how = {"device": "cpu", **HOW}
    if what == "encoder":
        codes = torch.linspace(-1, 1, 4 * recipe.code).view(4, -1)
        return templates_training.train_encoder(objects, codes, recipe, **how)
    train = {
        "fields": templates_training.train_fields,
        "contrast": templates_training.contrast,
        "end_to_end": templates_training.train_end_to_end,
    }[what]
    return train(objects, recipe, **how)


CASES: dict[str, Callable[[], Trained]] = {
    **{f"soft_meshes {e}": lambda e=e: soft(e) for e in ("baseline", "resnet", "attention")},
    "viewpoints": ssr,
    **{
        f"line_drawings {m}": lambda m=m: contrast(m)
        for m in ("bce", "ntxent", "simclr", *PRETEXTS)
    },
    **{f"line_drawings {f}": lambda f=f: questions(f) for f in ("early", "late")},
    **{f"line_drawings poses {t}": lambda t=t: poses(t) for t in ("", "i2p", "p2i")},
    "surfels scenes": scenes,
    "surfels strange_lights": lambda: scenes(strange_lights=True),
    "surfels last_only": lambda: scenes(last_only=True),
    **{
        f"surfels {m}": lambda m=m: rotation(m)
        for m in ("pix2scene", "cnn", "siamese", "contrastive")
    },
    **{
        f"templates {w}": lambda w=w: implicit(w)
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
        model, history = run()
        if parallel.rank() == 0:
            kept = {k: v.clone().contiguous() for k, v in model.state_dict().items()}
            losses = [v for row in history.losses for k, v in row.items() if k.endswith("loss")]
            save_file(kept | {"losses": torch.tensor(losses)}, folder / f"{name}.safetensors")


if __name__ == "__main__":
    main()
