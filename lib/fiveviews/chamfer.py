"""How far two surfaces are apart, and how much of that is only the sampling.

The Chamfer distance compares points drawn from two surfaces: the mean distance from a point of one
to the nearest of the other, both ways. Published numbers differ by factors before any method does:

* squared distances or not; squares are meant where DeepSDF and DISN print "CD";
* the frame: ShapeNet's (`unit_diagonal`) or the unit sphere, about 4 times as large in squares;
* how many points, and how they are drawn: 2,048 points of the *same* chair, drawn twice, are
  0.001 apart in the unit sphere, as much as some methods claim (`sampling_floor`);
* what becomes of objects of which no surface came out: `summarise` counts them.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Literal, NamedTuple

import numpy as np
import torch
from scipy.spatial import cKDTree
from torch import Tensor

from fiveviews.fields.frames import unit_diagonal, unit_sphere
from fiveviews.fields.sampling import sample_surface
from fiveviews.meshes import Mesh
from fiveviews.metrics import Interval, bootstrap_interval

FrameName = Literal["unit_diagonal", "unit_sphere"]
FRAMES = {"unit_diagonal": unit_diagonal, "unit_sphere": partial(unit_sphere, buffer=1.0)}
SAMPLES = 30_000  # DeepSDF's


def chamfer(a: Tensor, b: Tensor, squared: bool = True) -> float:
    """Mean distance from points (N, 3) to the nearest of (M, 3), plus the same the other way.

    squared: whether distances are squared before the mean.

    Raises ValueError for other shapes, empty sets and points that are not finite.

    >>> chamfer(torch.zeros(1, 3), torch.tensor([[3.0, 4.0, 0.0]]))
    50.0
    """
    if a.ndim != 2 or b.ndim != 2 or a.shape[1:] != (3,) or b.shape[1:] != (3,):
        raise ValueError(f"expected points (N, 3) and (M, 3); got {a.shape} and {b.shape}")
    if not (len(a) and len(b) and torch.isfinite(a).all() and torch.isfinite(b).all()):
        raise ValueError(
            f"two sets of {len(a)} and {len(b)} points, some NaN or missing, have no distance"
        )
    a, b = (points.detach().cpu().double().numpy() for points in (a, b))
    there, back = cKDTree(b).query(a)[0], cKDTree(a).query(b)[0]
    power = 2 if squared else 1
    return float((there**power).mean() + (back**power).mean())


def chamfer_distance(
    predicted: Mesh | None,
    target: Mesh,
    frame: FrameName = "unit_diagonal",
    n: int = SAMPLES,
    squared: bool = True,
    seed: int = 0,
) -> float:
    """Chamfer distance of two meshes in the frame of the target; NaN where nothing was predicted.

    predicted, target: in one common frame, whichever; None, or a mesh without area, for an
        extraction that failed.
    frame: `unit_diagonal`, ShapeNet's, in which DeepSDF's and the project's tables are, or
        `unit_sphere`, of radius 1 about the middle of the bounding box.
    n: points drawn from each, evenly over the area.

    paper: DeepSDF draws the target's points from what 100 depth images see of it, DISN takes 2,048
    *vertices* of marching cubes; here both surfaces are sampled alike.

    Raises ValueError for another frame, n below 1, and a target without area.
    """
    if frame not in FRAMES:
        raise ValueError(f"frame must be one of {', '.join(FRAMES)}; got {frame!r}")
    if n < 1:
        raise ValueError(f"at least one point is to be drawn from each mesh; got n = {n}")
    into = FRAMES[frame](target)
    first, second = (torch.Generator().manual_seed(2 * seed + i) for i in range(2))
    truth = sample_surface(target, n, second)
    if predicted is None or not len(predicted.faces):
        return float("nan")
    try:
        points = sample_surface(predicted, n, first)
    except ValueError:
        return float("nan")
    return chamfer(into(points), into(truth), squared)


def sampling_floor(
    mesh: Mesh,
    frame: FrameName = "unit_diagonal",
    n: int = SAMPLES,
    seed: int = 0,
) -> float:
    """Chamfer distance of two samplings of one mesh: what a perfect prediction scores."""
    return chamfer_distance(mesh, mesh, frame, n, seed=seed)


class ChamferSummary(NamedTuple):
    """Scores of many objects: mean with its interval over objects, median, and what failed."""

    mean: Interval
    median: float
    failures: int

    def __str__(self) -> str:
        total = self.mean.n + self.failures
        return f"mean {self.mean}, median {self.median:.3f}; {self.failures} of {total} failed"


def summarise(distances: Sequence[float], unit: float = 1e-3, seed: int = 0) -> ChamferSummary:
    """Mean, median and failures of Chamfer distances, in units of 0.001 as in the papers' tables.

    distances: one per object, NaN for a failure. A failure has no distance, so the mean is over the
        others and worth only as much as the number of failures is small.

    >>> print(summarise([0.001, 0.002, 0.003, float("nan")]))
    mean 2.000 [1.000, 3.000], median 2.000; 1 of 4 failed
    """
    values = np.asarray(distances, float) / unit
    there = values[~np.isnan(values)]
    failures = len(values) - len(there)
    if len(there) == 0:
        nothing = float("nan")
        return ChamferSummary(Interval(nothing, nothing, nothing, 0), nothing, failures)
    return ChamferSummary(bootstrap_interval(there, seed=seed), float(np.median(there)), failures)
