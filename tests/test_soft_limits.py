"""The soft rasterizer: its hard limit, its symmetries, and what must not matter."""

import itertools

import pytest
import torch
from soft_scenes import DISTS, RGBS, VIEWS, colours_of, draw, soup
from torch import Tensor

from fiveviews.cameras import orbit
from fiveviews.render.depth import rasterize
from fiveviews.render.soft import soft_render, soft_silhouette


@pytest.mark.parametrize("backend", ["fast", "readable"])
def test_silhouettes_become_the_hard_rasterizers_as_sigma_falls(backend):
    vertices, faces = soup(12, 8)
    hard = (rasterize(vertices, faces, VIEWS, 40).face >= 0).float()
    differences = [
        (soft_silhouette(vertices, faces, VIEWS, 40, sigma=s, backend=backend) - hard)
        .abs()
        .mean()
        .item()
        for s in (1e-2, 1e-3, 1e-4, 1e-5, 1e-12)
    ]
    assert differences == sorted(differences, reverse=True)
    assert differences[-1] == 0


@pytest.mark.parametrize("backend", ["fast", "readable"])
def test_colours_become_those_of_the_nearest_face(backend):
    vertices, faces = soup(12, 8)
    paint = colours_of(12)
    surface = rasterize(vertices, faces, VIEWS, 40)
    seen = paint[surface.face.clamp(min=0)] * (surface.face >= 0)[..., None]
    options = {"sigma": 1e-12, "near": 0.5, "far": 5.0, "face_colours": paint}
    sharp = draw(vertices, faces, VIEWS, 40, backend, gamma=1e-6, **options)[..., :3]
    # two faces that cross within a pixel share it at any γ
    assert ((sharp - seen).abs() > 1e-3).any(-1).float().mean() < 0.002
    chosen = draw(vertices, faces, VIEWS, 40, backend, rgb="hard", **options)[..., :3]
    torch.testing.assert_close(chosen, seen)


@pytest.mark.parametrize("backend", ["fast", "readable"])
@pytest.mark.parametrize("rgb", RGBS)
def test_the_order_of_faces_does_not_matter(backend, rgb):
    vertices, faces = soup(15, 9)
    shuffle = torch.randperm(15, generator=torch.Generator().manual_seed(0))
    options = {"sigma": 1e-3, "gamma": 1e-2, "rgb": rgb}
    one = draw(vertices, faces, VIEWS, 24, backend, **options)
    other = draw(vertices, faces[shuffle], VIEWS, 24, backend, **options)
    torch.testing.assert_close(one, other, atol=2e-6, rtol=0)
    turned = draw(vertices, faces.roll(1, 1), VIEWS, 24, backend, **options)
    torch.testing.assert_close(one, turned, atol=1e-5, rtol=0)


@pytest.mark.parametrize("backend", ["fast", "readable"])
def test_items_do_not_see_each_other_nor_the_number_of_threads(backend):
    vertices, faces = soup(15, 9, batch=5)
    camera = orbit(torch.linspace(0, 300, 5))
    options = {"sigma": 1e-3, "gamma": 1e-2, "vertex_colours": colours_of(45)}

    def run(items: slice) -> tuple[Tensor, Tensor]:
        leaf = vertices[items].clone().requires_grad_()
        image = soft_render(leaf, faces, camera[items], 24, backend=backend, **options)
        return image.detach(), torch.autograd.grad(image.square().sum(), leaf)[0]

    threads = torch.get_num_threads()
    try:
        torch.set_num_threads(1)
        image, grad = run(slice(0, 5))
        for count in (2, 3):
            torch.set_num_threads(count)
            again, grad_again = run(slice(0, 5))
            if backend == "fast":  # bit by bit: one thread draws one image, whichever it is
                assert torch.equal(again, image)
                assert torch.equal(grad_again, grad)
            torch.testing.assert_close(again, image, atol=1e-6, rtol=0)
        torch.set_num_threads(1)
        for k in range(5):
            alone, grad_alone = run(slice(k, k + 1))
            assert torch.equal(alone[0], image[k])
            assert torch.equal(grad_alone[0], grad[k])
    finally:
        torch.set_num_threads(threads)


@pytest.mark.parametrize("backend", ["fast", "readable"])
def test_a_wide_picture_shows_in_its_middle_what_a_square_one_shows(backend):
    vertices, faces = soup(12, 2)
    square = draw(vertices, faces, VIEWS, 16, backend, sigma=1e-3)
    wide = draw(vertices, faces, VIEWS, (16, 28), backend, sigma=1e-3)
    torch.testing.assert_close(wide[:, :, 6:22], square, atol=2e-6, rtol=0)


@pytest.mark.parametrize("backend", ["fast", "readable"])
def test_anti_aliasing_is_the_average_of_twice_the_size(backend):
    vertices, faces = soup(12, 2)
    fine = draw(vertices, faces, VIEWS, (20, 24), backend, sigma=1e-3)
    smooth = draw(vertices, faces, VIEWS, (10, 12), backend, sigma=1e-3, anti_aliasing=True)
    blocks = fine.reshape(3, 10, 2, 12, 2, 4).mean(dim=(2, 4))
    torch.testing.assert_close(smooth, blocks)


@pytest.mark.parametrize("backend", ["fast", "readable"])
def test_one_sided_pictures_hide_faces_seen_from_behind_but_silhouettes_count_them(backend):
    vertices = torch.tensor([[-0.4, -0.4, 0.0], [0.4, -0.4, 0.0], [0.0, 0.4, 0.0]])
    white = torch.ones(1, 3)
    options = {"face_colours": white, "two_sided": False}
    front = draw(vertices, torch.tensor([[0, 1, 2]]), orbit(0.0), 16, backend, **options)
    back = draw(vertices, torch.tensor([[0, 2, 1]]), orbit(0.0), 16, backend, **options)
    torch.testing.assert_close(front[..., 3], back[..., 3])
    assert front[0, 8, 8, 0] > 0.99
    assert (back[..., :3] == 0).all()


@pytest.mark.parametrize("backend", ["fast", "readable"])
def test_edges_through_pixel_centres_leave_no_holes(backend):
    square = torch.tensor([[-0.4, -0.4, 0], [0.4, -0.4, 0], [0.4, 0.4, 0], [-0.4, 0.4, 0]])
    faces = torch.tensor([[0, 1, 2], [0, 2, 3]])  # the diagonal meets pixel centres
    for rgb, dist in itertools.product(RGBS, DISTS):
        options = {"face_colours": torch.ones(2, 3), "rgb": rgb, "dist": dist, "sigma": 1e-6}
        image = draw(square, faces, orbit(0.0, 0.0), 16, backend, **options)[0]
        inner = image[5:11, 5:11]
        floor = 0.74 if dist != "hard" else 0.999  # on the diagonal: two faces that cover half each
        assert (inner[..., 3] > floor).all()
        assert (inner[..., 0] > 0.99).all()
