"""Polycubes: canonical forms against brute force, rotations, mirror images, meshes."""

from itertools import permutations, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fiveviews import polycubes

TRIPOD = np.array([[0, 0, 0], [1, 0, 0], [1, 1, 0], [1, 1, 1]])  # the smallest chiral chain


def figures(count: int, seed: int = 0) -> list[np.ndarray]:
    random = np.random.default_rng(seed)
    return [polycubes.grow(random) for _ in range(count)]


def brute_force_equal(a: np.ndarray, b: np.ndarray) -> bool:
    """Whether a signed permutation of the axes with determinant 1 takes a to b, up to a shift."""
    wanted = {tuple(cell) for cell in (b - b.min(0)).tolist()}
    for order in permutations(range(3)):
        for signs in product((1, -1), repeat=3):
            matrix = np.zeros((3, 3), int)
            matrix[range(3), order] = signs
            if round(np.linalg.det(matrix)) == 1:
                turned = a @ matrix.T
                if {tuple(cell) for cell in (turned - turned.min(0)).tolist()} == wanted:
                    return True
    return False


def test_there_are_24_rotations_and_they_form_a_group() -> None:
    rotations = polycubes.rotations()
    assert rotations.shape == (24, 3, 3)
    known = {matrix.tobytes() for matrix in rotations}
    assert len(known) == 24
    for a in rotations:
        assert (a @ a.T == np.eye(3)).all()
        assert round(np.linalg.det(a)) == 1
        assert all((a @ b).tobytes() in known for b in rotations)


@settings(max_examples=40)
@given(
    seed=st.integers(0, 10_000),
    turn=st.integers(0, 23),
    shift=st.tuples(*[st.integers(-9, 9)] * 3),
    order=st.randoms(use_true_random=False),
)
def test_the_canonical_form_forgets_pose_place_and_order(seed, turn, shift, order) -> None:
    cells = polycubes.grow(np.random.default_rng(seed))
    moved = (cells @ polycubes.rotations()[turn].T + np.array(shift)).tolist()
    order.shuffle(moved)
    assert (polycubes.canonical(moved) == polycubes.canonical(cells)).all()


def test_equal_canonical_forms_mean_equal_shapes_by_brute_force() -> None:
    some = [f for f in figures(60) if len(f) == 11] + [TRIPOD, polycubes.mirror(TRIPOD)]
    for a in some:
        for b in some:
            if len(a) == len(b):
                same = polycubes.key(a) == polycubes.key(b)
                assert same == brute_force_equal(a, b)


def test_many_figures_at_once_give_what_single_ones_give() -> None:
    some = np.stack([f for f in figures(80) if len(f) == 15])
    together = polycubes.canonical(some)
    assert all((t == polycubes.canonical(f)).all() for t, f in zip(together, some, strict=True))


def test_the_canonical_form_is_a_rotation_of_the_figure_and_not_its_mirror_image() -> None:
    for cells in (TRIPOD, *figures(20)):
        assert brute_force_equal(cells, polycubes.canonical(cells))


def test_chirality() -> None:
    assert polycubes.is_chiral(TRIPOD)
    flat = TRIPOD[:3]
    assert not polycubes.is_chiral(flat)
    for cells in figures(30):
        assert polycubes.is_chiral(cells) != brute_force_equal(cells, polycubes.mirror(cells))


def test_grown_figures_are_chains_that_nowhere_touch_themselves() -> None:
    for cells in figures(60, seed=3):
        steps = np.abs(np.diff(cells, axis=0)).sum(1)
        assert (steps == 1).all()
        gaps = np.abs(cells[:, None] - cells[None]).sum(-1)
        along = np.abs(np.arange(len(cells))[:, None] - np.arange(len(cells)))
        assert ((gaps == 1) == (along == 1)).all()
        sides = [side for cubes, side in polycubes.KINDS if cubes == len(cells)]
        assert sides
        assert np.ptp(cells, axis=0).max() < max(sides)


def test_the_mesh_is_closed_faces_outwards_and_has_the_volume_of_the_cubes() -> None:
    for cells in (TRIPOD, *figures(5)):
        mesh = polycubes.to_mesh(cells)
        a, b, c = (mesh.vertices[mesh.faces[:, k]].double() for k in range(3))
        assert (a * b.cross(c, dim=-1)).sum().item() / 6 == pytest.approx(len(cells))
        middle = (mesh.vertices.amin(0) + mesh.vertices.amax(0)) / 2
        assert middle.abs().max() < 1e-6


@pytest.mark.parametrize(
    ("cells", "told"),
    [
        (np.zeros((0, 3)), "at least one"),
        (np.zeros((2, 2)), "cells (n, 3)"),
        ([[0, 0, 0], [0, 0, 0]], "occurs twice"),
    ],
)
def test_what_is_no_figure_is_told(cells, told) -> None:
    with pytest.raises(ValueError, match=told.replace("(", r"\(").replace(")", r"\)")):
        polycubes.canonical(cells)
