"""The ledger: one JSON line per finished run and metric, and the tables made from it.

The file, `book/results/<chapter>.jsonl`, is only ever appended to. A run that was done again
stands below the first, and `latest` keeps the newest line of each: same claim, row, category,
metric, seed, scale, data set and params.
"""

from __future__ import annotations

import dataclasses
import errno
import json
import math
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fiveviews.metrics import t_interval
from fiveviews.training import checkpoints, parallel

SCALES = ("smoke", "lab", "full")

# chapter: claim: (rows, metrics). The words of every table that the book reproduces.
_SURFEL_ROWS = (
    "pix2scene",
    "constant_depth",
    "plane_depth",
    "mean_depth",
    "empty_room",
    "nearest_neighbour",
)
_SURFEL_METRICS = ("hausdorff_f", "hausdorff_r", "mse_depth")
WORDS: dict[str, dict[str, tuple[tuple[str, ...], tuple[str, ...]]]] = {
    "soft_meshes": {
        "table1": (
            ("baseline", "resnet", "attention", "mean_shape", "nearest_neighbour"),
            ("iou", "loss"),
        ),
        "ablation": (
            ("no_laplacian", "no_flatten", "own_view_only"),
            ("iou", "loss"),
        ),
    },
    "viewpoints": {
        "table2": (("softras", "ssr", "upper_bound", "mean_shape"), ("iou",)),
        "pseudo_labels": (("siamvp",), ("accuracy", "coverage")),
        "transfer": (
            ("softras", "ssr", "upper_bound", "mean_shape", "siamvp", "pixels"),
            ("iou", "accuracy", "near"),
        ),
        "ablation": (
            ("ungrouped", "between_views", "all_references", "rotation", "random_labels"),
            ("iou", "accuracy", "coverage"),
        ),
    },
    "line_drawings": {
        "t2i": (
            (
                "supervised_early",
                "supervised_late",
                "bce",
                "bce_finetuned",
                "ntxent",
                "simclr",
                "rotnet",
                "jigsaw",
                "colorization",
                "ink_shortcut",
            ),
            ("accuracy",),
        ),
        "i2p": (("supervised", "self_supervised"), ("accuracy",)),
        "p2i": (("supervised", "self_supervised"), ("accuracy",)),
    },
    "surfels": {
        "table1": (_SURFEL_ROWS, _SURFEL_METRICS),
        "table2": (_SURFEL_ROWS[:-1], _SURFEL_METRICS),
        "objects": (_SURFEL_ROWS, _SURFEL_METRICS),
        "complex": (_SURFEL_ROWS, _SURFEL_METRICS),
        "ablation": (
            (
                "whole",
                "no_smoothness",
                "inverted_sign",
                "last_sample",
                "no_adversary",
                "no_reconstruction",
                "random_lights",
                "random_lights_critic",
            ),
            _SURFEL_METRICS,
        ),
        "iqtt": (("pix2scene", "cnn", "siamese", "contrastive"), ("accuracy",)),
        "iqtt_ablation": (
            (
                "whole",
                "detached_information",
                "no_information",
                "no_pictures",
                "asked_more",
                "asked_always",
                "centred",
                "longer",
            ),
            ("accuracy", "accuracy_ties_right"),
        ),
    },
    "templates": {
        "chamfer": (
            ("sol1", "sol2", "sol2_contrastive", "mean_template", "nearest_neighbour", "fitted"),
            ("chamfer_mean", "chamfer_median", "failures"),
        ),
        "ablation": (
            (
                "sol2_frozen",
                "sol2_contrastive_frozen",
                "sol2_scratch",
                "sol2_contrastive_scratch",
            ),
            ("chamfer_mean", "chamfer_median", "failures"),
        ),
        "retrieval": (("pixels", "untrained", "contrastive"), ("retrieval_at_1",)),
    },
}


@dataclass(frozen=True, kw_only=True)
class Row:
    """One metric of one finished run. The fields are the ledger's, in its order.

    value, paper_value: in `unit` ("fraction", "m", …); the paper's is None where it gives none.
    n_items: how many things the value is a mean of. params: whatever else varies between runs.
    commit … started: `History.provenance()` gives them.

    Raises ValueError for words that the chapter does not have, and for a value that is not finite.
    """

    chapter: str
    claim: str
    row: str
    category: str | None = None
    metric: str
    unit: str
    value: float
    paper_value: float | None = None
    n_items: int
    seed: int
    scale: str
    dataset: str
    params: Mapping[str, Any] = field(default_factory=dict)
    commit: str | None
    dirty: bool | None
    data_sha256: str | None = None
    weights_sha256: str | None = None
    device: str
    torch: str
    wall_s: float
    peak_mb: float
    started: str

    def __post_init__(self) -> None:
        _known("chapter", self.chapter, WORDS)
        _known("claim", self.claim, WORDS[self.chapter])
        rows, metrics = WORDS[self.chapter][self.claim]
        _known("row", self.row, rows)
        _known("metric", self.metric, metrics)
        _known("scale", self.scale, SCALES)
        for name in ("value", "paper_value", "wall_s", "peak_mb"):
            number = getattr(self, name)
            if number is not None and not math.isfinite(number):
                raise ValueError(
                    f"{name} of {self.claim}/{self.row} is {number}; record no such run"
                )

    def key(self) -> tuple[str | int | None, ...]:
        """What makes two lines the same measurement."""
        params = json.dumps(dict(self.params), sort_keys=True)
        names = ("claim", "row", "category", "metric", "seed", "scale", "dataset")
        return (self.chapter, *(getattr(self, name) for name in names), params)


def append(path: Path, rows: Iterable[Row]) -> None:
    """Add rows to a ledger in one write: all of them, or (a full disk) none. Of several processes
    that train together, the first adds them.

    Raises OSError where they cannot be written.
    """
    if parallel.rank():
        return
    lines = [json.dumps(dataclasses.asdict(row), allow_nan=False) + "\n" for row in rows]
    data = "".join(lines).encode()
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    try:
        before = os.fstat(descriptor).st_size
        if os.write(descriptor, data) != len(data):
            os.ftruncate(descriptor, before)
            raise OSError(errno.ENOSPC, "short write")
        os.fsync(descriptor)
    except OSError as error:
        reason = checkpoints.reason(error)
        raise OSError(
            error.errno, f"could not write {path} ({reason}); no row was added"
        ) from error
    finally:
        os.close(descriptor)


def read(path: Path) -> list[Row]:
    """All rows of a ledger, oldest first; a ledger that is not there yet has none.

    Raises ValueError, with the number of the line, for one that is no row.
    """
    if not path.exists():
        return []
    rows = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        try:
            rows.append(Row(**json.loads(line)))
        except (ValueError, TypeError) as error:
            raise ValueError(f"{path}, line {number}, is no row of a ledger: {error}") from error
    return rows


def latest(rows: Iterable[Row]) -> list[Row]:
    """Without the lines that a later one of the same measurement (`Row.key`) replaces."""
    return list({row.key(): row for row in rows}.values())


def select(rows: Iterable[Row], **wanted: Any) -> list[Row]:
    """The rows whose fields have these values; names that are no field are looked for in params.

    select(rows, claim="table2", scale="lab", n_labelled=2)
    """
    return [row for row in rows if all(_get(row, name) == wanted[name] for name in wanted)]


def table(
    rows: Iterable[Row],
    by: Sequence[str] = ("claim", "row", "metric", "scale", "dataset"),
    level: float = 0.95,
    why: Mapping[str, str] | None = None,
) -> list[dict[str, Any]]:
    """One dict per table line: `by`, paper, mean, low, high, values, seeds, n_items, wall_s, why.

    `values` are the single seeds, for figures that show them.

    Replaced lines are dropped (`latest`). What is left of each group is averaged over categories
    for each seed, without weights as in the papers, and then over seeds with Student's interval;
    `low` and `high` are None for one seed.

    by: fields or names in params that tell the lines of the table apart, in their order.
    why: for a row's name, why it differs from the paper.

    Raises ValueError where rows of one group differ in more than seed and category, or where the
    seeds do not cover the same categories: their mean would compare unlike things.
    """
    groups: dict[tuple[Any, ...], list[Row]] = {}
    for row in latest(rows):
        groups.setdefault(tuple(_get(row, name) for name in by), []).append(row)
    return [
        dict(zip(by, key, strict=True))
        | _line(group, level)
        | {"why": (why or {}).get(group[0].row)}
        for key, group in groups.items()
    ]


def _line(group: list[Row], level: float) -> dict[str, Any]:
    seeds: dict[int, dict[str | None, Row]] = {}
    for row in group:
        other = seeds.setdefault(row.seed, {}).setdefault(row.category, row)
        if other is not row:
            names = ("claim", "row", "metric", "scale", "dataset", "params")
            differ = [name for name in names if getattr(row, name) != getattr(other, name)]
            raise ValueError(
                f"rows of one table line differ in {', '.join(differ)}: "
                f"{row.params} and {other.params}; select one, or name it in `by`"
            )
    categories = {frozenset(of_seed) for of_seed in seeds.values()}
    if len(categories) > 1:
        raise ValueError(
            f"{group[0].claim}/{group[0].row}: the seeds cover different categories; select those "
            f"that all have, or put 'category' in `by`"
        )
    values = [_mean(of.values(), "value") for of in seeds.values()]
    mean, low, high, n = t_interval(values, level)
    first = next(iter(seeds.values())).values()
    paper = None if any(row.paper_value is None for row in first) else _mean(first, "paper_value")
    return {
        "paper": paper,
        "mean": mean,
        "low": low if n > 1 else None,
        "high": high if n > 1 else None,
        "values": values,
        "seeds": n,
        "categories": len(first),
        "n_items": sum(row.n_items for row in first),
        "wall_s": sum(row.wall_s for row in group),
        "device": ", ".join(dict.fromkeys(row.device for row in group)),
    }


def _mean(rows: Iterable[Row], name: str) -> float:
    values = [getattr(row, name) for row in rows]
    return sum(values) / len(values)


def _get(row: Row, name: str) -> Any:
    return getattr(row, name) if name in Row.__dataclass_fields__ else row.params.get(name)


def _known(kind: str, word: str, words: Iterable[str]) -> None:
    if word not in words:
        raise ValueError(f"{kind} {word!r} is not one of {', '.join(words)}")
