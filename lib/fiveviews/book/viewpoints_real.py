"""Ask the recorded networks for real objects: python -m fiveviews.book.viewpoints_real

Adds to the ledger how well SiamVP, which learned from two generated objects of a category, names
the viewpoints of real ones, and what the recorded networks of seed 0 make of real planes; trains
nothing. Needs the models (data_scripts/fetch_open_models.py). With --draw it writes the pictures
that the chapter shows to readers who have no models instead.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import astuple, replace
from math import nan
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from fiveviews.book.pages import LEDGERS, ROOT, WEIGHTS
from fiveviews.book.real_objects import check_licence, command, number_of
from fiveviews.cameras import shapenet_views
from fiveviews.data.rendering import VIEWS
from fiveviews.data.storage import read_npz, write_npz
from fiveviews.data.views import Credit, ViewSet, load_views
from fiveviews.models import viewpoints_results as results
from fiveviews.models.mesh_network import Reconstructor
from fiveviews.models.reconstruction import (
    evaluate_iou,
    meshes_of,
    reconstruct,
    to_network,
)
from fiveviews.models.siamvp import SiamVP, belief, score_pseudo_labels
from fiveviews.models.soft_meshes import DATASETS
from fiveviews.models.viewpoints import SSR
from fiveviews.render.depth import render_views
from fiveviews.training import checkpoints, ledger, recorded
from fiveviews.training.history import History
from fiveviews.training.provenance import device_name

SHOWN = ROOT / "book" / "viewpoints" / "real_models.npz"
CATEGORIES = ("car", "chair", "table", "vessel", "plane")  # of which a SiamVP is recorded
MESHES = "plane"  # the category of which the networks of the table are recorded
NETWORKS = {"softras": Reconstructor.of, "ssr": SSR.of, "upper_bound": Reconstructor.of}
N_LABELLED = 2  # objects with known viewpoints that they learned from
N_BESIDE = 60  # generated objects that are asked of the same SiamVP, for comparison
WORDS = {"softras": "SoftRas", "ssr": "SSR", "upper_bound": "all labels"}
ASKED = (  # the pictures of the first figure: category, split, name, view
    ("car", "test", "van", 2),
    ("car", "test", "smart-car", 9),
    ("car", "test", "ford-focus", 14),
    ("car", "test", "suv", 21),
    ("chair", "test", "chair-5", 2),
    ("chair", "test", "armchair-7", 9),
    ("table", "test", "table-on-trestles", 2),
    ("table", "test", "wooden-desk", 21),
    ("vessel", "train", "rowboat", 2),
)
REBUILT = ("plane", "train", "biplane")  # the object of the second figure, new to the networks
FROM = (0, 4, 8, 12, 16)  # the views in which it is shown to them
SEEN = 20  # the view in which their meshes are drawn
HEADS = {
    "category": "",
    "siamvp_home": "SiamVP, generated",
    "siamvp": "SiamVP, real",
    "pixels_home": "pixels, generated",
    "pixels": "pixels, real",
    "n_items": "real objects",
}
MESH_HEADS = {
    "row": "",
    "generated": "learned from generated planes",
    "real": "learned from real planes",
    "n_items": "real test objects",
}


def weights(name: str, scale: str) -> Path:
    """Where the recorded weights of a run lie.

    Raises FileNotFoundError, or ValueError where they are of another scale than they are asked for.
    """
    path = WEIGHTS / "viewpoints" / f"{name}.safetensors"
    _, about = checkpoints.read_tensors(path)
    found = json.loads(about["fiveviews"])["asked"]["scale"]
    if found != scale:
        raise ValueError(f"{path} is of scale {found}, not {scale}")
    return path


def siamvp_of(category: str, scale: str) -> tuple[recorded.Trained, ViewSet]:
    """The recorded SiamVP of seed 0 and the two generated objects from which it learned.

    Raises FileNotFoundError where it is not recorded, ValueError where it is of another scale.
    """
    path = weights(f"{category}_siamvp_{N_LABELLED}_0", scale)
    trained = recorded.load(path, lambda c: SiamVP(c["siam_widths"], c["embedding"]))
    return trained, load_views(category, "train", n=N_LABELLED)


def named(model: SiamVP, known: ViewSet, asked: ViewSet) -> Tensor:
    """The view that SiamVP finds likeliest for each picture: (N, 24). It always answers."""
    pictures, references = (torch.from_numpy(part.images) for part in (asked, known))
    return belief(model, pictures.flatten(0, 1), references).argmax(1).view(-1, VIEWS)


def nearest(known: ViewSet, asked: ViewSet) -> Tensor:
    """The view of the labelled picture that is nearest in pixels, at 32×32: (N, 24)."""
    stored = (torch.from_numpy(part.images).flatten(0, 1) for part in (asked, known))
    ours, theirs = (nn.functional.avg_pool2d(to_network(s), 2).flatten(1) for s in stored)
    return torch.cdist(ours, theirs).argmin(1).view(-1, VIEWS) % VIEWS


def viewpoint_rows(category: str, asked: ViewSet, scale: str) -> list[ledger.Row]:
    """How often the viewpoints of a set's pictures are named rightly, by SiamVP and by pixels."""
    trained, known = siamvp_of(category, scale)
    free = History(device=device_name(torch.device("cpu")), seed=0)
    found = (
        ("siamvp", named(trained.model, known, asked), trained.history, trained.sha256),
        ("pixels", nearest(known, asked), free, None),
    )
    return [
        ledger.Row(
            chapter="viewpoints",
            claim="transfer",
            row=row,
            category=category,
            metric=metric,
            unit="fraction",
            value=score_pseudo_labels(views)[metric],
            n_items=len(asked),
            scale=scale,
            dataset=DATASETS[asked.source],
            params={"n_labelled": N_LABELLED, "trained_on": "procedural"},
            data_sha256=known.sha256,
            weights_sha256=digest,
            **run.provenance(),
        )
        for row, views, run, digest in found
        for metric in ("accuracy", "near")
    ]


def networks(scale: str) -> dict[str, recorded.Trained]:
    """The recorded networks of table 2, by row, of seed 0. Raises as `siamvp_of` does."""
    return {
        row: recorded.load(weights(f"{MESHES}_procedural_{row}_{N_LABELLED}_0", scale), of)
        for row, of in NETWORKS.items()
    }


def mesh_network(run: recorded.Trained) -> nn.Module:
    """The part of a recorded network that makes meshes."""
    return getattr(run.model, "reconstructor", run.model)


def mesh_rows(rows: Sequence[ledger.Row], test: ViewSet, scale: str) -> list[ledger.Row]:
    """What the recorded networks score on a set, and the mean shape of what they learned from.

    rows: of the ledger, which says what each of them scored at home. Raises ValueError where it
        lacks one, and as `siamvp_of` does.
    """
    found = []
    for row, run in networks(scale).items():
        home = ledger.select(rows, claim="table2", row=row, weights_sha256=run.sha256)
        if not home:
            raise ValueError(f"the ledger does not say what {row} of {MESHES}s scored")
        params = dict(home[-1].params) | {"trained_on": home[-1].dataset}
        told = {"claim": "transfer", "params": params, "paper_value": None}
        told |= {"value": evaluate_iou(mesh_network(run), test).mean().item()}
        told |= {"n_items": len(test), "dataset": DATASETS[test.source]}
        found.append(replace(home[-1], **told))
    whole = load_views(MESHES, "train", n=N_LABELLED + found[-1].params["n_unlabelled"])
    return [*found, results.mean_shape_row(whole, test, found[-1])]


def mean_shapes(rows: Sequence[ledger.Row], test: ViewSet) -> Iterator[list[ledger.Row]]:
    """The mean shape of the real objects from which SSR learned, where the ledger has such a run
    and lacks it."""
    of_real = ledger.select(rows, claim="table2", dataset=DATASETS[test.source])
    runs = ledger.select(of_real, row="ssr", n_labelled=N_LABELLED)
    if runs and not ledger.select(of_real, row="mean_shape"):
        n = N_LABELLED + runs[-1].params["n_unlabelled"]
        whole = load_views(test.category, "train", test.source)[:n]
        yield [results.mean_shape_row(whole, test, runs[-1])]


def measure(categories: Sequence[str], scale: str) -> Iterator[list[ledger.Row]]:
    """The lines of the ledger, category by category; nothing that it already has."""
    known = ledger.read(LEDGERS / "viewpoints.jsonl")
    for category in categories:
        mine = ledger.select(known, claim="transfer", category=category, scale=scale)
        real = load_views(category, "test", "models")
        for asked in (load_views(category, "test", n=N_BESIDE), real):
            if not ledger.select(mine, row="siamvp", dataset=DATASETS[asked.source]):
                yield viewpoint_rows(category, asked, scale)
        if category == MESHES and not ledger.select(mine, row="ssr"):
            yield mesh_rows(known, real, scale)
        if category == MESHES:
            yield from mean_shapes(ledger.select(known, category=MESHES, scale=scale), real)


def find(category: str, split: str, name: str) -> ViewSet:
    """One real object. Raises ValueError where it is not there or may not be passed on."""
    views = load_views(category, split, "models")
    one = views[[number_of(views.names, name, f"{category} of {split}")]]
    check_licence(one.credits[0])
    return one


def write_pictures(path: Path, scale: str) -> None:
    """Draw what is made of the picked objects, and say whose they are.

    asked: (3, N, S, S, 4), real pictures, then a generated labelled object from the view that
    SiamVP names and from the true one; off: (N,), degrees between these. rebuilt: (5, K, S, S, 4),
    one real object from K views, what three networks make of each, and the truth; iou: (3, K).
    """
    columns, off, credits = [], [], []
    for category, split, name, view in ASKED:
        trained, known = siamvp_of(category, scale)
        one = find(category, split, name)
        answer = int(named(trained.model, known, one)[0, view])
        columns.append([one.images[0, view], known.images[0, answer], known.images[0, view]])
        off.append(15 * min((answer - view) % VIEWS, (view - answer) % VIEWS))
        credits.append(astuple(one.credits[0]))
    one = find(*REBUILT)
    rows, iou = [one.images[0, list(FROM)]], []
    for run in networks(scale).values():
        model = mesh_network(run)
        made = reconstruct(model, torch.from_numpy(rows[0]))
        drawn = [render_views(m, shapenet_views()[[SEEN]])[0] for m in meshes_of(model, made)]
        rows.append(np.stack([np.asarray(picture) for picture in drawn]))
        iou.append(evaluate_iou(model, one)[0, list(FROM)].numpy())
    rows.append(one.images[0, [SEEN] * len(FROM)])
    write_npz(
        path,
        asked=np.array(columns).swapaxes(0, 1),
        off=np.array(off),
        of=np.array([category for category, *_ in ASKED]),
        rebuilt=np.stack(rows),
        iou=np.stack(iou),
        credits=np.array([*credits, astuple(one.credits[0])]),
    )


def read_pictures(path: Path = SHOWN) -> dict[str, Any]:
    """What `write_pictures` wrote: asked and rebuilt (rows of pictures by their names), titles of
    their columns, iou (3, K), and who (one line for each object shown, in their order)."""
    names = ("asked", "off", "of", "rebuilt", "iou", "credits")
    asked, off, of, rebuilt, iou, credits = read_npz(path, names)
    makers = [vars(Credit(*credit)) for credit in credits.tolist()]
    whose = [*of.tolist(), REBUILT[0]]
    return {
        "asked": dict(zip(("picture", "SiamVP says", "truth"), asked, strict=True)),
        "asked_titles": [f"{d}° off" if d else "right" for d in off.tolist()],
        "rebuilt": dict(zip(("picture", *WORDS.values(), "truth"), rebuilt, strict=True)),
        "rebuilt_titles": [f"from {-15 * k}°" for k in FROM],
        "iou": iou,
        "who": [{"": kind} | maker for kind, maker in zip(whose, makers, strict=True)],
    }


def lines(rows: Sequence[ledger.Row], scale: str) -> list[dict[str, Any]]:
    """Lines of a table: shares of viewpoints named rightly, on generated and on real objects.

    A line has the keys of `HEADS`; there is none for what is not recorded.
    """
    found = []
    for category in CATEGORIES:
        mine = {
            (r.row, r.dataset): r
            for r in ledger.select(
                ledger.latest(rows),
                claim="transfer", category=category, metric="accuracy", scale=scale,
            )
        }  # fmt: skip
        line: dict[str, Any] = {"category": category}
        for row in ("siamvp", "pixels"):
            for dataset, end in (("procedural", "_home"), ("open models", "")):
                if (row, dataset) in mine:
                    line[row + end] = mine[row, dataset].value
        if "siamvp" in line:
            found.append(line | {"n_items": mine["siamvp", "open models"].n_items})
    return found


def mesh_lines(rows: Sequence[ledger.Row], scale: str) -> list[dict[str, Any]]:
    """Lines of a table: IoU on real objects, seed 0, by what the networks learned from.

    A line has the keys of `MESH_HEADS`; there is none for what is not recorded.
    """
    rows = ledger.select(ledger.latest(rows), scale=scale, seed=0, category=MESHES, metric="iou")
    rows = ledger.select(rows, dataset="open models", n_labelled=N_LABELLED)
    found = []
    for row in ("mean_shape", *NETWORKS):
        line: dict[str, Any] = {"row": WORDS.get(row, "mean shape")}
        for name, claim in (("generated", "transfer"), ("real", "table2")):
            if mine := ledger.select(rows, row=row, claim=claim):
                line |= {name: mine[-1].value, "n_items": mine[-1].n_items}
        found += [line] if len(line) > 1 else []
    return found


def numbers(rows: Sequence[ledger.Row], scale: str, path: Path = SHOWN) -> dict[str, float]:
    """What the page says of its tables and its second figure, by name; nan where it is unknown.

    CATEGORY_siamvp and CATEGORY_pixels, of `lines`; generated_ROW and real_ROW, of `mesh_lines`;
    biplane_ROW, the mean IoU over the views of the figure.
    Raises as `read_pictures` does.
    """
    told = {line["category"]: line for line in lines(rows, scale)}
    found = {
        f"{category}_{row}": told.get(category, {}).get(row, nan)
        for category in CATEGORIES
        for row in ("siamvp", "pixels")
    }
    told = {line["row"]: line for line in mesh_lines(rows, scale)}
    for row in ("mean_shape", *NETWORKS):
        for name in ("generated", "real"):
            line = told.get(WORDS.get(row, "mean shape"), {})
            found[f"{name}_{row}"] = line.get(name, nan)
    iou = read_pictures(path)["iou"].mean(1)
    return found | {f"biplane_{row}": float(v) for row, v in zip(NETWORKS, iou, strict=True)}


def record(categories: Sequence[str], scale: str) -> Iterator[str]:
    """Add to the ledger what is not in it yet; what it now says."""
    for rows in measure(categories, scale):
        ledger.append(LEDGERS / "viewpoints.jsonl", rows)
        for row in rows:
            about = f"{row.category}, {row.dataset}, {row.row} {row.metric}"
            yield f"{about}: {row.value:.3f} of {row.n_items}"


def main() -> int:
    return command(__doc__, CATEGORIES, SHOWN, write_pictures, record)


if __name__ == "__main__":
    raise SystemExit(main())
