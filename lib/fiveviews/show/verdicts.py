"""The table of claims: what each says, who says it, and what the recorded runs answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from .tables import Table, table

HEADS = {"status": "status", "claim": "claim", "value": "ours", "rival": "rival"}
HEADS |= {"change": "difference [95 % CI]", "data": "data, note"}
NAMED = 3  # categories, beyond which they are counted
RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


def verdicts(lines: Sequence[Mapping[str, Any]], caption: str = "") -> Table:
    """One line for each claim and each data set that it was tried on, its status first.

    lines: as `training.claims.judge` gives them; those of one claim follow one another, and only
        the first of them repeats what is claimed. Why ours may differ stands in notes below.
    """
    notes = list(dict.fromkeys(line["why"] for line in lines if line.get("why")))
    shown, before = [], None
    for line in lines:
        cells = {name: line.get(name) for name in ("status", "value", "rival")}
        cells |= {"claim": "" if line["claim"] == before else _claim(line)}
        note = str(notes.index(line["why"]) + 1) if line.get("why") else ""
        shown.append(cells | {"change": _change(line), "data": _data(line, note)})
        before = line["claim"]
    return replace(table(shown, HEADS, caption=caption), notes=notes)


def _claim(line: Mapping[str, Any]) -> str:
    said = f"{line['source']}: {line['paper']}" if line["paper"] != "–" else line["source"]
    return f"{line['claim']}\n{said}"


def _change(line: Mapping[str, Any]) -> str | None:
    if line.get("mean") is None:
        return None
    if line.get("low") is None:
        return f"{line['mean']:.3f}"
    return f"{line['mean']:.3f}\n[{line['low']:.3f}, {line['high']:.3f}]"


def _data(line: Mapping[str, Any], note: str) -> str | None:
    if "dataset" not in line:
        return None
    names = [name.replace("_", " ") for name in line["categories"]]
    of = [", ".join(names) if len(names) <= NAMED else f"{len(names)} categories"] if names else []
    runs = "1 run" if line["runs"] == 1 else f"{line['runs']} runs"
    about = ", ".join([*of, line["scale"], runs])
    return f"{line['dataset']}{note.translate(RAISED)}\n{about}"
