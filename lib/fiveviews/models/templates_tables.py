"""The tables of the templates chapter: the paper's, with ours beside it, and the frames' trap."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

from fiveviews.chamfer import FRAMES, sampling_floor
from fiveviews.data.fields import FieldSet
from fiveviews.meshes import Mesh
from fiveviews.training import ledger
from fiveviews.training.compare import change

CATEGORIES = ("chair", "sofa", "plane")
# Ho et al. 2021, tables 1 and 2: (mean, median) of the Chamfer distance · 1000 in ShapeNet's frame.
# Their Sol 2 had contrastive pre-training on planes alone.
PAPER: dict[tuple[str, str, str], tuple[float, float]] = {
    ("chair", "sol1", "fix"): (1.61, 1.02),
    ("chair", "sol1", "rnd"): (1.82, 1.16),
    ("chair", "sol2", "fix"): (1.53, 0.93),
    ("chair", "sol2", "rnd"): (1.59, 1.00),
    ("sofa", "sol1", "fix"): (1.50, 0.72),
    ("sofa", "sol1", "rnd"): (1.49, 0.63),
    ("sofa", "sol2", "fix"): (2.01, 1.40),
    ("sofa", "sol2", "rnd"): (2.54, 1.26),
    ("plane", "sol1", "fix"): (4.19, 0.16),
    ("plane", "sol1", "rnd"): (4.52, 0.18),
    ("plane", "sol2_contrastive", "fix"): (1.76, 0.29),
    ("plane", "sol2_contrastive", "rnd"): (1.75, 0.28),
}
# … and the means that it prints beside them, copied from DISN's paper: another frame (the unit
# sphere), other points (2,048 vertices), other test objects.
QUOTED = {
    "3D CNN": {"chair": 11.15, "sofa": 9.76, "plane": 10.47},
    "DISN": {"chair": 7.54, "sofa": 8.71, "plane": 9.01},
    "Pixel2Mesh": {"chair": 11.13, "sofa": 6.54, "plane": 6.10},
}
TITLES = {
    "fitted": "code fitted to the true field",
    "sol1": "Sol 1",
    "sol2": "Sol 2",
    "sol2_contrastive": "Sol 2, contrastive",
    "nearest_neighbour": "nearest picture's object",
    "mean_template": "the template",
}
WITHOUT_PICTURE = ("fitted", "mean_template")  # rows that no picture has a say in
DISN_POINTS = 2048


def lines(
    rows: Sequence[ledger.Row], category: str, frame: str = "shapenet"
) -> list[dict[str, Any]]:
    """Lines of one category's table: mean over seeds of the mean and of the median over objects.

    A line has row, title, view, mean, low, high, median, failures, seeds, n_items, dataset, scale,
    and paper and paper_median where the paper has them. Empty where nothing is recorded.
    """
    chosen = ledger.select(rows, claim="chamfer", category=category, frame=frame)
    chosen = _one_setting(ledger.latest(chosen))
    table = []
    for row, title in TITLES.items():
        for view in ("fix", "rnd", "none"):
            mine = ledger.select(chosen, row=row, view=view)
            if not ledger.select(mine, metric="chamfer_mean"):
                continue
            parts = {
                metric: ledger.table(ledger.select(mine, metric=metric), ("dataset", "scale"))[0]
                for metric in ("chamfer_mean", "chamfer_median", "failures")
            }
            paper = PAPER.get((category, row, view)) if frame == "shapenet" else None
            table.append(
                {"row": row, "title": title, "view": "–" if view == "none" else view}
                | {k: v for k, v in parts["chamfer_mean"].items() if k != "why"}
                | {"median": parts["chamfer_median"]["mean"], "failures": parts["failures"]["mean"]}
                | {"paper": paper and paper[0], "paper_median": paper and paper[1]}
            )
    return table


def _one_setting(rows: Sequence[ledger.Row]) -> list[ledger.Row]:
    """The rows of the data set, scale and sizes that most of them share, whatever the view."""

    def setting(row: ledger.Row) -> tuple[Any, ...]:
        params = [row.params.get(name) for name in ("n_train", "steps", "imagenet")]
        return row.dataset, row.scale, row.n_items, *params

    count = Counter(map(setting, rows))
    return [row for row in rows if setting(row) == count.most_common(1)[0][0]]


def difference(rows: Sequence[ledger.Row], row: str, against: str, **chosen: Any) -> dict[str, Any]:
    """By how much the mean Chamfer distance of one row exceeds that of another, paired by seed.

    A row without a picture is compared at every view.

    chosen: fields and params (category, view, frame …); runs that began with ImageNet's weights
    are left out unless imagenet=True. It is a line of `compare.change`.
    """
    chosen = {"imagenet": None} | chosen

    def of(name: str) -> dict[str, Any]:
        view = {"view": seen_from(name, chosen["view"])} if "view" in chosen else {}
        return chosen | view

    ours, theirs = (
        {r.seed: r.value for r in ledger.select(rows, row=name, metric="chamfer_mean", **of(name))}
        for name in (row, against)
    )
    return change(ours, theirs)


def seen_from(row: str, view: str) -> str:
    """The view under which the ledger has a row: `none` for what needs no picture."""
    return "none" if row in WITHOUT_PICTURE else view


def is_clear(line: Mapping[str, Any]) -> bool:
    """Whether a difference's interval leaves zero out."""
    return not line.get("low", -1) <= 0 <= line.get("high", 1)


def medians(rows: Sequence[ledger.Row], *names: str, view: str = "fix") -> dict[str, float]:
    """Medians over objects, `{category}_{row}_median`, of some rows of the tables."""
    return {
        f"{category}_{line['row']}_median": line["median"]
        for category in CATEGORIES
        for line in lines(rows, category)
        if line["view"] == view and line["row"] in names
    }


def minutes(rows: Sequence[ledger.Row], **names: str) -> dict[str, float]:
    """Median wall time of the runs behind some rows, `{name}_minutes` of the row of that name.

    nan where nothing is recorded.
    """
    seconds = {
        name: {x.wall_s for x in ledger.select(rows, row=row)} for name, row in names.items()
    }
    return {f"{name}_minutes": median(of or {math.nan}) / 60 for name, of in seconds.items()}


def frame_factor(fields: FieldSet) -> float:
    """By what a squared distance grows from ShapeNet's frame to the unit sphere, mean of objects.

    4 where some corner of the bounding box is occupied, more for what is round (12 for a ball).
    """
    factors = []
    for i in range(len(fields)):
        mesh = fields.mesh(i)
        scales = [FRAMES[name](mesh).scale for name in ("unit_diagonal", "unit_sphere")]
        factors.append((scales[1] / scales[0]) ** 2)
    return sum(factors) / len(factors)


def floors(mesh: Mesh, counts: Sequence[int] = (DISN_POINTS, 10_000, 30_000)) -> dict[int, float]:
    """What a perfect prediction scores with so many points, · 1000, in the unit sphere."""
    return {n: 1000 * sampling_floor(mesh, "unit_sphere", n) for n in counts}
