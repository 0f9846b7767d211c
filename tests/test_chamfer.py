"""Chamfer distance against brute force, laws of scale, its floor, and failures."""

import math

import numpy as np
import pytest
import torch
from field_shapes import box, moved, rotation
from hypothesis import given, settings
from hypothesis import strategies as st

from fiveviews.chamfer import chamfer, chamfer_distance, sampling_floor, summarise
from fiveviews.fields.frames import unit_diagonal, unit_sphere
from fiveviews.meshes import Mesh, icosphere
from fiveviews.shapes import make

CHAIR = make("chair", seed=0)


@given(st.integers(1, 40), st.integers(1, 40), st.integers(0, 2**31), st.booleans())
@settings(max_examples=25)
def test_chamfer_is_what_all_pairs_say(n, m, seed, squared):
    generator = torch.Generator().manual_seed(seed)
    a, b = torch.randn(n, 3, generator=generator), torch.randn(m, 3, generator=generator)
    pairs = torch.cdist(a.double(), b.double())
    pairs = pairs.square() if squared else pairs
    expected = pairs.amin(1).mean() + pairs.amin(0).mean()
    assert chamfer(a, b, squared) == pytest.approx(expected.item(), rel=1e-6, abs=1e-12)
    assert chamfer(a, b, squared) == pytest.approx(chamfer(b, a, squared), rel=1e-12)
    assert chamfer(a, a, squared) == 0


def test_chamfer_moves_with_both_and_grows_with_the_scale():
    a, b = torch.randn(100, 3), torch.randn(120, 3)
    turn = rotation(1)
    once = chamfer(a, b)
    assert chamfer(a @ turn.T + 1, b @ turn.T + 1) == pytest.approx(once, rel=1e-4)
    assert chamfer(3 * a, 3 * b) == pytest.approx(9 * once, rel=1e-6)
    assert chamfer(3 * a, 3 * b, squared=False) == pytest.approx(3 * chamfer(a, b, False), rel=1e-6)


@pytest.mark.parametrize(
    "wrong", [torch.zeros(0, 3), torch.zeros(4, 2), torch.full((2, 3), torch.nan), torch.zeros(3)]
)
def test_what_is_no_set_of_points_is_refused(wrong):
    with pytest.raises(ValueError, match="points"):
        chamfer(wrong, torch.zeros(2, 3))


def test_concentric_balls_are_their_difference_apart():
    small, large = moved(icosphere(4), scale=0.9), icosphere(4)
    found = chamfer_distance(small, large, "unit_sphere", n=20_000, squared=False)
    assert found == pytest.approx(2 * 0.1, rel=0.02)
    found = chamfer_distance(small, large, "unit_sphere", n=20_000)
    assert found == pytest.approx(2 * 0.01, rel=0.03)


def test_the_frame_is_that_of_the_target_and_its_factor_is_squared():
    worse = moved(CHAIR, (0.02, 0.0, 0.0), 1.05)
    diagonal = chamfer_distance(worse, CHAIR, n=2000)
    sphere = chamfer_distance(worse, CHAIR, "unit_sphere", n=2000)
    factor = unit_sphere(CHAIR, 1.0).scale / unit_diagonal(CHAIR).scale
    assert sphere / diagonal == pytest.approx(factor**2, rel=1e-4)
    assert 3 < factor**2 <= 4.5  # "about 4", by which tables in the two frames differ
    away = [moved(mesh, (5.0, -2.0, 1.0), 7.0) for mesh in (worse, CHAIR)]
    assert chamfer_distance(*away, n=2000) == pytest.approx(diagonal, rel=1e-3)


def test_the_floor_is_not_zero_falls_with_the_points_and_is_below_what_differs():
    floors = [sampling_floor(CHAIR, n=n) for n in (500, 2000, 8000)]
    assert floors[0] > 2.5 * floors[1] > 6 * floors[2] > 0  # as 1 / n
    again = sampling_floor(CHAIR, n=2000, seed=1)
    assert again != floors[1]
    assert again == pytest.approx(floors[1], rel=0.1)
    assert sampling_floor(CHAIR, n=2000) == floors[1]
    # Of a plane sampled by n points per area A, squared distances to the nearest are A / πn.
    area = 2 * sum(a * b for a, b in ((1.0, 0.6), (1.0, 0.8), (0.6, 0.8)))
    expected = 2 * area / (math.pi * 8000) * unit_diagonal(box()).scale ** 2
    assert sampling_floor(box(), n=8000) == pytest.approx(expected, rel=0.05)
    assert chamfer_distance(moved(CHAIR, scale=0.9), CHAIR, n=2000) > 2 * floors[1]


def test_failures_are_counted_and_never_skipped_or_zero():
    nothing = Mesh(torch.zeros(0, 3), torch.zeros(0, 3))
    line = Mesh(torch.zeros(3, 3), [[0, 1, 2]])
    scores = [chamfer_distance(p, CHAIR, n=100) for p in (None, nothing, line, CHAIR)]
    assert np.isnan(scores).tolist() == [True, True, True, False]
    summary = summarise(scores)
    assert (summary.failures, summary.mean.n) == (3, 1)
    assert summary.median == pytest.approx(scores[3] * 1000)
    none = summarise([math.nan, math.nan])
    assert none.failures == 2
    assert math.isnan(none.mean.mean)
    with pytest.raises(ValueError, match=r"no area|no extent"):
        chamfer_distance(CHAIR, line)


def test_unknown_frames_and_no_points_are_refused():
    with pytest.raises(ValueError, match="unit_diagonal, unit_sphere; got 'metre'"):
        chamfer_distance(CHAIR, CHAIR, "metre")
    with pytest.raises(ValueError, match="n = 0"):
        chamfer_distance(CHAIR, CHAIR, n=0)
