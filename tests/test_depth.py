"""The hard rasterizer against rays: planes, spheres, and every face tried in turn."""

import math

import pytest
import torch
import trimesh
from hypothesis import given, settings
from hypothesis import strategies as st

from fiveviews.cameras import Camera, orbit
from fiveviews.meshes import Mesh, icosphere
from fiveviews.render.depth import lambert, rasterize, render_views

VIEWS = orbit(torch.tensor([0.0, 70.0, 200.0]), torch.tensor([30.0, -20.0, 5.0]))
FLAT = orbit(torch.tensor([0.0, 70.0]), torch.tensor([30.0, -20.0]), fov=None, scale=0.6)


def exact_rays(camera: Camera, size: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Origins and directions of all rays, and how much depth a step along each gains."""
    camera = camera.to(torch.float64)
    origins, directions = camera.rays(size, size)
    return origins, directions, -(directions @ camera.rotation[:, None, 2, :, None])[..., 0]


def cast(mesh: Mesh, camera: Camera, size: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Nearest hit of every ray with every face, one by one (Möller and Trumbore, in float64).

    Returns depth, face, and how far the ray passes from the nearest edge of any face, in
    barycentric units.
    """
    origins, directions, gain = exact_rays(camera, size)
    depth = torch.full(gain.shape, torch.inf, dtype=torch.float64)
    face, margin = torch.full(gain.shape, -1), torch.full_like(depth, torch.inf)
    for index, (a, b, c) in enumerate(mesh.vertices[mesh.faces].double()):
        across = torch.linalg.cross(directions, (c - a).expand_as(directions))
        det = across @ (b - a)
        start = origins - a
        u = (start * across).sum(-1) / det
        beyond = torch.linalg.cross(start, (b - a).expand_as(start))
        v, t = (directions * beyond).sum(-1) / det, beyond @ (c - a) / det
        inner = torch.stack([u, v, 1 - u - v]).amin(0)
        margin = torch.minimum(margin, inner.abs())
        nearer = (inner >= 0) & (t > 0) & (t * gain < depth)
        depth = torch.where(nearer, t * gain, depth)
        face = torch.where(nearer, index, face)
    return depth, face, margin


def quad(z: float = 0.0, size: float = 0.4) -> Mesh:
    corners = torch.tensor([[-1.0, -1, 0], [1, -1, 0], [1, 1, 0], [-1, 1, 0]])
    return Mesh(corners * size + torch.tensor([0, 0, z]), [[0, 1, 2], [0, 2, 3]])


def soup(n: int, seed: int) -> Mesh:
    generator = torch.Generator().manual_seed(seed)
    vertices = (torch.rand(n, 1, 3, generator=generator) - 0.5) * 0.7
    vertices = vertices + 0.25 * torch.randn(n, 3, 3, generator=generator)
    return Mesh(vertices.reshape(-1, 3).clamp(-0.7, 0.7), torch.arange(3 * n).reshape(n, 3))


@pytest.mark.parametrize("camera", [VIEWS, FLAT], ids=["perspective", "orthographic"])
def test_depth_of_a_plane_is_where_each_ray_meets_it(camera):
    mesh = quad(0.1)
    surface = rasterize(mesh.vertices, mesh.faces, camera, 48)
    origins, directions, gain = exact_rays(camera, 48)
    expected = (0.1 - origins[..., 2]) / directions[..., 2] * gain
    hit = surface.face >= 0
    assert hit.flatten(1).any(1).all()
    torch.testing.assert_close(surface.depth[hit].double(), expected[hit], atol=0, rtol=2e-6)
    point = origins + (expected / gain)[..., None] * directions
    inside = (point[..., :2].abs() < 0.4 - 1e-6).all(-1)
    outside = (point[..., :2].abs() > 0.4 + 1e-6).any(-1)
    assert hit[inside].all()
    assert not hit[outside].any()


def test_depth_and_normals_of_a_sphere_are_those_of_the_formula():
    ball = icosphere(5)
    surface = rasterize(0.5 * ball.vertices, ball.faces, VIEWS, 64)
    origins, directions, gain = exact_rays(VIEWS, 64)
    middle = (origins * directions).sum(-1)
    inside = middle.square() - origins.square().sum(-1) + 0.25
    expected = (-middle - inside.clamp(min=0).sqrt()) * gain
    well = inside > 0.02  # not at the rim, where the polyhedron's depth is steep
    assert (surface.face >= 0)[well].all()
    assert not (surface.face >= 0)[inside < -0.001].any()
    torch.testing.assert_close(surface.depth[well].double(), expected[well], atol=2e-3, rtol=0)
    point = origins + (expected / gain)[..., None] * directions
    turned = (surface.normal.double() * point / 0.5).sum(-1)[well]
    assert (turned > math.cos(math.radians(3))).all()


@settings(max_examples=15)
@given(st.integers(0, 10_000))
def test_faces_and_depths_are_those_of_a_search_through_all_faces(seed):
    mesh = soup(12, seed)
    for camera in (VIEWS, FLAT):
        surface = rasterize(mesh.vertices, mesh.faces, camera, 20)
        depth, face, margin = cast(mesh, camera, 20)
        clear = margin > 1e-4
        assert torch.equal((surface.face >= 0)[clear], (face >= 0)[clear])
        both = clear & (face >= 0)
        # where two faces cross in one pixel their order is decided by the last digit
        torch.testing.assert_close(surface.depth[both].double(), depth[both], atol=2e-5, rtol=0)
        assert (surface.face[both] == face[both]).float().mean() > 0.99


@pytest.mark.parametrize("size", [(8, 24), (24, 8), (1, 1), (7, 13)])
def test_any_size_shows_what_a_square_shows(size):
    height, width = size
    mesh = soup(20, 1)
    one = rasterize(mesh.vertices, mesh.faces, VIEWS, size)
    assert one.depth.shape == (3, *size)
    if width <= height and (height - width) % 2 == 0:
        side = (height - width) // 2
        square = rasterize(mesh.vertices, mesh.faces, VIEWS, height)
        assert torch.equal(one.face, square.face[:, :, side : side + width])


def test_no_pixel_falls_between_faces():
    # symmetric pictures: edges run exactly through the centres of pixels
    cube = trimesh.creation.box((0.8, 0.8, 0.8))
    cube = Mesh(torch.from_numpy(cube.vertices.copy()), torch.from_numpy(cube.faces.copy()))
    shapes = [cube, *(Mesh(0.5 * icosphere(k).vertices, icosphere(k).faces) for k in range(5))]
    views = orbit(torch.arange(0, 360, 30.0), torch.tensor(0.0))
    for shape in shapes:
        for size in (63, 64):
            hit = rasterize(shape.vertices, shape.faces, views, size).face >= 0
            columns = torch.arange(size).expand_as(hit)
            first = torch.where(hit, columns, size).amin(-1)
            last = torch.where(hit, columns, -1).amax(-1)
            spans = (last - first + 1).clamp(min=0)
            assert torch.equal(hit.sum(-1), spans)  # convex: every row is one run of pixels


def test_both_sides_are_seen_and_normals_face_the_viewer():
    mesh = quad()
    turned = Mesh(mesh.vertices, mesh.faces.flip(1))
    front, back = (rasterize(m.vertices, m.faces, VIEWS, 16) for m in (mesh, turned))
    assert torch.equal(front.face, back.face)
    torch.testing.assert_close(front.normal, back.normal)
    _, rays = VIEWS.rays(16, 16)
    assert ((front.normal * rays).sum(-1) <= 0).all()
    lengths = front.normal.norm(dim=-1)
    torch.testing.assert_close(lengths, (front.face >= 0).float())


def test_background_is_infinitely_far_and_has_no_face():
    surface = rasterize(quad().vertices, quad().faces, VIEWS, 16)
    away = surface.face < 0
    assert away.any()
    assert torch.isinf(surface.depth[away]).all()
    assert (surface.face[away] == -1).all()
    assert (surface.normal[away] == 0).all()


def test_faces_that_reach_behind_the_camera_are_left_out_whole():
    near = torch.tensor([[0.0, 0, 4], [0.3, 0, 0], [-0.3, 0, 0]])  # one vertex behind the eye
    behind = torch.tensor([[0.0, 0.3, 4], [0.3, 0, 4], [-0.3, 0, 4]])
    for vertices in (near, behind):
        surface = rasterize(vertices, torch.tensor([[0, 1, 2]]), orbit(0.0, 0.0), 16)
        assert (surface.face < 0).all()


def test_a_face_close_to_the_eye_covers_the_whole_picture():
    eye = orbit(0.0, 0.0).eye[0]
    vertices = torch.tensor([[-9e3, -9e3, -1e-4], [9e3, -9e3, -1e-4], [0, 9e3, -1e-4]]) + eye
    surface = rasterize(vertices, torch.tensor([[0, 1, 2]]), orbit(0.0, 0.0), 512)
    assert (surface.face == 0).all()


def test_the_nearer_face_wins_in_any_order():
    near, far = quad(0.2), quad(-0.2)
    vertices = torch.cat([far.vertices, near.vertices])
    faces = torch.cat([far.faces, near.faces + 4])
    surface = rasterize(vertices, faces, orbit(0.0, 0.0), 16)
    assert (surface.face[0, 8] >= 2).any()
    other = rasterize(vertices, faces.flip(0), orbit(0.0, 0.0), 16)
    assert torch.equal(other.depth, surface.depth)
    middle = surface.depth[0, 8, 8].item()
    assert middle == pytest.approx(2.732 - 0.2, abs=1e-5)


def test_items_may_have_their_own_vertices_faces_and_padding():
    ball, board = icosphere(1), quad()
    faces = torch.full((2, 80, 3), -1)
    faces[0], faces[1, :2] = ball.faces, board.faces
    vertices = torch.zeros(2, 42, 3)
    vertices[0], vertices[1, :4] = 0.5 * ball.vertices, board.vertices
    together = rasterize(vertices, faces, VIEWS[:2], 24)
    for k, mesh in enumerate((Mesh(0.5 * ball.vertices, ball.faces), board)):
        alone = rasterize(mesh.vertices, mesh.faces, VIEWS[k], 24)
        for name in ("depth", "face", "normal"):
            assert torch.equal(getattr(together, name)[k], getattr(alone, name)[0])


def test_one_camera_serves_several_meshes_and_one_mesh_several_faces():
    meshes = torch.stack([0.5 * icosphere(1).vertices, 0.2 * icosphere(1).vertices])
    two = rasterize(meshes, icosphere(1).faces, VIEWS[0], 16)
    assert two.depth.shape == two.face.shape == two.normal.shape[:3] == (2, 16, 16)
    assert (two.face[0] >= 0).sum() > (two.face[1] >= 0).sum() > 0
    halves = icosphere(1).faces.reshape(2, 40, 3)
    split = rasterize(meshes[0], halves, VIEWS[0], 16)
    whole = rasterize(meshes[0], icosphere(1).faces, VIEWS[0], 16)
    assert torch.equal(split.depth.amin(0), whole.depth[0])


def test_no_faces_and_no_images_are_empty_pictures():
    nothing = rasterize(torch.zeros(4, 3), torch.zeros(0, 3, dtype=torch.long), VIEWS, 8)
    assert (nothing.face == -1).all()
    assert nothing.normal.shape == (3, 8, 8, 3)
    assert rasterize(quad().vertices, quad().faces, VIEWS[:0], 8).depth.shape == (0, 8, 8)


def test_double_precision_cameras_are_welcome():
    exact = VIEWS.to(torch.float64)
    picture = rasterize(quad().vertices.double(), quad().faces, exact, 16)
    same = rasterize(quad().vertices, quad().faces, VIEWS, 16)
    assert torch.equal(picture.face, same.face)
    assert lambert(picture, exact).dtype == torch.float32


def test_what_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="name vertex 9, but there are only 4"):
        rasterize(quad().vertices, torch.tensor([[0, 1, 9]]), VIEWS, 8)
    with pytest.raises(ValueError, match="1 vertex sets, 2 face sets, 3 cameras"):
        rasterize(quad().vertices, quad().faces.expand(2, -1, -1), VIEWS, 8)
    with pytest.raises(ValueError, match="2 vertex sets, 1 face sets, 3 cameras"):
        rasterize(quad().vertices.expand(2, -1, -1), quad().faces, VIEWS, 8)


def test_lambert_is_bright_towards_the_light_and_ambient_away_from_it():
    surface = rasterize(quad().vertices, quad().faces, orbit(0.0, 0.0), 16)
    camera = orbit(0.0, 0.0)
    hit = surface.face >= 0
    facing = lambert(surface, camera, light=(0.0, 0.0, 1.0), ambient=0.2)
    torch.testing.assert_close(facing[hit], torch.ones_like(facing[hit]))
    slanted = lambert(surface, camera, light=(3**0.5, 0.0, 1.0), ambient=0.2)
    torch.testing.assert_close(slanted[hit], torch.full_like(slanted[hit], 0.2 + 0.8 / 2))
    behind = lambert(surface, camera, light=(0.0, 0.0, -1.0), ambient=0.2)
    torch.testing.assert_close(behind[hit], torch.full_like(behind[hit], 0.2))
    assert (facing[~hit] == 0).all()


def test_the_light_moves_with_the_camera():
    ball = icosphere(4)
    pictures = render_views(
        Mesh(0.5 * ball.vertices, ball.faces), orbit(torch.arange(0.0, 360, 90)), 32
    )
    difference = (pictures.int() - pictures[:1].int()).abs().float()
    assert difference.mean() < 2


@pytest.mark.parametrize("samples", [1, 2, 3])
def test_pictures_are_premultiplied_averages_of_samples(samples):
    mesh = soup(20, 3)
    picture = render_views(mesh, VIEWS, 24, samples)
    assert picture.shape == (3, 24, 24, 4)
    assert picture.dtype == torch.uint8
    fine = rasterize(mesh.vertices, mesh.faces, VIEWS, 24 * samples)
    grey = 0.85 * lambert(fine, VIEWS)
    alpha = (fine.face >= 0).float()
    for channel, values in ((0, grey), (3, alpha)):
        blocks = values.reshape(3, 24, samples, 24, samples).mean(dim=(2, 4))
        shown = picture[..., channel].float() / 255
        torch.testing.assert_close(shown, blocks, atol=0.5 / 255 + 1e-6, rtol=0)
    rgb, a = picture[..., :3].int(), picture[..., 3:].int()
    assert (rgb <= a).all()  # multiplied by alpha, so alpha - rgb of the official files fits uint8
    assert (picture[picture[..., 3] == 0] == 0).all()
    assert torch.equal(rgb[..., 0], rgb[..., 2])
