"""The tables of Pix2Scene: the paper's numbers, and rows of the ledger in their form."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from fiveviews.metrics import t_interval
from fiveviews.training import ledger

METRICS = ("hausdorff_f", "hausdorff_r", "mse_depth")
METHODS = ("pix2scene", "cnn", "siamese", "contrastive")
ANGLES = (5, 35, 55, 80)  # of table 2

# Tables 1 and 2 by kind of scene (and angle), table 3 by labels.
TABLE1 = {
    "box_translation": (0.087, 0.093, 0.032),
    "box_rotation": (0.102, 0.183, 0.022),
    "shapes": (0.125, 0.191, 0.038),
}
TABLE2 = {
    ("shapes", 5): (0.110, 0.156, 0.012),
    ("shapes", 35): (0.143, 0.191, 0.021),
    ("shapes", 55): (0.140, 0.189, 0.022),
    ("shapes", 80): (0.161, 0.202, 0.027),
    ("multiple_shapes", 5): (0.256, 0.308, 0.070),
    ("multiple_shapes", 35): (0.301, 0.355, 0.091),
    ("multiple_shapes", 55): (0.282, 0.329, 0.088),
    ("multiple_shapes", 80): (0.272, 0.316, 0.083),
}
TABLE3 = {
    "cnn": {0: 0.3385, 200: 0.3350, 1000: 0.3392, 10_000: 0.3649},
    "siamese": {0: 0.3698, 200: 0.3610, 1000: 0.3701, 10_000: 0.3752},
    "pix2scene": {0: 0.4372, 200: 0.4691, 1000: 0.5567, 10_000: 0.5983},
}
HUMANS, CHANCE = 0.7329, 1 / 3


def wide(rows: Iterable[ledger.Row], by: Sequence[str]) -> list[dict[str, Any]]:
    """One line for each value of `by`, with the metrics as columns, means over seeds."""
    lines: dict[tuple[Any, ...], dict[str, Any]] = {}
    for line in ledger.table(rows, (*by, "metric")):
        key = tuple(line[name] for name in by)
        entry = lines.setdefault(key, dict(zip(by, key, strict=True)))
        entry |= {line["metric"]: line["mean"], "seeds": line["seeds"]}
    return list(lines.values())


def table1(rows: Iterable[ledger.Row]) -> list[dict[str, Any]]:
    """Lines of table 1, the paper's first in each kind of scenes."""
    paper = [
        {"category": kind, "row": "pix2scene, paper", "seeds": None}
        | dict(zip(METRICS, values, strict=True))
        for kind, values in TABLE1.items()
    ]
    lines = paper + wide(rows, ("category", "row"))
    return sorted(lines, key=lambda line: line["category"])


def table2(rows: Iterable[ledger.Row]) -> list[dict[str, Any]]:
    """Lines of table 2, the paper's first at each angle; also of kinds that it does not have."""
    paper = [
        {"category": kind, "angle": angle, "row": "pix2scene, paper", "seeds": None}
        | dict(zip(METRICS, values, strict=True))
        for (kind, angle), values in TABLE2.items()
    ]
    lines = paper + wide(rows, ("category", "angle", "row"))
    return sorted(lines, key=lambda line: (line["category"], line["angle"]))


def table3(rows: Sequence[ledger.Row]) -> list[dict[str, Any]]:
    """Lines of table 3 by track and labels: a column of ours and one of the paper's per method."""
    lines = []
    for track in ("other", "mirror"):
        on = ledger.select(rows, track=track)
        for labels in sorted({row.params["n_labels"] for row in on}):
            line: dict[str, Any] = {"track": track, "labels": labels}
            for method in METHODS:
                values = [r.value for r in ledger.select(on, row=method, n_labels=labels)]
                line[method] = str(t_interval(values)) if values else None
                if method in TABLE3:
                    known = TABLE3[method] if track == "other" else {}
                    line[f"{method}_paper"] = known.get(labels)
            lines.append(line)
    return lines
