"""What an SSR run leaves for the book: rows of the ledger, and small traces for the figures."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from fiveviews.data.rendering import VIEWS
from fiveviews.data.storage import read_npz, write_npz
from fiveviews.data.views import ViewSet
from fiveviews.models import soft_meshes
from fiveviews.models.mesh_network import Reconstructor
from fiveviews.models.reconstruction import (
    EXAMPLE_VIEW,
    evaluate_iou,
    mean_shape_iou,
    reconstruct,
)
from fiveviews.models.siamvp import score_pseudo_labels
from fiveviews.models.viewpoints import SSR
from fiveviews.shapes import CATEGORIES
from fiveviews.training import ledger
from fiveviews.training.compare import change
from fiveviews.training.history import History
from fiveviews.training.provenance import device_name

ABLATIONS = ("random_labels", "ungrouped", "between_views", "all_references", "rotation")
EXAMPLES = 3  # test objects kept in a trace

PAPER = {  # Laradji et al., table 2, N = 2; categories in the order of `shapes.CATEGORIES`
    row: dict(zip(CATEGORIES, values, strict=True))
    for row, values in {
        "softras": (0.42, 0.24, 0.39, 0.60, 0.26, 0.33, 0.17, 0.38, 0.44, 0.38, 0.17, 0.57, 0.28),
        "ssr": (0.55, 0.44, 0.48, 0.75, 0.37, 0.50, 0.27, 0.45, 0.63, 0.53, 0.27, 0.71, 0.53),
    }.items()
}


def run_rows(
    model: Reconstructor | SSR,
    history: History,
    test: ViewSet,
    *,
    claim: str,
    row: str,
    scale: str,
    n_labelled: int,
    n_unlabelled: int,
    data_sha256: str,
    weights_sha256: str | None = None,
) -> list[ledger.Row]:
    """The lines of the ledger for one finished run: its IoU on the test objects and, of SSR, how
    many of the unlabelled pictures were labelled in the end and how many of these labels are right.
    """
    network = model.reconstructor if isinstance(model, SSR) else model
    recipe = model.recipe
    found = [(claim, row, "iou", evaluate_iou(network, test).mean().item(), len(test))]
    if isinstance(model, SSR):
        scores = score_pseudo_labels(model.pseudo)
        where = ("pseudo_labels", "siamvp") if claim == "table2" else (claim, row)
        found += [(*where, name, scores[name], n_unlabelled) for name in ("accuracy", "coverage")]
    known = PAPER.get(row, {}) if (claim, n_labelled) == ("table2", 2) else {}
    return [
        ledger.Row(
            chapter="viewpoints",
            claim=of_claim,
            row=name,
            category=test.category,
            metric=metric,
            unit="fraction",
            value=value,
            paper_value=known.get(test.category) if metric == "iou" else None,
            n_items=count,
            scale=scale,
            dataset=soft_meshes.DATASETS[test.source],
            params={"n_labelled": n_labelled, "n_unlabelled": n_unlabelled, "steps": recipe.steps},
            data_sha256=data_sha256,
            weights_sha256=weights_sha256,
            **history.provenance(),
        )
        for of_claim, name, metric, value, count in found
    ]


def mean_shape_row(train: ViewSet, test: ViewSet, like: ledger.Row) -> ledger.Row:
    """The line of what needs no network, the mean shape of the training objects.

    train: labelled and unlabelled objects, of which it takes the voxels. like: a line of `run_rows`
        for a run on the same objects, whose words and params it shares.
    """
    free = History(device=device_name(torch.device("cpu")), seed=0)
    score, *_ = mean_shape_iou(train, test)
    return replace(
        like,
        row="mean_shape",
        value=score.mean().item(),
        paper_value=None,
        data_sha256=train.sha256,
        weights_sha256=None,
        **free.provenance(),
    )


def write_trace(path: Path, model: Reconstructor | SSR, history: History, test: ViewSet) -> None:
    """Keep what the figures of a finished run need, without its weights: about 20 kB.

    Examples (three meshes from test pictures), the validation curve, and of SSR the curves of its
    pseudo-labels and, counted over the true viewpoints (rows), the labels of the end.
    """
    network = model.reconstructor if isinstance(model, SSR) else model
    pictures = torch.from_numpy(test.images[:EXAMPLES, EXAMPLE_VIEW])
    arrays = {"examples": reconstruct(network, pictures).half().numpy()}
    for name in ("iou", *(("coverage", "accuracy", "near") if isinstance(model, SSR) else ())):
        arrays[name] = np.array(history.curve(name), np.float32)  # steps, values
    if isinstance(model, SSR):
        arrays["confusion"] = confusion(model.pseudo).numpy()
    write_npz(path, **arrays)


def read_trace(path: Path, *names: str) -> tuple[np.ndarray, ...]:
    """Parts of a trace by their names: `examples` (3, V, 3), `confusion` (24, 24), and the curves
    `iou`, `coverage`, `accuracy`, `near` (2, n), steps and values. Raises as `read_npz` does."""
    return read_npz(path, names)


def by_seed(rows: Iterable[ledger.Row], **chosen: Any) -> dict[int, float]:
    """Values by seed of the rows that `ledger.select` chooses."""
    return {row.seed: row.value for row in ledger.select(rows, **chosen)}


def gain(rows: Iterable[ledger.Row], category: str, **chosen: Any) -> dict[str, Any]:
    """A line of a table: SSR and SoftRas of one category, and their difference paired by seed.

    It has row, softras, ssr (means, NaN where nothing is recorded) and what `change` says of their
    difference: mean, low, high, values and seeds.
    """
    ours, theirs = (
        by_seed(rows, claim="table2", row=row, category=category, metric="iou", **chosen)
        for row in ("ssr", "softras")
    )
    return {
        "row": category,
        "softras": _mean(theirs),
        "ssr": _mean(ours),
        **change(ours, theirs),
    }


def ablations(rows: Sequence[ledger.Row], **chosen: Any) -> list[dict[str, Any]]:
    """Lines of a table, one for each category and thing that was changed, the whole method first.

    A line has category, row, iou, accuracy and coverage (means over the seeds), and mean, low,
    high: by how much the IoU changed against the whole method, paired by seed.
    """
    rows = ledger.select(rows, **chosen)
    changed = {(r.category, r.row) for r in ledger.select(rows, claim="ablation")}
    lines = []
    for category in sorted({c for c, _ in changed}, key=CATEGORIES.index):
        of = partial(by_seed, rows, category=category)
        whole = of(claim="table2", row="ssr", metric="iou")
        words = {m: of(claim="pseudo_labels", metric=m) for m in ("accuracy", "coverage")}
        first = {"iou": whole, **words}
        lines.append(
            {"category": category, "row": "ssr", "seeds": len(whole)}
            | {metric: _mean(values) for metric, values in first.items()}
        )
        for name in (name for name in ABLATIONS if (category, name) in changed):
            found = {m: of(claim="ablation", row=name, metric=m) for m in first}
            lines.append(
                {"category": category, "row": name}
                | {metric: _mean(values) for metric, values in found.items()}
                | change(found["iou"], whole)
            )
    return lines


def _mean(values: Mapping[int, float]) -> float:
    return sum(values.values()) / len(values) if values else float("nan")


def confusion(pseudo: Tensor) -> Tensor:
    """How often viewpoint `row` was labelled `column`: int64 (24, 24) from labels (n, 24).

    >>> confusion(torch.arange(24).expand(5, 24)).diag().tolist() == [5] * 24
    True
    """
    true = torch.arange(VIEWS).expand_as(pseudo)
    given = (pseudo >= 0).cpu()
    cells = VIEWS * true[given] + pseudo.cpu()[given]
    return torch.bincount(cells, minlength=VIEWS * VIEWS).view(VIEWS, VIEWS)
