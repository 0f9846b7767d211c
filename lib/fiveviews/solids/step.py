"""Real parts: solids from STEP files, by way of OpenCASCADE, which is optional.

Every file is read in a process of its own. STEP files in the wild can keep a CAD kernel busy for
ever or crash it; such a process is ended after a time, and the file is refused by name.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from .csg import Solid
from .occ import NoOpenCascade, is_installed

READER = (sys.executable, "-m", "fiveviews.solids.occ")  # called with the two files behind it
SUFFIXES = (".step", ".stp")


def read_step(path: str | Path, timeout: float = 60.0) -> Solid:
    """The solids of a STEP file as one Solid, centred, its longest side 1.

    CAD systems have z up: their z becomes our y, and their front, -y, our +z.
    timeout: seconds after which reading is given up.

    Raises FileNotFoundError; NoOpenCascade (an ImportError) where the optional wheel is missing;
    TimeoutError; and ValueError for a file that holds no closed solid, cannot be read, or crashes
    the reader. Each names the file.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"there is no STEP file {path}")
    if path.suffix.lower() not in SUFFIXES:
        raise ValueError(f"{path}: expected one of {', '.join(SUFFIXES)}, found '{path.suffix}'")
    if not is_installed():
        raise NoOpenCascade
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "triangles.npz"
        command = [*READER, str(path), str(out)]
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, timeout=timeout, check=False
            )
        except subprocess.TimeoutExpired:
            raise TimeoutError(f"{path} was not read within {timeout:g} seconds") from None
        if done.returncode or not out.is_file():
            last = (done.stderr.strip().splitlines() or ["no message"])[-1]
            refused = last.startswith("REFUSED ")
            reason = (
                last[8:] if refused else f"the reader ended with code {done.returncode}: {last}"
            )
            raise ValueError(f"{path}: {reason}")
        with np.load(out, allow_pickle=False) as file:
            arrays = {name: file[name] for name in ("vertices", "faces", "normals", "surface")}
    turn = np.array([[1.0, 0, 0], [0, 0, -1], [0, 1, 0]])  # rows: their x, y, z in our world
    vertices, normals = arrays["vertices"] @ turn, arrays["normals"] @ turn
    low, high = vertices.min(0), vertices.max(0)
    vertices = np.clip((vertices - (low + high) / 2) / (high - low).max(), -0.5, 0.5)
    try:
        return Solid.from_faces(vertices, arrays["faces"], normals, arrays["surface"])
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error
