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
    (claim/row) that it records, of one `category` (None where the chapter has none) and on these
    `datasets`; `real` says that it needs the open models, `given` which file or folder of yours."""

    chapter: str
    stage: str
    name: str
    command: str
    rows: tuple[str, ...] = ()
    category: str | None = None
    datasets: tuple[str, ...] = ("procedural",)
    real: bool = False
    given: str | None = None

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


def by_row(grid: Mapping[str, Any], chapter: str, scale: str) -> list[dict[str, Any]]:
    """The commands that record a chapter's tables: dicts of table, rows (a list), about (what tells
    them from rows of the same name) and command, in which words in capitals stand for what may
    vary; `capitals` says what they stand for."""
    found: dict[tuple[str, str, str], list[str]] = {}
    for entry in _recording(grid, chapter):
        lists = _lists(entry, scale)
        fixed = {name: _of_scale(value, scale) for name, value in entry.get("with", {}).items()}
        fixed |= {name: name.upper() if len(of) > 1 else of[0] for name, of in lists.items()}
        for template in entry["rows"]:
            own = [name for name in lists if f"{{{name}}}" in template]
            for choice in itertools.product(*(lists[name] for name in own)):
                values = fixed | dict(zip(own, choice, strict=True)) | {"scale": scale}
                table, _, row = template.format(**values).partition("/")
                command = shown(entry["command"].format(**values))
                found.setdefault((table, entry.get("about", ""), command), []).append(row)
    return [
        {"table": table, "rows": rows, "about": about, "command": command}
        for (table, about, command), rows in found.items()
    ]


def capitals(grid: Mapping[str, Any], chapter: str, scale: str) -> dict[str, list[str]]:
    """The words in capitals of `by_row`'s commands, and all that each may stand for."""
    found: dict[str, dict[str, None]] = {}
    for entry in _recording(grid, chapter):
        for name, values in _lists(entry, scale).items():
            left_open = any(f"{{{name}}}" not in template for template in entry["rows"])
            if len(values) > 1 and left_open:
                found.setdefault(name.upper(), {}).update(dict.fromkeys(map(str, values)))
    return {name: list(values) for name, values in found.items()}


def read(path: Path = GRID) -> dict[str, Any]:
    """The grid, of the chapters that this edition has. Raises ValueError where it has no sense."""
    grid = yaml.safe_load(path.read_text("utf-8"))
    for chapter, stages in grid.items():
        if unknown := set(stages) - set(STAGES):
            raise ValueError(f"{path}, {chapter}: {', '.join(sorted(unknown))} is no stage")
    return {chapter: grid[chapter] for chapter in grid if (ROOT / "book" / chapter).is_dir()}


def jobs(
    grid: Mapping[str, Any],
    stage: str,
    scale: str,
    real: bool = True,
    given: Mapping[str, str] | None = None,
) -> list[Job]:
    """The jobs of one stage at one scale. Raises ValueError where two have one name.

    real: also those that need the open models.
    given: where files and folders of yours lie, by the names of `given` in the grid; jobs that need
        another are left out. Without it all jobs are there, with the name in capitals.
    """
    if scale not in SCALES:
        raise ValueError(f"scale must be one of {', '.join(SCALES)}; got {scale!r}")
    found = [
        job
        for chapter, stages in grid.items()
        for key, entry in stages.get(stage, {}).items()
        for job in _multiply(chapter, stage, key, entry, scale, given or {})
        if (real or not job.real) and (given is None or job.given is None or job.given in given)
    ]
    names = [(job.chapter, job.name) for job in found]
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"two jobs of {stage} are called {'/'.join(name)}")
    return found


def _multiply(
    chapter: str,
    stage: str,
    key: str,
    entry: Mapping[str, Any],
    scale: str,
    given: Mapping[str, str],
) -> Iterator[Job]:
    """One job for each choice of the values under `over`; what depends on the scale is under
    smoke, lab and full."""
    lists = _lists(entry, scale)
    fixed = {n: _of_scale(value, scale) for n, value in entry.get("with", {}).items()}
    if name := entry.get("given"):
        fixed[name] = shlex.quote(given.get(name, name.upper()))
    for choice in itertools.product(*lists.values()):
        values = dict(zip(lists, choice, strict=True)) | fixed | {"scale": scale}
        rows = tuple(dict.fromkeys(row.format(**values) for row in entry.get("rows", ())))
        name = re.sub(r"[^A-Za-z0-9_.]+", "-", "_".join([key, *map(str, choice)]))
        yield Job(
            chapter,
            stage,
            name,
            entry["command"].format(**values),
            rows,
            values.get("category", values.get("kind")),
            tuple(entry.get("datasets", ("procedural",))),
            entry.get("real", False),
            entry.get("given"),
        )


def _recording(grid: Mapping[str, Any], chapter: str) -> list[Mapping[str, Any]]:
    """The entries of a chapter that record rows."""
    stages = (grid[chapter].get(stage, {}) for stage in STAGES)
    return [entry for stage in stages for entry in stage.values() if "rows" in entry]


def _lists(entry: Mapping[str, Any], scale: str) -> dict[str, list[Any]]:
    return {name: _of_scale(values, scale) for name, values in entry.get("over", {}).items()}


def _of_scale(value: Any, scale: str) -> Any:
    return value[scale] if isinstance(value, Mapping) else value
