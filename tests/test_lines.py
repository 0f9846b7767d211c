"""Line drawings: closed forms, invariances, an independent ray caster, two equal backends."""

import math
from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import distance_transform_edt
from torch import Tensor

from fiveviews.cameras import SPARE3D_SCALE, Camera, orbit, spare3d_views
from fiveviews.render.depth import rasterize as rasterize_surface
from fiveviews.render.lines import (
    Drawing,
    colours,
    draw,
    from_svg,
    kernel,
    polylines,
    rasterize,
    readable,
    spare3d_style,
    to_svg,
)
from fiveviews.render.lines.candidates import candidate_lines
from fiveviews.render.lines.exact import agreement, compare, exact_drawing
from fiveviews.solids import Primitive, Solid, Step, combine, make_solid
from fiveviews.solids.generator import AXES
from fiveviews.solids.occ import exact_shape

SEEDS = st.integers(min_value=0, max_value=2**32)
UP = AXES["y"]  # lays a primitive's axis along world y
FRONT, RIGHT, TOP, ISO = (spare3d_views([name]) for name in ("f", "r", "t", "2"))
TWELVE = spare3d_views([str(pose) for pose in range(9, 21)])
SKEW = orbit(torch.tensor([33.0, 118.0, 261.0]), torch.tensor([21.0, -37.0, 62.0]), fov=None)
SKEW = replace(SKEW, scale=SPARE3D_SCALE)


def add(kind: str, *size: float, **place) -> Step:
    return Step("add", Primitive(kind, size, **place))


def take(kind: str, *size: float, **place) -> Step:
    return Step("cut", Primitive(kind, size, **place))


CUBE = combine([add("box", 1.0, 1.0, 1.0)])


def moved(solid: Solid, rotation: Tensor, scale: float = 1.0) -> Solid:
    turned = {name: getattr(solid, name) @ rotation.T for name in ("normals", "edge_normals")}
    return replace(solid, vertices=scale * solid.vertices @ rotation.T, **turned)


def strokes(drawing: Drawing) -> tuple[list[Tensor], list[Tensor]]:
    """Points of the visible and of the hidden polylines, in world units."""
    found = polylines(drawing)
    return tuple(
        [SPARE3D_SCALE * line.points for line in found if line.visible == kind]
        for kind in (True, False)
    )


def length(points: Tensor) -> float:
    return (points[1:] - points[:-1]).norm(dim=-1).sum().item()


def total(found: list[Tensor]) -> float:
    return sum(map(length, found))


# Closed forms


def test_a_cube_seen_isometrically_shows_nine_edges_and_hides_three():
    drawing = draw(CUBE, ISO)
    assert (int(drawing.visible.sum()), int((~drawing.visible).sum())) == (9, 3)
    edge = math.sqrt(2 / 3) / SPARE3D_SCALE  # every edge is foreshortened alike
    lengths = (drawing.segments[:, 1] - drawing.segments[:, 0]).norm(dim=-1)
    torch.testing.assert_close(lengths, torch.full_like(lengths, edge))
    # The near corner and the far one fall together in the middle.
    for kind in (True, False):
        ends = drawing.segments[drawing.visible == kind].flatten(0, 1)
        assert int((ends.norm(dim=-1) < 1e-6).sum()) == 3


@pytest.mark.parametrize("camera", [FRONT, RIGHT, TOP])
def test_a_box_seen_along_an_axis_is_one_rectangle(camera):
    drawing = draw(combine([add("box", 0.8, 0.6, 0.4)]), camera)
    visible, hidden = strokes(drawing)
    assert not hidden  # the far edges lie under the near ones
    assert int((~drawing.visible).sum()) == 4
    size = {FRONT: 2.8, RIGHT: 2.0, TOP: 2.4}[camera]
    assert total(visible) == pytest.approx(size)


def test_a_cylinders_outline_is_two_lines_at_its_radius():
    solid = combine([add("cylinder", 0.3, 0.8, rotation=UP)])
    drawing = draw(solid, ISO)
    x = drawing.segments * SPARE3D_SCALE
    straight = (x[:, 0, 0] - x[:, 1, 0]).abs() < 1e-9
    sides = x[straight & ((x[:, 0] - x[:, 1]).norm(dim=-1) > 0.3)]
    assert len(sides) == 2
    assert sides[..., 0].abs().mean().item() == pytest.approx(0.3, abs=1e-3)
    height = 0.8 * math.cos(math.atan(1 / math.sqrt(2)))
    assert (sides[:, 0] - sides[:, 1]).norm(dim=-1).tolist() == pytest.approx(
        [height] * 2, abs=2e-2
    )
    # The lid is seen whole and the bottom's far half is not.
    ellipse = 2 * total(strokes(drawing)[1])
    a, b = 0.3, 0.3 / math.sqrt(3)
    h = ((a - b) / (a + b)) ** 2
    ramanujan = math.pi * (a + b) * (1 + 3 * h / (10 + math.sqrt(4 - 3 * h)))
    assert ellipse == pytest.approx(ramanujan, rel=0.01)


@pytest.mark.parametrize("camera", [FRONT, ISO, SKEW[:1]])
def test_a_spheres_outline_is_a_circle(camera):
    visible, hidden = strokes(draw(combine([add("sphere", 0.4)]), camera))
    assert not hidden
    assert len(visible) == 1
    radius = visible[0].norm(dim=-1)
    assert radius.min() > 0.4 - 2e-3
    assert radius.max() <= 0.4 + 1e-6
    assert total(visible) == pytest.approx(2 * math.pi * 0.4, rel=5e-3)


def test_a_hole_is_a_circle_from_above_and_two_dashed_lines_from_the_side():
    plate = combine([add("box", 1.0, 0.2, 1.0), take("cylinder", 0.25, 1.0, rotation=UP)])
    visible, hidden = strokes(draw(plate, TOP))
    assert not hidden
    assert total(visible) == pytest.approx(4 + math.pi / 2, rel=5e-3)
    visible, hidden = strokes(draw(plate, FRONT))
    assert total(visible) == pytest.approx(2.4)
    assert len(hidden) == 2
    for line, x in zip(sorted(hidden, key=lambda p: p[0, 0].item()), (-0.25, 0.25), strict=True):
        torch.testing.assert_close(line[:, 0], torch.full((2,), x, dtype=torch.float64))
        assert length(line) == pytest.approx(0.2)


def test_a_blind_hole_does_not_show_from_the_other_side():
    block = combine(
        [add("box", 1.0, 0.4, 1.0), take("cylinder", 0.2, 0.4, rotation=UP, centre=(0, 0.2, 0))]
    )
    for names, is_visible in ((["t"], True), (["5"], False)):
        drawing = draw(block, spare3d_views(names))
        kinds = {bool(v) for v in drawing.visible[drawing.curve != drawing.curve[0]]}
        assert is_visible in kinds
    below = Camera(torch.tensor([[[1.0, 0, 0], [0, 0, 1], [0, -1, 0]]]), -TOP.eye, None, 0.85)
    visible, hidden = strokes(draw(block, below))
    assert total(visible) == pytest.approx(4)
    assert total(hidden) == pytest.approx(0.4 * math.pi, rel=5e-3)


def test_a_torus_is_two_circles_from_above_and_a_stadium_from_the_side():
    torus = combine([add("torus", 0.35, 0.1, rotation=UP)])
    visible, hidden = strokes(draw(torus, TOP))
    assert not hidden
    assert sorted(map(length, visible)) == pytest.approx(
        [2 * math.pi * r for r in (0.25, 0.45)], rel=5e-3
    )
    visible, hidden = strokes(draw(torus, FRONT))
    assert total(visible) == pytest.approx(4 * 0.35 + 2 * math.pi * 0.1, rel=5e-3)
    assert total(hidden) == pytest.approx(2 * math.pi * 0.1, rel=2e-2)  # the inner halves


def test_a_cone_shows_two_lines_to_its_tip():
    cone = combine([add("cone", 0.3, 0.0, 0.8, rotation=UP)])
    visible, hidden = strokes(draw(cone, FRONT))
    assert not hidden
    assert total(visible) == pytest.approx(0.6 + 2 * math.hypot(0.3, 0.8), rel=1e-3)
    tip = draw(cone, ISO)
    y = 0.4 * math.cos(math.asin(1 / math.sqrt(3))) / SPARE3D_SCALE
    ends = tip.segments[tip.visible].flatten(0, 1)
    at_tip = (ends - torch.tensor([0.0, y], dtype=torch.float64)).norm(dim=-1) < 1e-6
    assert int(at_tip.sum()) == 2


def test_a_line_is_split_exactly_where_something_begins_to_hide_it():
    """A bar passes behind a post: its four edges are hidden between x = -0.1 and 0.1."""
    post = add("box", 0.2, 1.0, 0.2, centre=(0.0, 0.0, 0.4))
    solid = combine(
        [add("box", 1.0, 0.2, 0.2), post, add("box", 0.2, 0.2, 0.6, centre=(0, 0, 0.2))]
    )
    visible, _ = strokes(draw(solid, FRONT))
    ends = torch.cat(visible)
    beside = ends[(ends[:, 1].abs() - 0.1).abs() < 1e-9]
    assert sorted({round(x, 7) for x in beside[:, 0].abs().tolist()}) == [0.1, 0.5]


# Cameras: what is seen from where

SIDES = {"left": (-1, 0, 0), "right": (1, 0, 0), "top": (0, 1, 0), "bottom": (0, -1, 0)}
SIDES |= {"front": (0, 0, 1), "back": (0, 0, -1)}
POSES = {
    "f": "front", "r": "right", "t": "top",
    "1": "left front top", "2": "right front top", "3": "right back top", "4": "left back top",
    "5": "left front bottom", "6": "right front bottom", "7": "right back bottom",
    "8": "left back bottom",
    "9": "front top", "10": "front bottom", "11": "right top", "12": "right bottom",
    "13": "back top", "14": "back bottom", "15": "left top", "16": "left bottom",
    "17": "left front", "18": "right front", "19": "right back", "20": "left back",
}  # fmt: skip


@pytest.mark.parametrize(("pose", "sides"), POSES.items())
def test_a_boss_shows_from_the_poses_that_see_its_side(pose, sides):
    for side, direction in SIDES.items():
        # A dent in one side: its floor's edges show only where that side does.
        place = 0.5 * torch.tensor(direction)
        dent = Primitive("box", (0.2, 0.2, 0.2), tuple(place.tolist()))
        drawing = draw(combine([CUBE.steps[0], Step("cut", dent)]), spare3d_views([pose]))
        plain = draw(CUBE, spare3d_views([pose]))
        more = drawing.length(True) - plain.length(True)
        assert (more.item() > 0.05) == (side in sides.split())


def test_up_is_up_wherever_it_can_be():
    for pose in POSES:
        camera = spare3d_views([pose])
        up, right, back = camera.rotation[0, :, 1].tolist()[1], *camera.rotation[0, [0, 2]]
        assert up > 0.5 or pose == "t"
        assert right @ back == pytest.approx(0, abs=1e-6)
        assert torch.linalg.det(camera.rotation[0]).item() == pytest.approx(1, abs=1e-5)


# Invariances


@pytest.mark.parametrize("seed", [2, 5, 11, 17])
def test_turning_the_solid_by_a_right_angle_permutes_the_views(seed):
    quarter = torch.tensor([[0.0, 0, -1], [0, 1, 0], [1, 0, 0]], dtype=torch.float64)  # +x to +z
    solid = make_solid(seed)
    turned = draw(moved(solid, quarter), spare3d_views(["f", "1", "2", "3", "4", "9"]))
    still = draw(solid, spare3d_views(["r", "2", "3", "4", "1", "11"]))
    for kind in (True, False):
        torch.testing.assert_close(turned.length(kind), still.length(kind), rtol=2e-3, atol=2e-3)
    assert (rasterize(turned) - rasterize(still)).abs().mean() < 2e-4


@pytest.mark.parametrize("seed", [1, 6])
def test_scaling_the_solid_and_the_camera_changes_nothing(seed):
    solid, camera = make_solid(seed), spare3d_views()
    small = moved(solid, torch.eye(3, dtype=torch.float64), 0.5)
    small = replace(small, bend=0.5 * small.bend)
    a, b = draw(solid, camera), draw(small, replace(camera, scale=camera.scale / 2))
    torch.testing.assert_close(a.length(True), b.length(True), rtol=1e-5, atol=1e-5)
    assert (rasterize(a) - rasterize(b)).abs().max() < 0.01


# Every line, once: nothing is lost or drawn twice


@settings(max_examples=12)
@given(SEEDS)
def test_visible_and_hidden_lengths_add_up(seed):
    solid = make_solid(seed)
    drawing = draw(solid, spare3d_views())
    ends = candidate_lines(solid, spare3d_views().to(torch.float64)).ends[..., :2]
    every = (ends[:, 1] - ends[:, 0]).norm(dim=-1).sum()
    both = drawing.length(True) + drawing.length(False)
    torch.testing.assert_close(both, drawing.length())
    torch.testing.assert_close(drawing.length().sum(), every, rtol=1e-6, atol=1e-5)


def test_a_solid_hides_its_whole_far_side_and_shows_its_outline():
    """The silhouette's boundary is drawn, and visible, wherever the picture is read."""
    for seed in range(6):
        solid = make_solid(seed)
        camera = spare3d_views(["2", "5"])
        covered = rasterize_surface(solid.mesh.vertices, solid.mesh.faces, camera, 200).face >= 0
        ink = rasterize(draw(solid, camera), 200, 3.0)
        for view in range(2):
            mask = covered[view].numpy()
            rim = mask & (distance_transform_edt(mask) <= 1)
            assert (ink[view, ..., 0].numpy()[rim] > 0).mean() > 0.995
            beyond = distance_transform_edt(~mask) > 3.5  # half a line's width, a pixel or two
            assert ink[view].numpy()[beyond].max() == 0


# An independent answer: rays from points of a polyhedron's edges


def hits(solid: Solid, points: Tensor, direction: Tensor) -> Tensor:
    """Whether rays from points (N, 3) meet a triangle (Möller and Trumbore, all with all)."""
    a, b, c = solid.vertices[solid.faces].unbind(1)
    across = torch.linalg.cross(direction.expand_as(c), c - a)
    det = (across * (b - a)).sum(-1)
    start = points[:, None] - a
    u = (start * across).sum(-1) / det
    beyond = torch.linalg.cross(start, (b - a).expand_as(start))
    v = (beyond * direction).sum(-1) / det
    t = (beyond * (c - a)).sum(-1) / det
    inside = (u > 0) & (v > 0) & (u + v < 1) & (det.abs() > 1e-12)
    return (inside & (t > 1e-7)).any(1)


@settings(max_examples=25)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["add", "cut"]),
            st.sampled_from(["box", "wedge"]),
            st.tuples(*[st.floats(0.15, 0.7)] * 3),
            st.tuples(*[st.floats(-0.3, 0.3)] * 3),
        ),
        min_size=1,
        max_size=4,
    )
)
def test_pieces_are_visible_where_no_ray_is_stopped(changes):
    steps = [add("box", 0.9, 0.8, 0.7)]
    steps += [Step(op, Primitive(kind, size, centre)) for op, kind, size, centre in changes]
    try:
        solid = combine(steps)
    except ValueError:
        return  # cut away whole
    camera = SKEW.to(torch.float64)
    found = candidate_lines(solid, camera)
    low, high, count = readable.hidden(found)
    drawing = draw(solid, SKEW)
    for view in range(len(camera)):
        right, up, back = camera.rotation[view]
        mine = (found.view == view).nonzero()[:, 0]
        for line in mine.tolist():
            cuts = torch.cat([low[line, : count[line]], high[line, : count[line]]])
            cuts = torch.cat([torch.tensor([0.0, 1.0]).double(), cuts]).sort().values
            ends = found.ends[line] * camera.scale
            world = ends @ torch.stack([right, up, back]) + camera.eye[view]
            middles = (cuts[1:] + cuts[:-1]) / 2
            wide = (cuts[1:] - cuts[:-1]) * (ends[1] - ends[0]).norm() > 1e-4
            points = world[0] + middles[:, None] * (world[1] - world[0])
            # from just outside the edge, so that its own two faces are asked as well
            edge = (line - mine[0]) % len(solid.edges)
            outward = solid.edge_normals[edge].sum((0, 1))
            points = points + 1e-6 * outward / outward.norm()
            hidden = (low[line] <= middles[:, None]) & (middles[:, None] <= high[line])
            hidden = (hidden & (torch.arange(low.shape[1]) < count[line])).any(1)
            assert (hits(solid, points, back)[wide] == hidden[wide]).all()
    assert len(drawing) == 3


# Two implementations, one answer


@settings(max_examples=8)
@given(SEEDS, st.integers(1, 7))
def test_the_kernel_equals_the_readable_one(seed, primitives):
    solid = make_solid(seed, primitives)
    cameras = Camera(
        torch.cat([spare3d_views().rotation, SKEW.rotation]),
        torch.cat([spare3d_views().eye, SKEW.eye]),
        None,
        SPARE3D_SCALE,
    )
    fast, slow = (draw(solid, cameras, backend=b) for b in ("fast", "readable"))
    for kind in (True, False):
        # Where a line all but grazes a side, the last digit of the crossing is anybody's.
        torch.testing.assert_close(fast.length(kind), slow.length(kind), rtol=0, atol=1e-5)
    assert (rasterize(fast, 400) - rasterize(slow, 400)).abs().max() < 0.01


def test_a_row_that_is_too_short_is_made_longer(monkeypatch):
    comb = [add("box", 1.0, 0.1, 0.1)]
    comb += [add("box", 0.02, 0.5, 0.02, centre=(0.04 * k, 0.0, 0.3)) for k in range(-10, 11)]
    comb += [add("box", 1.0, 0.05, 0.05, centre=(0.0, 0.25, 0.3))]
    comb += [add("box", 0.05, 0.3, 0.5, centre=(0.48, 0.15, 0.1))]
    solid = combine(comb)
    many = draw(solid, FRONT)
    assert readable.hidden(candidate_lines(solid, FRONT.to(torch.float64)))[2].max() > kernel.SLOTS
    slow = draw(solid, FRONT, backend="readable")
    torch.testing.assert_close(many.length(True), slow.length(True), rtol=0, atol=1e-7)
    monkeypatch.setattr(kernel, "SLOTS", 1)
    torch.testing.assert_close(draw(solid, FRONT).length(True), many.length(True))


def test_views_may_be_drawn_together_or_one_by_one():
    solid, camera = make_solid(8), spare3d_views()
    together = draw(solid, camera)
    assert len(together) == 11
    for view in range(11):
        alone = draw(solid, camera[view])
        torch.testing.assert_close(alone.segments, together[view].segments)
        assert (alone.visible == together[view].visible).all()
    with pytest.raises(IndexError, match="no drawing 11 among 11"):
        together[11]
    assert "11 views" in repr(together)


def test_what_cannot_be_drawn_is_explained():
    with pytest.raises(ValueError, match="made without perspective"):
        draw(CUBE, orbit(0.0))
    with pytest.raises(ValueError, match="backend must be auto, fast or readable"):
        draw(CUBE, ISO, backend="quick")
    with pytest.raises(ValueError, match=r"no view 'x', '21'; it has f, r, t"):
        spare3d_views(["f", "x", "21"])
    with pytest.raises(ValueError, match="one view at a time"):
        polylines(draw(CUBE, spare3d_views()))
    with pytest.raises(ValueError, match="at least one pixel; got size 0 × 0"):
        rasterize(draw(CUBE, ISO), 0)
    with pytest.raises(ValueError, match="needs ink"):
        rasterize(draw(CUBE, ISO), width=0)
    with pytest.raises(ValueError, match="not the SVG of a drawing"):
        from_svg("<p>")
    with pytest.raises(ValueError, match="must be positive"):
        spare3d_style(0)


# Pictures


@pytest.mark.parametrize("width", [0.6, 1.0, 1.4, 3.0])
@pytest.mark.parametrize("size", [100, 200, (120, 180)])
def test_a_line_has_the_same_width_in_every_direction(width, size):
    height = size if isinstance(size, int) else size[0]
    angle = torch.linspace(0, math.pi, 24, dtype=torch.float64)[:-1] + 0.003
    ends = torch.stack([angle.cos(), angle.sin()], dim=1) * 0.45
    segments = torch.stack([-ends, ends], dim=1)
    kind, view = torch.ones(23, dtype=torch.bool), torch.arange(23)
    ink = rasterize(Drawing(segments, kind, view, view, 23), size, width)
    per_length = ink[..., 0].sum((1, 2)) / (0.9 * height / 2)
    assert (per_length - width).abs().max() < 0.06 * width + 2 * width**2 / height
    assert ink[..., 1].max() == 0


def test_a_horizontal_line_covers_what_it_covers():
    """One along the middle of a row, 1.5 wide, fills that row and a quarter of both beside it."""
    ends = torch.tensor([[[-0.5, 1 / 64], [0.5, 1 / 64]]], dtype=torch.float64)
    one, zero = torch.ones(1, dtype=torch.bool), torch.zeros(1, dtype=torch.int64)
    ink = rasterize(Drawing(ends, one, zero, zero, 1), 64, 1.5)[0, :, 32, 0]
    assert ink[30:34].tolist() == pytest.approx([0.25, 1.0, 0.25, 0.0], abs=1e-5)
    other = rasterize(Drawing(ends, ~one, zero, zero, 1), 64, 1.5, hidden_width=0.5)[0, 31, 32]
    assert other.tolist() == pytest.approx([0.0, 0.5], abs=1e-5)


def test_lines_at_the_border_and_outside_do_no_harm():
    ends = torch.tensor([[[-3.0, 0.9], [3.0, 0.9]], [[5.0, 5.0], [6.0, 7.0]]], dtype=torch.float64)
    drawing = Drawing(ends, torch.ones(2, dtype=torch.bool), *[torch.zeros(2).long()] * 2, 1)
    ink = rasterize(drawing, 50, 1.0)
    assert ink[0, :, :, 0].sum() == pytest.approx(50, rel=1e-3)
    nothing = Drawing(ends[:0], drawing.visible[:0], drawing.view[:0], drawing.curve[:0], 2)
    assert rasterize(nothing, 20).shape == (2, 20, 20, 2)
    assert rasterize(nothing, 20, centred=True).sum() == 0


def test_spare3ds_style_has_its_widths_and_centres_every_view():
    style = spare3d_style(100.0)
    assert style["width"] == pytest.approx(0.7 * 200 / 170)
    assert style["hidden_width"] == pytest.approx(style["width"] / 2)
    solid = make_solid(9)
    ink = rasterize(draw(solid, spare3d_views()), **style)
    assert ink.shape == (11, 200, 200, 2)
    for picture in ink.amax(-1) > 0.05:
        rows, columns = picture.any(1).nonzero(), picture.any(0).nonzero()
        for extent in (rows, columns):
            assert extent.min() + extent.max() == pytest.approx(199, abs=1)


def test_colours_put_visible_lines_over_hidden_ones():
    ink = torch.tensor([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0], [0.5, 1.0]])
    expected = [[1, 1, 1], [0, 0, 0], [1, 0, 0], [0, 0, 0], [0.5, 0, 0]]
    assert colours(ink).tolist() == expected


# Vector graphics


@pytest.mark.parametrize("seed", [0, 3, 12])
def test_an_svg_gives_back_its_polylines(seed):
    drawing = draw(make_solid(seed), spare3d_views(["2"]))
    for size in (200.0, 640.0):
        written, read = polylines(drawing), from_svg(to_svg(drawing, size))
        assert len(written) == len(read)
        for one, other in zip(written, read, strict=True):
            assert one.visible == other.visible
            torch.testing.assert_close(one.points, other.points, rtol=0, atol=0.011 / size)


def test_svg_styles():
    text = to_svg(draw(CUBE, ISO), 300, 2.0)
    assert text.count("stroke-dasharray") == text.count('class="hidden"') > 0
    assert 'stroke-width="2"' in text
    assert 'stroke-width="1.4"' in text
    red = to_svg(draw(CUBE, ISO), 300, 2.0, hidden_colour="red", dashed=False, hidden_width=1.0)
    assert "stroke-dasharray" not in red
    assert 'stroke="red" stroke-width="1"' in red


@pytest.mark.parametrize("seed", [0, 4, 7])
def test_polylines_draw_the_same_picture_with_no_line_twice(seed):
    drawing = draw(make_solid(seed), spare3d_views(["f", "2"]))
    for view in range(2):
        found = polylines(drawing[view])
        pieces = torch.cat([torch.stack([p.points[:-1], p.points[1:]], 1) for p in found])
        kind = torch.cat([torch.full((len(p.points) - 1,), p.visible) for p in found])
        zero = torch.zeros(len(pieces), dtype=torch.int64)
        again = Drawing(pieces, kind, zero, zero, 1)
        assert again.length() <= drawing[view].length() + 1e-6
        a, b = (colours(rasterize(d, 200, 2.0, 0.8)) for d in (again, drawing[view]))
        assert (a - b).abs().mean() < 1e-3


def test_a_circle_is_one_closed_stroke():
    found = polylines(draw(combine([add("cylinder", 0.4, 0.5)]), FRONT))
    assert len(found) == 1
    torch.testing.assert_close(found[0].points[0], found[0].points[-1])
    assert len(found[0].points) > 30


# Exact hidden-line removal, where OpenCASCADE is installed


def test_drawings_agree_with_exact_hidden_line_removal():
    pytest.importorskip("OCP", reason="the optional wheel: pip install 'fiveviews[cad]'")
    result = compare(range(4), spare3d_views())
    assert result["drawings"] == 44
    assert min(result["agreement"].values()) > 0.99
    assert min(result["pixels"].values()) > 10_000


def test_exact_hidden_line_removal_sees_from_the_same_place():
    pytest.importorskip("OCP", reason="the optional wheel: pip install 'fiveviews[cad]'")
    camera = spare3d_views(["f", "2"])
    aside = Camera(camera.rotation, camera.eye + 0.3 * camera.rotation[:, 0], None, camera.scale)
    found = agreement(draw(CUBE, aside), exact_drawing(exact_shape(CUBE.steps), aside))
    assert (found[..., 0] == found[..., 1]).all()


def test_exact_hidden_line_removal_is_without_perspective_too():
    with pytest.raises(ValueError, match="made without perspective"):
        exact_drawing(None, orbit(0.0))


def test_agreement_counts_what_is_missing_and_what_is_hidden_instead():
    ends = torch.tensor([[[-0.5, 0.0], [0.5, 0.0]], [[-0.5, 0.3], [0.5, 0.3]]], dtype=torch.float64)
    zero = torch.zeros(2, dtype=torch.int64)
    both = Drawing(ends, torch.tensor([True, True]), zero, zero, 1)
    one = Drawing(ends[:1], torch.tensor([True]), zero[:1], zero[:1], 1)
    turned = Drawing(ends, torch.tensor([True, False]), zero, zero, 1)
    shifted = Drawing(ends + 0.01, torch.tensor([True, True]), zero, zero, 1)  # by a pixel
    assert (agreement(both, both)[0, :2, 0] == agreement(both, both)[0, :2, 1]).all()
    for other, shares in ((one, (0.5, 1.0)), (turned, (0.5, 1.0)), (shifted, (1.0, 1.0))):
        matched, asked = agreement(both, other)[0].T
        assert (matched[:2] / asked[:2]).tolist() == pytest.approx(shares, abs=0.02)
    assert agreement(both, turned)[0, 3].tolist() == [0, agreement(both, one)[0, 1, 1]]
