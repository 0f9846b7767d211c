"""Checks of the viewpoints chapter's exercises, `book/viewpoints/lab`, in their order."""

from fiveviews.checks.viewpoints.challenge import STRANGERS, learn, network, relabel
from fiveviews.checks.viewpoints.labels import pseudo_label, score, twins
from fiveviews.checks.viewpoints.pairs import logit, pair_loss, pair_table, steps_between

__all__ = [
    "STRANGERS",
    "learn",
    "logit",
    "network",
    "pair_loss",
    "pair_table",
    "pseudo_label",
    "relabel",
    "score",
    "steps_between",
    "twins",
]
