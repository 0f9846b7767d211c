"""Solid voxels: the papers' rule written out slowly, volumes, and what must stay a shell."""

import math
from collections import deque

import numpy as np
import pytest
import torch
import trimesh
from hypothesis import given, settings
from hypothesis import strategies as st

from fiveviews.meshes import Mesh, icosphere, normalise
from fiveviews.voxels import fill, voxelise


def from_trimesh(shape: trimesh.Trimesh) -> Mesh:
    return Mesh(np.asarray(shape.vertices), np.asarray(shape.faces))


def box(*sides: float, at: tuple[float, float, float] = (0.0, 0.0, 0.0)) -> Mesh:
    shape = trimesh.creation.box(sides)
    shape.apply_translation(at)
    return from_trimesh(shape)


def triangles(n: int, seed: int) -> Mesh:
    generator = torch.Generator().manual_seed(seed)
    vertices = torch.rand(3 * n, 3, generator=generator) - 0.5
    return Mesh(vertices, torch.arange(3 * n).reshape(n, 3))


def slow_voxels(mesh: Mesh, resolution: int) -> np.ndarray:
    """The rule of the papers' evaluation, ray by ray and cell by cell."""
    grid = (mesh.vertices.double().numpy() * (resolution - 1) / resolution + 0.5) * resolution
    marked = np.zeros((resolution,) * 3, bool)
    for face in mesh.faces.tolist():
        for vertex in face:
            marked[tuple(math.floor(x) for x in grid[vertex])] = True
        for axis in range(3):
            u, v = (other for other in range(3) if other != axis)
            (ax, ay, az), (bx, by, bz), (cx, cy, cz) = grid[face][:, [u, v, axis]].tolist()
            area = (bx - ax) * (cy - ay) - (cx - ax) * (by - ay)
            if area == 0:
                continue
            for x in range(resolution):
                for y in range(resolution):
                    wa = ((bx - x) * (cy - y) - (cx - x) * (by - y)) / area
                    wb = ((cx - x) * (ay - y) - (ax - x) * (cy - y)) / area
                    wc = ((ax - x) * (by - y) - (bx - x) * (ay - y)) / area
                    if min(wa, wb, wc) < 0:
                        continue
                    cell = [0, 0, 0]
                    cell[axis] = math.floor(wa * az + wb * bz + wc * cz)
                    for cell[u] in (x - 1, x):
                        for cell[v] in (y - 1, y):
                            if min(cell) >= 0 and max(cell) < resolution:
                                marked[tuple(cell)] = True
    return slow_fill(marked)


def slow_fill(marked: np.ndarray) -> np.ndarray:
    """Not what one reaches from outside, walking through unmarked cells from face to face."""
    size = marked.shape[0]
    outside = np.zeros((size + 2,) * 3, bool)
    outside[0, 0, 0] = True
    queue = deque([(0, 0, 0)])
    while queue:
        here = queue.popleft()
        for axis in range(3):
            for step in (-1, 1):
                there = list(here)
                there[axis] += step
                if not 0 <= there[axis] <= size + 1 or outside[tuple(there)]:
                    continue
                inner = tuple(x - 1 for x in there)
                if min(inner) >= 0 and max(inner) < size and marked[inner]:
                    continue
                outside[tuple(there)] = True
                queue.append(tuple(there))
    return ~outside[1:-1, 1:-1, 1:-1]


@pytest.mark.parametrize("resolution", [4, 7, 12])
@pytest.mark.parametrize("seed", range(4))
def test_voxels_equal_the_rule_written_out(resolution, seed):
    mesh = triangles(6, seed)
    assert np.array_equal(voxelise(mesh, resolution), slow_voxels(mesh, resolution))


@pytest.mark.parametrize("level", [0, 1])
def test_voxels_of_tilted_spheres_equal_the_rule_written_out(level):
    turn = torch.linalg.qr(torch.randn(3, 3, generator=torch.Generator().manual_seed(level))).Q
    ball = icosphere(level)
    ball = Mesh(0.41 * ball.vertices @ turn, ball.faces)
    assert np.array_equal(voxelise(ball, 12), slow_voxels(ball, 12))


@settings(max_examples=30)
@given(st.integers(0, 10_000), st.integers(1, 40))
def test_fill_equals_a_walk_from_outside(seed, percent):
    marked = np.random.default_rng(seed).random((6, 6, 6)) < percent / 50
    assert np.array_equal(fill(marked), slow_fill(marked))


def test_axes_are_x_y_z_and_cells_count_from_minus_a_half():
    grid = voxelise(box(0.1, 0.1, 0.1, at=(-0.4, 0.0, 0.3)), 20)
    low, high = np.argwhere(grid).min(0), np.argwhere(grid).max(0)
    centre = ((low + high + 1) / 2 / 20 - 0.5) / (19 / 20)  # the rule shrinks by 19/20
    np.testing.assert_allclose(centre, [-0.4, 0.0, 0.3], atol=0.5 / 20)


@pytest.mark.parametrize(
    ("mesh", "volume"),
    [
        (box(0.8, 0.5, 0.3), 0.8 * 0.5 * 0.3),
        (Mesh(0.45 * icosphere(4).vertices, icosphere(4).faces), 4 / 3 * math.pi * 0.45**3),
        (from_trimesh(trimesh.creation.torus(0.3, 0.12)), 2 * math.pi**2 * 0.3 * 0.12**2),
    ],
    ids=["box", "sphere", "torus"],
)
def test_volumes_converge_from_above_as_cells_shrink(mesh, volume):
    excess = []
    for resolution in (32, 64, 128):
        filled = voxelise(mesh, resolution).sum() / (resolution - 1) ** 3  # undo the shrinking
        excess.append(filled / volume - 1)
    assert 0 < excess[2] < 0.8 * excess[1] < 0.8 * excess[0]
    assert excess[2] < 0.1


def test_the_hole_of_a_torus_stays_open_and_its_tube_is_solid():
    grid = voxelise(from_trimesh(trimesh.creation.torus(0.3, 0.12)), 32)
    assert not grid[16, 16].any()
    assert grid[16 + int(0.3 * 31), 16, 16]


def test_open_surfaces_stay_shells_and_closed_ones_become_solid():
    cube = box(0.8, 0.8, 0.8)
    assert voxelise(cube, 32)[16, 16, 16]
    lid = cube.vertices[cube.faces][..., 1].mean(1) > 0.39
    cup = voxelise(Mesh(cube.vertices, cube.faces[~lid]), 32)
    assert not cup[16, 16, 16]
    assert cup[16, 3:5, 16].any()  # its floor
    assert not cup[16, 25:, 16].any()  # and no lid
    plate = voxelise(Mesh(cube.vertices, cube.faces[lid]), 32)
    assert 0.5 * 25**2 < plate.sum() <= 2 * 27**2


def leg(thickness: float, resolution: int, offset: float) -> np.ndarray:
    """Layers of the grid in which an upright leg fills a cell; offset: where between grid lines."""
    at = (3 + offset) / (resolution - 1)
    return voxelise(box(thickness, 0.9, thickness, at=(at, 0.0, -at)), resolution).any(axis=(0, 2))


@pytest.mark.parametrize("offset", np.linspace(0, 0.95, 7))
@pytest.mark.parametrize(("thickness", "resolution"), [(1.01 / 31, 32), (0.3, 16), (0.01, 128)])
def test_legs_of_a_cell_or_more_are_kept_without_a_gap(thickness, resolution, offset):
    filled = np.flatnonzero(leg(thickness, resolution, offset))
    assert np.array_equal(filled, np.arange(filled[0], filled[-1] + 1))
    assert len(filled) >= 0.9 * (resolution - 1)


def test_thinner_legs_are_kept_where_a_grid_line_meets_them_and_lost_in_between():
    assert leg(0.002, 32, offset=0.0).sum() >= 28
    assert leg(0.002, 32, offset=0.5).sum() == 2  # the two ends, where the vertices are
    assert leg(0.002, 512, offset=0.5).sum() >= 0.9 * 511


def test_vertices_and_faces_may_be_given_without_a_mesh_and_with_a_gradient():
    ball = icosphere(2)
    vertices = (0.4 * ball.vertices).requires_grad_()
    alone = voxelise((vertices, ball.faces), 16)
    assert np.array_equal(alone, voxelise(Mesh(0.4 * ball.vertices, ball.faces), 16))
    assert alone.dtype == bool
    assert alone.shape == (16, 16, 16)


def test_a_mesh_that_fills_the_cube_is_allowed_and_one_that_leaves_it_is_not():
    assert voxelise(normalise(icosphere(2)), 32).any()
    with pytest.raises(ValueError, match=r"from -0.5 to 0.5, but the mesh reaches 0.600"):
        voxelise(box(1.2, 0.1, 0.1), 32)


def test_vertices_that_no_face_uses_are_not_part_of_the_shape():
    ball = icosphere(2)
    stray = torch.cat([0.3 * ball.vertices, torch.tensor([[0.49, 0.49, 0.49], [9.0, 0.0, 0.0]])])
    with_stray = voxelise(Mesh(stray, ball.faces), 16)
    assert np.array_equal(with_stray, voxelise(Mesh(0.3 * ball.vertices, ball.faces), 16))


def test_no_faces_fill_nothing():
    assert not voxelise(Mesh(torch.zeros(0, 3), torch.zeros(0, 3)), 8).any()


@pytest.mark.parametrize("resolution", [0, -3])
def test_a_grid_needs_cells(resolution):
    with pytest.raises(ValueError, match="resolution of at least 1"):
        voxelise(icosphere(0), resolution)


def test_values_that_are_no_numbers_are_refused():
    with pytest.raises(ValueError, match="NaN"):
        voxelise((torch.full((3, 3), torch.nan), torch.tensor([[0, 1, 2]])), 8)
    with pytest.raises(ValueError, match="name vertices 0 to 7"):
        voxelise((torch.zeros(3, 3), torch.tensor([[0, 1, 7]])), 8)
