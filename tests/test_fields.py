"""Signed distance to meshes: formulas, laws, the readable version, and meshes as they are."""

import math
from dataclasses import astuple

import pytest
import torch
from field_shapes import (
    ball_field,
    box,
    box_field,
    flipped,
    joined,
    moved,
    pierced,
    places,
    rotation,
    soup,
    torus,
    torus_field,
)  # fmt: skip
from hypothesis import given, settings
from hypothesis import strategies as st

from fiveviews.fields import MeshField, dipoles, kernel, readable, signed_distance
from fiveviews.fields.frames import Frame, unit_diagonal, unit_sphere
from fiveviews.fields.report import inspect
from fiveviews.fields.sampling import SdfSamples, sample_sdf, sample_surface
from fiveviews.meshes import Mesh, icosphere
from fiveviews.shapes import make

CHAIR = make("chair", seed=1)  # 1,216 faces, many of them slivers
COORDINATES = st.floats(-1, 1, allow_subnormal=False, width=32)
BOTH = pytest.mark.parametrize("backend", ["fast", "readable"])


def near(mesh: Mesh, n: int, seed: int = 0) -> torch.Tensor:
    """Points on and near a surface and anywhere around it."""
    generator = torch.Generator().manual_seed(seed)
    surface = sample_surface(mesh, n, generator)
    noise = torch.logspace(-5, -0.5, n)[:, None] * torch.randn(n, 3, generator=generator)
    return surface + noise


@BOTH
def test_distance_to_a_box_is_that_of_the_formula(backend):
    points = torch.cat([places(500), near(box(), 500)])
    torch.testing.assert_close(
        signed_distance(points, box(), backend), box_field()(points), atol=2e-7, rtol=2e-6
    )


@BOTH
@pytest.mark.parametrize(
    ("mesh", "field", "sag"),
    [
        (moved(icosphere(3), scale=0.5), ball_field(), 3e-3),
        (torus(n=32), torus_field(), 5e-3),  # π² / 2n² of the larger radius, 0.7: 3.4e-3, and skew
    ],
    ids=["ball", "torus"],
)
def test_distance_to_a_fine_mesh_is_within_its_sag_of_the_formula(backend, mesh, field, sag):
    points = places(200)
    assert (signed_distance(points, mesh, backend) - field(points)).abs().max() < sag


@pytest.mark.parametrize(
    "mesh",
    [CHAIR, box(), torus(n=16), pierced(0.9), pierced(0.3, 3), soup(40, 0)],
    ids=["chair", "box", "torus", "holes", "tatters", "soup"],
)
def test_fast_and_readable_distances_agree(mesh):
    points = torch.cat([places(150, reach=1.2), near(mesh, 250)])
    exact = MeshField(mesh, "readable").distance(points.double())
    fast = MeshField(mesh, "fast").distance(points)
    torch.testing.assert_close(fast.double(), exact, atol=3e-7, rtol=1e-6)


def test_slivers_are_measured_as_exactly_as_other_faces():
    """Warp's own nearest points are off by up to 1e-4 at these places."""
    mesh = unit_sphere(CHAIR).mesh(CHAIR)
    points = torch.tensor(
        [
            [-0.4141414165496826, -0.6161616444587708, -0.4545454680919647],
            [0.35353535413742065, -0.252525269985199, -0.4141414165496826],
            [-0.3568626940250397, -0.0980391651391983, -0.2705881893634796],
            [-0.3490195572376251, -0.0823528915643692, 0.02745092287659645],
        ]
    )
    exact = signed_distance(points.double(), mesh, "readable")
    torch.testing.assert_close(signed_distance(points, mesh).double(), exact, atol=1e-7, rtol=0)


@given(seed=st.integers(0, 2**32 - 1), n=st.integers(0, 300), bits=st.integers(1, 9))
def test_points_along_the_curve_are_all_there_and_near_their_neighbours(seed, n, bits):
    points = torch.rand(n, 3, generator=torch.Generator().manual_seed(seed))
    order = kernel.along_curve(points, bits)
    assert sorted(order.tolist()) == list(range(n))
    if n >= 100 and bits >= 3:

        def step(p):
            return (p[1:] - p[:-1]).norm(dim=1).mean()

        assert step(points[order]) < 0.6 * step(points)


@pytest.mark.parametrize(
    ("mesh", "tolerance"),
    [
        (CHAIR, 1e-6),
        (joined(icosphere(1), moved(icosphere(1), scale=0.5)), 1e-6),
        (joined(icosphere(1), flipped(moved(icosphere(1), (0.3, 0.2, 0.1)))), 1e-6),
        (pierced(0.9), 2e-6),
        (Mesh(box().vertices, box().faces[:-2]), 2e-6),
        (pierced(0.5, 3), 0.05),
        (soup(200, 1), 0.05),
    ],
    ids=["chair", "nested", "half flipped", "holes", "open box", "tatters", "soup"],
)
def test_fast_and_readable_winding_numbers_agree(mesh, tolerance):
    points = torch.cat([places(200, reach=1.2), near(mesh, 200)])
    field = MeshField(mesh)
    by_crossings = field._closed is not None
    assert by_crossings == (tolerance < 0.01)
    exact = MeshField(mesh, "readable").winding_number(points.double())
    assert (field.winding_number(points) - exact).abs().max() <= tolerance


def test_the_ways_to_the_winding_number_meet_where_one_gives_way_to_the_other(monkeypatch):
    mesh, points = pierced(0.6), places(300)
    monkeypatch.setattr(kernel, "MANY", 10_000)
    crossings = MeshField(mesh).winding_number(points)
    series = dipoles.winding_number(points, dipoles.build_tree(MeshField(mesh).corners))
    assert (crossings - series).abs().max() < 0.05


def test_what_the_series_leaves_out_falls_with_the_fourth_power_of_the_distance():
    """A dipole alone would be wrong by the third power: 8 and not 16 for twice the distance."""
    corners = MeshField(soup(4, 2)).corners
    tree = dipoles.build_tree(corners)
    directions = torch.nn.functional.normalize(places(200), dim=1)
    errors = []
    for distance in (2.0, 4.0):
        points = distance * directions + tree.nodes[1, :3]
        exact = readable.winding_number(points.double(), corners.double())
        errors.append((dipoles.winding_number(points, tree) - exact).abs().mean())
    assert 12 < errors[0] / errors[1] < 22


@BOTH
def test_winding_numbers_count_the_bodies_around_a_point(backend):
    outer, inner = icosphere(1), moved(icosphere(1), scale=0.5)
    middle, between, beyond = torch.tensor([[0.01, 0.02, 0.03], [0.7, 0.1, 0.05], [2.0, 0.3, 0.1]])
    points = torch.stack([middle, between, beyond])

    def counts(mesh: Mesh) -> list[float]:
        return MeshField(mesh, backend).winding_number(points).round(decimals=4).tolist()

    assert counts(outer) == [1, 1, 0]
    assert counts(joined(outer, inner)) == [2, 1, 0]
    assert counts(joined(outer, flipped(inner))) == [0, 1, 0]  # a cavity
    assert counts(flipped(outer)) == [-1, -1, 0]


@BOTH
def test_signs_of_nested_flipped_and_overlapping_bodies(backend):
    outer, inner = icosphere(2), moved(icosphere(2), scale=0.5)
    points = torch.tensor([[0.1, 0.0, 0.02], [0.7, 0.1, 0.05], [2.0, 0.3, 0.1]])

    def signs(mesh: Mesh) -> list[float]:
        return signed_distance(points, mesh, backend).sign().tolist()

    assert signs(joined(outer, inner)) == [-1, -1, 1]
    assert signs(joined(outer, flipped(inner))) == [1, -1, 1]
    assert signs(flipped(outer)) == [-1, -1, 1]
    overlap = joined(box((0.5, 0.5, 0.5)), moved(box((0.5, 0.5, 0.5)), (0.4, 0.3, 0.2)))
    inside = torch.tensor([[0.2, 0.15, 0.1], [-0.4, -0.4, -0.3], [0.8, 0.7, 0.6], [0.8, -0.4, 0.0]])
    assert signed_distance(inside, overlap, backend).sign().tolist() == [-1, -1, -1, 1]


def test_the_winding_number_of_an_open_surface_is_its_solid_angle():
    """A square seen from the height of half its side fills a sixth of the sphere; and at the mouth
    of an open cube a point is inside by the other five sides."""
    square = Mesh([[-1, -1, 0], [1, -1, 0], [1, 1, 0], [-1, 1, 0]], [[0, 1, 2], [0, 2, 3]])
    points = torch.tensor([[0.0, 0.0, -1.0], [0.0, 0.0, 1.0]])
    for backend in ("fast", "readable"):
        winding = MeshField(square, backend).winding_number(points)
        torch.testing.assert_close(winding, torch.tensor([1 / 6, -1 / 6]), atol=1e-6, rtol=0)
    cube = box((1.0, 1.0, 1.0))
    cup = Mesh(cube.vertices, cube.faces[2:])
    middle = MeshField(cup).winding_number(torch.zeros(1, 3))
    assert middle.item() == pytest.approx(5 / 6, abs=1e-6)


def test_points_under_edges_and_corners_are_no_exception():
    """Grid points lie exactly under the edges of boxes; the ray of crossings must not mind."""
    axis = torch.linspace(-1, 1, 9)
    grid = torch.cartesian_prod(axis, axis, axis)
    for mesh in (box((0.5, 0.25, 0.75)), Mesh(box((0.5, 0.25, 0.75)).vertices, box().faces[:-1])):
        distance = box_field((0.5, 0.25, 0.75))(grid)
        off = distance.abs() > 1e-3
        winding = MeshField(mesh).winding_number(grid)[off]
        exact = readable.winding_number(grid[off].double(), MeshField(mesh).corners.double())
        torch.testing.assert_close(winding.double(), exact, atol=1e-5, rtol=0)


@given(st.tuples(*[COORDINATES] * 6))
@settings(max_examples=40)
def test_a_signed_distance_never_changes_faster_than_one_moves(numbers):
    points = torch.tensor(numbers).reshape(2, 3)
    for mesh in (CHAIR, torus(n=12)):
        first, second = MeshField(mesh)(points)
        assert (first - second).abs() <= (points[0] - points[1]).norm() * (1 + 1e-5) + 1e-6


@BOTH
def test_the_gradient_has_length_one_and_points_away_from_the_surface(backend):
    points = places(200).requires_grad_()
    field = MeshField(torus(n=24), backend)
    distance = field(points)
    (gradient,) = torch.autograd.grad(distance.sum(), points)
    torch.testing.assert_close(gradient.norm(dim=1), torch.ones(200), atol=1e-5, rtol=0)
    on_surface = points - distance[:, None] * gradient
    assert field(on_surface.detach()).abs().max() < 1e-5


@BOTH
def test_gradients_in_points_and_vertices_are_those_of_finite_differences(backend):
    ball = icosphere(0)
    vertices = ball.vertices.clone().requires_grad_()
    points = torch.tensor([[0.9, 1.1, 0.8], [0.3, 0.1, 0.2], [1.5, -0.4, 0.3]], requires_grad=True)
    weights = torch.tensor([1.0, -2.0, 0.5])
    loss = (MeshField((vertices, ball.faces), backend)(points) * weights).sum()
    gradients = torch.autograd.grad(loss, [points, vertices])

    def exact(p: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
        return (MeshField((v, ball.faces), "readable")(p) * weights.double()).sum()

    inputs = [points.detach().double(), vertices.detach().double()]
    for which, gradient in enumerate(gradients):
        for index in [(0, 1), (1, 0), (2, 2)]:
            ends = []
            for step in (1e-6, -1e-6):
                shifted = [tensor.clone() for tensor in inputs]
                shifted[which][index] += step
                ends.append(exact(*shifted).item())
            slope = (ends[0] - ends[1]) / 2e-6
            assert gradient[index].item() == pytest.approx(slope, abs=2e-5)


def test_the_readable_distance_passes_gradcheck():
    ball = icosphere(0)
    points = places(6, reach=1.5).double().requires_grad_()
    vertices = ball.vertices.double().requires_grad_()
    assert torch.autograd.gradcheck(
        lambda p, v: MeshField((v, ball.faces), "readable")(p), (points, vertices)
    )


@given(st.integers(0, 2**31), st.tuples(*[COORDINATES] * 3), st.floats(0.1, 10))
@settings(max_examples=15)
def test_motion_keeps_distances_and_scale_scales_them(seed, shift, scale):
    turn, shift = rotation(seed), torch.tensor(shift)
    mesh, points = torus(n=10), places(40, seed % 100)
    other = Mesh((mesh.vertices @ turn.T + shift) * scale, mesh.faces)
    expected = scale * MeshField(mesh)(points)
    found = MeshField(other)((points @ turn.T + shift) * scale)
    torch.testing.assert_close(found, expected, atol=5e-6 * scale, rtol=1e-5)


def test_leading_axes_stay_and_no_points_are_no_distances():
    field = MeshField(box())
    assert field(places(24).reshape(2, 3, 4, 3)).shape == (2, 3, 4)
    assert field(torch.zeros(0, 3)).shape == (0,)
    assert field(places(4).reshape(2, 2, 3))[1, 0] == field(places(4)[2])


def test_the_result_does_not_depend_on_the_number_of_threads():
    points, field = places(1001), MeshField(CHAIR)
    alone = field(points)
    threads = torch.get_num_threads()
    try:
        torch.set_num_threads(3)
        assert torch.equal(field(points), alone)
    finally:
        torch.set_num_threads(threads)


@pytest.mark.parametrize(
    ("make_field", "told"),
    [
        (lambda: MeshField(Mesh(torch.zeros(0, 3), torch.zeros(0, 3))), "0 faces and none"),
        (lambda: MeshField(Mesh([[0, 0, 0], [1, 0, 0], [2, 0, 0]], [[0, 1, 2]])), "none with an"),
        (lambda: MeshField((torch.full((3, 3), torch.nan), torch.tensor([[0, 1, 2]]))), "NaN"),
        (lambda: MeshField(box(), "quick"), "auto, fast or readable; got 'quick'"),
        (lambda: MeshField(box())(torch.tensor([[0.0, torch.nan, 0.0]])), "1 points are NaN"),
        (lambda: MeshField(box())(torch.zeros(3, 2)), r"\(3, 2\)"),
        (lambda: MeshField(box())(torch.zeros(3, 3, dtype=torch.int64)), "int64"),
        (lambda: MeshField(box(), "fast")(torch.zeros(1, 3, dtype=torch.float64)), "readable"),
    ],
)
def test_what_has_no_distance_is_refused(make_field, told):
    with pytest.raises(ValueError, match=told):
        make_field()


def test_faces_without_area_change_nothing():
    mesh = box()
    odd = Mesh(mesh.vertices, torch.cat([mesh.faces, torch.tensor([[0, 0, 3], [1, 1, 1]])]))
    points = places(50)
    assert torch.equal(MeshField(odd)(points), MeshField(mesh)(points))


def test_a_mesh_of_a_hundred_thousand_faces_is_no_matter():
    big = icosphere(6)
    assert len(big.faces) > 80_000
    points = places(200)
    assert (MeshField(big)(points) - ball_field(1.0)(points)).abs().max() < 2e-4


# Reports


@pytest.mark.parametrize(
    ("mesh", "told"),
    [
        (CHAIR, "1,216 faces in 1 body: closed and facing outward."),
        (joined(box(), moved(box(), (3.0, 0, 0))), "24 faces in 2 bodies: closed and"),
        (Mesh(box().vertices, box().faces[:-1]), "3 open edges (holes or sheets)"),
        (joined(box(), box()), "12 repeated faces"),
        (flipped(box()), "100.0 % of the inside in bodies turned inside out"),
        (Mesh(box().vertices, [*box().faces.tolist(), [0, 0, 1]]), "1 face without area"),
        (Mesh(box().vertices, torch.cat([box().faces[:1].flip(1), box().faces[1:]])),
         "3 edges between faces that disagree"),
        (Mesh(torch.eye(3), [[0, 1, 2]]), "no inside that a sign could tell"),
    ],
)  # fmt: skip
def test_a_report_says_what_is_wrong_and_nothing_else(mesh, told):
    assert told in str(inspect(mesh))


def test_a_mesh_of_three_hundred_thousand_faces_is_inspected_as_any_other():
    assert str(inspect(icosphere(7))) == "327,680 faces in 1 body: closed and facing outward."


def figure_eight(radius: float, n: int = 400, m: int = 24) -> tuple[Mesh, torch.Tensor]:
    """A tube along a lying eight, one closed surface that runs through itself; and its middle."""
    t, v = (torch.arange(k) * (2 * math.pi / k) for k in (n, m))
    zero = torch.zeros(n)
    middle = torch.stack([0.6 * t.sin(), zero, 0.25 * (2 * t).sin()], 1)
    side = torch.nn.functional.normalize(
        torch.stack([-0.5 * (2 * t).cos(), zero, 0.6 * t.cos()], 1), dim=1
    )
    round_ = v.cos()[:, None] * side[:, None] + v.sin()[:, None] * torch.tensor([0.0, 1, 0])
    i, j = torch.meshgrid(torch.arange(n), torch.arange(m), indexing="ij")
    a, b = i * m + j, (i + 1) % n * m + j
    c, d = (i + 1) % n * m + (j + 1) % m, i * m + (j + 1) % m
    faces = torch.stack([a, c, d, a, b, c], -1).reshape(-1, 3)
    return Mesh((middle[:, None] + radius * round_).reshape(-1, 3), faces), middle


def test_one_body_that_runs_through_itself_is_solid_and_said_to_overlap():
    mesh, middle = figure_eight(0.12)
    points = places(4000, seed=5, reach=0.8)
    away = torch.cdist(points, middle).amin(1) - 0.12
    clear = away.abs() > 0.01
    field = MeshField(mesh)
    assert torch.equal((field(points) < 0)[clear], (away < 0)[clear])
    crossing = field.winding_number(torch.zeros(1, 3))
    assert crossing.abs().item() == pytest.approx(2, abs=1e-3)
    report = inspect(mesh)
    assert (report.bodies, report.closed, report.simple) == (1, True, False)
    assert 0.01 < report.overlapping < 0.5
    assert "of the inside in more than one body" in str(report)


def test_a_report_measures_volume_overlap_and_holes():
    cubes = joined(box((0.5,) * 3), moved(box((0.5,) * 3), (0.5, 0.0, 0.0)))
    report = inspect(cubes)
    assert report.closed
    assert not report.simple
    assert report.volume == pytest.approx(2.0, abs=1e-5)  # each counted once
    assert report.overlapping == pytest.approx(1 / 3, abs=0.03)  # 0.5 of 1.5
    assert (report.inside, report.unclear) == (1.0, 0.0)
    assert inspect(flipped(box())).volume == pytest.approx(-0.48, abs=1e-5)
    assert inspect(pierced(0.5)).unclear > 0.5 > inspect(pierced(0.99)).unclear


# Frames and samples


@given(st.integers(0, 1000), st.floats(0.01, 100), st.tuples(*[st.floats(-5, 5)] * 3))
@settings(max_examples=15)
def test_frames_undo_where_and_how_large_a_mesh_was(seed, scale, shift):
    mesh = Mesh((soup(5, seed).vertices + torch.tensor(shift)) * scale, soup(5, seed).faces)
    low, high = mesh.vertices.amin(0), mesh.vertices.amax(0)
    for frame, size in [(unit_sphere(mesh), None), (unit_diagonal(mesh), 1.0)]:
        inside = frame.mesh(mesh)
        box_low, box_high = inside.vertices.amin(0), inside.vertices.amax(0)
        assert (box_low + box_high).abs().max() < 1e-4
        if size:
            assert (box_high - box_low).norm().item() == pytest.approx(size, rel=1e-4)
        else:
            assert inside.vertices.norm(dim=1).max().item() == pytest.approx(1 / 1.03, rel=1e-4)
        back = frame.back(inside.vertices)
        assert (back - mesh.vertices).abs().max() <= 1e-5 * (high - low).norm() + 1e-5 * low.norm()


def test_vertices_that_no_face_uses_do_not_move_the_frame():
    stray = Mesh(torch.cat([box().vertices, torch.tensor([[9.0, 9.0, 9.0]])]), box().faces)
    assert unit_sphere(stray) == unit_sphere(box())
    with pytest.raises(ValueError, match="no extent"):
        unit_sphere(Mesh(torch.zeros(3, 3), [[0, 1, 2]]))


def test_surface_points_lie_on_the_surface_as_many_per_area_everywhere():
    mesh = box((0.5, 0.25, 0.1))
    points = sample_surface(mesh, 20_000, torch.Generator().manual_seed(0))
    assert box_field((0.5, 0.25, 0.1))(points).abs().max() < 1e-6
    top = (points[:, 2] > 0.1 - 1e-6).double().mean().item()
    share = 0.5 / (2 * (0.5 + 0.2 * 1.0 + 0.2 * 0.5))
    assert top == pytest.approx(share, abs=4 * math.sqrt(share * (1 - share) / 20_000))
    assert points.mean(0).abs().max() < 0.01
    with pytest.raises(ValueError, match="no area"):
        sample_surface(Mesh(torch.zeros(3, 3), [[0, 1, 2]]), 5)


def test_samples_are_where_deepsdf_takes_them():
    mesh = unit_sphere(CHAIR).mesh(CHAIR)
    samples = sample_sdf(mesh, 5000, seed=3)
    again, other = sample_sdf(mesh, 5000, seed=3), sample_sdf(mesh, 5000, seed=4)
    assert torch.equal(samples.points, again.points)
    assert not torch.equal(samples.points, other.points)
    torch.testing.assert_close(samples.distances, MeshField(mesh)(samples.points))
    assert len(samples) == 5000
    uniform = samples.points[4700:]  # 3 of 50
    assert uniform.abs().max() <= 1
    assert uniform.std(0).sub(1 / 3**0.5).abs().max() < 0.06
    wide, narrow = samples.points[:2350], samples.points[2350:4700]
    noise = (wide - narrow).std().item()  # both start from the same points of the surface
    assert noise == pytest.approx(math.sqrt(0.005 + 0.0005), rel=0.05)
    assert samples.distances[2350:4700].abs().mean() < samples.distances[:2350].abs().mean()
    assert len(samples.inside) + len(samples.outside) == 5000
    assert (samples.outside[:, 3] > 0).all()
    assert (samples.inside[:, 3] <= 0).all()


def test_samples_need_a_mesh_in_the_cube_and_whole_numbers():
    with pytest.raises(ValueError, match=r"reaches 3\.000; put it there by"):
        sample_sdf(moved(box(), (2.5, 0.0, 0.0)), 100)
    with pytest.raises(ValueError, match="1 of 2 SDF samples hold NaN"):
        SdfSamples(torch.zeros(2, 3), torch.tensor([0.0, torch.nan]))
    with pytest.raises(ValueError, match=r"\(2, 2\)"):
        SdfSamples(torch.zeros(2, 2), torch.zeros(2))


def test_a_frame_is_the_arithmetic_of_deepsdf():
    frame = Frame((1.0, -2.0, 0.5), 3.0)
    points = places(4)
    torch.testing.assert_close(frame(points), (points + torch.tensor([1.0, -2.0, 0.5])) * 3)
    torch.testing.assert_close(frame.back(frame(points)), points)


def test_a_mesh_whose_vertices_are_learned_is_inspected_as_any_other():
    chair = make("chair", seed=0)
    report = astuple(inspect(chair))
    chair.vertices.requires_grad_()
    assert astuple(inspect(chair)) == report


@pytest.mark.parametrize("backend", ["fast", "readable"])
def test_one_field_may_be_asked_and_followed_many_times(backend):
    ball = icosphere(1)
    vertices = ball.vertices.clone().requires_grad_()
    field = MeshField((vertices, ball.faces), backend)
    points = torch.tensor([[0.1, 0.2, 0.3], [0.0, 0.9, 1.4]])
    first, second = (torch.autograd.grad(field(points).sum(), vertices)[0] for _ in range(2))
    assert (first != 0).any()
    assert torch.equal(first, second)
    assert torch.equal(field(points).detach(), MeshField(ball, backend)(points))
