"""What the chapter on soft meshes states about its recorded tables, and draws of real objects."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import nan
from typing import Any

import numpy as np

from fiveviews import show
from fiveviews.cameras import shapenet_views
from fiveviews.meshes import Mesh
from fiveviews.metrics import Interval, paired_difference
from fiveviews.models import soft_meshes
from fiveviews.render.depth import render_views
from fiveviews.show.svg import Svg
from fiveviews.training import compare, ledger

TRAINED_ON = {"made": "procedural", "own": "open models"}

# Heads of two tables about real objects.
REAL = {
    "row": "",
    "trained_on": "trained on",
    "n_train": "training objects",
    "n_items": "test objects",
    "mean": "mean [95 % CI]",
    "seeds": "seeds",
}
KINDS = {
    "row": "",
    "generated": "network, generated",
    "generated_retrieval": "retrieval, generated",
    "real": "network, real",
    "real_retrieval": "retrieval, real",
    "mean_shape": "mean shape, real",
    "n_items": "real objects",
}


def encoders(iou: Sequence[ledger.Row], loss: Sequence[ledger.Row]) -> dict[str, float]:
    """What table 1 says of the plain encoder: the means of all three, of how many comparisons with
    the others the interval leaves out zero, and by how much at most these differ.

    iou, loss: the table's rows of each metric. What is not recorded is nan.
    """
    names = ("baseline", "resnet", "attention")
    found: dict[str, float] = {}
    rivals: list[dict[str, Any]] = []
    for metric, rows in (("iou", iou), ("loss", loss)):
        means = {line["row"]: line["mean"] for line in ledger.table(rows, ("row", "metric"))}
        found |= {f"{name}_{metric}": means.get(name, nan) for name in names}
        pairs = [compare.differences(rows, ("baseline", other)) for other in names[1:]]
        rivals += [line for lines in pairs for line in lines]
    clear = [abs(line["mean"]) for line in rivals if line["low"] * line["high"] > 0]
    counts = {"rivals": len(rivals), "clear": len(clear), "behind": max(clear, default=nan)}
    return found | counts


def differences(
    iou: Sequence[ledger.Row], loss: Sequence[ledger.Row], encoders: Sequence[str]
) -> list[dict[str, Any]]:
    """Lines of a table: every encoder against every other, in both metrics."""
    return [
        {"metric": name} | line
        for name, rows in (("IoU", iou), ("loss", loss))
        for line in compare.differences(rows, encoders)
    ]


def real(lines: Iterable[Mapping[str, Any]]) -> dict[str, float]:
    """Scores on real models of the plain network and of retrieval, and the number of training
    objects, by what was trained on: made by the generator, or real ones of their own kind.

    lines: of `ledger.table`, by row, trained_on and n_train. What is not recorded is nan.
    """
    of = {(line["row"], line["trained_on"]): line for line in lines}
    found: dict[str, float] = {}
    for name, source in TRAINED_ON.items():
        for row in ("baseline", "nearest_neighbour"):
            found[f"{name}_{row}"] = of.get((row, source), {}).get("mean", nan)
        found[f"n_{name}"] = of.get(("baseline", source), {}).get("n_train", nan)
    return found


def chance(apart: Sequence[float]) -> str:
    """A sentence on how far runs of one encoder lie apart that differ in nothing but the seed.

    apart: their differences in IoU, of `compare.twins`.
    """
    best, second, _ = sorted((of["iou"] for of in soft_meshes.PAPER.values()), reverse=True)
    wider = sum(distance > best - second for distance in apart)
    verdict = "no evidence" if wider >= len(apart) / 4 else "rarely mere chance"
    said = (
        f"Of the {len(apart)} pairs of recorded runs that differ in nothing but the seed, "
        f"**{wider} lie further apart than the {best - second:.4f} IoU** by which the paper's best "
        f"encoder leads. Between single runs that is {verdict}."
    )
    return said if apart else "*Not recorded yet: two seeds of one encoder.*"


def by_category(rows: Iterable[ledger.Row]) -> list[dict[str, Any]]:
    """A line for each category of which networks trained on generated objects met real ones: their
    IoU on generated and on real test objects, beside retrieval's and, on real ones, the mean
    shape's.

    rows: of table 1's IoU at one scale.
    """
    rows = ledger.select(rows, trained_on="procedural")
    real = ledger.select(rows, dataset="open models")
    lines = []
    for category in sorted({row.category for row in real if row.category}):
        line: dict[str, Any] = {"row": category}
        found: dict[str, Any] = {}
        for name, of in (("generated", ledger.select(rows, dataset="procedural")), ("real", real)):
            mine = ledger.select(of, category=category)
            found = {t["row"]: t for t in ledger.table(mine, ("row",))}
            line[name] = found.get("baseline", {}).get("mean", nan)
            line[f"{name}_retrieval"] = found.get("nearest_neighbour", {}).get("mean", nan)
        line["mean_shape"] = found.get("mean_shape", {}).get("mean", nan)
        lines.append(line | {"n_items": next(iter(found.values()))["n_items"]})
    return lines


def over_categories(lines: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    """Of the lines of `by_category`: how many there are, in how many the network is ahead of
    retrieval on objects of either kind, by how much on real ones with the interval over categories,
    and how much lower it is on real ones, at least and most.
    """
    fall = [line["generated"] - line["real"] for line in lines]
    ahead = {
        f"ahead_{kind}": sum(line[kind] > line[f"{kind}_retrieval"] for line in lines)
        for kind in ("generated", "real")
    }
    least, most = (min(fall), max(fall)) if fall else (nan, nan)
    lead = Interval(nan, nan, nan, 0)
    if lines:
        real, retrieval = ([t[key] for t in lines] for key in ("real", "real_retrieval"))
        lead = paired_difference(real, retrieval)
    found = {"lead": lead.mean, "lead_low": lead.low, "lead_high": lead.high}
    return {"categories": len(lines), "least_fall": least, "most_fall": most} | ahead | found


def before_and_after(meshes: Iterable[Mesh], pictures: np.ndarray, titles: Sequence[str]) -> Svg:
    """Columns of an input, the mesh made of it, from there and turned, and the truth turned.

    pictures: (N, 24, S, S, 4), of which the third is the input.
    """
    cameras = shapenet_views()
    drawn = [render_views(mesh, cameras[[2, 20]]) for mesh in meshes]
    ours, turned = zip(*drawn, strict=True)
    rows = {"input": pictures[:, 2], "ours": ours, "ours, turned": turned}
    return show.strip(rows | {"truth, turned": pictures[:, 20]}, titles)
