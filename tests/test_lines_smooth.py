"""Outlines where a rounding runs smoothly into a face that is seen edge-on."""

import pytest
import torch
from rounded import SQUARE, STEP, prism

from fiveviews.cameras import SPARE3D_SCALE, orbit, spare3d_views
from fiveviews.render.lines import draw, polylines, rasterize
from fiveviews.solids import make_solid

BACKENDS = ("fast", "readable")
TOP = spare3d_views(["t"])


def shown(drawing):
    """Lengths, in world units, of what is drawn visible and hidden, each line once."""
    found = [(p.visible, (p.points[1:] - p.points[:-1]).norm(dim=-1)) for p in polylines(drawing)]
    return [SPARE3D_SCALE * sum(float(n.sum()) for v, n in found if v == k) for k in (True, False)]


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("radii", [(0, 0, 0.2, 0), (0, 0.2, 0.2, 0), (0.1, 0.2, 0.3, 0.4)])
@pytest.mark.parametrize("depth", [0.02, 0.5])
def test_a_plate_with_rounded_edges_is_a_whole_rectangle_from_above(backend, radii, depth):
    visible, hidden = shown(draw(prism(SQUARE, radii, depth), TOP, backend=backend))
    assert visible == pytest.approx(2 + 2 * depth)
    assert hidden == 0, "what lies below is under a visible line"


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("radii", [(0, 0, 0, 0.1, 0.1, 0), (0,) * 6, (0, 0, 0.1, 0, 0.1, 0.1)])
def test_a_step_with_a_rounded_top_and_foot_is_a_line_from_above(backend, radii):
    """No normal turns away anywhere, and yet the wall between them is seen as a line."""
    visible, hidden = shown(draw(prism(STEP, radii, 0.5), TOP, backend=backend))
    assert visible == pytest.approx(3 * 0.5 + 2)
    assert hidden == 0


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("tilt", [-0.008, 1e-8, 0.008])
def test_normals_that_miss_the_face_by_half_a_degree_lose_no_line(backend, tilt):
    solid = prism(SQUARE, (0, 0.2, 0.2, 0), 0.02, tilt=tilt)
    assert int(solid.smooth.sum()) == 4
    assert shown(draw(solid, TOP, backend=backend))[0] == pytest.approx(2.04)


def test_where_no_face_is_seen_edge_on_a_smooth_edge_is_no_line():
    solid = prism(SQUARE, (0.1, 0.2, 0.3, 0.4), 0.3)
    assert int(solid.smooth.sum()) == 8
    assert f"({len(solid.faces)} faces, {len(solid.edges) - 8} sharp edges" in repr(solid)
    views = orbit(torch.tensor([33.0, 118.0, 261.0]), torch.tensor([21.0, -37.0, 62.0]), fov=None)
    found = draw(solid, views)
    ends = {tuple(sorted(map(tuple, s.round(decimals=6).tolist()))) for s in found.segments}
    for view in range(3):
        seen = views[view].to(torch.float64).project(solid.vertices)[0, :, :2]
        for edge in seen[solid.edges[solid.smooth]]:
            assert tuple(sorted(map(tuple, edge.round(decimals=6).tolist()))) not in ends


def test_both_backends_draw_roundings_alike():
    views = spare3d_views([*"frt", *map(str, range(1, 21))])
    for solid in (prism(SQUARE, (0.1, 0.2, 0.3, 0.4), 0.3), prism(STEP, (0.1,) * 6, 0.2)):
        fast, slow = (draw(solid, views, backend=b) for b in BACKENDS)
        for kind in (True, False):
            torch.testing.assert_close(fast.length(kind), slow.length(kind), rtol=0, atol=1e-9)
        assert (rasterize(fast) - rasterize(slow)).abs().max() < 1e-4


def test_the_outline_from_above_is_that_from_below():
    below = spare3d_views(["t"])
    flip = torch.tensor([[1.0, 0, 0], [0, -1, 0], [0, 0, -1]])
    below = type(below)(flip @ below.rotation, -below.eye, None, below.scale)
    solid = prism(SQUARE, (0, 0.1, 0.3, 0), 0.02)
    for camera in (TOP, below):
        assert shown(draw(solid, camera))[0] == pytest.approx(2.04)


def test_random_solids_have_no_smooth_edges():
    assert not any(make_solid(seed).smooth.any() for seed in range(12))
