"""The table of claims: what each says, who says it, and what the recorded runs answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from .tables import Table, duration, table

HEADS = {"status": "status", "claim": "claim", "value": "ours", "rival": "rival"}
HEADS |= {"change": "difference [95 % CI]", "data": "data, note"}
NAMED = 3  # categories, beyond which they are counted
RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


def verdicts(
    lines: Sequence[Mapping[str, Any]], caption: str = "", commands: Sequence[str] = ()
) -> Table:
    """One line for each claim and each data set that it was tried on, its status first.

    lines: as `training.claims.judge` gives them; those of one claim follow one another, and only
        the first of them repeats what is claimed. Why ours may differ stands in notes below.
    commands: those of a table with the anchor "command", to which each line points with its `run`.
    """
    notes = list(dict.fromkeys(line["why"] for line in lines if line.get("why")))
    numbers = {command: number for number, command in enumerate(commands, 1)}
    shown, before = [], None
    for line in lines:
        cells = {name: line.get(name) for name in ("status", "value", "rival")}
        cells |= {"claim": "" if line["claim"] == before else _claim(line)}
        note = str(notes.index(line["why"]) + 1) if line.get("why") else ""
        about = _data(line, note, numbers.get(line.get("run")))
        shown.append(cells | {"change": _change(line), "data": about})
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


def _data(line: Mapping[str, Any], note: str, command: int | None) -> str:
    """On what and how often, at what cost on which device, and by which command."""
    link = [f"[command {command}](#command-{command})"] if command else []
    if "dataset" not in line:
        return "\n".join(["–", *link])
    names = [name.replace("_", " ") for name in line["categories"]]
    of = [", ".join(names) if len(names) <= NAMED else f"{len(names)} categories"] if names else []
    seeds = "1 seed" if line["seeds"] == 1 else f"{line['seeds']} seeds"
    runs = [f"{line['runs']} runs"] if line["runs"] != line["seeds"] else []
    about = ", ".join([*of, line["scale"], *runs, seeds])
    return f"{line['dataset']}{note.translate(RAISED)}\n" + "; ".join([about, _cost(line), *link])


def _cost(line: Mapping[str, Any]) -> str:
    """How long on what: whatever counts its threads is a CPU, anything else has its name."""
    cost: dict[str, float] = {}
    for device, seconds in line["cost"].items():
        name = "CPU" if device.endswith(" threads") else device
        cost[name] = cost.get(name, 0.0) + seconds
    return ", ".join(f"{name} {duration(seconds)}" for name, seconds in cost.items())
