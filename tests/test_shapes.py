"""Procedural shapes: closed, upright, in the cube, the same for the same seed, and varied."""

import subprocess
import sys
import zlib
from functools import cache

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from fiveviews.meshes import Mesh
from fiveviews.shapes import CATEGORIES, make
from fiveviews.shapes.chassis import read_plans
from fiveviews.shapes.dice import Dice
from fiveviews.shapes.parts import (
    around,
    ball,
    bar,
    box,
    ellipse,
    fillet,
    lathe,
    loft,
    pair,
    points,
    prism,
    rect,
    rod,
    smooth,
    spread,
    stack,
    sweep,
    tube,
)
from fiveviews.voxels import voxelise

SHAPENET_ORDER = "plane bench cabinet car chair display lamp speaker rifle sofa table phone vessel"


@cache
def member(category: str, seed: int) -> Mesh:
    return make(category, seed)


@cache
def solids(category: str) -> np.ndarray:
    """Voxels of the first 20 members, (20, 32, 32, 32)."""
    return np.stack([voxelise(member(category, seed)) for seed in range(20)])


def edges(mesh: Mesh) -> np.ndarray:
    """All directed edges (3F, 2)."""
    faces = mesh.faces.numpy()
    return np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])


def volume(mesh: Mesh) -> float:
    a, b, c = mesh.vertices.double()[mesh.faces].unbind(1)
    return float((a * torch.linalg.cross(b, c)).sum() / 6)


def check_solid(mesh: Mesh) -> None:
    """A closed surface facing outward, centred, filling the cube along its longest side."""
    directed = edges(mesh)
    forward, backward = (
        np.sort(pairs[:, 0] * len(mesh.vertices) + pairs[:, 1])
        for pairs in (directed, directed[:, ::-1])
    )
    assert len(np.unique(forward)) == len(forward), "an edge is used twice in one direction"
    assert (forward == backward).all(), "an edge has a face on one side only"
    assert volume(mesh) > 1e-4
    low, high = mesh.vertices.min(0).values, mesh.vertices.max(0).values
    assert torch.allclose(low, -high, atol=1e-6)
    assert float((high - low).max()) == 1.0
    assert torch.isfinite(mesh.vertices).all()
    assert 12 <= len(mesh.faces) <= 6000
    assert (mesh.faces[:, 0] != mesh.faces[:, 1]).all()


def test_the_categories_are_shapenets_in_its_order():
    assert tuple(SHAPENET_ORDER.split()) == CATEGORIES


@pytest.mark.parametrize("category", CATEGORIES)
def test_shapes_are_closed_solids_in_the_cube(category):
    for seed in range(20):
        check_solid(member(category, seed))


@given(category=st.sampled_from(CATEGORIES), seed=st.integers(0, 2**40))
@settings(max_examples=50)
def test_any_seed_makes_a_solid(category, seed):
    check_solid(make(category, seed))


@given(category=st.sampled_from(CATEGORIES), seed=st.integers(0, 10_000))
@settings(max_examples=30)
def test_nothing_floats(category, seed):
    """All parts of an object hang together: its outer surface is one piece."""
    mesh = make(category, seed)
    piece = np.arange(len(mesh.vertices))
    directed = edges(mesh)
    while True:
        lower = piece.copy()
        np.minimum.at(lower, directed[:, 0], piece[directed[:, 1]])
        if (lower == piece).all():
            break
        piece = lower[lower]
    face_piece = piece[mesh.faces[:, 0].numpy()]
    bodies = [Mesh(mesh.vertices, mesh.faces[face_piece == k]) for k in np.unique(face_piece)]
    assert sum(volume(body) > 1e-6 for body in bodies) == 1


@pytest.mark.parametrize("category", CATEGORIES)
def test_the_same_seed_gives_the_same_shape(category):
    first, again = make(category, 5), make(category, 5)
    assert torch.equal(first.vertices, again.vertices)
    assert torch.equal(first.faces, again.faces)


def checksum(category: str) -> int:
    return zlib.crc32(make(category, 11).vertices.numpy().tobytes())


def test_the_same_seed_gives_the_same_shape_in_another_process():
    code = (
        "import zlib; from fiveviews.shapes import CATEGORIES, make\n"
        "for c in CATEGORIES: print(zlib.crc32(make(c, 11).vertices.numpy().tobytes()))"
    )
    other = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert [int(line) for line in other.stdout.split()[-13:]] == [checksum(c) for c in CATEGORIES]


@pytest.mark.parametrize("category", CATEGORIES)
def test_members_of_a_category_differ(category):
    members = solids(category).reshape(20, -1).astype(float)
    shared = members @ members.T
    filled = members.sum(1)
    iou = shared / (filled[:, None] + filled - shared)
    assert np.median(iou[np.triu_indices(20, 1)]) < 0.65
    assert iou[np.triu_indices(20, 1)].max() < 0.99


@pytest.mark.parametrize("category", CATEGORIES)
def test_left_mirrors_right_on_average(category):
    mean = solids(category).mean(axis=0)
    assert np.abs(mean - mean[::-1]).mean() < 0.5 * mean.mean()


def test_fronts_face_the_viewer():
    """A chair's back and a plane's fin are behind; a car's bonnet, lower than its cabin, is not."""
    chairs = solids("chair").mean(axis=0)
    assert chairs[:, 24:, :16].sum() > 2 * chairs[:, 24:, 16:].sum()
    planes = [member("plane", seed).vertices for seed in range(20)]
    assert np.mean([float(v[v[:, 1].argmax(), 2]) < 0 for v in planes]) > 0.8
    cars = solids("car").mean(axis=0)
    assert cars[:, 19:, :10].sum() > cars[:, 19:, 22:].sum()


def test_an_unknown_category_is_refused_by_naming_the_known():
    with pytest.raises(
        ValueError, match=r"no category 'chiar'; choose one of plane, bench.*vessel"
    ):
        make("chiar", 0)


def test_a_negative_seed_is_refused():
    with pytest.raises(ValueError, match=r"a seed is a whole number from 0 up; got -1"):
        make("chair", -1)


# The parts


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        (lambda: box(1, (0, 2), 3), 6),
        (lambda: stack([(0.0, 2.0, 2.0), (3.0, 0.0002, 0.0002)]), 4),
        (lambda: prism([(0, 0), (2, 0), (0, 1)], "x", 3), 3),
        (lambda: lathe([(1, 0), (1, 2)], 200), 2 * np.pi),
        (lambda: rod((1, 1, 1), (1, 1, 3), 0.5, sides=200), np.pi / 2),
        (lambda: bar((0, 0, 0), (3, 4, 0), 0.2, 0.5), 0.5),
        (lambda: ball((1, 2, 3), (1, 2, 0.5), 120), 4 / 3 * np.pi),
    ],
)
def test_volumes_of_parts(part, expected):
    assert part().volume() == pytest.approx(expected, rel=5e-3)


@pytest.mark.parametrize(
    ("along", "expected"),
    [("x", (5, 0, 0, 6, 3, 2)), ("y", (0, 5, 0, 2, 6, 3)), ("z", (0, 0, 5, 2, 3, 6))],
)
def test_outlines_mean_a_side_view_a_plan_and_a_front_view(along, expected):
    """An outline 2 wide and 3 high, extruded from 5 to 6."""
    outline = rect((0.0, 2.0), (0.0, 3.0))
    for solid in (prism(outline, along, (5, 6)), loft([(5, outline), (6, outline)], along)):
        assert solid.bounding_box() == pytest.approx(expected)
        assert solid.volume() == pytest.approx(6)


def test_rounded_boxes_keep_their_size_and_lose_their_corners():
    sharp, soft = box(1, 2, 3), box(1, 2, 3, round=0.2)
    assert soft.bounding_box() == pytest.approx(sharp.bounding_box())
    assert 0.9 * sharp.volume() < soft.volume() < sharp.volume()


@given(angle=st.floats(-80, 80), radius=st.floats(0.05, 0.2))
def test_a_mitred_tube_keeps_its_section_round_a_bend(angle, radius):
    """Volume = section × length of the axis, whatever the angle of the mitre."""
    a = np.radians(angle)
    path = [(0, 0, 0), (0, 2, 0), (0, 2 + 2 * np.cos(a), 2 * np.sin(a))]
    section = ellipse(2 * radius, 2 * radius, 12)
    area = prism(section, "z", 1).volume()
    assert sweep(path, section).volume() == pytest.approx(4 * area, rel=1e-4)


def test_smooth_curves_pass_through_their_points():
    through = np.array([(0, 0), (1, 2), (3, 1), (4, 4)], dtype=float)
    assert smooth(through, 5)[::5] == pytest.approx(through)


def test_fillets_keep_the_ends_and_cut_the_corner():
    path = np.array([(0, 0, 0), (0, 1, 0), (1, 1, 0)], dtype=float)
    bent = fillet(path, 0.3)
    assert bent[0] == pytest.approx(path[0])
    assert bent[-1] == pytest.approx(path[-1])
    assert np.linalg.norm(bent - path[1], axis=1).min() > 0.1


def test_mirrors_and_rings_multiply_volume():
    peg = tube([(1, 0, 0), (1, 1, 0)], 0.1)
    assert pair(peg).volume() == pytest.approx(2 * peg.volume())
    assert around(peg, 5).volume() == pytest.approx(5 * peg.volume())


def test_text_becomes_points_and_plans():
    assert points("1 -2, .5 3").tolist() == [[1, -2], [0.5, 3]]
    assert read_plans("a 1:2 -3\nb 4 5:6") == {"a": [(1, 2), (-3, -3)], "b": [(4, 4), (5, 6)]}
    assert spread(1, 2, 1) == [1.5]


def test_dice_are_fair_and_remember_their_seed():
    dice = Dice("chair", 1)
    draws = [dice.pick("a", "b", "b", "b") for _ in range(2000)]
    assert 0.7 < draws.count("b") / 2000 < 0.8
    assert all(2 <= dice.count(2, 4) <= 4 for _ in range(50))
    assert {dice.count(1, 3) for _ in range(50)} == {1, 2, 3}
    assert Dice("chair", 1).between(0, 1) != Dice("chair", 2).between(0, 1)
    assert Dice("chair", 1).between(0, 1) != Dice("table", 1).between(0, 1)
    assert dice.maybe(1.0, box(1, 1, 1)).volume() == pytest.approx(1)
    assert dice.maybe(0.0, box(1, 1, 1)).is_empty()
