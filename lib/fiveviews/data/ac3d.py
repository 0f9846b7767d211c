"""AC3D (.ac, .acc): the text format of FlightGear's aircraft, which trimesh does not read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

from fiveviews.meshes import Mesh

POLYGON, STRIP = 0, 4  # low four bits of a SURF; 1 and 2 are lines, which have no surface


@dataclass(frozen=True, eq=False)
class Part:
    """One object of a file: vertices (V, 3) in the coordinates of the file, triangles (F, 3)."""

    name: str
    vertices: np.ndarray
    faces: np.ndarray


def load_ac3d(path: str | Path, drop: str = "") -> Mesh:
    """All objects of an AC3D file in one mesh, less those whose name holds the pattern `drop`.

    drop: regular expression, case ignored; aircraft carry shadows and blurred propellers as discs.
    Raises FileNotFoundError, or ValueError that names the file where it is not AC3D or is empty.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"there is no mesh file {path}")
    try:
        parts = read_parts(path.read_text("utf-8", errors="replace"))
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error
    left_out = re.compile(drop or r"(?!)", re.IGNORECASE)
    kept = [part for part in parts if len(part.faces) and not left_out.search(part.name)]
    if not kept:
        raise ValueError(f"{path} holds no faces, so there is no surface to show")
    starts = np.cumsum([0] + [len(part.vertices) for part in kept])
    faces = [part.faces + start for part, start in zip(kept, starts, strict=False)]
    return Mesh(np.concatenate([part.vertices for part in kept]), np.concatenate(faces))


def read_parts(text: str) -> list[Part]:
    """The objects of an AC3D text, their nested `loc` and `rot` applied.

    Polygons become fans of triangles, so a concave one is covered only approximately.
    Raises ValueError with the line's number where the text breaks off or says something else.
    """
    numbered = enumerate(text.splitlines(), start=1)
    lines = ((number, line) for number, line in numbered if line.strip())  # some have stray gaps
    number, header = next(lines, (1, ""))
    if not header.startswith("AC3D"):
        raise ValueError(f"not AC3D: expected the first line to begin with AC3D, found {header!r}")
    parts: list[Part] = []
    try:
        for _, line in lines:
            if line.startswith("OBJECT"):
                _object(lines, np.eye(3), np.zeros(3), parts)
    except StopIteration:
        raise ValueError("the AC3D text breaks off in the middle of an object") from None
    except (ValueError, IndexError) as error:
        line = next(lines, (number, ""))[0] - 1
        raise ValueError(f"cannot read its AC3D near line {line} ({error})") from error
    return parts


def _object(
    lines: Iterator[tuple[int, str]], turn: np.ndarray, shift: np.ndarray, parts: list[Part]
) -> None:
    """Read one OBJECT and its kids. Points are row vectors: world = own frame @ turn + shift."""
    name, vertices, faces = "", np.zeros((0, 3)), []
    own, offset = np.eye(3), np.zeros(3)
    while True:
        key, *values = next(lines)[1].split() or [""]
        match key:
            case "name":
                name = " ".join(values).strip('"')
            case "data":  # a comment of so many characters, on the lines that follow
                left = int(values[0])
                while left > 0:
                    left -= len(next(lines)[1]) + 1
            case "loc":
                offset = np.array(values[:3], float)
            case "rot":
                own = np.array(values[:9], float).reshape(3, 3)
            case "numvert":
                rows = [next(lines)[1].split()[:3] for _ in range(int(values[0]))]
                vertices = np.array(rows, float).reshape(-1, 3)
            case "numsurf":
                for _ in range(int(values[0])):
                    faces += _surface(lines)
            case "kids":
                triangles = np.array(faces, np.int64).reshape(-1, 3)
                if triangles.size and not 0 <= triangles.min() <= triangles.max() < len(vertices):
                    raise ValueError(f"object {name!r} names a vertex that it does not have")
                points = (vertices @ own + offset) @ turn + shift
                parts.append(Part(name, points, triangles))
                for _ in range(int(values[0])):  # real files promise more kids than they have
                    if not any(line.startswith("OBJECT") for _, line in lines):
                        break
                    _object(lines, own @ turn, offset @ turn + shift, parts)
                return


def _surface(lines: Iterator[tuple[int, str]]) -> list[tuple[int, int, int]]:
    """Triangles of one SURF."""
    kind = POLYGON
    while True:
        key, *values = next(lines)[1].split() or [""]
        if key == "SURF":
            kind = int(values[0], 0) & 0xF
        elif key == "refs":
            refs = [int(next(lines)[1].split()[0]) for _ in range(int(values[0]))]
            if kind == POLYGON:
                return [(refs[0], a, b) for a, b in pairwise(refs[1:])]
            if kind == STRIP:
                return [
                    (refs[i + i % 2], refs[i + 1 - i % 2], refs[i + 2])
                    for i in range(len(refs) - 2)
                ]
            return []
