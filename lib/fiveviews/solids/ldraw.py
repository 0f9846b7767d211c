"""Parts in LDraw's format: text files that say which lines to draw, and which perhaps.

A line of a file begins with its type: 1 puts another file at a place, 2 is a line that is always
drawn, 3 and 4 are triangles and quadrilaterals, 5 is a *conditional* line: drawn where two further
points, one on each face beside it, are seen on the same side of it. That is what an outline of a
round face is, by definition. 0 is a comment or a statement about the winding of faces (BFC).

LDraw has y down, in units of 0.4 mm; we turn it upright. https://www.ldraw.org/article/218.html
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
COUNTS = {"1": 14, "2": 8, "3": 11, "4": 14, "5": 14}  # words of each type of line
NAMES = {"1": "a reference", "2": "a line", "3": "a triangle"}
NAMES |= {"4": "a quadrilateral", "5": "a conditional line"}
UPRIGHT = np.array([1.0, -1.0, -1.0])
STUDS = ("stud.dat", "stud2.dat", "stud2a.dat")  # the knobs on which another brick fits


@dataclass
class Pieces:
    """What a file draws, with all that it refers to, in its own coordinates.

    triangles: (T, 3, 3), counter-clockwise from outside where `certified` (T,) says so; lines:
    (L, 2, 3); conditional: (C, 4, 3), two ends and two control points; studs: (S, 3), the foot of
    each upright stud.
    """

    triangles: Array = field(default_factory=lambda: np.zeros((0, 3, 3)))
    certified: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, bool))
    lines: Array = field(default_factory=lambda: np.zeros((0, 2, 3)))
    conditional: Array = field(default_factory=lambda: np.zeros((0, 4, 3)))
    studs: Array = field(default_factory=lambda: np.zeros((0, 3)))

    def placed(self, turn: Array, shift: Array, inverted: bool, certified: bool) -> Pieces:
        """The same after every point p has gone to turn · p + shift.

        A mirror turns triangles inside out, and so does an inversion; a matrix without volume says
        nothing about sides.
        """
        volume = float(np.linalg.det(turn))
        triangles, lines, conditional, studs = (
            points @ turn.T + shift
            for points in (self.triangles, self.lines, self.conditional, self.studs)
        )
        if (volume < 0) != inverted:
            triangles = triangles[:, ::-1]
        upright = turn[:, 1] @ (0, 1, 0) > 0.99 * np.linalg.norm(turn[:, 1])
        sure = self.certified & certified & (volume != 0)
        return Pieces(triangles, sure, lines, conditional, studs if upright else studs[:0])

    @classmethod
    def joined(cls, parts: list[Pieces]) -> Pieces:
        names = ("triangles", "certified", "lines", "conditional", "studs")
        return cls(*(np.concatenate([getattr(p, name) for p in parts]) for name in names))


@dataclass(frozen=True, eq=False)
class Reference:
    """Another file within a file. name: as `Library` knows it."""

    name: str
    turn: Array
    shift: Array
    inverted: bool
    line: int


@dataclass
class File:
    """One file, read but not yet put together."""

    name: str
    own: Pieces
    references: list[Reference]
    certified: bool
    title: str
    author: str


class Library:
    """A folder with LDraw's `parts/` and `p/` (primitives), whose files refer to each other.

    A name is looked up in these two, whatever its case, and nowhere else: no file can reach out.
    """

    def __init__(self, folder: str | Path):
        self.folder = Path(folder)
        self._found: dict[str, Pieces] = {}

    @cached_property
    def paths(self) -> dict[str, Path]:
        """Names in lower case, relative to `parts/` or `p/`, and the files."""
        found = {}
        for place in ("p", "parts"):  # parts come last and win
            root = self.folder / place
            for path in root.rglob("*.[dD][aA][tT]"):
                found[path.relative_to(root).as_posix().lower()] = path
        if not found:
            raise FileNotFoundError(f"{self.folder} is no LDraw library: no parts/ and no p/ in it")
        return found

    def file(self, name: str) -> File:
        """One file, by its name. Raises FileNotFoundError, or ValueError as `parse` does."""
        name = name.replace("\\", "/").lower()
        if name not in self.paths:
            raise FileNotFoundError(f"there is no file {name!r} in {self.folder}")
        return parse(self.paths[name].read_text("utf-8", "replace"), name)

    def pieces(self, name: str, within: tuple[str, ...] = ()) -> Pieces:
        """All that a part draws, with the files that it refers to, and theirs, and so on.

        Raises FileNotFoundError for a file that is missing; ValueError for a line that is no LDraw,
        and for files that contain each other.
        """
        name = name.replace("\\", "/").lower()
        if name in within:
            loop = " → ".join([*within[within.index(name) :], name])
            raise ValueError(f"{name} contains itself: {loop}")
        if name not in self._found:
            file = self.file(name)
            parts = [file.own]
            for reference in file.references:
                if reference.name not in self.paths:
                    where = f"{name}, line {reference.line}"
                    raise FileNotFoundError(f"{where}: there is no file {reference.name!r}")
                part = self.pieces(reference.name, (*within, name))
                parts.append(
                    part.placed(reference.turn, reference.shift, reference.inverted, file.certified)
                )
                if reference.name in STUDS:
                    upright = np.allclose(reference.turn[:, 1], (0, 1, 0), atol=1e-3)
                    parts.append(Pieces(studs=reference.shift[None][: int(upright)]))
            self._found[name] = Pieces.joined(parts)
        return self._found[name]


def parse(text: str, name: str) -> File:
    """A file's text, apart from those that it refers to.

    Raises ValueError for a line of a known type that is not what the type takes.
    """
    lines: dict[str, list[list[float]]] = {"2": [], "3": [], "5": []}
    references, certified, clockwise, inverted = [], False, False, False
    rows = text.splitlines()
    for number, row in enumerate(rows, 1):
        words = row.split()
        if not words:
            continue
        kind = words[0]
        if kind == "0":
            if words[1:2] == ["BFC"]:
                certified = certified or "CERTIFY" in words
                clockwise = "CW" in words or (clockwise and "CCW" not in words)
                inverted = "INVERTNEXT" in words
            continue
        values = _numbers(words, number, name)
        if kind == "1":
            turn, shift = np.array(values[3:]).reshape(3, 3), np.array(values[:3])
            file = " ".join(words[14:]).replace("\\", "/").lower()
            references.append(Reference(file, turn, shift, inverted, number))
        elif kind in ("2", "5"):
            lines[kind].append(values)
        else:
            corners = [values[i : i + 3] for i in range(0, len(values), 3)]
            first, *others = corners[::-1] if clockwise else corners
            lines["3"] += [[*first, *a, *b] for a, b in pairwise(others)]
        inverted = False
    triangles = np.array(lines["3"], float).reshape(-1, 3, 3)
    own = Pieces(
        triangles,
        np.full(len(triangles), certified),
        np.array(lines["2"], float).reshape(-1, 2, 3),
        np.array(lines["5"], float).reshape(-1, 4, 3),
    )
    title = rows[0].removeprefix("0").strip() if rows else ""
    authors = [row.partition(":")[2].strip() for row in rows if row.startswith("0 Author:")]
    return File(name, own, references, certified, title, (authors or [""])[0])


def _numbers(words: list[str], number: int, name: str) -> list[float]:
    """The numbers of a line behind its type and colour."""
    kind = words[0]
    where = f"{name}, line {number}"
    if kind not in COUNTS:
        raise ValueError(f"{where}: lines begin with a type from 0 to 5; got {' '.join(words)!r}")
    try:
        values = [float(word) for word in words[2 : 14 if kind == "1" else None]]
    except ValueError:
        values = []
    expected = COUNTS[kind] - 2
    enough = len(values) == expected and all(map(math.isfinite, values))
    if not enough or (kind == "1" and len(words) < 15):
        end = " and a file" if kind == "1" else ""
        raise ValueError(
            f"{where}: {NAMES[kind]} (type {kind}) takes a colour, {expected} numbers{end}; "
            f"got {' '.join(words)!r}"
        )
    return values
