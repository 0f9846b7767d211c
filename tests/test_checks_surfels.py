"""The surfel exercises beyond what all share (test_checks_exercises.py): edges, and hands."""

import numpy as np
import pytest

from fiveviews import polycubes
from fiveviews.checks import surfels as check


def test_ties_and_collapse_are_edges_of_the_score() -> None:
    verdict = check.right(lambda d, a: (d.argmin(1) == a).double().mean())
    assert "Who cannot decide has not answered" in verdict.message
    lax = check.right(lambda d, a: (d.gather(1, a[:, None]) <= d).all(1).double().mean())
    assert lax.state == "wrong"


def test_numbers_that_overflow_are_an_edge_of_the_information() -> None:
    verdict = check.information(lambda j, s: j.mean() - s.exp().mean().log())
    assert "logsumexp" in verdict.message


def test_hands_are_told_apart() -> None:
    assert check.handed(polycubes.is_chiral)
    assert "every figure" in check.handed(lambda cells: True).message
    assert "*one* axis" in check.handed(lambda cells: False).message
    inverse = check.handed(lambda cells: not polycubes.is_chiral(cells))
    assert "other way round" in inverse.message
    assert check.handed(lambda cells: len(cells) > 3).state == "wrong"


@pytest.mark.parametrize("few", [slice(0, 4), slice(0, 12), slice(12, 24), slice(1, 24)])
def test_a_function_that_leaves_out_rotations_is_found_out(few: slice) -> None:
    def place(figure):
        return {tuple(cell) for cell in (figure - figure.min(0)).tolist()}

    def handed(cells):
        mirrored = cells * np.array([-1, 1, 1])
        turned = (place(mirrored @ turn.T) for turn in polycubes.rotations()[few])
        return all(place(cells) != other for other in turned)

    verdict = check.handed(handed)
    assert verdict.state == "wrong"
    assert "24 rotations" in verdict.message


def test_an_open_hand_is_open() -> None:
    def open_one(cells: np.ndarray) -> bool:
        raise NotImplementedError("24 poses")

    assert check.handed(open_one).state == "open"
