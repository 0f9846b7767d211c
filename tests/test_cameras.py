"""Cameras: the project's convention, and the papers' own camera written out independently."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from fiveviews.cameras import Camera, look_at, orbit, pixel_centres, shapenet_views, to_softras

ANGLES = st.floats(-360, 360)
ELEVATIONS = st.floats(-85, 85)
DISTANCES = st.floats(1.5, 10)


def f64(*numbers: float) -> torch.Tensor:
    return torch.tensor(numbers, dtype=torch.float64)


def exact(azimuth: float, elevation: float = 30.0, distance: float = 2.732, **options) -> Camera:
    return orbit(f64(azimuth), f64(elevation), f64(distance), **options)


def points(n: int = 7) -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    return torch.rand(n, 3, generator=generator, dtype=torch.float64) - 0.5


def softras_view(vertices, azimuth, elevation, distance):
    """x, y and depth by SoftRas's `look_at` and `perspective`, in its left-handed world."""
    a, e = math.radians(azimuth), math.radians(elevation)
    eye = distance * f64(math.cos(e) * math.sin(a), math.sin(e), -math.cos(e) * math.cos(a))
    forward = -eye / eye.norm()
    right = torch.linalg.cross(f64(0, 1, 0), forward)
    right = right / right.norm()
    upward = torch.linalg.cross(forward, right)
    x, y, z = ((vertices - eye) @ torch.stack([right, upward, forward], dim=1)).unbind(1)
    half = math.tan(math.radians(15))  # SoftRas's `viewing_angle` is half the field of view
    return torch.stack([x / z / half, y / z / half, z], dim=1)


@pytest.mark.parametrize("view", range(24))
def test_shapenet_view_is_softras_camera_at_minus_15_degrees_per_view(view):
    ours = shapenet_views()[view].to(torch.float64).project(points())[0]
    theirs = softras_view(to_softras(points()), -15.0 * view, 30.0, 2.732)
    torch.testing.assert_close(ours, theirs, atol=3e-6, rtol=0)


@given(ANGLES, ELEVATIONS, DISTANCES)
def test_any_orbit_agrees_with_softras_after_negating_z(azimuth, elevation, distance):
    ours = exact(azimuth, elevation, distance).project(points())[0]
    theirs = softras_view(to_softras(points()), azimuth, elevation, distance)
    torch.testing.assert_close(ours, theirs, atol=1e-9, rtol=0)


def test_to_softras_is_its_own_inverse():
    assert torch.equal(to_softras(to_softras(points())), points())


def test_the_convention_in_four_pictures():
    right, up, front = f64(0.1, 0, 0), f64(0, 0.1, 0), f64(0, 0, 0.1)
    seen = exact(0.0, 0.0).project(torch.stack([right, up, front]))[0]
    assert seen[0, 0] > 0
    assert seen[0, 1] == 0
    assert seen[1, 1] > 0
    assert seen[2, 2] < 2.732  # the front is nearer to the viewer
    side = exact(90.0, 0.0).project(right[None])[0, 0]
    torch.testing.assert_close(side[2], f64(2.632)[0])  # from azimuth 90 one sees the object's +x
    behind = exact(180.0, 0.0).project(right[None])[0, 0]
    assert behind[0] < 0
    above = exact(0.0, 80.0)
    assert above.eye[0, 1] > 2.6


@given(ANGLES, ELEVATIONS, DISTANCES)
def test_camera_axes_are_a_rotation_and_the_eye_is_at_its_distance(azimuth, elevation, distance):
    camera = exact(azimuth, elevation, distance)
    r = camera.rotation[0]
    torch.testing.assert_close(r @ r.T, torch.eye(3, dtype=torch.float64))
    torch.testing.assert_close(torch.linalg.det(r), f64(1.0)[0])
    torch.testing.assert_close(camera.eye.norm(), f64(distance)[0])
    origin = camera.project(torch.zeros(1, 3, dtype=torch.float64))[0, 0]
    torch.testing.assert_close(origin, f64(0, 0, distance), atol=1e-9, rtol=0)
    assert r[1, 1] > 0  # up is upward in the image


def test_orbit_takes_numbers_and_tensors_of_one_shape():
    batch = orbit(torch.tensor([0.0, 90.0]), torch.tensor([10.0, 20.0]), 3.0)
    assert len(batch) == 2
    for k, (azimuth, elevation) in enumerate([(0.0, 10.0), (90.0, 20.0)]):
        torch.testing.assert_close(batch.eye[k], orbit(azimuth, elevation, 3.0).eye[0])
    assert orbit(torch.arange(3)).eye.dtype == torch.float32


@pytest.mark.parametrize("fov", [30.0, 75.0, None])
@pytest.mark.parametrize("size", [(4, 4), (3, 8), (9, 2)])
def test_rays_and_project_are_inverse_to_each_other(fov, size):
    camera = orbit(f64(20, 200), f64(30, -10), f64(2, 3), fov=fov, scale=0.7)
    origins, directions = camera.rays(*size)
    torch.testing.assert_close(directions.norm(dim=-1), torch.ones(2, *size, dtype=torch.float64))
    x, y = pixel_centres(*size, torch.float64)
    for along in (0.5, 4.0):
        hit = (origins + along * directions).reshape(2, -1, 3)
        seen = camera.project(hit).reshape(2, *size, 3)
        torch.testing.assert_close(seen[..., 0], x.expand(2, *size), atol=1e-12, rtol=0)
        torch.testing.assert_close(seen[..., 1], y[:, None].expand(2, *size), atol=1e-12, rtol=0)
        assert (seen[..., 2] > 0).all()


@given(st.integers(1, 40), st.integers(1, 40))
def test_pixel_centres_are_square_symmetric_and_span_the_image(height, width):
    x, y = pixel_centres(height, width, torch.float64)
    torch.testing.assert_close(x, -x.flip(0), atol=1e-12, rtol=0)
    torch.testing.assert_close(y, -y.flip(0), atol=1e-12, rtol=0)
    assert y[0] >= y[-1]  # row 0 on top
    torch.testing.assert_close(y[0], f64(1 - 1 / height)[0])
    torch.testing.assert_close(x[-1], f64((width - 1) / height)[0])


def test_field_of_view_is_vertical_and_full():
    edge = 2.0 * math.tan(math.radians(20))  # half the picture's height at distance 2, fov 40
    seen = exact(0.0, 0.0, 2.0, fov=40.0).project(f64(0, edge, 0)[None])
    torch.testing.assert_close(seen[0, 0], f64(0, 1, 2), atol=1e-12, rtol=0)


def test_orthographic_size_does_not_depend_on_depth():
    camera = exact(0.0, 0.0, fov=None, scale=0.5)
    seen = camera.project(torch.stack([f64(0.2, 0.1, 0.4), f64(0.2, 0.1, -0.4)]))[0]
    torch.testing.assert_close(seen[:, :2], f64(0.4, 0.2).expand(2, 2))
    torch.testing.assert_close(seen[:, 2], f64(2.332, 3.132))


def test_gradients_reach_eye_angles_and_points():
    def by_eye(eye, vertices):
        return look_at(eye).project(vertices)

    def by_angles(azimuth, elevation, distance):
        return orbit(azimuth, elevation, distance).project(points())

    eye = torch.tensor([[1.0, 2.0, 1.5], [0.3, -1.0, 2.0]], dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(by_eye, (eye, points().requires_grad_()))
    angles = (f64(20, 130).requires_grad_(), f64(5, -40).requires_grad_(), f64(2, 3))
    assert torch.autograd.gradcheck(by_angles, angles)


@pytest.mark.parametrize(
    ("eye", "at", "up"),
    [
        ((0.0, 2.0, 0.0), (0.0, 0.0, 0.0), (0.0, 1.0, 0.0)),
        ((0.0, -2.0, 0.0), (0.0, 0.0, 0.0), (0.0, 1.0, 0.0)),
        ((1.0, 2.0, 3.0), (1.0, 2.0, 3.0), (0.0, 1.0, 0.0)),
        ((0.0, 0.0, 2.0), (0.0, 0.0, 0.0), (0.0, 0.0, 0.0)),
    ],
)
def test_look_at_refuses_a_view_without_upright(eye, at, up):
    with pytest.raises(ValueError, match="no upright"):
        look_at(torch.tensor(eye), at, up)


def test_look_at_refuses_numbers_that_are_none():
    with pytest.raises(ValueError, match="NaN"):
        look_at(torch.tensor([0.0, float("nan"), 2.0]))


@pytest.mark.parametrize("fov", [0.0, 180.0, -30.0, float("nan")])
def test_camera_refuses_impossible_angles(fov):
    with pytest.raises(ValueError, match="between 0 and 180"):
        orbit(0.0, fov=fov)


@pytest.mark.parametrize("scale", [0.0, -1.0, float("nan")])
def test_camera_refuses_an_empty_orthographic_picture(scale):
    with pytest.raises(ValueError, match="scale must be positive"):
        orbit(0.0, fov=None, scale=scale)


def test_camera_refuses_shapes_that_do_not_belong_together():
    with pytest.raises(ValueError, match=r"rotation \(B, 3, 3\) and eye \(B, 3\)"):
        Camera(torch.eye(3)[None], torch.zeros(2, 3))
    with pytest.raises(ValueError, match="2 cameras"):
        orbit(torch.tensor([0.0, 1.0])).project(torch.zeros(3, 5, 3))


def test_cameras_can_be_picked_and_moved_to_another_precision():
    views = shapenet_views()
    assert len(views[3]) == len(views[-1]) == 1
    assert torch.equal(views[-1].eye, views.eye[23:])
    assert torch.equal(views[torch.tensor([5, 2])].eye, views.eye[[5, 2]])
    assert torch.equal(views[[5, 2]].rotation, views.rotation[[5, 2]])
    assert len(views[4:10]) == 6
    assert views.to(torch.float64).project(points()).dtype == torch.float64
    with pytest.raises(IndexError):
        views[24]


@pytest.mark.parametrize("whole", [int, np.int64, np.asarray, torch.tensor])
def test_any_whole_number_names_one_camera(whole):
    views = shapenet_views()
    for k in (1, -1):
        assert torch.equal(views[whole(k)].eye, views.eye[[k]])
    with pytest.raises(IndexError, match="no camera 24 among 24"):
        views[whole(24)]


def test_cameras_are_found_in_a_list_by_identity():
    one, other = orbit(0.0), orbit(torch.tensor([0.0, 90.0]))
    assert one == one
    assert one != other
    assert other in [one, other]
    assert orbit(0.0) not in [one, other]
