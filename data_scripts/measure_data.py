"""Measure what the papers' full data sets cost to make: processor time, bytes and files.

Of each set a small part is made for real, in a folder that is thrown away; then the same command is
given again, which finds everything made, and what it takes is taken off; so is what is done once
for the whole set, by the command `before`. The page "Rerun it" shows the result,
book/results/data_costs.json, multiplied up to the whole set.

Scenes of Pix2Scene are drawn anew for each training, so of them it is measured how fast that goes:
two processes at once draw the first pictures of each kind and then the same ones again, when all
things that stand in them are made. --only scenes measures these alone.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import resource
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch

from fiveviews.book.pages import ROOT
from fiveviews.data.surfel_scenes import KINDS, SIZE, SPLIT, make_views
from fiveviews.files import write_atomically
from fiveviews.shapes import CATEGORIES
from fiveviews.training.provenance import code_version, device_name, now

FILE = ROOT / "book" / "results" / "data_costs.json"
SCENES, PROCESSES = 10_000, 2  # pictures of each kind, and who shares them


@dataclass(frozen=True)
class Cost:
    """A full set and what a part of it took: `total` and `part` count units, n is asked for in the
    command, whose file size decides that."""

    name: str
    chapter: str
    unit: str
    total: int
    part: int
    command: str
    before: str = ""
    cpu_s: float = 0.0
    bytes: int = 0
    files: int = 0


# Numbers of objects: Xiang et al. for drawings; the published 3D-IQTT; the renderings of SoftRas;
# the lists of DISN for chairs, planes and sofas. Sizes of pictures and numbers of samples likewise.
SETS = (
    Cost(
        "14,000 pairs of solids, 8 drawings each, 200 pixels", "line_drawings", "pair", 14_000, 100,
        "make_line_drawings.py pairs -n 100 --size 200",
    ),
    Cost(
        "40,000 solids, 11 drawings each, 200 pixels", "line_drawings", "solid", 40_000, 100,
        "make_line_drawings.py views -n 100 --size 200",
    ),
    Cost(
        "200,000 questions of 3D-IQTT, 4 pictures each, 128 pixels", "surfels", "question",
        200_000, 250, "make_iqtt.py -n 250 --size 128",
        before="make_iqtt.py -n 1 --size 8 --split val",  # draws the figures of all questions
    ),
    Cost(
        "43,783 objects of 13 categories, 24 views and voxels each, 64 pixels", "soft_meshes",
        "object", 43_783, 26, f"make_views.py {' '.join(CATEGORIES)} -n 2",
    ),
    Cost(
        "13,704 objects of 3 categories, 100 views and 500,000 SDF samples each, 224 pixels",
        "templates", "object", 13_704, 3,
        "make_fields.py chair plane sofa --split train -n 1 --samples 500000",
    ),
)  # fmt: skip


def measure(what: Cost) -> Cost:
    """The cost with what its part took."""
    with tempfile.TemporaryDirectory() as root:
        if what.before:
            _cpu_seconds(what.before, root)
        there = _files(root)
        made, nothing = _cpu_seconds(what.command, root), _cpu_seconds(what.command, root)
        new = _files(root) - there
        size = sum(path.stat().st_size for path in new)
    return replace(what, cpu_s=round(made - nothing, 3), bytes=size, files=len(new))


def _files(root: str) -> set[Path]:
    return {p for p in Path(root).rglob("*") if p.is_file() and p.name[0] != "."}


def _cpu_seconds(command: str, root: str) -> float:
    script, *words = command.split()
    full = [sys.executable, str(ROOT / "data_scripts" / script), *words, "--jobs", "1"]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([*full, "--root", root], check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def measure_scenes(kind: str) -> dict[str, Any]:
    """How long the processes take for the pictures of a kind, first and again: processor time of
    all together, and the time of the slowest. `load`: of the machine, which may do other work."""
    spawn = multiprocessing.get_context("spawn")  # else they would share what is made already
    with ProcessPoolExecutor(PROCESSES, spawn) as pool:
        share = SCENES // PROCESSES
        parts = pool.map(_seconds, [kind] * PROCESSES, range(0, SCENES, share), [share] * PROCESSES)
        cpu_first, cpu_again, first, again = zip(*parts, strict=True)
    seconds = {"cpu_s_first": sum(cpu_first), "cpu_s_again": sum(cpu_again)}
    seconds |= {"wall_s_first": max(first), "wall_s_again": max(again), "load": os.getloadavg()[0]}
    about = {"kind": kind, "pictures": SCENES, "size": SIZE, "processes": PROCESSES}
    return about | {name: round(value, 3) for name, value in seconds.items()}


def _seconds(kind: str, first: int, count: int) -> tuple[float, float, float, float]:
    torch.set_num_threads(1)
    make_views("box_rotation", 32, SPLIT)  # what is loaded only once
    cpu, wall = [time.process_time()], [time.perf_counter()]
    for _ in range(2):
        make_views(kind, count, first)
        cpu.append(time.process_time())
        wall.append(time.perf_counter())
    return cpu[1] - cpu[0], cpu[2] - cpu[1], wall[1] - wall[0], wall[2] - wall[1]


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--to", type=Path, default=FILE, help="default: %(default)s")
    parser.add_argument("--only", default="", help="sets whose name holds these words")
    asked = parser.parse_args()
    kept: dict[str, Any] = {}
    if asked.to.exists():
        kept = json.loads(asked.to.read_text("utf-8"))
    origin = code_version() | {"device": device_name(torch.device("cpu")), "started": now()}
    found = {cost["name"]: cost for cost in kept.get("costs", ())}
    for what in SETS:
        if asked.only in what.name:
            cost = found[what.name] = asdict(measure(what))
            kept["origin"] = origin
            print(f"{cost['cpu_s'] / what.part:8.3f} CPU-seconds for each {what.unit}: {what.name}")
    kept["costs"] = [found[what.name] for what in SETS if what.name in found]
    found = {scenes["kind"]: scenes for scenes in kept.get("scenes", ())}
    for kind in KINDS:
        if asked.only in f"scenes: {kind}":
            scenes = found[kind] = measure_scenes(kind)
            kept["origin_of_scenes"] = origin
            first, again = (SCENES / scenes[f"cpu_s_{when}"] for when in ("first", "again"))
            print(f"{first:8.1f} pictures per CPU-second, {again:.1f} again: scenes, {kind}")
    kept["scenes"] = [found[kind] for kind in KINDS if kind in found]
    write_atomically(asked.to, json.dumps(kept, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
