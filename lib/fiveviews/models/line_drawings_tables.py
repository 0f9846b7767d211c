"""The tables and figures of the line-drawing paper beside ours, from the rows of the ledger.

Rows are those of one scale and data set. A seed counts once for each row, claim and parameters.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from fiveviews.models.line_drawings_results import (
    HUMANS,
    PAPER_POSE,
    PAPER_T2I,
    PAPER_ZERO_SHOT,
    TASKS,
    THOUSANDS,
)
from fiveviews.training import compare, ledger

POSE_HEADS = {
    "objects": "objects, ours",
    "paper": "objects, paper",
    **{
        f"{task}_{short}{end}": f"{task.upper()} {short.upper()}, {'paper' if end else 'ours'}"
        for task in TASKS
        for short in ("sl", "ssl")
        for end in ("_paper", "")
    },
    "seeds": "seeds",
}
PEOPLE = {f"people, {task.upper()}": HUMANS[task][0] / 100 for task in TASKS}  # unpractised
KINDS = {f"{task.upper()}, {row.replace('_', '-')}": (task, row) for task, row in PAPER_POSE}


def values(rows: Sequence[ledger.Row], claim: str, row: str, **params: object) -> dict[int, float]:
    """seed -> accuracy of the recorded runs of one kind; those of the twenty poses are another."""
    found = ledger.select(rows, claim=claim, row=row, **params)
    return {r.seed: r.value for r in found if "poses" not in r.params}


def t2i(rows: Sequence[ledger.Row], small: int, large: int) -> list[dict[str, Any]]:
    """Lines of the T2I table: the paper's twelve, then five that it does not have.

    small, large: our numbers of labelled questions, for the paper's 5,000 and 14,000.
    """
    lines = []
    for (row, words, imagenet, thousands), paper in PAPER_T2I.items():
        n = small if thousands == 5 else large
        tuned = {} if row.startswith("supervised") else {"finetuned": True}
        if row == "bce_finetuned":
            words = "ours, BCE, then fine-tuned"
        of = {} if imagenet else values(rows, "t2i", row, n_train=n, **tuned)
        lines.append(compare.score(words, of, paper=paper / 100, labelled=n))
    zero = {"ours, BCE, no labels": "bce", "ours, NT-Xent, no labels": "ntxent"}
    for words, row in (zero | {"SimCLR, no labels": "simclr"}).items():
        paper = PAPER_ZERO_SHOT / 100 if row == "bce" else None
        of = values(rows, "t2i", row, n_train=0)
        lines.append(compare.score(words, of, paper=paper, labelled=0))
    late = values(rows, "t2i", "supervised_late", n_train=small)
    ink = values(rows, "t2i", "ink_shortcut")
    lines.append(compare.score("late fusion", late, labelled=small))
    return [*lines, compare.score("ink alone", ink, labelled=small)]


def poses(rows: Sequence[ledger.Row], amounts: Sequence[int]) -> list[dict[str, Any]]:
    """Lines of the table of I2P and P2I, one for each of our amounts that has a run.

    amounts: our eight numbers of objects, for the paper's. Ours are means over `seeds` seeds.
    """
    lines = []
    for k, n in enumerate(amounts):
        cells, known = {"objects": n, "paper": THOUSANDS[k] * 1000}, []
        for (task, row), papers in PAPER_POSE.items():
            short = f"{task}_{'ssl' if row == 'self_supervised' else 'sl'}"
            of = list(values(rows, task, row, n_train=n).values())
            cells[f"{short}_paper"] = papers[k] / 100
            cells[short] = float(np.mean(of)) if of else None
            known.append(len(of))
        if any(known):
            lines.append(cells | {"seeds": max(known)})
    return lines


def poses_of_the_paper() -> dict[str, tuple[list[int], list[float]]]:
    """Label -> (thousands of objects, shares of right answers), the curves of the paper."""
    return {
        words: (list(THOUSANDS), [share / 100 for share in PAPER_POSE[kind]])
        for words, kind in KINDS.items()
    }


def span(name: str, line: dict[str, Any] | None) -> dict[str, float]:
    """A difference and the ends of its interval under names to record; nan where it has none."""
    ends = {"": "mean", "_low": "low", "_high": "high"}
    return {f"{name}{end}": line[key] if line else float("nan") for end, key in ends.items()}
