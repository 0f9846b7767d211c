"""Checks of the templates chapter's exercises, `book/templates/lab`, in their order."""

from fiveviews.checks.templates.losses import nt_xent, pairwise, pointwise, reconstruction
from fiveviews.checks.templates.measuring import chamfer, fair, floor_at
from fiveviews.checks.templates.using import carry, fit_code

__all__ = [
    "carry",
    "chamfer",
    "fair",
    "fit_code",
    "floor_at",
    "nt_xent",
    "pairwise",
    "pointwise",
    "reconstruction",
]
