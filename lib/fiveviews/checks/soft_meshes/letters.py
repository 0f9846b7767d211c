"""The check of the octant exercise: where must the sphere's centre stand to become a letter?"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from fiveviews.checks import Case, Verdict, ask, opening

NAME = "7 Letters from a sphere"

CHANCES = 10  # pictures that are drawn anew for each check
# In one piece and without holes. What stands beside a letter is whether a sphere can become it.
LETTERS = {
    "T": ("#####", "..#..", "..#..", "..#..", "..#.."),
    "C": ("#####", "#....", "#....", "#....", "#####"),
    "E": ("#####", "#....", "####.", "#....", "#####"),
    "H": ("#...#", "#...#", "#####", "#...#", "#...#"),
    "L": ("#....", "#....", "#....", "#....", "#####"),
    "S": ("#####", "#....", "#####", "....#", "#####"),
    "Z": ("#####", "....#", "#####", "#....", "#####"),
}


def draw(letter: str, magnify: int = 1) -> Tensor:
    """One of `LETTERS` as a picture, bool (5 · magnify, 5 · magnify).

    >>> draw("L").int().tolist()[0]
    [1, 0, 0, 0, 0]
    """
    if letter not in LETTERS:
        raise ValueError(f"the letters drawn here are {', '.join(LETTERS)}; got {letter!r}")
    small = np.array([[cell == "#" for cell in row] for row in LETTERS[letter]])
    return torch.from_numpy(np.kron(small, np.ones((magnify, magnify), bool)))


def in_one_run(line: Tensor) -> bool:
    """Whether the filled cells of a row or column (N,) stand together, without a gap."""
    filled = line.nonzero().flatten()
    return bool(len(filled)) and int(filled[-1] - filled[0]) + 1 == len(filled)


def possible(picture: Tensor) -> Tensor:
    """The cells, bool (H, W), on which the centre of an octant-wise sphere can stand.

    Its surface meets each half-axis from the centre once, so on the centre's row and column the
    filled cells form one run.
    """
    rows = torch.tensor([in_one_run(row) for row in picture])
    columns = torch.tensor([in_one_run(column) for column in picture.T])
    return picture & rows[:, None] & columns[None, :]


def find_centre(answer: Callable[[Tensor], tuple[int, int] | None]) -> Verdict:
    """Check a function picture (H, W) -> (row, column) of a possible centre, or None."""
    cases = [Case(f"the letter {name}", (draw(name),)) for name in LETTERS]
    cases += [Case(f"{name}, three times as large", (draw(name, 3),)) for name in "TSE"]
    one, wide = torch.zeros(5, 6, dtype=torch.bool), torch.zeros(4, 7, dtype=torch.bool)
    one[4, 5], wide[1:, 2] = True, True
    cases += [
        Case("a single pixel", (one,)),
        Case("an upright bar", (wide,)),
        Case("an empty picture", (torch.zeros_like(wide),)),
        *(_by_chance() for _ in range(CHANCES)),
    ]
    try:
        given = [ask(answer, case) for case in cases]
    except NotImplementedError as left_open:
        return Verdict(NAME, "open", opening(left_open))
    for case, value in zip(cases, given, strict=True):
        if wrong := _judge(case, value, given):
            return Verdict(NAME, "wrong", wrong)
    return Verdict(
        NAME, "right", "Each centre that you found works, and where you found none, none is."
    )


def _by_chance() -> Case:
    """A small picture that nobody can know in advance, spelt out for who gets it wrong."""
    unknown = torch.Generator()
    unknown.seed()
    picture = torch.rand(4, 5, generator=unknown) < 0.6
    rows = " / ".join("".join(".#"[int(cell)] for cell in row) for row in picture)
    return Case(f"a picture drawn by chance ({rows})", (picture,))


def _judge(case: Case, value: object, given: list[object]) -> str | None:
    picture = case.arguments[0]
    allowed = possible(picture)
    if value is None:
        if not allowed.any():
            return None
        if all(v is None for v in given):
            return (
                "Your function finds no centre for any picture: does its last line, after the "
                "search, return what was found?"
            )
        row, column = allowed.nonzero()[0].tolist()
        return (
            f"For {case.words} you find no centre, but row {row}, column {column} is one. Only the "
            "four half-axes must leave the shape once; other rays from the centre may do as they "
            "like, and so may all other rows and columns."
        )
    if not _is_place(value, picture):
        return f"For {case.words} you return {value!r}; expected (row, column) inside it, or None."
    row, column = (int(v) for v in value)
    if allowed[row, column]:
        return None
    if picture.shape[0] == picture.shape[1] and allowed[column, row]:
        return f"For {case.words}, row and column are exchanged: return (row, column)."
    if not picture[row, column]:
        return f"For {case.words} the centre {row, column} lies outside the shape."
    if in_one_run(picture[row]):
        return (
            f"For {case.words} the row through {row, column} is fine, but its column leaves the "
            "shape and enters it again: look at both."
        )
    if in_one_run(picture[:, column]):
        return (
            f"For {case.words} the column through {row, column} is fine, but its row leaves the "
            "shape and enters it again: look at both."
        )
    return f"For {case.words} both the row and the column through {row, column} have a gap."


def _is_place(value: object, picture: Tensor) -> bool:
    if not isinstance(value, tuple | list) or len(value) != 2:
        return False
    whole = all(
        isinstance(v, int | np.integer) or (isinstance(v, Tensor) and v.ndim == 0) for v in value
    )
    return whole and 0 <= value[0] < picture.shape[0] and 0 <= value[1] < picture.shape[1]
