"""What the lesson on signed distance fields takes apart and puts together."""

import json
import math

import numpy as np
import pytest
import torch

from fiveviews.book import templates as lesson
from fiveviews.book import templates_photo
from fiveviews.book.pages import LEDGERS
from fiveviews.book.templates import RADIUS, damage, one_ray, tube, wrong_signs
from fiveviews.data.photos import read_photo
from fiveviews.fields import MeshField, compare
from fiveviews.fields.report import inspect
from fiveviews.meshes import Mesh, icosphere
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


def test_a_proportion_is_span_over_length() -> None:
    box = icosphere(2)
    plane = Mesh(box.vertices * torch.tensor([3.0, 0.5, 2.0]) + 1, box.faces)
    assert templates_photo.proportion(plane) == pytest.approx(1.5)
    assert math.isnan(templates_photo.proportion(None))


def test_the_photograph_and_its_mirror_image_show_one_plane() -> None:
    (shown, picture), (mirrored, turned) = templates_photo.ways().values()
    assert shown.shape == (templates_photo.SIDE, templates_photo.SIDE, 3)
    assert (mirrored == shown[:, ::-1]).all()
    assert (turned == picture[:, ::-1]).all()
    dark = (picture < 250).any(-1)
    rows, columns = (np.flatnonzero(dark.any(axis)) for axis in (1, 0))
    wide, high = np.ptp(columns) + 1, np.ptp(rows) + 1
    whole = read_photo(templates_photo.PHOTO.read_bytes())
    solid = whole[..., 3] > 127
    spans = [np.ptp(np.flatnonzero(solid.any(axis))) + 1 for axis in (0, 1)]
    assert wide / high == pytest.approx(spans[0] / spans[1], rel=0.05)
    assert wide > 100  # it fills the picture as training objects do


def test_the_recorded_speeds_have_all_that_the_page_shows() -> None:
    record = json.loads((LEDGERS / "sdf_speed.json").read_text("utf-8"))
    assert len(record["origin"]["commit"]) == 40
    assert not record["origin"]["dirty"]
    assert record["origin"]["device"]
    assert {"libigl", "trimesh", "warp-lang"} <= set(record["versions"])
    assert {line["mesh"] for line in record["lines"]} == set(compare.meshes())
    assert {line["method"] for line in record["lines"]} == set(compare.METHODS)
    assert all(line["error"] < 1e-5 for line in record["lines"])
    assert record["isosurface"]["same"]
    lines, caption, numbers = lesson.sdf_speed()
    assert [set(lesson.SPEED)] * len(lines) == [set(line) for line in lines]
    assert record["origin"]["started"][:10] in caption
    rate = 2 / (1e5 * numbers["whole_ours"] * 1e-6)
    assert numbers["objects_whole"] == pytest.approx(rate)
    assert numbers["objects"] == pytest.approx(2 / record["kernels"]["cpu_s"])


def test_speeds_are_measured_of_what_is_installed_and_coarse_to_fine_is_the_same() -> None:
    lines = list(compare.compare(60))
    assert {line["mesh"] for line in lines} == set(compare.meshes())
    assert {line["method"] for line in lines} >= {"ours"}
    assert all(line["wrong_percent"] == 0 for line in lines if line["method"] == "ours")
    assert compare.rate(50, repeats=1)["objects_per_s"] > 0
    assert compare.coarse_to_fine(32)["same"]


def test_easy_and_hard_pictures_are_those_of_the_set() -> None:
    shown = lesson.easy_and_hard("sofa", 2)
    assert list(shown) == ["easy", "hard"]
    assert {pictures.shape for pictures in shown.values()} == {(2, 224, 224, 3)}
    assert not np.array_equal(shown["easy"], shown["hard"])
