"""Checks of the soft-mesh chapter's exercises, `book/soft_meshes/lab`, in their order."""

from fiveviews.checks.soft_meshes.challenge import (
    carve,
    copy,
    leaderboard,
    photographed,
    sculpture,
    silhouettes,
    statue,
)
from fiveviews.checks.soft_meshes.drawing import combine, coverage, project, slope
from fiveviews.checks.soft_meshes.letters import draw, find_centre
from fiveviews.checks.soft_meshes.measuring import laplacian, silhouette_loss, voxel_iou

__all__ = [
    "carve",
    "combine",
    "copy",
    "coverage",
    "draw",
    "find_centre",
    "laplacian",
    "leaderboard",
    "photographed",
    "project",
    "sculpture",
    "silhouette_loss",
    "silhouettes",
    "slope",
    "statue",
    "voxel_iou",
]
