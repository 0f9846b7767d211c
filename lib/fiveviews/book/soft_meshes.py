"""Numbers that the chapter on soft meshes states about its recorded tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import nan
from typing import Any

from fiveviews.training import compare, ledger

TRAINED_ON = {"made": "procedural", "own": "open models"}


def encoders(iou: Sequence[ledger.Row], loss: Sequence[ledger.Row]) -> dict[str, float]:
    """What table 1 says of the plain encoder: the means of all three, of how many comparisons with
    the others the interval leaves out zero, and by how much at most these differ.

    iou, loss: the table's rows of each metric. What is not recorded is nan.
    """
    names = ("baseline", "resnet", "attention")
    found: dict[str, float] = {}
    rivals: list[dict[str, Any]] = []
    for metric, rows in (("iou", iou), ("loss", loss)):
        means = {line["row"]: line["mean"] for line in ledger.table(rows, ("row", "metric"))}
        found |= {f"{name}_{metric}": means.get(name, nan) for name in names}
        pairs = [compare.differences(rows, ("baseline", other)) for other in names[1:]]
        rivals += [line for lines in pairs for line in lines]
    clear = [abs(line["mean"]) for line in rivals if line["low"] * line["high"] > 0]
    counts = {"rivals": len(rivals), "clear": len(clear), "behind": max(clear, default=nan)}
    return found | counts


def differences(
    iou: Sequence[ledger.Row], loss: Sequence[ledger.Row], encoders: Sequence[str]
) -> list[dict[str, Any]]:
    """Lines of a table: every encoder against every other, in both metrics."""
    return [
        {"metric": name} | line
        for name, rows in (("IoU", iou), ("loss", loss))
        for line in compare.differences(rows, encoders)
    ]


def real(lines: Iterable[Mapping[str, Any]]) -> dict[str, float]:
    """Scores on real models of the plain network and of retrieval, and the number of training
    objects, by what was trained on: made by the generator, or real ones of their own kind.

    lines: of `ledger.table`, by row, trained_on and n_train. What is not recorded is nan.
    """
    of = {(line["row"], line["trained_on"]): line for line in lines}
    found: dict[str, float] = {}
    for name, source in TRAINED_ON.items():
        for row in ("baseline", "nearest_neighbour"):
            found[f"{name}_{row}"] = of.get((row, source), {}).get("mean", nan)
        found[f"n_{name}"] = of.get(("baseline", source), {}).get("n_train", nan)
    return found
