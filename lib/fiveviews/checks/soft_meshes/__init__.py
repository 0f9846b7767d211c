"""Checks of the soft-mesh chapter's exercises, `book/soft_meshes/lab`, in their order."""

from fiveviews.checks.soft_meshes.challenge import leaderboard, sculpture, silhouettes
from fiveviews.checks.soft_meshes.drawing import combine, coverage, project, slope
from fiveviews.checks.soft_meshes.letters import draw, find_centre
from fiveviews.checks.soft_meshes.measuring import laplacian, silhouette_loss, voxel_iou

__all__ = [
    "combine",
    "coverage",
    "draw",
    "find_centre",
    "laplacian",
    "leaderboard",
    "project",
    "sculpture",
    "silhouette_loss",
    "silhouettes",
    "slope",
    "voxel_iou",
]
