"""What the page See of the surfels chapter draws: small records and the ledger, for its figures."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor

from fiveviews.book.pages import CLAIMS, LEDGERS
from fiveviews.models import surfels_tables as tables
from fiveviews.models import surfels_traces as traces
from fiveviews.show import normal_map
from fiveviews.training import ledger
from fiveviews.training.claims import read_claims

Seen = tuple[Tensor, Tensor, Tensor]  # shading, depth and normals of one view
Curves = dict[str, list[tuple[list[int], list[float]]]]


def trace(name: str, seed: int = 0) -> Path:
    """Where the small record of a run lies."""
    return LEDGERS / "surfels" / f"{name}_{seed}.npz"


def walk(path: Path, kind: str, which: int) -> Callable[[float], list[Seen]]:
    """Angle -> truth and belief of one kept scene, seen from there; one of `traces.TURNS`."""

    def look(angle: float) -> list[Seen]:
        both = traces.kept(path, kind, traces.TURNS.index(angle))
        return [tuple(part[which] for part in views) for views in both]

    return look


def strips(
    walks: Iterable[tuple[str, int]],
) -> tuple[dict[str, list[Tensor]], dict[str, list[np.ndarray]]]:
    """Shading and normals of walks round scenes, a row of each for the truth and one for the
    belief. walks: kinds of scenes, and which of the kept ones."""
    shading, normals = {}, {}
    for number, (kind, which) in enumerate(walks, 1):
        look = walk(trace(kind), kind, which)
        steps = [look(angle) for angle in traces.TURNS]
        for who, name in enumerate(("truth", "Pix2Scene")):
            row = f"{number}: {name}"
            shading[row] = [both[who][0] for both in steps]
            normals[row] = [normal_map(both[who][2]) for both in steps]
    return shading, normals


def people_and_later_work(path: Path = CLAIMS) -> list[dict[str, Any]]:
    """Two lines for the end of table 3 that have no runs: people, and the best that later work
    reports. Their numbers are those of the list of claims."""
    told = [claim for claim in read_claims(path) if claim.claim == "iqtt"]
    people = next(claim.above for claim in told if claim.above and claim.lower)
    later = next(claim.paper for claim in told if claim.source.startswith("later work"))
    percent, labels = re.fullmatch(r"([\d.]+) % \(([\d,]+) labels\)", later).groups()
    best = {"labels": int(labels.replace(",", "")), "paper": float(percent) / 100}
    lines = [{"row": "people", "labels": None, "paper": people}, {"row": "later work"} | best]
    return [{"track": "other", "mean": None, "seeds": None} | line for line in lines]


def by_labels(rows: Iterable[ledger.Row]) -> Curves:
    """Accuracy over the number of labels on the track `other`, a curve for each seed of a method,
    at the numbers that all its seeds were run with. rows: of the claim `iqtt`."""
    curves: Curves = {}
    for method in tables.TABLE3:
        by_seed: dict[int, dict[int, float]] = {}
        for row in ledger.select(rows, row=method, track="other"):
            by_seed.setdefault(row.seed, {})[row.params["n_labels"]] = row.value
        if shared := sorted(set.intersection(*map(set, by_seed.values())) if by_seed else ()):
            found = [(shared, [of[n] for n in shared]) for of in by_seed.values()]
            curves[tables.NAMES[method]] = found
    return curves
