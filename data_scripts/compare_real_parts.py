"""Compare our drawings of the real parts with OpenCASCADE's exact hidden-line removal.

Draws front, right, top and isometric view of every part of lib/fiveviews/data/parts.json in both
ways, and writes to book/results/line_drawings/real_parts.json which share of the pixels of each has
a line of the same kind in the other, as `fiveviews.render.lines.exact` does for generated solids.
Needs the parts (fetch_open_models.py --parts), OpenCASCADE (pip install 'fiveviews[cad]'), and a
system that can fork, since OpenCASCADE may crash or never end on a part.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch

from fiveviews.book.line_drawings_parts import EXACT, VIEWS
from fiveviews.cameras import spare3d_views
from fiveviews.data import deb, parts
from fiveviews.data.open_models import find_package
from fiveviews.data.storage import data_root
from fiveviews.files import write_atomically
from fiveviews.progress import progress
from fiveviews.render.lines import draw
from fiveviews.render.lines.exact import agreement, exact_drawing
from fiveviews.solids import Solid
from fiveviews.solids.occ import NoOpenCascade, is_installed, tessellate

COUNTED = ("visible_ours", "visible_exact", "hidden_ours", "hidden_exact")
TURN = np.array([[1.0, 0, 0], [0, 0, -1], [0, 1, 0]])  # as in `read_step`: CAD has z up


def compare(step: Path, solid: Solid) -> np.ndarray:
    """Pixels counted (4 views, 4, 2) as in `agreement`."""
    from OCP.BRepBuilderAPI import BRepBuilderAPI_Transform
    from OCP.gp import gp_Trsf
    from OCP.STEPControl import STEPControl_Reader

    points = tessellate(str(step))["vertices"] @ TURN
    low, high = points.min(0), points.max(0)
    scale = 1 / (high - low).max()
    reader = STEPControl_Reader()
    reader.ReadFile(str(step))
    reader.TransferRoots()
    move = gp_Trsf()
    matrix = np.column_stack([scale * TURN.T, -scale * (low + high) / 2])
    move.SetValues(*matrix.reshape(-1).tolist())
    shape = BRepBuilderAPI_Transform(reader.OneShape(), move, True).Shape()
    camera = spare3d_views(VIEWS)
    return agreement(draw(solid, camera), exact_drawing(shape, camera))


def in_a_child(step: Path, solid: Solid, out: Path, timeout: float) -> np.ndarray | None:
    """The same, in a process that is ended after a time; None where it gave nothing."""
    child = os.fork()
    if not child:
        try:
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # OpenCASCADE talks
            np.save(out, compare(step, solid))
        finally:
            os._exit(0)
    started = time.monotonic()
    while os.waitpid(child, os.WNOHANG) == (0, 0):
        if time.monotonic() - started > timeout:
            os.kill(child, 9)
        time.sleep(0.01)
    found = np.load(out) if out.exists() else None
    out.unlink(missing_ok=True)
    return found


def measure(package: Path, root: Path | None, timeout: float) -> dict[str, Any]:
    there = list(parts.load(root))
    counts, failed = np.zeros((len(VIEWS), 4, 2), np.int64), []
    with tempfile.TemporaryDirectory(dir=data_root(root)) as folder:
        deb.extract(package, folder, {f"{parts.FOLDER}/{p.path}" for p, _ in there}.__contains__)
        for part, solid in progress(there, "parts", unit="part"):
            step = Path(folder) / parts.FOLDER / part.path
            found = in_a_child(step, solid, Path(folder) / "found.npy", timeout)
            if found is None:
                failed.append(part.name)
            else:
                counts += found
    shares = (counts[..., 0] / counts[..., 1]).round(6)
    whole = counts.sum(0)
    return {
        "parts": len(there) - len(failed),
        "failed": failed,
        "agreement": dict(zip(COUNTED, (whole[:, 0] / whole[:, 1]).round(6).tolist(), strict=True)),
        "pixels": dict(zip(COUNTED, whole[:, 1].tolist(), strict=True)),
        "visible_exact_by_view": dict(zip(VIEWS, shares[:, 1].tolist(), strict=True)),
    }


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--root", type=Path, help="data folder (default: FIVEVIEWS_DATA or _data)")
    parser.add_argument("--timeout", type=float, default=60.0, help="seconds for a part (60)")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    try:
        if not is_installed():
            raise NoOpenCascade
        package = find_package(parts.PACKAGE, arguments.root)
        found = measure(package, arguments.root, arguments.timeout)
    except (ImportError, OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    write_atomically(EXACT, json.dumps(found, indent=1) + "\n")
    print(f"{EXACT}: {found['agreement']}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
