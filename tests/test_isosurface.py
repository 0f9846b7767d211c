"""Isosurfaces: the same mesh as from the whole grid, at a fraction of its cost."""

import numpy as np
import pytest
import torch
import trimesh
from field_shapes import ball_field, box_field, torus, torus_field
from hypothesis import given, settings
from hypothesis import strategies as st

from fiveviews.fields import MeshField
from fiveviews.fields.frames import unit_sphere
from fiveviews.fields.isosurface import extract, isosurface, sample_grid, steepest_slope
from fiveviews.meshes import Mesh, icosphere
from fiveviews.shapes import make


class Counted:
    """A field that counts the points it is asked for."""

    def __init__(self, field):
        self.field, self.count = field, 0

    def __call__(self, points: torch.Tensor) -> torch.Tensor:
        self.count += len(points)
        return self.field(points)


def same(a: Mesh, b: Mesh) -> bool:
    return torch.equal(a.vertices, b.vertices) and torch.equal(a.faces, b.faces)


def solid(mesh: Mesh) -> trimesh.Trimesh:
    return trimesh.Trimesh(mesh.vertices.numpy(), mesh.faces.numpy(), process=False)


def chair_field(seed: int) -> MeshField:
    chair = make("chair", seed)
    return MeshField(unit_sphere(chair).mesh(chair))


def two_balls(points: torch.Tensor) -> torch.Tensor:
    first = (points - points.new_tensor([0.45, 0.0, 0.0])).norm(dim=1) - 0.3
    second = (points - points.new_tensor([-0.45, 0.1, 0.0])).norm(dim=1) - 0.2
    return torch.minimum(first, second)


def test_at_256_the_mesh_is_that_of_the_whole_grid_for_a_fraction_of_the_points():
    field = Counted(ball_field())
    ours = isosurface(field, 256)
    assert field.count < 256**3 / 40  # measured: 312,300 of 16.8 million, a 54th
    assert same(ours, isosurface(ball_field(), 256, lipschitz=None))


@pytest.mark.parametrize("resolution", [2, 3, 17, 34, 64])
@pytest.mark.parametrize(
    "field",
    [ball_field(0.6), torus_field(), box_field((0.51, 0.32, 0.43)), two_balls, chair_field(1)],
    ids=["ball", "torus", "box", "two balls", "chair"],
)
def test_the_mesh_is_that_of_the_whole_grid_at_any_resolution(field, resolution):
    def mesh_or_reason(lipschitz):
        try:
            return isosurface(field, resolution, lipschitz=lipschitz)
        except ValueError as error:
            return str(error).split(":")[0]

    ours, theirs = mesh_or_reason(1.0), mesh_or_reason(None)
    assert ours == theirs if isinstance(ours, str) else same(ours, theirs)


@given(
    st.tuples(*[st.floats(-0.5, 0.5)] * 3),
    st.floats(0.05, 0.8),
    st.integers(9, 40),
    st.floats(-0.1, 0.1),
    st.floats(0.2, 3),
)
@settings(max_examples=25)
def test_whatever_ball_level_and_steepness_the_mesh_is_that_of_the_whole_grid(
    centre, radius, resolution, level, slope
):
    def field(points):
        return slope * ((points - points.new_tensor(centre)).norm(dim=1) - radius)

    try:
        whole = isosurface(field, resolution, level, lipschitz=None)
    except ValueError:
        with pytest.raises(ValueError, match="never has the value"):
            isosurface(field, resolution, level, lipschitz=slope)
        return
    assert same(isosurface(field, resolution, level, lipschitz=slope), whole)


def test_a_clamped_field_costs_more_and_gives_the_same_mesh():
    """DeepSDF and its heirs learn the distance clamped at 0.1."""
    clamped = Counted(lambda points: torus_field()(points).clamp(-0.1, 0.1))
    free = Counted(torus_field())
    assert same(isosurface(clamped, 100), isosurface(free, 100))
    assert free.count <= clamped.count < 1.5 * free.count


def test_the_number_of_points_grows_with_the_surface_and_not_with_the_volume():
    counts = []
    for resolution in (65, 129, 257):
        field = Counted(torus_field())
        sample_grid(field, resolution)
        counts.append(field.count)
    assert counts[2] / counts[1] < 4.2  # 4 is the surface's share, 8 the volume's
    assert counts[1] / counts[0] < 4.4


def test_every_value_that_is_not_known_has_the_right_sign():
    grid = sample_grid(torus_field(), 40)
    whole = sample_grid(torus_field(), 40, lipschitz=None)
    assert torch.equal(grid.values[grid.known], whole.values[grid.known])
    assert torch.equal(grid.values < 0, whole.values < 0)
    assert 0 < grid.known.sum() < grid.known.numel() / 3
    assert same(extract(grid), extract(whole))


@pytest.mark.parametrize(
    ("field", "euler", "volume", "area"),
    [
        (ball_field(), 2, 4 / 3 * np.pi * 0.125, np.pi),
        (torus_field(), 0, 2 * np.pi**2 * 0.5 * 0.04, 4 * np.pi**2 * 0.5 * 0.2),
        (box_field(), 2, 0.48, 4 * (0.15 + 0.2 + 0.12) * 2),
        (two_balls, 4, 4 / 3 * np.pi * (0.027 + 0.008), 4 * np.pi * (0.09 + 0.04)),
    ],
    ids=["ball", "torus", "box", "two balls"],
)
def test_surfaces_are_closed_face_outward_and_have_topology_and_measure(field, euler, volume, area):
    mesh = solid(isosurface(field, 100))
    assert mesh.is_watertight
    assert mesh.is_winding_consistent
    assert mesh.euler_number == euler
    assert mesh.volume == pytest.approx(volume, rel=0.01)
    assert mesh.area == pytest.approx(area, rel=0.02)


def test_vertices_are_where_the_field_is_zero_or_has_the_level():
    for level in (0.0, 0.1, -0.05):
        vertices = isosurface(torus_field(), 96, level).vertices
        assert (torus_field()(vertices) - level).abs().max() < 2e-3


def test_a_mesh_comes_back_from_its_field():
    mesh = torus(n=32)
    back = isosurface(MeshField(mesh), 80)
    assert MeshField(mesh)(back.vertices).abs().max() < 0.01
    assert solid(back).euler_number == 0


def test_a_cube_of_another_size_and_what_leaves_it():
    mesh = isosurface(ball_field(5.0), 40, bound=6.0)
    assert mesh.vertices.norm(dim=1).mean() == pytest.approx(5.0, abs=0.02)
    cut = solid(isosurface(ball_field(1.2), 40))
    assert not cut.is_watertight
    assert abs(cut.vertices).max() <= 1


def test_values_may_have_a_last_axis_as_networks_give_them():
    plain, column = ball_field(), lambda points: ball_field()(points)[:, None]
    assert same(isosurface(plain, 20), isosurface(column, 20))


@pytest.mark.parametrize("lipschitz", [1.0, None])
@pytest.mark.parametrize(
    ("field", "told"),
    [
        (ball_field(3.0), r"never has the value 0: at the .* between -[23].* and -.*, all below"),
        (lambda p: p.norm(dim=1) + 0.25, "never has the value 0.*all above; there is no surface"),
        (lambda p: p.norm(dim=1) * torch.nan, "NaN at"),
        (lambda p: p, r"for M = .* it gave \(.*, 3\)"),
    ],
    ids=["inside", "outside", "nan", "shape"],
)
def test_fields_without_a_surface_are_told_apart(field, told, lipschitz):
    with pytest.raises(ValueError, match=told):
        isosurface(field, 20, lipschitz=lipschitz)


def test_a_promise_that_does_not_hold_is_noticed():
    def steep(points):
        return 5 * ball_field()(points)

    with pytest.raises(ValueError, match=r"changes by [45][\d.]* per unit .* lipschitz=1 was"):
        isosurface(steep, 33)
    assert steepest_slope(steep, 1000) == pytest.approx(5, rel=1e-5)
    assert same(isosurface(steep, 33, lipschitz=5.0), isosurface(steep, 33, lipschitz=None))


def test_the_jump_in_the_mouth_of_a_hole_breaks_the_promise_and_the_whole_grid_closes_it():
    ball = icosphere(2)
    low = ball.vertices[ball.faces].mean(1)[:, 1] < 0.6
    cup = MeshField(Mesh(0.7 * ball.vertices, ball.faces[low]))
    with pytest.raises(ValueError, match="lipschitz=1 was promised"):
        isosurface(cup, 34)
    closed = solid(isosurface(cup, 34, lipschitz=None))
    assert closed.is_watertight
    assert 0.7 < closed.volume / (4 / 3 * np.pi * 0.7**3) < 1


@pytest.mark.parametrize("wrong", [{"resolution": 1}, {"bound": 0.0}, {"lipschitz": -1.0}])
def test_numbers_that_make_no_grid_are_refused(wrong):
    with pytest.raises(ValueError, match=r"at least 2|must be positive"):
        isosurface(ball_field(), **{"resolution": 10, **wrong})
