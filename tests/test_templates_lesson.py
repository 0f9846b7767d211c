"""What the lesson on signed distance fields takes apart and puts together."""

import torch

from fiveviews.book.templates import RADIUS, damage, one_ray, tube, wrong_signs
from fiveviews.fields import MeshField
from fiveviews.fields.report import inspect
from fiveviews.meshes import icosphere
from fiveviews.shapes import make

CHAIR = make("chair", 3)


def test_halfway_up_a_tube_all_is_as_in_the_plane() -> None:
    square = torch.tensor([[-0.5, -0.5], [0.5, -0.5], [0.5, 0.5], [-0.5, 0.5]])
    walls = tube(square)
    assert len(walls.faces) == 8
    points = torch.rand(200, 3, generator=torch.Generator().manual_seed(0)) * 2 - 1
    points[:, 2] = 0
    beyond = points[:, :2].abs() - 0.5
    true = beyond.clamp(min=0).norm(dim=1) + beyond.amax(1).clamp(max=0)
    torch.testing.assert_close(MeshField(walls)(points), true, atol=1e-5, rtol=0)


def test_a_ray_tells_the_inside_of_what_is_closed() -> None:
    points = torch.rand(3000, 3, generator=torch.Generator().manual_seed(1)) - 0.5
    assert torch.equal(one_ray(points, CHAIR), MeshField(CHAIR)(points) < 0)
    ball = icosphere(3)
    assert one_ray(torch.zeros(1, 3), ball).item()
    assert not one_ray(torch.tensor([[0.0, -3.0, 0.0]]), ball).item()  # it meets it twice


def test_damage_is_what_it_says() -> None:
    found = {name: inspect(mesh) for name, mesh in damage(CHAIR).items()}
    whole, stuck, missing, backwards, inverted = found.values()
    assert whole.simple
    assert stuck.overlapping > 0.02
    assert stuck.bodies == 2
    assert missing.open_edges > 0
    assert 0.9 < missing.faces / whole.faces < 1
    assert backwards.flipped_edges > 0
    assert inverted.inverted == 1
    assert RADIUS < 0.5


def test_each_rule_has_the_damage_that_it_cannot_stand() -> None:
    whole, stuck, missing, backwards, inverted = wrong_signs(CHAIR, n=1000)
    assert whole["turns"] == whole["ray"] == inverted["turns"] == inverted["ray"] == 0
    assert stuck["turns"] == 0 < stuck["ray"]
    assert missing["turns"] <= missing["ray"]
    assert backwards["turns"] > 5 > backwards["ray"] == 0
    assert whole["inspect"] == "nothing amiss"
