"""Checks of the surfels chapter's exercises, `book/surfels/lab`, in their order."""

from fiveviews.checks.surfels.game import information, penalty, question_loss
from fiveviews.checks.surfels.light import back_project, shade
from fiveviews.checks.surfels.turning import handed, right

__all__ = [
    "back_project",
    "handed",
    "information",
    "penalty",
    "question_loss",
    "right",
    "shade",
]
