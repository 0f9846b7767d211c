"""Scores against closed forms; intervals against simulation."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from fiveviews import metrics
from fiveviews.meshes import Mesh, icosphere
from fiveviews.voxels import voxelise

GRIDS = arrays(bool, (2, 3, 3, 3)).map(torch.from_numpy)
SILHOUETTES = arrays(np.float64, (2, 4, 5), elements=st.floats(0, 1, allow_subnormal=False)).map(
    torch.from_numpy
)


def box(low: int, high: int) -> torch.Tensor:
    grid = torch.zeros(8, 8, 8, dtype=torch.bool)
    grid[low:high, low:high, low:high] = True
    return grid


def test_voxel_iou_of_boxes_is_the_ratio_of_their_volumes():
    assert metrics.voxel_iou(box(0, 4), box(2, 6)).item() == pytest.approx(8 / (64 + 64 - 8))
    assert metrics.voxel_iou(box(0, 8), box(0, 4)).item() == 1 / 8
    assert metrics.voxel_iou(box(0, 2), box(2, 4)).item() == 0


def test_voxel_iou_of_two_empty_grids_is_one_and_of_one_empty_grid_zero():
    empty = box(0, 0)
    assert metrics.voxel_iou(empty, empty).item() == 1
    assert metrics.voxel_iou(empty, box(0, 1)).item() == 0


def test_voxel_iou_scores_every_view_of_an_object_against_its_one_target():
    views = torch.stack([box(0, 4), box(0, 8), box(4, 8)])[None]
    scores = metrics.voxel_iou(views, box(0, 4)[None, None])
    torch.testing.assert_close(scores, torch.tensor([[1.0, 1 / 8, 0.0]], dtype=torch.float64))


def test_voxel_iou_takes_what_voxelise_gives():
    ball = Mesh(0.4 * icosphere(2).vertices, icosphere(2).faces)
    grid = voxelise(ball, 16)
    assert metrics.voxel_iou(grid, grid).item() == 1
    half = torch.from_numpy(grid) & (torch.arange(16) < 8)
    assert metrics.voxel_iou(grid, half).item() == half.sum().item() / grid.sum()


@given(GRIDS, GRIDS)
def test_voxel_iou_is_symmetric_bounded_and_one_only_for_equal_grids(a, b):
    scores = metrics.voxel_iou(a, b)
    assert torch.equal(scores, metrics.voxel_iou(b, a))
    assert ((scores >= 0) & (scores <= 1)).all()
    assert torch.equal(scores == 1, (a == b).flatten(1).all(dim=1))


@pytest.mark.parametrize(
    ("prediction", "target", "message"),
    [
        (torch.rand(4, 4, 4), box(0, 1), "binarise"),
        (np.ones((4, 4, 4)), np.ones((4, 4, 4), bool), "got torch.float64 and torch.bool"),
        (box(0, 1), torch.zeros(4, 4, 4, dtype=torch.bool), "one resolution"),
        (torch.ones(4, 4, dtype=torch.bool), torch.ones(4, 4, dtype=torch.bool), "X, Y, Z"),
    ],
)
def test_voxel_iou_refuses_what_is_no_pair_of_grids(prediction, target, message):
    with pytest.raises(ValueError, match=message):
        metrics.voxel_iou(prediction, target)


def test_soft_iou_of_hard_masks_is_their_iou():
    a, b = torch.zeros(64, 64), torch.zeros(64, 64)
    a[:32], b[16:48] = 1, 1
    assert metrics.soft_iou(a, b).item() == pytest.approx(1 / 3, abs=1e-6)


def test_soft_iou_of_constants_has_its_closed_form():
    p, t = torch.full((8, 8), 0.3), torch.full((8, 8), 0.9)
    assert metrics.soft_iou(p, t).item() == pytest.approx(0.27 / (0.3 + 0.9 - 0.27), rel=1e-5)
    assert metrics.soft_iou(torch.zeros(8, 8), torch.zeros(8, 8)).item() == 0


@given(SILHOUETTES, SILHOUETTES)
def test_soft_iou_is_symmetric_and_bounded(p, t):
    scores = metrics.soft_iou(p, t)
    torch.testing.assert_close(scores, metrics.soft_iou(t, p))
    assert ((scores >= 0) & (scores <= 1)).all()


def test_soft_iou_has_the_gradient_that_finite_differences_give():
    generator = torch.Generator().manual_seed(0)
    p = torch.rand(2, 3, 3, generator=generator, dtype=torch.float64, requires_grad=True)
    t = torch.rand(2, 3, 3, generator=generator, dtype=torch.float64)
    assert torch.autograd.gradcheck(lambda x: metrics.soft_iou(x, t), p)


def test_soft_iou_refuses_images_of_two_sizes():
    with pytest.raises(ValueError, match="one size"):
        metrics.soft_iou(torch.zeros(8, 8), torch.zeros(8, 4))


def test_t_interval_is_the_textbook_one():
    # n = 4, s = 0.1291, t(0.975, 3) = 3.1824: half width 0.2054
    interval = metrics.t_interval([0.4, 0.5, 0.6, 0.7])
    assert interval.mean == pytest.approx(0.55)
    assert interval.high - interval.mean == pytest.approx(0.2054, abs=1e-4)
    assert interval.mean - interval.low == pytest.approx(0.2054, abs=1e-4)


def test_one_value_has_a_mean_and_no_interval():
    interval = metrics.t_interval([0.4])
    assert interval.mean == 0.4
    assert np.isnan([interval.low, interval.high]).all()
    assert str(interval) == "0.400 (n = 1)"


def test_t_interval_covers_the_mean_as_often_as_it_says():
    draws = np.random.default_rng(0).normal(0.5, 0.1, size=(2000, 4))
    intervals = [metrics.t_interval(values) for values in draws]
    covered = np.mean([low <= 0.5 <= high for _, low, high, _ in intervals])
    assert covered == pytest.approx(0.95, abs=0.015)  # three standard errors


def test_bootstrap_covers_the_mean_of_classes_of_unequal_size_and_spread():
    generator = np.random.default_rng(1)
    strata = np.repeat(["a", "b", "c"], [20, 40, 80])
    centre = {"a": 0.2, "b": 0.5, "c": 0.8}
    hits = 0
    for trial in range(200):
        objects = np.array([centre[s] for s in strata]) + generator.normal(0, 0.1, len(strata))
        views = objects[:, None] + generator.normal(0, 0.05, (len(strata), 6))
        interval = metrics.bootstrap_interval(views, strata, seed=trial, resamples=200)
        hits += interval.low <= 0.5 <= interval.high
    assert hits / 200 == pytest.approx(0.95, abs=0.05)


def test_bootstrap_draws_an_object_with_all_its_views():
    # Copying each view 24 times adds no information, so the interval must not shrink.
    values = np.random.default_rng(2).normal(size=50)
    once = metrics.bootstrap_interval(values)
    copied = metrics.bootstrap_interval(np.repeat(values[:, None], 24, axis=1))
    np.testing.assert_allclose(copied, once)


def test_bootstrap_approaches_the_normal_interval_for_many_objects():
    values = np.random.default_rng(3).normal(size=400)
    interval = metrics.bootstrap_interval(values, resamples=4000)
    half = 1.96 * values.std() / 20
    assert interval.high - interval.mean == pytest.approx(half, rel=0.08)
    assert interval.mean - interval.low == pytest.approx(half, rel=0.08)


@given(st.lists(st.floats(-1, 1), min_size=2, max_size=20), st.floats(-5, 5))
def test_intervals_move_with_the_values(values, shift):
    for interval in (metrics.t_interval, metrics.bootstrap_interval):
        options = {} if interval is metrics.t_interval else {"resamples": 20}
        before, after = interval(values, **options), interval(np.add(values, shift), **options)
        assert before.low <= before.high
        np.testing.assert_allclose(np.add(before[:3], shift), after[:3], atol=1e-9)


def test_a_paired_difference_is_narrow_where_the_pairs_move_together():
    seeds = np.random.default_rng(4).normal(0.5, 0.2, size=8)
    ours = seeds + 0.05 + np.random.default_rng(5).normal(0, 0.01, size=8)
    paired = metrics.paired_difference(ours, seeds)
    assert paired.low > 0
    assert metrics.t_interval(ours).low < metrics.t_interval(seeds).high


def test_wilsons_interval_holds_the_shares_whose_test_would_not_reject():
    """Its ends solve (share - p)² = z² p (1 - p) / n, also for a share of 0 or 1."""
    for share, n in ((0.0, 5), (0.3, 10), (0.717, 191), (1.0, 40)):
        _, low, high, count = metrics.wilson_interval(share, n)
        assert count == n
        for end in (low, high):
            assert (share - end) ** 2 == pytest.approx(1.959964**2 * end * (1 - end) / n, abs=1e-6)
        assert -1e-12 <= low <= share <= high <= 1 + 1e-12


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: metrics.t_interval([0.5, float("nan")]), "finite"),
        (lambda: metrics.t_interval([]), "at least one"),
        (lambda: metrics.t_interval([[0.5, 0.6]]), "one value per seed"),
        (lambda: metrics.t_interval([0.5, 0.6], level=95), "level"),
        (lambda: metrics.paired_difference([0.5], [0.5, 0.6]), "equally many"),
        (lambda: metrics.wilson_interval(1.2, 10), "a share in"),
        (lambda: metrics.wilson_interval(0.5, 0), "at least one thing"),
        (lambda: metrics.bootstrap_interval([0.5, 0.6], strata=["a"]), "one stratum per object"),
    ],
)
def test_intervals_refuse_what_has_none(call, message):
    with pytest.raises(ValueError, match=message):
        call()


POINTS = arrays(np.float64, (7, 3), elements=st.floats(-1, 1, allow_subnormal=False))


@given(POINTS, POINTS)
def test_hausdorff_is_the_largest_of_the_smallest_distances(ours, theirs):
    distances = np.linalg.norm(ours[:, None] - theirs[None], axis=-1)
    found = metrics.hausdorff(ours, theirs)
    assert found.forward == pytest.approx(distances.min(1).max(), abs=1e-12)
    assert found.reverse == pytest.approx(distances.min(0).max(), abs=1e-12)
    back = metrics.hausdorff(torch.from_numpy(theirs), torch.from_numpy(ours))
    assert (back.reverse, back.forward) == (found.forward, found.reverse)
    assert metrics.hausdorff(ours, ours) == (0, 0)


@given(POINTS, POINTS, POINTS)
def test_hausdorff_satisfies_the_triangle_inequality(a, b, c):
    one, two, three = (max(metrics.hausdorff(*p)) for p in ((a, b), (b, c), (a, c)))
    assert three <= one + two + 1e-12


def test_a_quantile_of_hausdorff_forgets_a_stray_point():
    grid = np.stack(np.meshgrid(range(10), range(10), [0]), -1).reshape(-1, 3)
    stray = np.concatenate([grid, [[0, 0, 50]]])
    assert metrics.hausdorff(stray, grid) == (50, 0)
    assert metrics.hausdorff(stray, grid, quantile=0.95) == (0, 0)


def test_depth_mse_counts_the_true_surfels_of_each_image():
    target = torch.tensor([[[1.0, 2.0], [torch.inf, 0.0]], [[1.0, 1.0], [1.0, 1.0]]])
    prediction = torch.tensor([[[1.5, 2.0], [9.0, torch.nan]], [[0.0, 1.0], [1.0, 1.0]]])
    torch.testing.assert_close(metrics.depth_mse(prediction, target), torch.tensor([0.125, 0.25]))


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (
            lambda: metrics.hausdorff(np.ones((3, 2)), np.ones((3, 3))),
            r"points \(N, 3\).*got \(3, 2",
        ),
        (lambda: metrics.hausdorff(np.ones((3, 3)), np.ones((0, 3))), "target must be points"),
        (lambda: metrics.hausdorff(np.full((3, 3), np.nan), np.ones((3, 3))), "NaN or infinite"),
        (lambda: metrics.hausdorff(np.ones((3, 3)), np.ones((3, 3)), 0.0), "quantile must lie"),
        (lambda: metrics.depth_mse(torch.ones(1, 2, 2), torch.ones(1, 3, 2)), "of one size"),
        (lambda: metrics.depth_mse(torch.ones(1, 2, 2), torch.zeros(1, 2, 2)), "no true surfel"),
        (
            lambda: metrics.depth_mse(torch.full((1, 2, 2), torch.nan), torch.ones(1, 2, 2)),
            "the prediction is NaN",
        ),
    ],
)
def test_what_has_no_distance_is_refused(call, told):
    with pytest.raises(ValueError, match=told):
        call()
