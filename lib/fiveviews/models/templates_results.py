"""What the runs of the templates chapter leave for the book: ledger lines and small traces."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from lightning_fabric import seed_everything
from torch import Tensor

from fiveviews.chamfer import summarise
from fiveviews.data.storage import read_npz, write_npz
from fiveviews.models import templates_evaluation as evaluation
from fiveviews.models.templates_data import Objects
from fiveviews.models.templates_evaluation import LEDGER_FRAMES, VIEWS, Scores
from fiveviews.models.templates_runs import ENCODERS, Study
from fiveviews.models.templates_tables import PAPER
from fiveviews.models.templates_training import Contrast
from fiveviews.training import ledger, parallel
from fiveviews.training.history import History
from fiveviews.training.provenance import device_name
from fiveviews.training.session import find_device

DATASETS = {"procedural": "procedural", "models": "open models", "official": "official"}
UNIT = "0.001"
EMBEDDED = 20  # test objects whose pictures a trace keeps the embeddings of, as the paper's figure


def record_study(
    study: Study, test: Objects, book: Path, only: Sequence[str] = ()
) -> Iterator[str]:
    """Train and score all that a study holds; says what was found, line by line.

    book: the folder whose `results/templates.jsonl` and `results/templates/` are written. What the
    ledger has is not done again, so a command that was stopped goes on where it was.
    only: these rows, and no trace; all, where it is empty.
    """
    path = book / "results" / "templates.jsonl"
    category, source = test.fields.category, study.train.fields.source
    parts = (category, "" if source == "procedural" else source, str(study.seed))
    name = "_".join(part for part in parts if part)
    trace = book / "results" / "templates" / f"{name}.npz"
    parallel.connect(find_device(study.device).device)
    known = ledger.read(path)
    todo = [m for m in _measurements(study, test) if not _there(known, study, test, *m[:3])]
    todo = [m for m in todo if not only or m[1] in only]
    whole = bool(only) or (trace.exists() and not todo)
    parallel.wait()  # for all to have read what the first adds to
    for _, row, view, measure in todo:
        rows = measure()
        ledger.append(path, rows)
        found = {r.metric: round(r.value, 3) for r in reversed(rows)}  # in the first frame
        yield f"{category}, seed {study.seed}, {row} {view}: {found}"
    if not (whole or study.variant):
        write_trace(trace, study, test)


def _there(
    rows: list[ledger.Row], study: Study, test: Objects, claim: str, row: str, view: str
) -> bool:
    """Whether the ledger has a measurement."""
    asked = {"claim": claim, "row": row, "view": view, "category": test.fields.category}
    asked |= {"dataset": DATASETS[test.fields.source]}
    return bool(ledger.select(rows, **asked, **_setting(study), **_trained_on(study, test)))


Measurement = tuple[str, str, str, Callable[[], list[ledger.Row]]]


def _measurements(study: Study, test: Objects) -> Iterator[Measurement]:
    """Claim, row, view and what measures them, in the order in which the runs need each other."""
    seed = study.seed
    free = History(device=device_name(torch.device("cpu")), seed=seed)

    def with_picture(row: str, view: str) -> list[ledger.Row]:
        scores = evaluation.evaluate(study.reconstructor(row), test, view, seed)
        run = study.trained(row)
        title = f"{row}_{study.variant}" if study.variant else row
        return score_rows(scores, run.history, study, test, title, view, run.sha256)

    def without(row: str) -> list[ledger.Row]:
        run = study.phase1()
        score = evaluation.mean_template if row == "mean_template" else evaluation.fitted
        return score_rows(score(run.model, test), run.history, study, test, row, "none", run.sha256)

    def retrieved(view: str) -> list[ledger.Row]:
        scores = evaluation.nearest_neighbour(study.train, test, view, seed, study.recipe.surface)
        return score_rows(scores, free, study, test, "nearest_neighbour", view)

    if study.variant:
        for row in ENCODERS[1:]:
            for view in VIEWS:
                yield "ablation", f"{row}_{study.variant}", view, partial(with_picture, row, view)
        return
    for row in ("mean_template", "fitted"):
        yield "chamfer", row, "none", partial(without, row)
    for view in VIEWS:
        yield "chamfer", "nearest_neighbour", view, partial(retrieved, view)
    for row in ENCODERS:
        for view in VIEWS:
            yield "chamfer", row, view, partial(with_picture, row, view)
    for row in ("pixels", "untrained", "contrastive"):
        yield "retrieval", row, "all", partial(retrieval_rows, study, test, row)


def _setting(study: Study) -> dict[str, Any]:
    """The words of the ledger that tell a study from others."""
    return {
        "seed": study.seed,
        "scale": study.scale,
        "n_train": len(study.train),
        "steps": study.recipe.steps,
        "imagenet": True if study.imagenet else None,
    }


def _trained_on(study: Study, test: Objects) -> dict[str, str]:
    """What real objects are asked of may have learned from generated ones, and the rows say so."""
    real = test.fields.source != "procedural"
    return {"trained_on": DATASETS[study.train.fields.source]} if real else {}


def features(study: Study, test: Objects, row: str) -> tuple[Tensor, History]:
    """What a row says of every easy picture of the test objects, which go once around each:
    (N, V, F), and where it comes from.

    row: `pixels`, the pictures themselves; `untrained`, the encoder's convolutions as they are
    drawn; `contrastive`, after contrastive pre-training.
    """
    pictures = test.easy.pictures.flatten(0, 1)
    origin = History(device=device_name(torch.device("cpu")), seed=study.seed)
    if row == "pixels":
        found = pictures.flatten(1).float() / 255
    elif row == "untrained":
        seed_everything(study.seed, verbose=False)
        found = evaluation.encode(study.begun(Contrast(study.recipe)).trunk, pictures)
    else:
        run = study.contrast()
        origin, found = run.history, evaluation.encode(run.model.trunk, pictures)
    return found.view(len(test), -1, found.shape[1]), origin


def retrieval_rows(study: Study, test: Objects, row: str) -> list[ledger.Row]:
    """The line of the ledger for how well pictures find those of their object from behind."""
    found, origin = features(study, test, row)
    shared = {"study": study, "test": test, "row": row, "view": "all", "claim": "retrieval"}
    value = evaluation.retrieval_at_1(found - found.mean((0, 1)))
    return [_row("retrieval_at_1", value, "fraction", origin, **shared)]


def score_rows(
    scores: Scores,
    origin: History,
    study: Study,
    test: Objects,
    row: str,
    view: str,
    sha256: str | None = None,
) -> list[ledger.Row]:
    """Lines of the ledger for the scores of one run: mean, median and failures, in both frames.

    Where every object failed, only the failures have a line.
    """
    rows = []
    claim = "ablation" if study.variant else "chamfer"
    shared = {"study": study, "test": test, "row": row, "view": view, "claim": claim}
    shared |= {"sha256": sha256}
    for frame in LEDGER_FRAMES:
        summary = summarise(getattr(scores, frame))
        found = {"failures": float(summary.failures)}
        if summary.failures < len(test):
            found |= {"chamfer_mean": summary.mean.mean, "chamfer_median": summary.median}
        paper = PAPER.get((test.fields.category, row, view)) if frame == "shapenet" else None
        known = dict(zip(("chamfer_mean", "chamfer_median"), paper or (None, None), strict=True))
        for metric, value in found.items():
            unit = "objects" if metric == "failures" else UNIT
            rows.append(_row(metric, value, unit, origin, known.get(metric), frame=frame, **shared))
    return rows


def _row(
    metric: str,
    value: float,
    unit: str,
    origin: History,
    paper: float | None = None,
    *,
    study: Study,
    test: Objects,
    row: str,
    view: str,
    claim: str,
    frame: str = "none",
    sha256: str | None = None,
) -> ledger.Row:
    recipe = study.recipe
    return ledger.Row(
        chapter="templates",
        claim=claim,
        row=row,
        category=test.fields.category,
        metric=metric,
        unit=unit,
        value=value,
        paper_value=paper,
        n_items=len(test),
        scale=study.scale,
        dataset=DATASETS[test.fields.source],
        params={
            "view": view,
            "frame": frame,
            "n_train": len(study.train),
            "steps": recipe.steps,
            "frozen": study.varied.frozen,
            **({"imagenet": True} if study.imagenet else {}),
            **_trained_on(study, test),
        },
        data_sha256=study.train_sha256,
        weights_sha256=sha256,
        **origin.provenance(),
    )


def write_trace(path: Path, study: Study, test: Objects) -> None:
    """Keep the curves of a study's runs and, of seed 0, how its test pictures are embedded.

    <run>_loss: steps and losses (2, n). embedded_<row>: features (20, 10, F) of every fifth easy
    picture of 20 test objects.
    """
    arrays = {
        f"{name}_loss": np.array(run.history.curve("loss"), np.float32)
        for name, run in study.done.items()
    }
    for name in ("sol2", "sol2_contrastive"):
        run = study.trained(name)
        arrays[f"{name}_fields"] = np.array(run.history.curve("reconstruction"), np.float32)
    if study.seed == 0:
        for row in ("untrained", "contrastive"):
            found, _ = features(study, test, row)
            arrays[f"embedded_{row}"] = found[:EMBEDDED, ::5].half().numpy()
    if not parallel.rank():
        write_npz(path, **arrays)


def read_trace(path: Path, *names: str) -> tuple[np.ndarray, ...]:
    """Parts of a trace by their names (see `write_trace`). Raises as `read_npz` does."""
    return read_npz(path, names)
