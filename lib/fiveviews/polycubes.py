"""Polycubes: the block figures of the mental rotation test (Shepard and Metzler 1971).

A figure is an integer array (n, 3) of cells. Two figures are one shape where one of the 24
rotations of a cube, and a shift, takes one to the other; `canonical` gives both the same cells. A
mirror image is another shape, unless the figure is its own mirror image.
"""

from __future__ import annotations

from functools import cache
from itertools import permutations, product

import numpy as np
import torch

from fiveviews.meshes import Mesh

# paper: the published generator draws one of these (cubes, side of the grid that they must fit in).
KINDS = ((11, 5), (13, 5), (14, 6), (15, 8))
LONGEST = 6  # cubes that a straight run adds at most
FACES = np.array(  # outward normal, then the corners of that face of a unit cell, anticlockwise
    [
        [[1, 0, 0], [1, 0, 0], [1, 1, 0], [1, 1, 1], [1, 0, 1]],
        [[-1, 0, 0], [0, 0, 0], [0, 0, 1], [0, 1, 1], [0, 1, 0]],
        [[0, 1, 0], [0, 1, 0], [0, 1, 1], [1, 1, 1], [1, 1, 0]],
        [[0, -1, 0], [0, 0, 0], [1, 0, 0], [1, 0, 1], [0, 0, 1]],
        [[0, 0, 1], [0, 0, 1], [1, 0, 1], [1, 1, 1], [0, 1, 1]],
        [[0, 0, -1], [0, 0, 0], [0, 1, 0], [1, 1, 0], [1, 0, 0]],
    ]
)


@cache
def rotations() -> np.ndarray:
    """The 24 rotations that take a cube to itself: int64 (24, 3, 3), the identity first.

    >>> rotations().shape, rotations()[0].tolist()
    ((24, 3, 3), [[1, 0, 0], [0, 1, 0], [0, 0, 1]])
    """
    signed = [
        np.eye(3, dtype=np.int64)[list(order)] * np.array(signs)[:, None]
        for order, signs in product(permutations(range(3)), product((1, -1), repeat=3))
    ]
    return np.stack([matrix for matrix in signed if round(np.linalg.det(matrix)) == 1])


def canonical(cells: np.ndarray) -> np.ndarray:
    """The same cells (n, 3), or (N, n, 3) of N figures, for all rotations and shifts of a figure.

    Of the 24 turned figures, each moved to the corner of the grid with its cells in order, the
    first in lexicographic order. Raises ValueError for a cell that occurs twice.

    >>> canonical([[5, 5, 5], [5, 6, 5]]).tolist()
    [[0, 0, 0], [0, 0, 1]]
    """
    cells = np.asarray(cells, np.int64)
    figures = cells[None] if cells.ndim == 2 else cells
    if figures.ndim != 3 or figures.shape[-1] != 3 or figures.shape[1] == 0:
        raise ValueError(f"a figure is cells (n, 3), at least one; got {cells.shape}")
    turned = figures[:, None] @ rotations().transpose(0, 2, 1)
    turned -= turned.min(2, keepdims=True)
    side = int(turned.max()) + 1
    codes = np.sort((turned[..., 0] * side + turned[..., 1]) * side + turned[..., 2], axis=-1)
    if (np.diff(codes[:, 0]) == 0).any():
        raise ValueError("a cell occurs twice in a figure")
    best = codes[:, 0]
    for other in range(1, 24):
        differ = codes[:, other] != best
        first = differ.argmax(1)[:, None]  # the first place where the two differ
        less = np.take_along_axis(codes[:, other], first, 1) < np.take_along_axis(best, first, 1)
        best = np.where(less, codes[:, other], best)
    found = np.stack([best // side**2, best // side % side, best % side], -1)
    return found if cells.ndim == 3 else found[0]


def key(cells: np.ndarray) -> bytes:
    """A name of the shape: equal for two figures where, and only where, a rotation maps them."""
    return canonical(cells).astype(np.uint8).tobytes()


def mirror(cells: np.ndarray) -> np.ndarray:
    """The mirror image of figures (..., 3), across the plane x = 0."""
    return np.asarray(cells) * np.array([-1, 1, 1])


def is_chiral(cells: np.ndarray) -> bool:
    """Whether no rotation takes the figure to its mirror image, as with a hand.

    >>> is_chiral([[0, 0, 0], [1, 0, 0], [1, 1, 0]])
    False
    >>> is_chiral([[0, 0, 0], [1, 0, 0], [1, 1, 0], [1, 1, 1]])
    True
    """
    return key(cells) != key(mirror(cells))


def grow(random: np.random.Generator) -> np.ndarray:
    """One random figure: straight runs of cubes with right-angled bends, as cells (n, 3).

    Of the kinds in `KINDS`. Each run adds 2 cubes or more (the last one perhaps 1) and goes on with
    the published chances 5/6, 4/6, …, and turns by a right angle into the next.

    paper: published figures may touch themselves; here cubes share a face only with their
    neighbours in the chain, so that a picture cannot show two chains as one.
    """
    while True:
        cubes, side = KINDS[random.integers(len(KINDS))]
        figure = _walk(random, cubes)
        if figure is not None and (np.ptp(figure, axis=0) < side).all():
            return figure


def _walk(random: np.random.Generator, cubes: int) -> np.ndarray | None:
    """A chain of so many cubes, or None where it ran into itself."""
    cell, axis = (0, 0, 0), -1
    chain, occupied = [cell], {cell}
    while len(chain) < cubes:
        others = [a for a in range(3) if a != axis]
        axis = others[int(random.random() * len(others))]
        step = 1 if random.random() < 0.5 else -1
        length = 2
        while length < LONGEST and random.random() > (length - 1) / LONGEST:
            length += 1
        for _ in range(min(length, cubes - len(chain))):
            cell = _shifted(cell, axis, step)
            # one neighbour is the cube that it grew from; a second one would be a touch
            touching = sum(_shifted(cell, a, s) in occupied for a in range(3) for s in (-1, 1))
            if cell in occupied or touching > 1:
                return None
            chain.append(cell)
            occupied.add(cell)
    return np.array(chain)


def _shifted(cell: tuple[int, ...], axis: int, step: int) -> tuple[int, ...]:
    return (*cell[:axis], cell[axis] + step, *cell[axis + 1 :])


def to_mesh(cells: np.ndarray, cube: float = 1.0) -> Mesh:
    """The outer faces of a figure as a mesh, its middle at the origin, its cells of side `cube`.

    >>> to_mesh([[0, 0, 0], [1, 0, 0]])
    Mesh(40 vertices, 20 faces)
    """
    cells = np.asarray(cells)
    inside = {tuple(cell) for cell in cells.tolist()}
    quads = np.array(
        [
            cell + face[1:]
            for cell in cells
            for face in FACES
            if tuple((cell + face[0]).tolist()) not in inside
        ]
    )
    middle = (cells.min(0) + cells.max(0) + 1) / 2
    corners = np.arange(4 * len(quads)).reshape(-1, 4)
    faces = np.concatenate([corners[:, [0, 1, 2]], corners[:, [0, 2, 3]]])
    vertices = (quads.reshape(-1, 3) - middle) * cube
    return Mesh(torch.from_numpy(vertices).float(), torch.from_numpy(faces))
