"""What the page "See" of the templates chapter sets beside each other."""

import math

import pytest

from fiveviews.book import templates_see as beside
from fiveviews.chamfer import sampling_floor
from fiveviews.data.fields import load_fields
from fiveviews.models import templates_tables as tables
from fiveviews.training.ledger import Row


def row(name, category, value, *, seed=0, view="fix", metric="chamfer_mean", **params) -> Row:
    claim = "ablation" if "frozen" in name else "chamfer"
    return Row(
        chapter="templates", claim=claim, row=name, category=category, metric=metric, unit="0.001",
        value=value, n_items=16, seed=seed, scale="lab", dataset="procedural",
        params={"view": view, "frame": "shapenet", "n_train": 64, "steps": 9} | params,
        commit=None, dirty=None, device="cpu", torch="2", wall_s=1.0, peak_mb=1.0, started="now",
    )  # fmt: skip


def runs(name, category, values, **options) -> list[Row]:
    return [row(name, category, v, seed=k, **options) for k, v in enumerate(values)]


ROWS = [
    *runs("sol1", "chair", (2.0, 2.1, 2.2)),
    *runs("nearest_neighbour", "chair", (3.0, 3.0, 3.0)),
    *runs("mean_template", "chair", (5.0, 5.1, 5.2), view="none"),
    *runs("sol1", "plane", (1.0, 1.8, 1.2)),
    *runs("nearest_neighbour", "plane", (1.5, 1.5, 1.5)),
    *runs("mean_template", "plane", (1.1, 1.9, 1.3), view="none"),
]


def test_who_is_ahead_is_counted_by_means_and_by_intervals_of_the_difference():
    found = beside.ahead(ROWS, ["chair", "plane"])
    assert (found["beat_retrieval"], found["sure_retrieval"]) == (2, 1)  # planes: undecided
    assert (found["beat_template"], found["sure_template"]) == (2, 2)  # ahead by 0.1 in each seed
    assert found["plane_gap_mean"] == pytest.approx(-1 / 6)
    assert found["plane_gap_low"] < 0 < found["plane_gap_high"]
    assert found["beat_retrieval_rnd"] == 0  # nothing is recorded there
    assert math.isnan(found["plane_gap_rnd_mean"])


def test_rows_without_a_picture_stand_beside_every_view():
    chosen = {"category": "chair", "frame": "shapenet", "view": "fix"}
    gap = tables.difference(ROWS, "sol1", "mean_template", **chosen)
    assert gap["values"] == pytest.approx([-3.0, -3.0, -3.0])
    assert beside.mean_of(ROWS, "mean_template", "chair", "rnd") == pytest.approx(5.1)
    assert math.isnan(beside.mean_of(ROWS, "sol1", "chair", "rnd"))


def test_runs_that_began_with_imagenets_weights_are_no_part_of_others():
    rows = ROWS + runs("sol1", "chair", (9.0, 9.0, 9.0), imagenet=True)
    chosen = {"category": "chair", "frame": "shapenet", "view": "fix"}
    gap = tables.difference(rows, "sol1", "nearest_neighbour", **chosen)
    assert gap["mean"] == pytest.approx(-0.9)


def test_what_contrast_changes_stands_beside_medians_failures_and_baselines():
    rows = list(ROWS)
    for name, values in (
        ("sol2_frozen", (8.0, 8.2, 8.1)),
        ("sol2_contrastive_frozen", (6.0, 6.1, 6.2)),
    ):
        for view in ("fix", "rnd"):
            rows += runs(name, "chair", values, view=view)
            rows += runs(name, "chair", [v / 2 for v in values], view=view, metric="chamfer_median")
            rows += runs(name, "chair", (0.0, 1.0, 0.0), view=view, metric="failures")
    lines = beside.changes(rows, ["chair"])
    assert [(line["learn"], line["view"]) for line in lines] == [
        ("no", "fix"), ("no", "rnd"), ("yes", "fix"), ("yes", "rnd"),
    ]  # fmt: skip
    first = lines[0]
    assert first["mean"] == pytest.approx(-2.0)
    assert (first["rival"], first["nearest"], first["template"]) == pytest.approx((8.1, 3.0, 5.1))
    assert (first["median_without"], first["median_with"]) == pytest.approx((4.05, 3.05))
    assert first["failed"] == 2
    assert set(beside.CHANGES) <= set(first)
    said = beside.summary(lines)
    assert (said["better_frozen"], said["worse_frozen"], said["better_learning"]) == (2, 0, 0)
    assert (said["frozen_without"], said["frozen_with"]) == pytest.approx((8.1, 6.1))
    assert said["behind_frozen"] == 1  # of retrieval at random views nothing is recorded


@pytest.mark.parametrize(("frame", "there"), [("shapenet", "unit_diagonal"), ("unit_sphere",) * 2])
def test_a_table_names_its_frame_and_that_frames_floor(frame, there):
    rows = [
        row(name, "chair", value, view=view, metric=metric, frame=frame)
        for name, view in (("sol1", "fix"), ("mean_template", "none"))
        for metric, value in (("chamfer_mean", 2.0), ("chamfer_median", 1.0), ("failures", 0.0))
    ]
    lines, heads, caption = beside.one_table(rows, "chair", frame)
    assert ("paper" in heads) == (frame == "shapenet")
    assert len(lines) == 2
    assert beside.FRAMES[frame] in caption
    test = load_fields("chair", "test", n=beside.FLOORS)
    expected = sum(sampling_floor(test.mesh(i), there) for i in range(beside.FLOORS)) / 4
    assert f"scores {1000 * expected:.2f}." in caption
    assert beside.one_table([], "chair", frame) == ([], {}, "chair: nothing recorded yet")


def test_each_published_row_says_in_which_frame_and_with_how_many_points_it_was_measured():
    lines = {line["row"]: line for line in beside.quoted()}
    assert lines["DISN"]["frame"] == "unit sphere"
    assert lines["DISN"]["points"] == "2,048 vertices"
    assert lines["Sol 2, rnd"]["frame"] == "ShapeNet's frame"
    assert lines["Sol 2, rnd"]["plane"] == 1.75  # with contrastive pre-training
    assert lines["Sol 1, fix"]["chair"] == 1.61
    assert set(beside.QUOTED) == set(lines["DISN"])
