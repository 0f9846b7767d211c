"""What runs of the line-drawing chapter leave for the book, and what they are compared with."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from fiveviews.data.line_drawings import Questions, ink
from fiveviews.training import compare, ledger
from fiveviews.training.history import History

CHANCE = 0.25
TASKS = ("i2p", "p2i")

# Xiang et al. 2022, in per cent. T2I: (row of the ledger, words, ImageNet, thousands of questions).
PAPER_T2I = {
    ("supervised_early", "early fusion", False, 5): 55.0,
    ("supervised_early", "early fusion, ImageNet", True, 5): 30.6,
    ("supervised_late", "late fusion, ImageNet", True, 5): 25.2,
    ("supervised_early", "early fusion", False, 14): 63.6,
    ("supervised_early", "early fusion, ImageNet", True, 14): 51.4,
    ("supervised_late", "late fusion, ImageNet", True, 14): 27.4,
    ("jigsaw", "Jigsaw", False, 5): 27.4,
    ("colorization", "Colorization", False, 5): 23.4,
    ("simclr", "SimCLR", False, 5): 31.0,
    ("rotnet", "RotNet", False, 5): 30.6,
    ("ntxent", "ours, NT-Xent", False, 5): 48.4,
    ("bce_finetuned", "ours, BCE", False, 5): 74.9,
}
PAPER_ZERO_SHOT = 71.4  # the same network before fine-tuning, from the first version of the paper
THOUSANDS = (5, 10, 15, 20, 25, 30, 35, 40)
PAPER_POSE = {
    ("i2p", "supervised"): (83.6, 86.4, 87.7, 88.5, 88.7, 90.4, 90.6, 91.1),
    ("i2p", "self_supervised"): (88.7, 93.2, 95.1, 96.4, 96.7, 97.7, 97.5, 98.0),
    ("p2i", "supervised"): (65.4, 67.1, 68.5, 67.8, 69.8, 69.6, 68.5, 70.4),
    ("p2i", "self_supervised"): (72.4, 80.8, 81.9, 82.1, 82.8, 83.1, 83.0, 83.4),
}
# Han et al. 2020 (SPARE3D), read off its bar chart, so to half a per cent: mean of untrained people
# and the best of those who had practised. On SPARE3D's drawings, like every number above.
HUMANS = {"t2i": (80.4, 93.9), "i2p": (60.1, 91.2), "p2i": (58.6, 65.0)}


@dataclass(frozen=True, eq=False)
class InkShortcut:
    """Answers T2I by the amount of ink alone: a linear fit, and no look at any line.

    From the ink of visible and of hidden lines in the three views a least-squares fit foretells
    that of the isometric drawing; the candidate nearest to it, in standard deviations of the fit,
    is taken. What a network reaches beyond this it has not got from counting.
    """

    weights: np.ndarray  # (7, 2)
    precision: np.ndarray  # (2, 2), of what the fit leaves over

    @classmethod
    def fit(cls, questions: Questions) -> InkShortcut:
        """From labelled questions; raises ValueError for fewer than sixteen."""
        if questions.task != "t2i" or len(questions) < 16:
            raise ValueError(f"the fit needs at least 16 T2I questions; got {questions!r}")
        views = _features(questions)
        rows = np.arange(len(questions))
        right = ink(questions.options[rows, questions.answers]).astype(float)
        weights, *_ = np.linalg.lstsq(views, right, rcond=None)
        left = right - views @ weights
        return cls(weights, np.linalg.pinv(left.T @ left / len(left)))

    def accuracy(self, questions: Questions) -> float:
        """Expected share of right answers; a tie between k candidates counts as 1 / k."""
        foretold = _features(questions) @ self.weights
        off = ink(questions.options).astype(float) - foretold[:, None]
        distance = np.einsum("nki,ij,nkj->nk", off, self.precision, off)
        nearest = distance <= distance.min(1, keepdims=True) + 1e-9
        right = nearest[np.arange(len(questions)), questions.answers]
        return float((right / nearest.sum(1)).mean())


def unseen(rows: Iterable[ledger.Row]) -> list[dict[str, Any]]:
    """Lines of a table: twenty poses named, after the eight corners and from random weights."""
    starts = {"self_supervised": "after the eight corners", "supervised": "from random weights"}
    lines = []
    for which, only_new in (("all twenty poses", False), ("the twelve new ones", True)):
        for row, start in starts.items():
            found = ledger.select(rows, claim="i2p", row=row, poses=20)
            of = {r.seed: r.value for r in found if bool(r.params.get("unseen_only")) == only_new}
            if of:
                lines.append(compare.score(f"{which}, {start}", of))
    return lines


def _features(questions: Questions) -> np.ndarray:
    amounts = ink(questions.given).astype(float).reshape(len(questions), -1)
    return np.concatenate([amounts, np.ones((len(questions), 1))], 1)


def row(
    claim: str,
    name: str,
    value: float,
    n_items: int,
    history: History,
    *,
    scale: str,
    dataset: str,
    params: dict[str, object],
    data_sha256: str | None = None,
    weights_sha256: str | None = None,
) -> ledger.Row:
    """One line of the ledger: the accuracy that a finished run reached.

    The paper's value goes with it where the run is of the paper's sizes: nowhere but at `full`.
    """
    return ledger.Row(
        chapter="line_drawings",
        claim=claim,
        row=name,
        metric="accuracy",
        unit="fraction",
        value=value,
        paper_value=paper_value(claim, name, params) if scale == "full" else None,
        n_items=n_items,
        scale=scale,
        dataset=dataset,
        params=params,
        data_sha256=data_sha256,
        weights_sha256=weights_sha256,
        **history.provenance(),
    )


def paper_value(claim: str, name: str, params: dict[str, object]) -> float | None:
    """The paper's accuracy for a row, as a fraction; None where it has none for these params."""
    thousands = int(params.get("n_train", 0)) / 1000
    if claim == "t2i":
        if name == "bce":
            return round(PAPER_ZERO_SHOT / 100, 3)
        imagenet = bool(params.get("imagenet", False))
        found = [
            value
            for (row_name, _, pretrained, count), value in PAPER_T2I.items()
            if (row_name, pretrained, count) == (name, imagenet, thousands)
        ]
        return round(found[0] / 100, 3) if found else None
    if params.get("poses") == 20 or thousands not in THOUSANDS:
        return None
    return round(PAPER_POSE[claim, name][THOUSANDS.index(int(thousands))] / 100, 3)
