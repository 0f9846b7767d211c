"""What the page "See" of the templates chapter sets beside each other: lines of its tables."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
import torch
from torch import Tensor

from fiveviews.book.templates import seen
from fiveviews.chamfer import sampling_floor
from fiveviews.data.fields import load_fields
from fiveviews.meshes import Mesh
from fiveviews.models import templates_evaluation as evaluation
from fiveviews.models import templates_tables as tables
from fiveviews.models.templates_pictures import enlarge, portraits
from fiveviews.models.templates_training import Reconstructor
from fiveviews.training import ledger

FRAMES = {"shapenet": "ShapeNet's frame", "unit_sphere": "unit sphere"}
FLOORS = 4  # test objects whose sampling floors are averaged
STRANGERS = ("table", "car")  # what no network of the chapter has learned
HEADS = {"title": "", "view": "view", "mean": "mean [95 % CI]", "median": "median"}
HEADS |= {"paper": "paper, mean", "paper_median": "paper, median"}
HEADS |= {"failures": "failed", "seeds": "seeds"}
CHANGES = {
    "row": "",
    "view": "view",
    "learn": "convolutions learn",
    "rival": "without",
    "mean": "change by contrast [95 % CI]",
    "median_without": "median without",
    "median_with": "median with",
    "nearest": "retrieval",
    "template": "template",
    "failed": "failed",
    "seeds": "seeds",
}
QUOTED = {"row": ""} | {c: f"{c}s" for c in tables.CATEGORIES}
QUOTED |= {"frame": "frame", "points": "points of each"}


@cache
def floor(category: str, frame: str = "shapenet") -> float:
    """What a perfect prediction scores, · 1000: mean of a few test objects."""
    test = load_fields(category, "test", n=FLOORS)
    there = evaluation.LEDGER_FRAMES[frame]
    return 1000 * np.mean([sampling_floor(test.mesh(i), there) for i in range(FLOORS)])


def one_table(
    rows: Sequence[ledger.Row], category: str, frame: str = "shapenet"
) -> tuple[list[dict[str, Any]], dict[str, str], str]:
    """Lines, headings and caption of a category's table in a frame; no lines, nothing recorded."""
    lines = tables.lines(rows, category, frame)
    if not lines:
        return [], {}, f"{category}: nothing recorded yet"
    heads = {k: v for k, v in HEADS.items() if any(line[k] is not None for line in lines)}
    one = lines[0]
    caption = (
        f"{category.title()}s: Chamfer distance · 1000, {FRAMES[frame]}; {one['n_items']} test "
        f"objects, {one['dataset']}, scale {one['scale']}; a perfect prediction scores "
        f"{floor(category, frame):.2f}."
    )
    return lines, heads, caption


def mean_of(
    rows: Sequence[ledger.Row],
    row: str,
    category: str,
    view: str = "fix",
    metric: str = "chamfer_mean",
) -> float:
    """Mean over seeds of a metric in ShapeNet's frame; nan where nothing is recorded."""
    chosen = {"row": row, "category": category, "frame": "shapenet", "metric": metric}
    lines = ledger.select(rows, view=tables.seen_from(row, view), **chosen)
    return np.mean([line.value for line in lines]) if lines else np.nan


def ahead(rows: Sequence[ledger.Row], categories: Sequence[str]) -> dict[str, float]:
    """In how many categories Sol 1 is ahead of what needs no encoder, and whether that is sure.

    beat_<rival>, beat_<rival>_rnd: by the means. sure_…: of these, where the interval of the
    difference, paired by seed, leaves zero out. plane_gap…: that difference to retrieval on planes.
    """
    found: dict[str, float] = {}
    for rival, name in (("nearest_neighbour", "retrieval"), ("mean_template", "template")):
        for view, suffix in (("fix", ""), ("rnd", "_rnd")):
            gaps = {
                c: tables.difference(
                    rows, "sol1", rival, category=c, view=view, frame="shapenet", claim="chamfer"
                )
                for c in categories
            }
            found[f"beat_{name}{suffix}"] = sum(gap["mean"] < 0 for gap in gaps.values())
            sure = [c for c, gap in gaps.items() if gap["mean"] < 0 and tables.is_clear(gap)]
            found[f"sure_{name}{suffix}"] = len(sure)
            if name == "retrieval":
                gap = gaps.get("plane", {})
                for part in ("mean", "low", "high"):
                    found[f"plane_gap{suffix}_{part}"] = gap.get(part, np.nan)
    return found


def changes(rows: Sequence[ledger.Row], categories: Sequence[str]) -> list[dict[str, Any]]:
    """What contrast changes in Sol 2, a line for frozen convolutions and for learning ones, each
    category and each view: `CHANGES` has the columns."""
    lines = []
    for learn, name, claim in ((False, "_frozen", "ablation"), (True, "", "chamfer")):
        for category in categories:
            for view in evaluation.VIEWS:
                pair = f"sol2_contrastive{name}", f"sol2{name}"
                chosen = {"claim": claim, "category": category, "view": view, "frame": "shapenet"}
                of = (category, view)
                medians = [mean_of(rows, row, *of, "chamfer_median") for row in pair]
                failed = ledger.select(rows, metric="failures", **chosen)
                line = {"row": category, "view": view, "learn": "yes" if learn else "no"}
                line |= {"rival": mean_of(rows, pair[1], *of)}
                line |= {"median_with": medians[0], "median_without": medians[1]}
                line |= {"nearest": mean_of(rows, "nearest_neighbour", *of)}
                line |= {"template": mean_of(rows, "mean_template", *of)}
                line |= {"failed": sum(r.value for r in failed if r.row in pair)}
                lines.append(line | tables.difference(rows, *pair, **chosen))
    return lines


def about_changes(lines: Sequence[dict[str, Any]], categories: Sequence[str]) -> str:
    """The caption of `changes`."""
    floors = ", ".join(f"{floor(c):.2f} ({c}s)" for c in categories)
    return (
        "Sol 2: change of the mean Chamfer distance · 1000 in ShapeNet's frame; below zero is "
        f"better. A perfect prediction scores {floors}."
    )


def summary(lines: Sequence[dict[str, Any]]) -> dict[str, float]:
    """What the page says of `changes`, by name; …_with and …_without are chairs at random views."""
    found: dict[str, float] = {"lines": len(lines) // 2}
    for learn, name in (("no", "frozen"), ("yes", "learning")):
        some = [line for line in lines if line["learn"] == learn]
        clear = [line["mean"] for line in some if tables.is_clear(line)]
        signs = [np.sign(mean) for mean in clear]
        found[f"behind_{name}"] = sum(line["rival"] > line["nearest"] for line in some)
        found |= {f"better_{name}": signs.count(-1), f"worse_{name}": signs.count(1)}
        found[f"largest_{name}"] = max(map(abs, clear), default=0.0)
        chairs = [line for line in some if line["row"] == "chair" and line["view"] == "rnd"]
        for line in chairs:
            found[f"{name}_without"] = line["rival"]
            found[f"{name}_with"] = line["rival"] + line["mean"]
    return found


def quoted() -> list[dict[str, Any]]:
    """The rows that the paper prints below one another, with what each was measured in."""
    disn = {"frame": FRAMES["unit_sphere"], "points": f"{tables.DISN_POINTS:,} vertices"}
    own = {"frame": FRAMES["shapenet"], "points": "30,000 of the surface"}
    lines = [{"row": name, **values} | disn for name, values in tables.QUOTED.items()]
    for name, row in (("Sol 1", "sol1"), ("Sol 2", "sol2")):
        for view in evaluation.VIEWS:
            known = {c: tables.PAPER.get((c, row, view), (None,))[0] for c in tables.CATEGORIES}
            if row == "sol2":  # on planes with contrastive pre-training
                known["plane"] = tables.PAPER["plane", "sol2_contrastive", view][0]
            lines.append({"row": f"{name}, {view}", **known} | own)
    return lines


def pictures(
    category: str, solutions: dict[str, Reconstructor], resolution: int
) -> tuple[dict[str, Any], list[str]]:
    """Rows and titles of a strip: two training objects, two test objects and two strangers, as the
    networks see them, as they are, and as each of the solutions makes them."""
    sources = {"train": (category, "train"), "test": (category, "test")}
    objects = [load_fields(c, s, n=2).mesh(i) for c, s in sources.values() for i in (0, 1)]
    objects += [load_fields(c, "test", n=1).mesh(0) for c in STRANGERS]
    size = next(iter(solutions.values())).recipe.size
    shown = torch.from_numpy(np.stack([seen(mesh, size) for mesh in objects]))
    rows = {"picture": enlarge(shown), "object": portraits(objects)}
    for title, model in solutions.items():
        rows[title] = portraits(evaluation.reconstruct(model, shown, resolution))
    return rows, ["train", "train", "test", "test", *STRANGERS]


def level(mesh: Mesh) -> float:
    """The height at which a mesh has most area that faces up: of a chair, its seat."""
    a, b, c = mesh.vertices[mesh.faces].double().unbind(1)
    normal = torch.linalg.cross(b - a, c - a)
    up = (normal[:, 1] > 0.95 * normal.norm(dim=1)).double() * normal.norm(dim=1)
    area, heights = np.histogram((a + b + c)[:, 1] / 3, 40, weights=up)
    return heights[area.argmax()]


def label(vertices: Tensor, height: float) -> Tensor:
    """Above or below a height, left or right: int64 (V,), 0 to 3."""
    return 2 * (vertices[:, 1] > height - 0.02).long() + (vertices[:, 0] > 0)
