"""Sphere tracing against formulas and against the rasterizer."""

import pytest
import torch
from field_shapes import ball_field, box, box_field, torus, torus_field

from fiveviews.cameras import orbit
from fiveviews.fields import MeshField
from fiveviews.render.depth import rasterize, render_views
from fiveviews.render.tracing import gradient, render_field, sphere_trace

VIEWS = orbit(torch.tensor([0.0, 70.0, 200.0]), torch.tensor([30.0, -20.0, 5.0]))
FLAT = orbit(torch.tensor([40.0]), torch.tensor([25.0]), fov=None, scale=0.8)


@pytest.mark.parametrize("camera", [VIEWS, FLAT], ids=["perspective", "orthographic"])
def test_a_ball_is_where_rays_meet_it(camera):
    surface = sphere_trace(ball_field(), camera, 32, eps=1e-6)
    origins, rays = camera.rays(32, 32)
    along = -(origins * rays).sum(-1)
    closest = (origins + along[..., None] * rays).norm(dim=-1)
    meets = closest < 0.5
    sure = (closest - 0.5).abs() > 1e-3
    assert torch.equal((surface.face >= 0)[sure], meets[sure])
    t = along - (0.25 - closest.square()).clamp(min=0).sqrt()
    depth = t * -(rays @ camera.rotation[:, None, 2, :, None])[..., 0]
    both = meets & sure
    torch.testing.assert_close(surface.depth[both], depth[both], atol=1e-4, rtol=0)
    normal = (origins + t[..., None] * rays) / 0.5
    torch.testing.assert_close(surface.normal[both], normal[both], atol=1e-3, rtol=0)
    assert surface.depth[surface.face < 0].isinf().all()
    assert (surface.normal[surface.face < 0] == 0).all()


@pytest.mark.parametrize("mesh", [box(), torus(n=24)], ids=["box", "torus"])
def test_tracing_the_distance_to_a_mesh_shows_what_the_rasterizer_shows(mesh):
    traced = sphere_trace(MeshField(mesh), VIEWS, 32, eps=1e-5)
    drawn = rasterize(mesh.vertices, mesh.faces, VIEWS, 32)
    both = (traced.face >= 0) & (drawn.face >= 0)
    assert ((traced.face >= 0) != (drawn.face >= 0)).double().mean() < 0.005
    assert (traced.depth[both] - drawn.depth[both]).abs().quantile(0.99) < 1e-3


def test_pictures_look_like_those_of_the_rasterizer():
    ours = render_field(box_field(), VIEWS, 24).float()
    theirs = render_views(box(), VIEWS, 24).float()
    assert (ours - theirs).abs().mean() < 1.5
    assert ours.shape == (3, 24, 24, 4)


def test_only_rays_on_their_way_cost_anything():
    counts = []

    def field(points):
        counts.append(len(points))
        return ball_field()(points)

    sphere_trace(field, orbit(0.0), 32)
    assert counts[0] <= 32 * 32
    assert counts == sorted(counts[:-1], reverse=True) + counts[-1:]
    assert sum(counts) < 12 * 32 * 32


def test_a_steep_field_needs_its_bound():
    def steep(points):
        return 3 * torus_field()(points)

    true = sphere_trace(torus_field(), VIEWS, 24)
    found = sphere_trace(steep, VIEWS, 24, lipschitz=3.0)
    assert ((true.face >= 0) != (found.face >= 0)).sum() <= 2


def test_an_empty_picture_and_what_lies_beyond_the_cube():
    assert (sphere_trace(ball_field(-1.0), VIEWS, 8).face < 0).all()
    far = sphere_trace(lambda p: (p - p.new_tensor([3.0, 0, 0])).norm(dim=1) - 0.5, VIEWS, 16)
    assert (far.face < 0).all()
    assert sphere_trace(ball_field(), VIEWS, (8, 12)).face.shape == (3, 8, 12)


def test_gradients_of_a_distance_have_length_one():
    points = torch.randn(50, 3)
    torch.testing.assert_close(gradient(torus_field(), points).norm(dim=1), torch.ones(50))
