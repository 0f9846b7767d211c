"""The renderer as Warp kernels: a thread walks one line past the triangles that face the viewer.

A thread keeps the hidden ranges that it has found so far, sorted and disjoint, in its own row of a
table, and cuts its line up at once. Where a row or the room for pieces turns out too short, all is
done again with more.
"""

from __future__ import annotations

import torch
import warp as wp
from torch import Tensor

from fiveviews.cameras import Camera
from fiveviews.launch import OPTIONS, launch
from fiveviews.solids import Solid

from .drawing import SPECK, Drawing
from .geometry import ONE, ZERO, Line, before, covered, edge_line, insert, meets, outline, point
from .tolerances import BEHIND, POINT, SIMILAR, THIN

wp.set_module_options(OPTIONS)

SLOTS = 12  # hidden ranges of one line, at first
BLOCK = 8  # triangles that are looked at only if a box around them all might hide something


@wp.kernel
def face_viewers(
    start: int,
    seen: wp.array3d(dtype=wp.float64),
    back: wp.array2d(dtype=wp.float64),
    faces: wp.array2d(dtype=wp.int64),
    normals: wp.array2d(dtype=wp.float64),
    height: wp.array(dtype=wp.float64),
    triangles: wp.array2d(dtype=wp.int32),
    box: wp.array3d(dtype=wp.float64),
    blocks: wp.array3d(dtype=wp.float64),
    count: wp.array(dtype=wp.int32),
):
    """List the triangles that face each viewer, with a box around each and around each block."""
    i, _ = wp.tid()
    v = i + start
    n = wp.int32(0)
    for f in range(faces.shape[0]):
        tilt = normals[f, 0] * back[v, 0] + normals[f, 1] * back[v, 1] + normals[f, 2] * back[v, 2]
        if tilt * height[f] > wp.float64(THIN):
            p, q = point(seen, v, int(faces[f, 0])), point(seen, v, int(faces[f, 1]))
            r = point(seen, v, int(faces[f, 2]))
            low, high = wp.min(wp.min(p, q), r), wp.max(wp.max(p, q), r)
            block = n / BLOCK
            triangles[v, n] = f
            for k in range(5):
                edge = high[wp.max(k - 2, 0)]
                if k < 2:
                    edge = low[k]
                box[v, n, k] = edge
                if n % BLOCK == 0:
                    blocks[v, block, k] = edge
                elif k < 2:
                    blocks[v, block, k] = wp.min(blocks[v, block, k], edge)
                else:
                    blocks[v, block, k] = wp.max(blocks[v, block, k], edge)
            n += 1
    count[v] = n


@wp.func
def leeway(
    line: Line,
    f: int,
    back: wp.vec3d,
    scale: wp.float64,
    surface: wp.array(dtype=wp.int64),
    bend: wp.array(dtype=wp.float64),
    planes: wp.array2d(dtype=wp.float64),
) -> wp.float64:
    """Depth that a facet beside the line, of the same round surface, may stand before it."""
    s = int(surface[f])
    limit = ZERO
    if s == line.surface_0 or s == line.surface_1:
        plane = wp.vec3d(planes[f, 0], planes[f, 1], planes[f, 2])
        alike_0 = s == line.surface_0 and wp.dot(plane, line.normal_0) > wp.float64(SIMILAR)
        alike_1 = s == line.surface_1 and wp.dot(plane, line.normal_1) > wp.float64(SIMILAR)
        if alike_0 or alike_1:
            limit = bend[s] / (wp.dot(plane, back) * scale)
    return limit


@wp.func
def put(
    line: Line,
    low: wp.float64,
    high: wp.float64,
    visible: bool,
    v: int,
    j: int,
    surfaces: int,
    pieces: wp.array4d(dtype=wp.float64),
    marks: wp.array3d(dtype=wp.int64),
    made: wp.array(dtype=wp.int32),
):
    """Write down one piece of a line: its ends; and whether it is visible, its curve, its line."""
    length = wp.length(wp.vec2d(line.b[0] - line.a[0], line.b[1] - line.a[1]))
    if (high - low) * length > wp.float64(SPECK):
        n = wp.atomic_add(made, v, 1)
        if n < pieces.shape[1]:
            for k in range(2):
                pieces[v, n, 0, k] = line.a[k] * (ONE - low) + line.b[k] * low
                pieces[v, n, 1, k] = line.a[k] * (ONE - high) + line.b[k] * high
            one = wp.min(line.surface_0, line.surface_1)
            two = wp.max(line.surface_0, line.surface_1)
            marks[v, n, 0] = wp.where(visible, wp.int64(1), wp.int64(0))
            marks[v, n, 1] = wp.int64(one) * wp.int64(surfaces) + wp.int64(two)
            marks[v, n, 2] = wp.int64(j)


@wp.kernel
def hide(
    start: int,
    seen: wp.array3d(dtype=wp.float64),
    back: wp.array2d(dtype=wp.float64),
    scale: wp.float64,
    edges: wp.array2d(dtype=wp.int64),
    beside: wp.array2d(dtype=wp.int64),
    edge_normals: wp.array4d(dtype=wp.float64),
    convex: wp.array(dtype=wp.bool),
    smooth: wp.array(dtype=wp.bool),
    curved: wp.array(dtype=wp.int64),
    faces: wp.array2d(dtype=wp.int64),
    normals: wp.array3d(dtype=wp.float64),
    surface: wp.array(dtype=wp.int64),
    bend: wp.array(dtype=wp.float64),
    planes: wp.array2d(dtype=wp.float64),
    triangles: wp.array2d(dtype=wp.int32),
    box: wp.array3d(dtype=wp.float64),
    blocks: wp.array3d(dtype=wp.float64),
    facing: wp.array(dtype=wp.int32),
    table: wp.array4d(dtype=wp.float64),
    pieces: wp.array4d(dtype=wp.float64),
    marks: wp.array3d(dtype=wp.int64),
    made: wp.array(dtype=wp.int32),
    full: wp.array(dtype=wp.int32),
):
    i, j = wp.tid()
    v = i + start
    to_viewer = wp.vec3d(back[v, 0], back[v, 1], back[v, 2])
    line = Line()
    if j < edges.shape[0]:
        line = edge_line(j, v, to_viewer, seen, edges, beside, edge_normals, convex, smooth)
    else:
        f = int(curved[j - edges.shape[0]])
        line = outline(f, v, to_viewer, seen, faces, normals, surface)
    if not line.there:
        return
    a, b = line.a, line.b
    least, most = wp.min(a, b), wp.max(a, b)
    if wp.max(most[0] - least[0], most[1] - least[1]) < wp.float64(POINT):
        return
    count = wp.int32(0)
    if line.own[1] > line.own[0]:
        count = insert(table, v, j, count, wp.vec2d(line.own[0], line.own[1]))
    if line.own[3] > line.own[2]:
        count = insert(table, v, j, count, wp.vec2d(line.own[2], line.own[3]))
    t, stop = wp.int32(0), facing[v]
    while t < stop and not (count == 1 and table[v, j, 0, 0] <= ZERO and table[v, j, 0, 1] >= ONE):
        after = wp.min(stop, (t / BLOCK + 1) * BLOCK)
        if not meets(blocks, v, t / BLOCK, least, most):
            t = after
        while t < after:
            if meets(box, v, t, least, most):
                f = triangles[v, t]
                p, q = point(seen, v, int(faces[f, 0])), point(seen, v, int(faces[f, 1]))
                r = point(seen, v, int(faces[f, 2]))
                part = covered(p, q, r, a, b)
                if part[1] > part[0]:
                    limit = leeway(line, f, to_viewer, scale, surface, bend, planes)
                    part = before(part, p, q, r, a, b, limit + wp.float64(BEHIND))
                    if part[1] > part[0]:
                        count = insert(table, v, j, count, part)
                        if count < 0:
                            full[v] = 1
                            return
            t += 1
    surfaces = bend.shape[0]
    done = ZERO
    for k in range(count):
        put(line, done, table[v, j, k, 0], True, v, j, surfaces, pieces, marks, made)
        done = table[v, j, k, 1]
        put(line, table[v, j, k, 0], done, False, v, j, surfaces, pieces, marks, made)
    put(line, done, ONE, True, v, j, surfaces, pieces, marks, made)


def draw(solid: Solid, camera: Camera) -> Drawing:
    """The lines of a solid as its B cameras (float64, on its device) see it."""
    views, faces = len(camera), len(solid.faces)
    seen = camera.project(solid.vertices)
    seen = torch.cat([seen[..., :2], -seen[..., 2:] / camera.scale], dim=-1)
    back = camera.rotation[:, 2].contiguous()
    planes, height = solid.planes
    triangles = _integers(seen, views, faces)
    box, blocks = seen.new_empty(views, faces, 5), seen.new_empty(views, -(-faces // BLOCK), 5)
    facing = _integers(seen, views)
    listed = [triangles, box, blocks, facing]
    launch(face_viewers, views, 1, [seen, back, solid.faces, planes, height, *listed])
    curved = (solid.bend[solid.surface] > 0).nonzero()[:, 0]
    inputs = [seen, back, camera.scale, solid.edges, solid.beside, solid.edge_normals]
    inputs += [solid.convex, solid.smooth, curved]
    inputs += [solid.faces, solid.normals, solid.surface, solid.bend]
    inputs += [planes, *listed]
    lines, slots, room = len(solid.edges) + len(curved), SLOTS, 2 * len(solid.edges) + 200
    while True:
        table = seen.new_empty(views, lines, slots, 2)
        pieces = seen.new_empty(views, room, 2, 2)
        marks = torch.empty(views, room, 3, dtype=torch.int64, device=seen.device)
        made, full = _integers(seen, views).zero_(), _integers(seen, views).zero_()
        launch(hide, views, lines, [*inputs, table, pieces, marks, made, full])
        if full.any():
            slots *= 2
        elif (most := int(made.max()) if views else 0) > room:
            room = most
        else:
            return _drawing(pieces, marks, made)


def _integers(like: Tensor, *shape: int) -> Tensor:
    return torch.empty(shape, dtype=torch.int32, device=like.device)


def _drawing(pieces: Tensor, marks: Tensor, made: Tensor) -> Drawing:
    """The pieces of all views in one list, each view's in the order of its lines."""
    view, place = (torch.arange(pieces.shape[1], device=made.device) < made[:, None]).nonzero(
        as_tuple=True
    )
    if pieces.is_cuda:  # threads have written in any order
        order = (view * (1 << 32) + marks[view, place, 2]).argsort(stable=True)
        view, place = view[order], place[order]
    visible, curve, _ = marks[view, place].unbind(1)
    return Drawing(pieces[view, place], visible > 0, view, curve.contiguous(), len(made))
