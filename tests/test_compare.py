"""What a ledger's seeds allow to say, on ledgers planted so that the answer is known."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_ledger import row

from fiveviews.metrics import paired_difference
from fiveviews.training import compare


def runs(name: str, *values: float, **fields: object) -> list:
    return [row(row=name, value=v, seed=seed, **fields) for seed, v in enumerate(values)]


def test_the_most_recorded_setting_is_taken_whole_and_alone():
    short = runs("baseline", 0.3, 0.31, params={"steps": 100})
    long = runs("baseline", 0.4, 0.41, params={"steps": 900}) + runs(
        "resnet", 0.42, params={"steps": 900}
    )
    other = runs("baseline", 0.5, 0.51, 0.52, scale="full", params={"steps": 900})
    assert compare.most_recorded(short + long) == long
    assert compare.most_recorded(short[:1] + long + other[:2]) == long
    assert compare.most_recorded([]) == []


def test_a_run_done_again_counts_once():
    first, again = runs("baseline", 0.3), runs("baseline", 0.4)
    assert [r.value for r in compare.most_recorded(first + again)] == [0.4]
    assert compare.twins(first + again) == []


def test_differences_are_paired_by_seed():
    """Seeds move both rows by 0.1, and one row always leads by 0.01: unpaired, nothing shows."""
    rows = runs("baseline", 0.31, 0.41, 0.5101, paper_value=0.5)
    rows += runs("resnet", 0.30, 0.40, 0.50, paper_value=0.4)
    (line,) = compare.differences(rows, ("baseline", "resnet"))
    assert line["row"] == "baseline − resnet"
    assert line["paper"] == pytest.approx(0.1)
    expected = paired_difference([0.31, 0.41, 0.5101], [0.30, 0.40, 0.50])
    assert (line["mean"], line["low"], line["high"], line["seeds"]) == expected
    assert line["verdict"] == "baseline is higher"
    (line,) = compare.differences(rows, {"baseline": "plain", "resnet": "ResNet"})
    assert (line["row"], line["verdict"]) == ("plain − ResNet", "plain is higher")


def test_only_common_seeds_are_compared_and_a_single_one_says_nothing():
    rows = runs("baseline", 0.1, 0.2, 0.9) + runs("attention", 0.1, 0.3) + runs("resnet", 0.5)
    lines = compare.differences(rows, ("baseline", "resnet", "attention"))
    assert [(line["row"], line["seeds"]) for line in lines] == [("baseline − attention", 2)]
    assert lines[0]["verdict"] == "cannot be told apart"
    assert compare.differences(runs("mean_shape", 0.1, 0.2), ("mean_shape", "resnet")) == []


@given(*[st.dictionaries(st.integers(0, 4), st.floats(-1, 1))] * 2)
def test_a_change_is_the_paired_difference_of_the_seeds_that_both_have(ours, theirs):
    line, seeds = compare.change(ours, theirs), sorted(ours.keys() & theirs.keys())
    assert (line["seeds"], len(line["values"])) == (len(seeds), len(seeds))
    assert ("low" in line, "high" in line) == (len(seeds) > 1,) * 2
    assert math.isnan(line["mean"]) == (not seeds)
    if len(seeds) > 1:
        expected = paired_difference([ours[s] for s in seeds], [theirs[s] for s in seeds])
        assert (line["mean"], line["low"], line["high"], line["seeds"]) == expected


def test_twins_differ_in_nothing_but_the_seed():
    rows = runs("baseline", 0.1, 0.2, 0.4) + runs("resnet", 0.7)
    rows += runs("baseline", 0.9, params={"steps": 5})
    assert sorted(compare.twins(rows)) == pytest.approx([0.1, 0.2, 0.3])


@given(st.lists(st.floats(-1, 1), min_size=2, max_size=8))
def test_a_verdict_needs_an_interval_on_one_side_of_zero(values):
    difference = paired_difference(values, [0.0] * len(values))
    said = compare.verdict(difference, "above", "below")
    assert (said == "above") == (difference.low > 0)
    assert (said == "below") == (difference.high < 0)
