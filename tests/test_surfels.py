"""The surfel renderer: closed forms, derivatives, invariances, limits, and two of it that agree."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from fiveviews.cameras import Camera, look_at, orbit
from fiveviews.render.surfels import (
    Lights,
    surfel_normals,
    surfel_positions,
    surfel_render,
)

DOUBLE = torch.float64
PERSPECTIVE = orbit(torch.tensor([20.0, 70.0], dtype=DOUBLE), 25.0, 2.0)
ORTHOGRAPHIC = orbit(torch.tensor([20.0, 70.0], dtype=DOUBLE), 25.0, 2.0, fov=None, scale=0.7)
WIDE = orbit(torch.tensor([20.0, 70.0], dtype=DOUBLE), 25.0, 2.0, fov=100.0)
CAMERAS = {"perspective": PERSPECTIVE, "orthographic": ORTHOGRAPHIC, "wide": WIDE}
BACKENDS = [("fast", torch.float32, 3e-5), ("readable", DOUBLE, 1e-9)]

every_camera = pytest.mark.parametrize("camera", CAMERAS.values(), ids=CAMERAS)
every_backend = pytest.mark.parametrize(
    ("backend", "dtype", "near"), BACKENDS, ids=[b[0] for b in BACKENDS]
)


def rays(camera: Camera, height: int, width: int) -> tuple[Tensor, Tensor]:
    """Origins and directions (B, H, W, 3) in view coordinates; a step gains one unit of depth."""
    origins, directions = camera.rays(height, width)
    turn = camera.rotation[:, None].transpose(-1, -2)
    origins = (origins - camera.eye[:, None, None]) @ turn
    directions = directions @ turn
    return origins, directions / -directions[..., 2:]


def plane(normal: Tensor, distance: float, camera: Camera, height: int, width: int) -> Tensor:
    """Depth of the plane through (0, 0, -distance) in view coordinates."""
    origins, directions = rays(camera, height, width)
    point = torch.tensor([0.0, 0.0, -distance], dtype=DOUBLE)
    return ((point - origins) @ normal) / (directions @ normal)


def ball(centre: tuple[float, ...], radius: float, camera: Camera, size: int) -> Tensor:
    """Depth of a sphere in view coordinates, infinite where the ray misses."""
    origins, directions = rays(camera, size, size)
    offset = origins - torch.tensor(centre, dtype=DOUBLE)
    a, b = directions.square().sum(-1), (directions * offset).sum(-1)
    inside = b.square() - a * (offset.square().sum(-1) - radius**2)
    return torch.where(inside > 0, (-b - inside.clamp(min=0).sqrt()) / a, torch.inf)


def rough(images: int = 2, height: int = 9, width: int = 7, seed: int = 0) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return 1.5 + 0.02 * torch.randn(images, height, width, dtype=DOUBLE, generator=generator)


def lamps(count: int = 2, sets: int | None = None, seed: int = 0, **options: object) -> Lights:
    generator = torch.Generator().manual_seed(seed)
    shape = (count, 3) if sets is None else (sets, count, 3)
    positions = torch.rand(shape, dtype=DOUBLE, generator=generator) + torch.tensor([0.3, 1, 1.5])
    colours = torch.rand(shape, dtype=DOUBLE, generator=generator)
    ambient = torch.rand(3, dtype=DOUBLE, generator=generator)
    return Lights(positions, colours, ambient, **options)


# Positions


@every_camera
def test_positions_project_back_to_their_pixels(camera):
    depth = rough()
    view = surfel_positions(depth, camera)
    world = view @ camera.rotation[:, None] + camera.eye[:, None, None]
    projected = camera.project(world.flatten(1, 2)).view(*depth.shape, 3)
    x = (2 * torch.arange(7) + 1 - 7) / 9
    y = (9 - 1 - 2 * torch.arange(9)) / 9
    torch.testing.assert_close(projected[..., 0], x.expand_as(depth).double())
    torch.testing.assert_close(projected[..., 1], y[:, None].expand_as(depth).double())
    torch.testing.assert_close(projected[..., 2], depth)


def test_surfels_lie_on_their_rays():
    depth = rough()
    origins, directions = rays(PERSPECTIVE, 9, 7)
    on_ray = origins + depth[..., None] * directions
    torch.testing.assert_close(surfel_positions(depth, PERSPECTIVE), on_ray)


# Normals


@every_camera
@every_backend
@given(st.floats(-2.0, 2.0), st.floats(-2.0, 2.0))
@settings(max_examples=40)
def test_normals_of_a_plane_are_exact(camera, backend, dtype, near, a, b):
    normal = torch.tensor([a, b, 1.0], dtype=DOUBLE)
    normal = normal / normal.norm()
    depth = plane(normal, 3.0, camera, 8, 9)
    if not ((depth > 0.5) & (depth < 10)).all():
        return  # part of the plane is behind the camera, or at the horizon
    found = surfel_normals(depth.to(dtype), camera, backend=backend).double()
    angle = torch.linalg.cross(found, normal.expand_as(found)).norm(dim=-1)
    # the ridge on the 2 × 2 system tells in steep planes; it is 2e-9 in double precision
    loose = 1e-7 if dtype == DOUBLE else 1e-3
    assert angle.max() < loose
    assert (found[..., 2] > 0).all()


@every_backend
def test_normals_of_a_sphere_converge_to_those_of_the_formula(backend, dtype, near):
    centre, errors = (0.1, -0.1, -3.0), []
    for size in (32, 64, 128):
        depth = ball(centre, 0.7, PERSPECTIVE, size)
        inner = ball(centre, 0.6, PERSPECTIVE, size).isfinite()  # away from the rim
        point = surfel_positions(depth, PERSPECTIVE)
        exact = (point - torch.tensor(centre)) / 0.7
        found = surfel_normals(depth.to(dtype), PERSPECTIVE, backend=backend).double()
        angle = torch.linalg.cross(found, exact).norm(dim=-1)[inner]
        errors.append(angle.mean().item())
    assert errors[1] < 0.35 * errors[0]  # second order: a quarter at twice the resolution
    assert errors[2] < (0.35 * errors[1] if dtype == DOUBLE else 2e-3)


@every_backend
def test_normals_have_length_one_and_face_the_viewer(backend, dtype, near):
    found = surfel_normals(rough(3, 11, 13).to(dtype), ORTHOGRAPHIC[[0]], backend=backend)
    torch.testing.assert_close(found.norm(dim=-1), torch.ones_like(found[..., 0]))
    assert (found[..., 2] > 0).all()


@every_backend
def test_a_step_in_depth_hardly_bends_the_normals_beside_it(backend, dtype, near):
    depth = torch.full((1, 16, 16), 1.0, dtype=dtype)
    depth[..., 8:] = 2.0
    tilt = surfel_normals(depth, PERSPECTIVE[[0]], backend=backend)[..., 2]
    assert tilt.min() > math.cos(math.radians(25))  # equal weights would tilt them by 86°
    assert (tilt[..., :7] > 1 - 1e-5).all()
    assert (tilt[..., 9:] > 1 - 1e-5).all()


@every_backend
def test_normals_do_not_depend_on_the_unit_of_length(backend, dtype, near):
    depth = rough().to(dtype)
    one = surfel_normals(depth, PERSPECTIVE, backend=backend)
    for factor in (1e-3, 1e3):
        other = surfel_normals(factor * depth, PERSPECTIVE, backend=backend)
        torch.testing.assert_close(one, other, atol=1e-4 if dtype != DOUBLE else 1e-8, rtol=0)


@every_backend
def test_mirrored_depths_have_mirrored_normals(backend, dtype, near):
    depth = rough().to(dtype)
    one = surfel_normals(depth, PERSPECTIVE, backend=backend)
    other = surfel_normals(depth.flip(2), PERSPECTIVE, backend=backend).flip(2)
    mirror = torch.tensor([-1.0, 1.0, 1.0])
    torch.testing.assert_close(one, other * mirror.to(dtype), atol=near, rtol=0)


# Shading


@every_backend
def test_a_plane_under_one_light_is_equation_1_by_hand(backend, dtype, near):
    camera = look_at(torch.tensor([0.0, 0.0, 2.0], dtype=DOUBLE))
    lights = Lights(
        torch.tensor([[0.3, -0.2, 1.0]], dtype=DOUBLE),
        torch.tensor([[0.9, 0.6, 0.3]], dtype=DOUBLE),
        torch.tensor([0.1, 0.2, 0.3], dtype=DOUBLE),
        (0.0, 0.7, 1.3),
    )
    depth = torch.full((1, 6, 6), 2.0, dtype=dtype)  # the plane z = 0, which faces the camera
    image = surfel_render(depth, camera, lights, reflectance=0.5, backend=backend).double()
    for row, column in ((0, 0), (3, 4), (5, 1)):
        x = 2 * math.tan(math.radians(15)) * (2 * column + 1 - 6) / 6
        y = 2 * math.tan(math.radians(15)) * (6 - 1 - 2 * row) / 6
        distance = math.hypot(x - 0.3, y + 0.2, 1.0)
        light = (1 / distance) / (0.7 * distance + 1.3 * distance**2)
        for channel in range(3):
            expected = 0.5 * (0.1 + 0.1 * channel + light * (0.9 - 0.3 * channel))
            assert image[0, row, column, channel].item() == pytest.approx(expected, rel=1e-5)


@every_backend
def test_brightness_falls_with_the_square_of_the_distance(backend, dtype, near):
    depth = torch.full((1, 3, 3), 1.0, dtype=dtype)
    camera = look_at(torch.tensor([0.0, 0.0, 1.0], dtype=DOUBLE), fov=1.0)
    for attenuation, power in (((0, 0, 1.0), 2), ((0, 1.0, 0), 1), ((1.0, 0, 0), 0)):
        seen = []
        for height in (1.0, 2.0, 4.0):
            lights = Lights(torch.tensor([[0.0, 0.0, height]]), torch.ones(1, 3), None, attenuation)
            seen.append(surfel_render(depth, camera, lights, backend=backend)[0, 1, 1, 0].item())
        assert seen[0] == pytest.approx(2**power * seen[1], rel=1e-5)
        assert seen[1] == pytest.approx(2**power * seen[2], rel=1e-5)


@every_backend
def test_light_from_behind_leaves_only_the_ambient(backend, dtype, near):
    depth = rough().to(dtype)
    behind = PERSPECTIVE.eye - 9 * PERSPECTIVE.rotation[:, 2]
    lights = Lights(behind[:, None], torch.ones(2, 1, 3), torch.tensor([0.2, 0.3, 0.4]))
    image = surfel_render(depth, PERSPECTIVE, lights, backend=backend, specular=(0.5, 4.0))
    torch.testing.assert_close(image, torch.tensor([0.2, 0.3, 0.4]).to(dtype).expand_as(image))


@every_backend
def test_lights_add_up(backend, dtype, near):
    depth, lights = rough().to(dtype), lamps(3)
    whole = surfel_render(depth, PERSPECTIVE, lights, backend=backend)
    parts = [
        Lights(lights.positions[[k]], lights.colours[[k]], None if k else lights.ambient)
        for k in range(3)
    ]
    sum = torch.stack([surfel_render(depth, PERSPECTIVE, p, backend=backend) for p in parts]).sum(0)
    torch.testing.assert_close(whole, sum, atol=near, rtol=0)


@every_backend
@pytest.mark.parametrize("specular", [None, (0.4, 7.0)])
def test_turning_scene_lights_and_camera_together_changes_nothing(backend, dtype, near, specular):
    depth, lights = rough(1).to(dtype), lamps()
    camera = PERSPECTIVE[[0]]
    one = surfel_render(depth, camera, lights, backend=backend, specular=specular)
    turn, _ = torch.linalg.qr(torch.randn(3, 3, dtype=DOUBLE, generator=torch.manual_seed(1)))
    turn = turn * torch.linalg.det(turn)  # a rotation
    shift = torch.tensor([0.3, -0.8, 0.5], dtype=DOUBLE)
    moved = Camera(camera.rotation @ turn.T, camera.eye @ turn.T + shift, camera.fov)
    places = Lights(lights.positions @ turn.T + shift, lights.colours, lights.ambient)
    other = surfel_render(depth, moved, places, backend=backend, specular=specular)
    torch.testing.assert_close(one, other, atol=near, rtol=0)


@every_backend
def test_a_mirror_image_of_the_light_is_seen_where_angles_are_equal(backend, dtype, near):
    # a level mirror half way between eye and light shows the highlight in the middle
    camera = look_at(torch.tensor([0.0, 1.0, 1.0], dtype=DOUBLE), fov=30.0)
    depth = plane(camera.rotation[0, :, 1], 2**0.5, camera, 33, 33).to(dtype)
    lights = Lights(torch.tensor([[0.0, 1.0, -1.0]]), torch.ones(1, 3), None, (1.0, 0.0, 0.0))
    dull = surfel_render(depth, camera, lights, backend=backend)
    shiny = surfel_render(depth, camera, lights, backend=backend, specular=(1.0, 200.0))
    gain = (shiny - dull)[0, ..., 0]
    assert divmod(int(gain.argmax()), 33) == (16, 16)
    assert gain[16, 16].item() == pytest.approx(1.0, abs=1e-3)
    assert gain[0, 0] < 1e-3


def test_given_normals_replace_those_of_the_depths():
    depth, lights = rough().float(), lamps().to(torch.float32)
    own = surfel_normals(depth, PERSPECTIVE)
    for backend in ("fast", "readable"):
        one = surfel_render(depth, PERSPECTIVE, lights, backend=backend)
        same = surfel_render(depth, PERSPECTIVE, lights, normals=own, backend=backend)
        torch.testing.assert_close(one, same, atol=2e-5, rtol=0)
        flat = torch.tensor([0.0, 0.0, 1.0]).expand_as(own)
        other = surfel_render(depth, PERSPECTIVE, lights, normals=flat, backend=backend)
        assert (one - other).abs().max() > 0.01


@every_backend
def test_reflectance_multiplies_whatever_its_shape(backend, dtype, near):
    depth, lights = rough().to(dtype), lamps()
    white = surfel_render(depth, PERSPECTIVE, lights, backend=backend)
    rgb = torch.tensor([0.2, 0.5, 0.8], dtype=dtype)
    for given_, factor in (
        (0.3, 0.3),
        (rgb, rgb),
        (rgb.expand(2, 3), rgb),
        (rgb.expand(2, 9, 7, 3), rgb),
    ):
        image = surfel_render(depth, PERSPECTIVE, lights, given_, backend=backend)
        torch.testing.assert_close(image, white * factor, atol=1e-6, rtol=1e-5)


# Derivatives


@every_camera
@pytest.mark.parametrize("specular", [None, (0.4, 3.0)])
def test_gradients_are_those_of_finite_differences(camera, specular):
    lights = lamps(2, attenuation=(0.2, 0.3, 1.0))
    leaves = (rough(2, 4, 5), lights.positions, lights.colours, lights.ambient)
    leaves = (*leaves, torch.tensor([0.3, 0.6, 0.9], dtype=DOUBLE))

    def draw(depth, positions, colours, ambient, reflectance):
        lit = Lights(positions, colours, ambient, lights.attenuation)
        return surfel_render(depth, camera, lit, reflectance, specular=specular)

    assert torch.autograd.gradcheck(draw, [leaf.requires_grad_() for leaf in leaves])


def test_the_gradient_reaches_the_camera_too():
    eye = PERSPECTIVE.eye.clone().requires_grad_()
    camera = Camera(PERSPECTIVE.rotation, eye, 30.0)
    lights = lamps()
    assert torch.autograd.gradcheck(
        lambda e: surfel_render(rough(2, 4, 4), Camera(camera.rotation, e, 30.0), lights), eye
    )


def punched(depth: Tensor, generator: torch.Generator) -> Tensor:
    """Depths with holes of every kind, none beside another: each surfel keeps enough neighbours."""
    kinds = torch.tensor([0.0, -1.0, torch.nan, torch.inf, -torch.inf], dtype=DOUBLE)
    apart = torch.zeros(depth.shape, dtype=torch.bool)
    apart[:, 2:-2:3, 2:-2:3] = True
    apart &= torch.rand(depth.shape, generator=generator) < 0.7
    return torch.where(apart, kinds[torch.randint(5, depth.shape, generator=generator)], depth)


both = st.fixed_dictionaries(
    {
        "images": st.integers(1, 3),
        "height": st.integers(2, 12),
        "width": st.integers(2, 40),
        # what needs a kernel of its own: (lights, specular, are the normals given)
        "kind": st.sampled_from(
            [(1, None, False), (2, (0.4, 6.0), False), (3, None, False), (2, (0.4, 6.0), True)]
        ),
        "sets": st.booleans(),
        "seed": st.integers(0, 10_000),
        "camera": st.sampled_from(list(CAMERAS)),
        "holes": st.booleans(),
    }
)


@given(both)
@settings(max_examples=40)
def test_the_two_renderers_agree_in_value_and_gradient(case):
    b, h, w, seed = case["images"], case["height"], case["width"], case["seed"]
    count, specular, fixed = case["kind"]
    generator = torch.Generator().manual_seed(seed)
    camera = CAMERAS[case["camera"]][[0] * b]
    depth = rough(b, h, w, seed)
    if case["holes"]:
        depth = punched(depth, generator)
    lights = lamps(count, b if case["sets"] else None, seed, attenuation=(0.1, 0.3, 1.0))
    normals = torch.randn(b, h, w, 3, dtype=DOUBLE, generator=generator)
    normals = normals / normals.norm(dim=-1, keepdim=True)
    upstream = torch.randn(b, h, w, 3, dtype=DOUBLE, generator=generator)
    results = []
    for backend, dtype in (("fast", torch.float32), ("readable", DOUBLE)):
        leaves = [depth, lights.positions, lights.colours, lights.ambient, normals]
        leaves = [leaf.to(dtype).requires_grad_() for leaf in leaves]
        image = surfel_render(
            leaves[0],
            camera,
            Lights(*leaves[1:4], lights.attenuation),
            normals=leaves[4] if fixed else None,
            specular=specular,
            backend=backend,
        )
        wanted = leaves if fixed else leaves[:4]
        grads = torch.autograd.grad((image * upstream.to(dtype)).sum(), wanted)
        results.append([image.double(), *(grad.double() for grad in grads)])
    for fast, readable in zip(*results, strict=True):
        assert fast.isfinite().all()
        scale = readable.abs().max().clamp(min=1e-3)
        assert (fast - readable).abs().max() / scale < 2e-3


@given(st.integers(0, 10_000), st.booleans())
@settings(max_examples=15)
def test_the_two_ways_to_find_normals_agree_in_value_and_gradient(seed, holes):
    depth = rough(2, 8, 21, seed)
    generator = torch.Generator().manual_seed(seed)
    depth = punched(depth, generator) if holes else depth
    upstream = torch.randn(*depth.shape, 3, dtype=DOUBLE, generator=generator)
    results = []
    for backend, dtype in (("fast", torch.float32), ("readable", DOUBLE)):
        leaf = depth.to(dtype).requires_grad_()
        found = surfel_normals(leaf, PERSPECTIVE, backend=backend)
        grad = torch.autograd.grad((found * upstream.to(dtype)).sum(), leaf)[0]
        results.append((found.double(), grad.double()))
    (fast, fast_grad), (readable, readable_grad) = results
    torch.testing.assert_close(fast, readable, atol=1e-4, rtol=0)
    assert (fast_grad - readable_grad).abs().max() < 2e-3 * readable_grad.abs().max()


def test_the_number_of_threads_does_not_change_the_result():
    depth, lights = rough(5, 9, 17).float(), lamps().to(torch.float32)
    camera, threads = PERSPECTIVE[[0]].to(torch.float32), torch.get_num_threads()
    results = []
    for count in (1, 3):
        torch.set_num_threads(count)
        leaf = depth.clone().requires_grad_()
        image = surfel_render(leaf, camera, lights)
        results.append((image.detach(), torch.autograd.grad(image.sum(), leaf)[0]))
    torch.set_num_threads(threads)
    for one, other in zip(*results, strict=True):
        assert torch.equal(one, other)


# What is no surfel, and what is no light


@every_backend
@pytest.mark.parametrize("bad", [0.0, -1.0, math.nan, math.inf, -math.inf])
def test_an_empty_surfel_is_black_and_silent_and_no_ones_neighbour(backend, dtype, near, bad):
    camera, lights = PERSPECTIVE[[0]], lamps()
    flat = plane(torch.tensor([0.3, -0.2, 1.0], dtype=DOUBLE), 2.0, camera, 9, 9).to(dtype)
    holed = flat.clone()
    holed[0, 4, 4] = holed[0, 0, 0] = bad
    holed.requires_grad_()
    image = surfel_render(holed, camera, lights, backend=backend)
    grad = torch.autograd.grad(image.sum(), holed)[0]
    there = torch.ones(1, 9, 9, dtype=torch.bool)
    there[0, 4, 4] = there[0, 0, 0] = False
    assert (image[~there] == 0).all()
    assert (grad[~there] == 0).all()
    assert grad.isfinite().all()
    assert (surfel_positions(holed, camera)[~there] == 0).all()
    assert (surfel_normals(holed, camera, backend=backend)[~there] == 0).all()
    whole = surfel_render(flat, camera, lights, backend=backend)
    torch.testing.assert_close(image[there], whole[there], atol=2e-3, rtol=0)


@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
def test_surfels_with_few_neighbours_have_finite_normals_and_gradients(share):
    depth = rough(2, 20, 20)
    depth[torch.rand(depth.shape, generator=torch.manual_seed(0)) < share] = 0.0
    for backend, dtype, _ in BACKENDS:
        leaf = depth.to(dtype).requires_grad_()
        image = surfel_render(leaf, PERSPECTIVE, lamps(), backend=backend)
        assert image.isfinite().all()
        assert torch.autograd.grad(image.sum(), leaf)[0].isfinite().all()
        length = surfel_normals(leaf.detach(), PERSPECTIVE, backend=backend).norm(dim=-1)
        torch.testing.assert_close(length, (depth > 0).to(dtype))


@every_backend
def test_a_surfel_alone_faces_along_the_axis(backend, dtype, near):
    depth = torch.zeros(1, 5, 5, dtype=dtype)
    depth[0, 2, 2] = 1.0
    found = surfel_normals(depth, PERSPECTIVE[[0]], backend=backend)[0, 2, 2]
    torch.testing.assert_close(found, torch.tensor([0.0, 0.0, 1.0], dtype=dtype))


@every_backend
def test_nothing_but_holes_is_black(backend, dtype, near):
    depth = torch.zeros(2, 4, 4, dtype=dtype, requires_grad=True)
    image = surfel_render(depth, PERSPECTIVE, lamps(), backend=backend)
    assert (image == 0).all()
    assert (torch.autograd.grad(image.sum(), depth)[0] == 0).all()


@every_backend
@pytest.mark.parametrize("specular", [None, (0.4, 6.0)])
def test_a_light_in_a_surfel_does_not_shine_and_breaks_nothing(backend, dtype, near, specular):
    depth, camera = rough(1, 5, 5).to(dtype).requires_grad_(), PERSPECTIVE[[0]].to(dtype)
    view = surfel_positions(depth.detach(), camera)[0, 2, 2]
    place = (view @ camera.rotation[0] + camera.eye[0]).requires_grad_()
    # in single precision the way to the world and back may miss the surfel by a little: a light
    # in front of its own eye does not
    centred = Camera(torch.eye(3, dtype=dtype)[None], torch.zeros(1, 3, dtype=dtype), 30.0)
    for where, seen_by in ((place, camera), (view, centred)):
        lights = Lights(where[None], torch.ones(1, 3, dtype=dtype))
        image = surfel_render(depth, seen_by, lights, specular=specular, backend=backend)
        grad = torch.autograd.grad(image[torch.isfinite(image)].sum(), depth)[0]
        assert image.isfinite().all()
        assert grad.isfinite().all()
    assert (image[0, 2, 2] == 0).all()


@pytest.mark.parametrize(
    ("depth", "camera", "told"),
    [
        (torch.ones(4, 4), PERSPECTIVE, r"floating-point numbers \(B, H, W\); got \(4, 4\)"),
        (torch.ones(2, 1, 4, 4), PERSPECTIVE, r"got \(2, 1, 4, 4\)"),
        (torch.ones(2, 4, 4, dtype=torch.int64), PERSPECTIVE, "int64"),
        (torch.ones(2, 1, 4), PERSPECTIVE, "at least 2 × 2 pixels; got 1 × 4"),
        (torch.ones(3, 4, 4), PERSPECTIVE, "2 cameras do not fit 3 depth images"),
    ],
)
def test_depths_that_make_no_picture_are_refused(depth, camera, told):
    with pytest.raises(ValueError, match=told):
        surfel_render(depth, camera, lamps())
    with pytest.raises(ValueError, match=told):
        surfel_normals(depth, camera)
    with pytest.raises(ValueError, match=told):
        surfel_positions(depth, camera)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ((torch.ones(3), torch.ones(3)), r"positions \(L, 3\) or \(B, L, 3\); got \(3,\)"),
        ((torch.ones(0, 3), torch.ones(0, 3)), "at least one light"),
        ((torch.ones(2, 3), torch.ones(1, 3)), "each light needs a colour"),
        ((torch.ones(2, 3), torch.ones(2, 3), torch.ones(2, 2)), r"ambient must be \(3,\)"),
        ((torch.ones(2, 3), torch.ones(2, 3), None, (0.0, 0.0, 0.0)), "not all zero"),
        ((torch.ones(2, 3), torch.ones(2, 3), None, (0.0, -1.0, 1.0)), "none negative"),
        ((torch.tensor([[torch.nan] * 3]), torch.ones(1, 3)), "NaN or infinite"),
    ],
)
def test_lights_that_make_no_sense_are_refused(arguments, told):
    with pytest.raises(ValueError, match=told):
        Lights(*arguments)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"lights": lamps(2, 3)}, "3 sets of positions of lights do not fit 2 images"),
        ({"reflectance": torch.ones(4)}, r"reflectance must be a number, \(3,\), \(2, 3\)"),
        ({"normals": torch.ones(2, 4, 4)}, r"need normals \(2, 9, 7, 3\); got \(2, 4, 4\)"),
        ({"backend": "slow"}, "must be auto, fast or readable; got 'slow'"),
        ({"backend": "fast"}, "float32 on a CPU or CUDA device; got float64 on cpu"),
        ({"specular": (-1.0, 2.0)}, "specular"),
    ],
)
def test_options_that_do_not_fit_are_refused(options, told):
    with pytest.raises(ValueError, match=told):
        surfel_render(rough(), PERSPECTIVE, **({"lights": lamps()} | options))


def test_lights_can_be_chosen_by_image():
    lights = Lights(torch.rand(3, 2, 3), torch.rand(2, 3), torch.rand(3, 3))
    some = lights[[2, 0]]
    assert some.positions.equal(lights.positions[[2, 0]])
    assert some.colours.equal(lights.colours)
    assert some.ambient.equal(lights.ambient[[2, 0]])


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@pytest.mark.parametrize("specular", [None, (0.4, 6.0)])
def test_a_gpu_draws_the_same_picture(specular):
    depth, lights = rough(3, 33, 50).float(), lamps().to(torch.float32)
    camera = PERSPECTIVE[[0]].to(torch.float32)
    results = []
    for device in ("cpu", "cuda"):
        leaves = [depth, lights.positions, lights.colours, lights.ambient]
        leaves = [leaf.to(device).requires_grad_() for leaf in leaves]
        lit = Lights(*leaves[1:])
        image = surfel_render(leaves[0], camera.to(device), lit, specular=specular)
        grads = torch.autograd.grad(image.square().sum(), leaves)
        results.append([value.cpu() for value in (image, *grads)])
    for one, other in zip(*results, strict=True):
        assert (one - other).abs().max() < 1e-3 * one.abs().max()


@pytest.mark.parametrize("backend", ["fast", "readable"])
def test_numbers_may_come_as_lists_and_normals_in_another_precision(backend):
    depth = torch.linspace(1, 2, 32).view(2, 4, 4)
    normals = surfel_normals(depth, PERSPECTIVE)
    place, white = torch.tensor([[0.0, 1.0, 3.0]]), torch.ones(1, 3)
    pictures = [
        surfel_render(
            depth, PERSPECTIVE, Lights(place, white, attenuation=falloff),
            normals=n, specular=gloss, backend=backend,
        )
        for n, falloff, gloss in (
            (normals, (0.0, 0.5, 1.0), (0.5, 10.0)),
            (normals.double(), [0.0, 0.5, 1.0], [0.5, 10.0]),
        )
    ]  # fmt: skip
    assert pictures[1].dtype == torch.float32
    assert torch.equal(*pictures)


def test_a_kernel_is_not_handed_memory_of_another_device():
    from fiveviews.launch import launch
    from fiveviews.render.surfels.normals import find_normals
    from fiveviews.render.surfels.rows import grid

    g = grid(torch.ones(1, 4, 4), PERSPECTIVE)
    here, there = [torch.ones(36), torch.ones(48)], torch.ones(48, device="meta")
    for tensors in ([here[0], there], [there[:36], here[1]], [there[:36], there]):
        with pytest.raises(ValueError, match="of a kernel is on meta and not on cpu"):
            launch(find_normals, 1, 4, [*tensors, g])


def test_a_kernel_is_not_handed_what_it_would_misread():
    from fiveviews.launch import launch
    from fiveviews.render.surfels.normals import find_normals
    from fiveviews.render.surfels.rows import grid

    depth = torch.ones(1, 4, 4)
    g = grid(depth, PERSPECTIVE)
    for wrong in (torch.ones(36, dtype=DOUBLE), torch.ones(36, dtype=torch.int32)):
        with pytest.raises(TypeError, match="depth of a kernel must be float32 with 1 axes; got"):
            launch(find_normals, 1, 4, [wrong, torch.ones(48), g])
    with pytest.raises(TypeError, match=r"got torch.float32 \(3, 16\)"):
        launch(find_normals, 1, 4, [torch.ones(36), torch.ones(3, 16), g])
    with pytest.raises(TypeError, match=r"must be float32 and contiguous; got .* strides \(1, 6\)"):
        launch(find_normals, 1, 4, [torch.ones(6, 6).T, torch.ones(1, 3, 4, 4), g], flat=True)
