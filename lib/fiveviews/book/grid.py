"""What the reruns run: book/reruns/grid.yaml, read and multiplied out.

Needs nothing but YAML, since Snakemake reads it from an environment of its own.
"""

from __future__ import annotations

import itertools
import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from fiveviews.book.pages import ROOT, SCALES

GRID = ROOT / "book" / "reruns" / "grid.yaml"
STAGES = ("data", "train", "report")


@dataclass(frozen=True)
class Job:
    """One command of one chapter: `name` is unique in its stage. `rows` are the lines of the ledger
    (claim/row) that it records."""

    chapter: str
    stage: str
    name: str
    command: str
    rows: tuple[str, ...] = ()

    def arguments(self, copy: str = "") -> list[str]:
        """The arguments of Python. copy: where a notebook's executed copy goes."""
        return arguments(self.command, copy)


def arguments(command: str, copy: str = "") -> list[str]:
    """What follows `python`: a notebook is run by papermill, anything else is a script or module.

    >>> arguments("book/surfels/train.ipynb -p seed 1", "_build/copy.ipynb")[:5]
    ['-m', 'fiveviews.book', 'run', 'book/surfels/train.ipynb', '--output']
    >>> arguments("data_scripts/make_iqtt.py -n 250")
    ['data_scripts/make_iqtt.py', '-n', '250']
    """
    first, *rest = shlex.split(command)
    if not first.endswith(".ipynb"):
        return [first, *rest]
    where = ["--output", copy] if copy else []
    return ["-m", "fiveviews.book", "run", first, *where, *rest]


def shown(command: str) -> str:
    """A command as one types it.

    >>> shown("book/surfels/train.ipynb -p seed 1")
    'python -m fiveviews.book run book/surfels/train.ipynb -p seed 1'
    """
    return " ".join(["python", *arguments(command)])


def by_row(grid: Mapping[str, Any], chapter: str, scale: str) -> list[dict[str, str]]:
    """For each row of a chapter's tables the command that records it: dicts of table, row and
    command, in which words in capitals stand for what may vary."""
    found = []
    for entry in grid[chapter].get("train", {}).values():
        lists = {n: _of_scale(values, scale) for n, values in entry.get("over", {}).items()}
        open_values = {name: name.upper() for name in [*lists, *entry.get("with", {})]}
        for template in entry.get("rows", ()):
            own = [name for name in lists if f"{{{name}}}" in template]
            for choice in itertools.product(*(lists[name] for name in own)):
                values = open_values | dict(zip(own, choice, strict=True)) | {"scale": scale}
                table, _, row = template.format(**values).partition("/")
                command = shown(entry["command"].format(**values))
                found.append({"table": table, "row": row, "command": command})
    return found


def read(path: Path = GRID) -> dict[str, Any]:
    """The grid, of the chapters that this edition has. Raises ValueError where it has no sense."""
    grid = yaml.safe_load(path.read_text("utf-8"))
    for chapter, stages in grid.items():
        if unknown := set(stages) - set(STAGES):
            raise ValueError(f"{path}, {chapter}: {', '.join(sorted(unknown))} is no stage")
    return {chapter: grid[chapter] for chapter in grid if (ROOT / "book" / chapter).is_dir()}


def jobs(grid: Mapping[str, Any], stage: str, scale: str) -> list[Job]:
    """The jobs of one stage at one scale. Raises ValueError where two have one name."""
    if scale not in SCALES:
        raise ValueError(f"scale must be one of {', '.join(SCALES)}; got {scale!r}")
    found = [
        job
        for chapter, stages in grid.items()
        for key, entry in stages.get(stage, {}).items()
        for job in _multiply(chapter, stage, key, entry, scale)
    ]
    names = [(job.chapter, job.name) for job in found]
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"two jobs of {stage} are called {'/'.join(name)}")
    return found


def _multiply(
    chapter: str, stage: str, key: str, entry: Mapping[str, Any], scale: str
) -> Iterator[Job]:
    """One job for each choice of the values under `over`; what depends on the scale is under
    smoke, lab and full."""
    lists = {n: _of_scale(values, scale) for n, values in entry.get("over", {}).items()}
    fixed = {n: _of_scale(value, scale) for n, value in entry.get("with", {}).items()}
    for choice in itertools.product(*lists.values()):
        values = dict(zip(lists, choice, strict=True)) | fixed | {"scale": scale}
        rows = tuple(dict.fromkeys(row.format(**values) for row in entry.get("rows", ())))
        name = re.sub(r"[^A-Za-z0-9_.]+", "-", "_".join([key, *map(str, choice)]))
        yield Job(chapter, stage, name, entry["command"].format(**values), rows)


def _of_scale(value: Any, scale: str) -> Any:
    return value[scale] if isinstance(value, Mapping) else value
