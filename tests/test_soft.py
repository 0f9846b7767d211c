"""The soft rasterizer: the paper's equations pixel by pixel, and gradients."""

import itertools
import math

import pytest
import torch
from soft_scenes import ALPHAS, BALL, DISTS, MODES, RGBS, VIEWS, colours_of, draw, soup
from torch import Tensor

from fiveviews.cameras import look_at, orbit, pixel_centres
from fiveviews.render.soft import Softness, soft_render, soft_silhouette


def distance_to_segment(p: tuple[float, float], a: Tensor, b: Tensor) -> float:
    (px, py), (ax, ay), (bx, by) = p, a[:2].tolist(), b[:2].tolist()
    along = ((px - ax) * (bx - ax) + (py - ay) * (by - ay)) / ((bx - ax) ** 2 + (by - ay) ** 2)
    along = min(max(along, 0.0), 1.0)
    return math.hypot(px - ax - along * (bx - ax), py - ay - along * (by - ay))


def coordinates(p: tuple[float, float], a: Tensor, b: Tensor, c: Tensor) -> list[float]:
    """Barycentric coordinates by Cramer's rule on the system that defines them."""
    system = torch.stack([a[:2], b[:2], c[:2]], dim=1)
    system = torch.cat([system, torch.ones(1, 3, dtype=torch.float64)])
    return torch.linalg.solve(system, torch.tensor([*p, 1.0], dtype=torch.float64)).tolist()


def coverage(p: tuple[float, float], corners: Tensor, s: Softness) -> tuple[float, list[float]]:
    """D of equation 1, and the barycentric coordinates."""
    a, b, c = corners
    w = coordinates(p, a, b, c)
    if s.dist == "hard":
        return float(min(w) >= 0), w
    if s.dist == "barycentric":
        square = min(w) ** 2
    else:
        square = min(distance_to_segment(p, *ends) for ends in ((a, b), (b, c), (c, a))) ** 2
    x = math.copysign(square, min(w)) / s.sigma
    d = 1 / (1 + math.exp(-x)) if x > -700 else 0.0
    return (d if min(w) >= 0 or d > s.dist_eps else 0.0), w


def naive_picture(
    projected: Tensor, faces: Tensor, colours: Tensor, background, size, s: Softness
) -> Tensor:
    """One image (H, W, 4): every pixel, every face, straight from the paper."""
    height, width = size
    image = torch.zeros(height, width, 4, dtype=torch.float64)
    drawn = []
    for index, face in enumerate(faces.tolist()):
        if min(face) >= 0:
            z = projected[face][:, 2]
            if z.min() >= s.near and z.max() <= s.far:
                drawn.append((projected[face], colours[index]))
    for row in range(height):
        for column in range(width):
            p = ((2 * column + 1 - width) / height, (height - 1 - 2 * row) / height)
            covers, layers = [], []
            for corners, paint in drawn:
                d, w = coverage(p, corners, s)
                covers.append(d)
                (ax, ay, _), (bx, by, _), (cx, cy, _) = corners.tolist()
                front = (bx - ax) * (cy - ay) - (cx - ax) * (by - ay) > 0
                if d > 0 and (front or s.two_sided):
                    inner = [min(max(x, 0.0), 1.0) for x in w]
                    ratio = [
                        x / sum(inner) / z
                        for x, z in zip(inner, corners[:, 2].tolist(), strict=True)
                    ]
                    blend = torch.tensor([x / sum(ratio) for x in ratio], dtype=torch.float64)
                    layers.append((d, 1 / sum(ratio), blend @ paint, min(w) >= 0))
            image[row, column, 3] = {
                "prod": 1 - math.prod(1 - d for d in covers),
                "sum": sum(covers) / max(1, int((faces >= 0).all(1).sum())),
                "hard": float(any(d > 0.5 for d in covers)),
            }[s.alpha]
            behind = torch.tensor(background, dtype=torch.float64)
            if s.rgb == "softmax":
                weights = [
                    d * math.exp((s.far - z) / (s.far - s.near) / s.gamma) for d, z, _, _ in layers
                ]
                total = sum(weights) + math.exp(s.eps / s.gamma)
                paint = sum(
                    (w * c for w, (_, _, c, _) in zip(weights, layers, strict=True)), 0 * behind
                )
                image[row, column, :3] = (paint + math.exp(s.eps / s.gamma) * behind) / total
            else:
                inside = [(z, c) for _, z, c, hit in layers if hit]
                image[row, column, :3] = (
                    min(inside, key=lambda one: one[0])[1] if inside else behind
                )
    return image


@pytest.mark.parametrize(("dist", "alpha", "rgb"), MODES)
@pytest.mark.parametrize(("size", "two_sided"), [((6, 8), True), ((7, 5), False)])
def test_pictures_are_the_papers_equations_pixel_by_pixel(dist, alpha, rgb, size, two_sided):
    s = Softness(
        sigma=3e-3, dist=dist, dist_eps=1e-12, alpha=alpha, rgb=rgb, gamma=2e-2, eps=0.3, near=0.5,
        far=5.0, two_sided=two_sided,
    )  # fmt: skip
    vertices, faces = soup(5, 3, batch=2, dtype=torch.float64)
    faces = torch.cat([faces, torch.tensor([[0, -1, 2]])])
    paint = colours_of(vertices.shape[1], dtype=torch.float64)
    background = (0.2, 0.5, 0.9)
    camera = VIEWS[:2].to(torch.float64)
    image = draw(
        vertices, faces, camera, size, "readable",
        softness=s, vertex_colours=paint, background=background,
    )  # fmt: skip
    projected = camera.project(vertices)
    for k in range(2):
        expected = naive_picture(
            projected[k], faces, paint[faces.clamp(min=0)], background, size, s
        )
        torch.testing.assert_close(image[k], expected, atol=1e-9, rtol=0)


@pytest.mark.parametrize("backend", ["fast", "readable"])
@pytest.mark.parametrize("rgb", RGBS)
def test_without_perspective_colours_are_affine_in_the_picture(backend, rgb):
    """A tilted triangle whose colour is its height, seen by a camera whose rays are parallel."""
    corners = torch.tensor([[-9.0, -3, -3], [9.0, -3, -3], [0.0, 3, 3]], dtype=torch.float64)
    corners = corners if backend == "readable" else corners.float()
    heights = (corners[:, 1:2] / 6 + 0.5).expand(-1, 3)
    camera = orbit(0.0, 0.0, 5.0, fov=None).to(corners.dtype)
    image = soft_render(
        corners, torch.tensor([[0, 1, 2]]), camera, 8,
        vertex_colours=heights, rgb=rgb, backend=backend,
    )  # fmt: skip
    _, y = pixel_centres(8, 8, corners.dtype)
    expected = (y / 6 + 0.5)[None, :, None, None].expand(1, 8, 8, 3)
    torch.testing.assert_close(image[..., :3], expected, atol=1e-6, rtol=0)


@pytest.mark.parametrize("backend", ["fast", "readable"])
def test_without_perspective_the_choice_between_faces_goes_by_their_depth(backend):
    """Of two faces with one weight each, the nearer counts exp(difference of depths / γ) more."""
    tilted = torch.tensor([[-9.0, -3, -3], [9.0, -3, -3], [0.0, 3, 3]])
    corners = torch.cat([tilted, tilted * torch.tensor([1.0, 1, 0]) - torch.eye(3)[2]])
    paint = torch.tensor([[1.0, 0, 0], [0, 0, 1.0]])
    options = {"gamma": 0.5, "near": 1.0, "far": 11.0, "eps": 1e-9, "sigma": 1e-4}
    image = soft_render(
        corners, torch.arange(6).view(2, 3), orbit(0.0, 0.0, 5.0, fov=None), 8,
        face_colours=paint, backend=backend, **options,
    )  # fmt: skip
    _, y = pixel_centres(8, 8)
    nearer = (y + 1) / 10  # depth of the upright face less that of the tilted one, z = y
    ratio = (image[0, ..., 0] / image[0, ..., 2]).log()
    torch.testing.assert_close(ratio, (nearer / 0.5)[:, None].expand(8, 8), atol=1e-5, rtol=1e-5)


def test_coverage_is_a_half_on_an_edge_and_reaches_dist_eps_at_the_cut_off():
    s = Softness(sigma=1e-3, dist_eps=1e-4)
    assert 1 / (1 + math.exp(s.threshold / s.sigma)) == pytest.approx(1e-4)
    # a big triangle whose right edge runs through the middle of a picture with an odd width
    triangle = torch.tensor([[[0.0, -2, 0], [0.0, 2, 0], [-2, 0, 0]]], dtype=torch.float64)
    flat = orbit(0.0, 0.0, fov=None).to(torch.float64)
    image = soft_silhouette(triangle, torch.tensor([[0, 1, 2]]), flat, (9, 19), s)
    assert image[0, 4, 9].item() == 0.5
    x = (2 * torch.arange(19) + 1 - 19) / 9
    reached = image[0, 4] > 0
    assert torch.equal(reached, x**2 * (x > 0) < s.threshold)


def test_softras_defaults_are_the_defaults():
    s = Softness()
    assert (s.gamma, s.dist_eps, s.eps, s.near, s.far) == (1e-4, 1e-4, 1e-3, 1.0, 100.0)
    assert (s.dist, s.alpha, s.rgb, s.two_sided) == ("euclidean", "prod", "softmax", True)


@pytest.mark.parametrize("fov", [30.0, None])
@pytest.mark.parametrize(("dist", "alpha", "rgb"), MODES)
def test_gradients_equal_finite_differences(dist, alpha, rgb, fov):
    vertices, faces = soup(3, 4, batch=2, dtype=torch.float64)
    options = {"sigma": 2e-2, "dist": dist, "dist_eps": 1e-14, "alpha": alpha, "rgb": rgb}
    options |= {"gamma": 0.1, "eps": 0.4, "near": 0.5, "far": 5.0, "backend": "readable"}

    def picture(v: Tensor, paint: Tensor, eye: Tensor) -> Tensor:
        camera = look_at(eye, fov=fov)
        return soft_render(v, faces, camera, (3, 4), vertex_colours=paint, **options)

    eye = torch.tensor([[0.9, 0.7, 2.1], [-1.5, 0.2, 1.9]], dtype=torch.float64)
    inputs = [vertices, colours_of(9, dtype=torch.float64), eye]
    assert torch.autograd.gradcheck(picture, [x.requires_grad_() for x in inputs])


@pytest.mark.parametrize(("dist", "alpha"), [*itertools.product(DISTS[:2], ALPHAS[:2])])
def test_silhouettes_have_gradients_where_they_should(dist, alpha):
    vertices, faces = soup(3, 4, batch=1)
    vertices.requires_grad_()
    soft_silhouette(
        vertices, faces, VIEWS[0], 8, sigma=1e-2, dist=dist, alpha=alpha
    ).sum().backward()
    assert vertices.grad.abs().sum() > 1e-3


@pytest.mark.parametrize("backend", ["fast", "readable"])
@pytest.mark.parametrize(
    ("dist", "alpha"), [("hard", "prod"), ("hard", "sum"), ("euclidean", "hard")]
)
def test_hard_silhouettes_have_a_gradient_of_zero(dist, alpha, backend):
    vertices, faces = soup(3, 4, batch=1)
    vertices.requires_grad_()
    image = soft_silhouette(vertices, faces, VIEWS[0], 8, dist=dist, alpha=alpha, backend=backend)
    (grad,) = torch.autograd.grad(image.sum(), vertices, allow_unused=True)
    assert grad is None or (grad == 0).all()


@pytest.mark.parametrize("backend", ["fast", "readable"])
def test_descent_on_silhouettes_finds_a_planted_shift(backend):
    shift = torch.tensor([0.12, -0.08, 0.0])
    ball = 0.4 * BALL.vertices
    cameras = orbit(torch.tensor([0.0, 90.0]))
    options = {"sigma": 3e-3, "backend": backend}
    target = soft_silhouette(ball + shift, BALL.faces, cameras, 32, **options)
    moved = torch.zeros(3, requires_grad=True)
    optimiser = torch.optim.Adam([moved], lr=0.03)
    for step in range(60):
        optimiser.zero_grad()
        image = soft_silhouette(ball + moved, BALL.faces, cameras, 32, **options)
        (image - target).square().mean().backward()
        if step == 0:
            assert ((moved.grad * shift)[:2] < 0).all()  # downhill is towards the target
        optimiser.step()
    torch.testing.assert_close(moved.detach(), shift, atol=0.01, rtol=0)


def test_descent_on_the_viewpoint_finds_a_planted_azimuth():
    vertices = 0.4 * BALL.vertices * torch.tensor([1.0, 0.4, 0.3])
    target = soft_silhouette(vertices, BALL.faces, orbit(30.0), 32, sigma=3e-3)
    azimuth = torch.tensor([15.0], requires_grad=True)
    optimiser = torch.optim.Adam([azimuth], lr=1.0)
    for _ in range(50):
        optimiser.zero_grad()
        image = soft_silhouette(vertices, BALL.faces, orbit(azimuth), 32, sigma=3e-3)
        (image - target).square().mean().backward()
        optimiser.step()
    assert azimuth.item() == pytest.approx(30, abs=1.0)
