"""The soft rasterizer and odd input: what is drawn, what is refused, what it may cost."""

import math
import subprocess
import sys
from dataclasses import fields
from functools import partial

import numpy as np
import pytest
import torch
from soft_scenes import ALPHAS, BALL, DISTS, RGBS, VIEWS, colours_of, draw, soup

from fiveviews.render.depth import rasterize
from fiveviews.render.smooth import smooth_surface
from fiveviews.render.soft import Softness, soft_render, soft_silhouette
from fiveviews.render.tracing import sphere_trace


@pytest.mark.parametrize("backend", ["fast", "readable"])
@pytest.mark.parametrize("rgb", RGBS)
def test_faces_that_cannot_be_seen_change_nothing(backend, rgb):
    vertices, faces = soup(6, 11, batch=2)
    eye = VIEWS[0].eye[0]
    extra = torch.stack(
        [
            torch.tensor([[0.1, 0.1, 0.1]] * 3),  # a point
            torch.tensor([[-0.3, 0.0, 0.0], [0.0, 0.0, 0.0], [0.3, 0.0, 0.0]]),  # a line
            torch.tensor([[-0.3, 0.0, 0.0], [0.3, 0.0, 0.0], [0.3, 0.0, 0.0]]),  # an edge twice
            torch.stack([eye, eye + 0.1, 0.5 * eye]),  # holds the eye
            torch.stack([1.5 * eye, 1.5 * eye + torch.eye(3)[0], 1.4 * eye]),  # behind the camera
            torch.stack([1.5 * eye, torch.zeros(3), torch.ones(3)]),  # reaches behind it
            torch.tensor([[50.0, 0, 0], [51.0, 0, 0], [50.0, 1, 0]]),  # far off the picture
            torch.tensor([[0.0, 0, -500], [1.0, 0, -500], [0.0, 1, -500]]),  # beyond `far`
        ]
    )
    more = torch.cat([vertices, extra.reshape(1, 24, 3).expand(2, -1, -1)], dim=1)
    both = torch.cat([faces, 18 + torch.arange(24).reshape(8, 3)])
    view, paint = VIEWS[[0, 0]], colours_of(42)
    options = {"sigma": 1e-3, "gamma": 1e-2, "rgb": rgb}
    plain = draw(vertices, faces, view, 24, backend, vertex_colours=paint[:18], **options)
    more.requires_grad_()
    image = draw(more, both, view, 24, backend, vertex_colours=paint, **options)
    assert torch.equal(image, plain)
    (grad,) = torch.autograd.grad(image.square().sum(), more)
    assert torch.isfinite(grad).all()
    assert (grad[:, 18:] == 0).all()
    assert (grad[:, :18] != 0).any()


@pytest.mark.parametrize("backend", ["fast", "readable"])
def test_slivers_give_finite_gradients(backend):
    generator = torch.Generator().manual_seed(3)
    for thickness in (1e-2, 1e-4, 1e-6, 1e-8, 0.0):
        start, end = torch.rand(2, 20, 3, generator=generator) - 0.5
        middle = (start + end) / 2 + thickness * torch.randn(20, 3, generator=generator)
        vertices = torch.stack([start, end, middle], dim=1).reshape(60, 3).requires_grad_()
        for dist in DISTS:
            image = draw(
                vertices, torch.arange(60).reshape(20, 3), VIEWS[0], 24, backend, dist=dist
            )
            assert ((image >= 0) & (image <= 1 + 1e-6)).all()
            assert torch.isfinite(torch.autograd.grad(image.sum(), vertices)[0]).all()


@pytest.mark.parametrize("backend", ["fast", "readable"])
def test_huge_and_tiny_coordinates_stay_finite(backend):
    for scale in (1e-30, 1e-6, 1e3, 1e15):
        vertices, faces = soup(5, 1, batch=1)
        vertices = (vertices * scale).requires_grad_()
        image = draw(vertices, faces, VIEWS[0], 12, backend)
        assert torch.isfinite(image).all()
        assert torch.isfinite(torch.autograd.grad(image.sum(), vertices)[0]).all()


@pytest.mark.parametrize("backend", ["fast", "readable"])
@pytest.mark.parametrize("alpha", ALPHAS)
@pytest.mark.parametrize("rgb", RGBS)
def test_no_faces_no_vertices_and_no_images(backend, alpha, rgb):
    none = torch.zeros(0, 3, dtype=torch.long)
    background = (0.25, 0.5, 0.75)
    options = {"alpha": alpha, "rgb": rgb, "background": background}
    for count in (0, 4):
        leaf = torch.zeros(3, count, 3, requires_grad=True)
        image = draw(leaf, none, VIEWS, (5, 6), backend, **options)
        assert (image == torch.tensor([*background, 0.0])).all()
        image.sum().backward()
        assert leaf.grad is None or (leaf.grad == 0).all()
    padding = torch.full((7, 3), -1)
    image = draw(torch.zeros(4, 3), padding, VIEWS, (5, 6), backend, **options)
    assert (image == torch.tensor([*background, 0.0])).all()
    empty = draw(
        torch.zeros(0, 6, 3), torch.tensor([[0, 1, 2]]), VIEWS[:0], (5, 6), backend, **options
    )
    assert empty.shape == (0, 5, 6, 4)


def test_empty_pixels_are_0_and_not_minus_0():
    for backend in ("fast", "readable"):
        image = soft_silhouette(0.1 * BALL.vertices, BALL.faces, VIEWS, 8, backend=backend)
        assert not image.signbit().any()


@pytest.mark.parametrize("backend", ["fast", "readable"])
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_vertices_that_are_no_numbers_are_refused(backend, value):
    vertices = BALL.vertices.clone()
    vertices[3, 1] = value
    with pytest.raises(ValueError, match="1 of 162 vertices are NaN or infinite"):
        soft_silhouette(vertices, BALL.faces, VIEWS, 8, backend=backend)


def triangle() -> dict[str, object]:
    """Arguments that draw one triangle."""
    vertices = torch.tensor([[-0.4, -0.4, 0.0], [0.4, -0.4, 0.0], [0.0, 0.4, 0.0]])
    return {"vertices": vertices, "faces": torch.tensor([[0, 1, 2]]), "camera": VIEWS, "size": 8}


REFUSALS = [
    ({"faces": torch.tensor([[0, 1, 3]])}, "faces name vertex 3, but there are only 3"),
    ({"vertices": torch.zeros(3, 2)}, r"vertices must be .*got \(3, 2\) float32"),
    ({"vertices": torch.zeros(3)}, r"vertices must be .*got \(3,\)"),
    ({"vertices": torch.zeros(3, 3, dtype=torch.long)}, "floating-point numbers.*int64"),
    ({"faces": torch.zeros(1, 4, dtype=torch.long)}, r"faces must be whole numbers .*\(1, 4\)"),
    ({"faces": torch.zeros(1, 3)}, r"faces must be whole numbers .*float32"),
    ({"vertices": torch.zeros(2, 3, 3)}, "2 vertex sets, 1 face sets, 3 cameras"),
    ({"faces": torch.zeros(2, 1, 3, dtype=torch.long)}, "1 vertex sets, 2 face sets, 3 cameras"),
    ({"size": 0}, "at least one pixel; got size 0 × 0"),
    ({"size": (4, -1)}, "at least one pixel; got size 4 × -1"),
    ({"sigma": 0.0}, "sigma and gamma must be positive"),
    ({"sigma": math.nan}, "sigma and gamma must be positive"),
    ({"gamma": -1.0}, "sigma and gamma must be positive"),
    ({"dist_eps": 0.5}, "dist_eps between 0 and 0.5"),
    ({"dist_eps": 0.0}, "dist_eps between 0 and 0.5"),
    ({"near": 3.0, "far": 2.0}, "expected 0 < near < far"),
    ({"near": 0.0}, "expected 0 < near < far"),
    ({"dist": "euclid"}, "dist must be one of euclidean, barycentric, hard; got 'euclid'"),
    ({"alpha": "product"}, "alpha must be one of prod, sum, hard; got 'product'"),
    ({"rgb": "soft"}, "rgb must be one of softmax, hard; got 'soft'"),
    ({"backend": "cuda"}, "backend must be auto, fast or readable; got 'cuda'"),
]


@pytest.mark.parametrize(("change", "message"), REFUSALS)
def test_arguments_that_make_no_sense_are_refused_in_one_sentence(change, message):
    with pytest.raises(ValueError, match=message) as refusal:
        soft_silhouette(**(triangle() | change))
    assert "\n" not in str(refusal.value)


NAN = torch.tensor([[-0.4, -0.4, 0.0], [0.4, -0.4, math.nan], [0.0, 0.4, 0.0]])
MESHES = [*REFUSALS[:8], ({"vertices": NAN}, "1 of 3 vertices are NaN")]
SIZES = [*REFUSALS[8:10], ({"size": (1, 2, 3)}, "size is one whole number, or two")]
SIZES += [({"size": 8.0}, r"size is one whole number, or two, .*; got 8\.0")]


@pytest.mark.parametrize(("change", "message"), MESHES + SIZES)
def test_all_renderers_of_meshes_refuse_the_same(change, message):
    given = triangle() | change
    smooth = partial(smooth_surface, corners=torch.ones(1, 3, 3))
    for renderer in (rasterize, smooth, soft_silhouette):
        with pytest.raises((TypeError, ValueError), match=message):
            renderer(**given)


@pytest.mark.parametrize(("change", "message"), SIZES)
def test_renderers_of_fields_refuse_the_same_sizes(change, message):
    with pytest.raises((TypeError, ValueError), match=message):
        sphere_trace(lambda p: p.norm(dim=1) - 0.5, VIEWS, **change)


def test_a_size_may_be_numpys():
    assert rasterize(**triangle() | {"size": np.int64(8)}).depth.shape == (3, 8, 8)
    assert soft_silhouette(**triangle() | {"size": (np.int64(4), 8)}).shape == (3, 4, 8)


def test_double_precision_is_drawn_by_the_readable_one_only():
    arguments = triangle() | {"vertices": triangle()["vertices"].double()}
    with pytest.raises(ValueError, match="float32 on a CPU or CUDA device; got float64 on cpu"):
        soft_silhouette(**arguments, backend="fast")
    assert soft_silhouette(**arguments).dtype == torch.float64


def test_options_that_do_not_exist_and_options_given_twice_are_refused():
    with pytest.raises(TypeError, match="sigmas"):
        soft_silhouette(**triangle(), sigmas=1e-4)
    with pytest.raises(TypeError, match="not both"):
        soft_silhouette(**triangle(), softness=Softness(), sigma=1e-4)


@pytest.mark.parametrize(
    ("colours", "error", "message"),
    [
        ({}, TypeError, "either vertex_colours or face_colours"),
        (
            {"vertex_colours": torch.zeros(3, 3), "face_colours": torch.zeros(1, 3)},
            TypeError,
            "either vertex_colours or face_colours",
        ),
        ({"vertex_colours": torch.zeros(4, 3)}, ValueError, r"vertex_colours must be \(3, 3\)"),
        ({"face_colours": torch.zeros(2, 3)}, ValueError, r"face_colours must be \(1, 3\)"),
        ({"face_colours": torch.zeros(2, 1, 3)}, ValueError, "2 sets of face_colours, 3 images"),
    ],
)
def test_colours_that_do_not_fit_are_refused(colours, error, message):
    with pytest.raises(error, match=message):
        soft_render(**triangle(), **colours)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_networks_get_pictures_in_single_precision(dtype):
    vertices, faces = soup(12, 5)
    plain = soft_silhouette(vertices.to(dtype).float(), faces, VIEWS, 16)
    assert torch.equal(soft_silhouette(vertices.to(dtype), faces, VIEWS, 16), plain)
    leaf = vertices.clone().requires_grad_()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        image = soft_silhouette(leaf, faces, VIEWS, 16)
        shaded = draw(vertices, faces, VIEWS, 16, "auto")
    assert torch.equal(image, soft_silhouette(vertices, faces, VIEWS, 16))
    assert torch.equal(shaded, draw(vertices, faces, VIEWS, 16, "auto"))
    (grad,) = torch.autograd.grad(image.sum(), leaf)
    (expected,) = torch.autograd.grad(soft_silhouette(leaf, faces, VIEWS, 16).sum(), leaf)
    assert torch.equal(grad, expected)


def test_int32_faces_and_strided_vertices_are_drawn():
    vertices, faces = soup(12, 5)
    strided = torch.stack([vertices, vertices], dim=-1)[..., 0]
    assert not strided.is_contiguous()
    plain = soft_silhouette(vertices, faces, VIEWS, 16)
    assert torch.equal(soft_silhouette(strided, faces.int(), VIEWS, 16), plain)
    assert torch.equal(soft_silhouette(vertices, faces.T.contiguous().T, VIEWS, 16), plain)


def test_every_option_is_documented():
    assert all(f"{field.name}" in Softness.__doc__ for field in fields(Softness))


MEMORY = """
import sys, torch
from fiveviews.memory import forget_peak, peak_mb
from fiveviews.render.soft import soft_silhouette
from fiveviews.cameras import orbit
from fiveviews.meshes import icosphere
ball = icosphere(3)
faces = ball.faces.repeat(int(sys.argv[1]), 1)
vertices = (0.5 * ball.vertices).repeat(2, 1, 1).requires_grad_()
def job(size):
    image = soft_silhouette(vertices, faces, orbit(torch.tensor([0.0, 90.0])), size, backend="fast")
    torch.autograd.grad(image.sum(), vertices)
job(8)
cpu = torch.device("cpu")
forget_peak(cpu)
before = peak_mb(cpu)
job(512)
print(peak_mb(cpu) - before)
"""


def test_memory_does_not_grow_with_pixels_times_faces():
    grown = []
    for copies in (1, 8):
        answer = subprocess.run(
            [sys.executable, "-c", MEMORY, str(copies)], capture_output=True, text=True, check=True
        )
        grown.append(float(answer.stdout))
    # 512² pixels × 1,280 faces would be 1,342 MB per image and number, × 10,240 eight times that
    assert grown[0] < 60
    assert grown[1] < grown[0] + 10


FORK = """
import os, torch
from fiveviews.cameras import orbit
from fiveviews.meshes import icosphere
from fiveviews.render.soft import soft_silhouette
torch.set_num_threads(2)
ball, views = icosphere(0), orbit(torch.tensor([0.0, 90.0]))
before = soft_silhouette(0.5 * ball.vertices, ball.faces, views, 4)
child = os.fork()
if child == 0:
    after = soft_silhouette(0.5 * ball.vertices, ball.faces, views, 4)
    os._exit(0 if torch.equal(before, after) else 1)
raise SystemExit(os.waitpid(child, 0)[1])
"""


def test_a_forked_process_draws_too():
    assert subprocess.run([sys.executable, "-c", FORK], timeout=60, check=False).returncode == 0
