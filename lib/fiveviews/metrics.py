"""Scores and their uncertainty: IoU, distances of surfaces, intervals over seeds and objects."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import ArrayLike
from scipy import stats
from scipy.spatial import KDTree
from torch import Tensor


def voxel_iou(prediction: Tensor | ArrayLike, target: Tensor | ArrayLike) -> Tensor:
    """Intersection over union of each pair of occupancy grids, in [0, 1].

    prediction, target: bool (..., X, Y, Z), tensors or arrays as `voxelise` makes them; the
    leading axes broadcast. Returns float64 (...).
    Two empty grids agree and score 1.

    The protocol of SoftRas, which the chapters' tables follow, is to reconstruct each test object
    from each of its 24 views, voxelise the mesh solidly at 32³, take this score per view, average
    over all objects × views of a class, and then over classes, without weights.
    SoftRas's released script scores the *validation* split, NMR's the test split: a table says
    which. Meshes are voxelised straight to bool; a field of probabilities is to be binarised by
    the caller, at a threshold that is stated.

    Raises ValueError for grids that are not bool or whose last three axes differ.

    >>> a = torch.zeros(2, 4, 4, 4, dtype=torch.bool)
    >>> a[0, :2] = True
    >>> b = a.roll(1, dims=1)
    >>> voxel_iou(a, b)
    tensor([0.3333, 1.0000], dtype=torch.float64)
    """
    prediction, target = torch.as_tensor(prediction), torch.as_tensor(target)
    if prediction.dtype != torch.bool or target.dtype != torch.bool:
        raise ValueError(
            f"voxel_iou compares bool grids; got {prediction.dtype} and {target.dtype}: "
            f"binarise first, for example with `grid > 0.5`"
        )
    if prediction.ndim < 3 or prediction.shape[-3:] != target.shape[-3:]:
        raise ValueError(
            f"voxel_iou needs two grids (..., X, Y, Z) of one resolution; got "
            f"{tuple(prediction.shape)} and {tuple(target.shape)}"
        )
    intersection = (prediction & target).sum(dim=(-3, -2, -1)).double()
    union = (prediction | target).sum(dim=(-3, -2, -1)).double()
    return torch.where(union > 0, intersection / union.clamp(min=1), 1.0)


def soft_iou(prediction: Tensor, target: Tensor) -> Tensor:
    """Intersection over union of two silhouettes with values in [0, 1], differentiable.

    Σ p·t / (Σ (p + t − p·t) + 1e-6) over the pixels of each image; the silhouette loss of SoftRas
    (eq. L_s of the soft-mesh paper) is 1 minus its mean. Two empty images score 0, by the 1e-6.

    prediction, target: float (..., H, W); the leading axes broadcast. Returns (...).
    Raises ValueError for images of two sizes.

    >>> soft_iou(torch.full((2, 8, 8), 0.5), torch.ones(8, 8))
    tensor([0.5000, 0.5000])
    """
    if prediction.shape[-2:] != target.shape[-2:]:
        raise ValueError(
            f"soft_iou needs two images (..., H, W) of one size; got {tuple(prediction.shape)} "
            f"and {tuple(target.shape)}"
        )
    overlap = prediction * target
    union = prediction + target - overlap
    return overlap.sum(dim=(-2, -1)) / (union.sum(dim=(-2, -1)) + 1e-6)


class Hausdorff(NamedTuple):
    """Directed Hausdorff distances: from the prediction to the truth, and back."""

    forward: float
    reverse: float


def hausdorff(prediction: ArrayLike, target: ArrayLike, quantile: float = 1.0) -> Hausdorff:
    """Directed Hausdorff distances between two point sets, in the unit of their coordinates.

    `forward` is the largest distance from a predicted point to the nearest true one, `reverse`
    the largest from a true point to the nearest predicted one; the Hausdorff distance is the
    larger of the two. Pix2Scene (appendix C) does not say which of its columns F and R is which.

    prediction, target: (N, 3) and (M, 3), for surfels their positions. quantile: below 1 for a
    distance that one stray point does not decide, 0.95 for instance.
    Raises ValueError for other shapes, empty sets and points that are not finite.

    >>> hausdorff([[0, 0, 0]], [[0, 0, 0], [0, 3, 4]])
    Hausdorff(forward=0.0, reverse=5.0)
    """
    sets = []
    for name, points in (("prediction", prediction), ("target", target)):
        points = points.detach().cpu().numpy() if isinstance(points, Tensor) else np.asarray(points)
        if points.ndim != 2 or points.shape[1] != 3 or not len(points):
            raise ValueError(f"{name} must be points (N, 3), at least one; got {points.shape}")
        if not np.isfinite(points).all():
            raise ValueError(f"{name} has points that are NaN or infinite; leave empty surfels out")
        sets.append(points)
    if not 0 < quantile <= 1:
        raise ValueError(f"quantile must lie above 0 and not above 1; got {quantile}")
    ours, theirs = sets
    return Hausdorff(
        float(np.quantile(KDTree(theirs).query(ours)[0], quantile)),
        float(np.quantile(KDTree(ours).query(theirs)[0], quantile)),
    )


def depth_mse(prediction: Tensor, target: Tensor) -> Tensor:
    """Mean squared difference of depths over the pixels where there is a true surfel: (B,).

    prediction, target: (B, H, W), along the viewing axis. The result is in squared world units; in
    Pix2Scene's scenes the room is 1 wide.
    Raises ValueError for other shapes, for images without a true surfel, and for a prediction that
    is not finite where there is one.

    >>> depth_mse(torch.full((1, 2, 2), 1.5), torch.tensor([[[1.0, 1.0], [1.0, torch.inf]]]))
    tensor([0.2500])
    """
    if prediction.shape != target.shape or target.ndim != 3:
        raise ValueError(
            f"depth_mse compares depths (B, H, W) of one size; got {tuple(prediction.shape)} and "
            f"{tuple(target.shape)}"
        )
    there = (target > 0) & (target < torch.inf)
    if not there.flatten(1).any(1).all():
        raise ValueError("an image has no true surfel, so there is no error to measure")
    error = torch.where(there, (prediction - target.where(there, 0)).square(), 0)
    if not torch.isfinite(error).all():
        raise ValueError("the prediction is NaN or infinite where there is a true surfel")
    return error.sum((1, 2)) / there.sum((1, 2))


class Interval(NamedTuple):
    """A mean with its confidence interval. `low` and `high` are NaN where n is 1."""

    mean: float
    low: float
    high: float
    n: int

    def __str__(self) -> str:
        if self.n < 2:
            return f"{self.mean:.3f} (n = {self.n})"
        return f"{self.mean:.3f} [{self.low:.3f}, {self.high:.3f}]"


def t_interval(values: ArrayLike, level: float = 0.95) -> Interval:
    """Student's interval for the mean of independent values, such as one score per seed.

    Raises ValueError for values that are not finite or not (n,), and a level outside (0, 1).

    >>> print(t_interval([0.50, 0.52, 0.54]))
    0.520 [0.470, 0.570]
    """
    values = _finite(values, level)
    if values.ndim != 1:
        raise ValueError(f"t_interval takes one value per seed, (n,); got {values.shape}")
    mean, n = float(values.mean()), len(values)
    if n < 2:
        return Interval(mean, float("nan"), float("nan"), n)
    half = float(stats.t.ppf((1 + level) / 2, n - 1) * values.std(ddof=1) / np.sqrt(n))
    return Interval(mean, mean - half, mean + half, n)


def paired_difference(ours: ArrayLike, theirs: ArrayLike, level: float = 0.95) -> Interval:
    """Student's interval for the mean of ours − theirs, pair by pair (same seed, same object).

    Raises ValueError for sides of two lengths, and as `t_interval` does.

    >>> print(paired_difference([0.6, 0.7, 0.8], [0.5, 0.6, 0.7]))
    0.100 [0.100, 0.100]
    """
    ours, theirs = np.asarray(ours, float), np.asarray(theirs, float)
    if ours.shape != theirs.shape:
        raise ValueError(f"pairs need equally many values; got {ours.shape} and {theirs.shape}")
    return t_interval(ours - theirs, level)


def wilson_interval(share: float, n: int, level: float = 0.95) -> Interval:
    """Wilson's interval for a share of n independent things, such as right answers.

    Raises ValueError for a share outside [0, 1] and for n below 1.

    >>> print(wilson_interval(0.5, 100))
    0.500 [0.404, 0.596]
    """
    if not 0 <= share <= 1 or n < 1:
        raise ValueError(f"a share in [0, 1] of at least one thing; got {share} of {n}")
    z = float(stats.norm.ppf((1 + level) / 2))
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * np.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return Interval(share, float(middle - half), float(middle + half), n)


def bootstrap_interval(
    values: ArrayLike,
    strata: Sequence[Hashable] | None = None,
    level: float = 0.95,
    seed: int = 0,
    resamples: int = 2000,
) -> Interval:
    """Percentile bootstrap over objects, for the mean that the papers report.

    values: one row per object: (n,), or (n, views); an object is drawn with all of its views,
        since they are not independent.
    strata: a label per object, such as its category. Objects are then drawn within each stratum,
        and the mean is the unweighted mean over strata.

    Raises ValueError for values that are not finite or of another shape, for strata that do not
    fit them, and for a level outside (0, 1).

    >>> print(bootstrap_interval([0.2, 0.4, 0.6, 0.8], strata=["a", "a", "b", "b"]))
    0.500 [0.400, 0.600]
    """
    values = _finite(values, level)
    if values.ndim == 2:
        values = values.mean(axis=1)
    labels = np.zeros(len(values)) if strata is None else np.asarray(strata)
    if values.ndim != 1 or labels.shape != values.shape:
        raise ValueError(
            f"bootstrap_interval takes (objects,) or (objects, views) and one stratum per object; "
            f"got {values.shape} and {labels.shape}"
        )
    generator = np.random.default_rng(seed)
    groups = [values[labels == label] for label in np.unique(labels)]
    mean = float(np.mean([group.mean() for group in groups]))
    if len(values) < 2:
        return Interval(mean, float("nan"), float("nan"), len(values))
    # One row of weights at a time: objects × resamples may not fit in memory at full scale.
    means = np.zeros(resamples)
    for group in groups:
        for index in range(resamples):
            means[index] += group[generator.integers(len(group), size=len(group))].mean()
    low, high = np.quantile(means / len(groups), [(1 - level) / 2, (1 + level) / 2])
    return Interval(mean, float(low), float(high), len(values))


def _finite(values: ArrayLike, level: float) -> np.ndarray:
    values = np.asarray(values, float)
    if values.size == 0 or not np.isfinite(values).all():
        raise ValueError(f"an interval needs finite values, at least one; got {values}")
    if not 0 < level < 1:
        raise ValueError(f"level must lie between 0 and 1, such as 0.95; got {level}")
    return values
