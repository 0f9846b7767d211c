"""The viewpoint exercises beyond what all share (test_checks_exercises.py): edges, and truth."""

import inspect
from collections.abc import Callable

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment
from torch import Tensor
from torch.nn import functional as F

from fiveviews.cameras import shapenet_views
from fiveviews.checks import Exercise, Verdict
from fiveviews.checks import viewpoints as check
from fiveviews.checks.viewpoints import challenge
from fiveviews.data.views import load_views
from fiveviews.models.siamvp import SiamVP, belief, pseudo_label, score_pseudo_labels

EVERY = torch.arange(24)


def open_exercise(*_: object) -> Tensor:
    raise NotImplementedError("think first")


def flat_only(a: Tensor, b: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    return ((a - b).abs() * weight).sum(1 if a.ndim > 1 else 0) + bias


def overflowing(logits: Tensor, same: Tensor) -> Tensor:
    p = logits.sigmoid()
    losses = -torch.where(same, p.log(), (1 - p).log())
    kinds = losses[same], losses[~same]
    return sum(kind.mean() + kind.max() / 32 for kind in kinds)


def at_least(belief: Tensor, threshold: float) -> Tensor:
    best, views = belief.max(1)
    return torch.where(best >= threshold, views, -1)


def nan_score(pseudo: Tensor, true: Tensor) -> Tensor:
    given = pseudo >= 0
    return torch.stack([given.double().mean(), (pseudo == true).sum() / given.sum()])


@pytest.mark.parametrize(
    ("exercise", "answer", "words"),
    [
        (check.logit, flat_only, "dim=-1"),
        (check.pair_loss, overflowing, "use softplus"),
        (check.pseudo_label, at_least, "at the threshold a picture gets no label"),
        (check.score, nan_score, "never NaN"),
    ],
)
def test_edges_are_tried_and_named(
    exercise: Exercise, answer: Callable[..., Tensor], words: str
) -> None:
    verdict = exercise(answer)
    assert verdict.state == "wrong"
    assert verdict.message.startswith("Right on ordinary inputs.")
    assert words in verdict.message


# The truths agree with the library, and with the mathematics --------------------------------------


def test_distances_are_those_between_the_cameras() -> None:
    """The angle between two eyes, seen from above, is 15° per step."""
    eyes = shapenet_views().eye[:, [0, 2]].double()
    cosine = F.cosine_similarity(eyes[:, None], eyes[None], dim=-1).clamp(-1, 1)
    steps = check.steps_between.truth(EVERY[:, None], EVERY[None])
    torch.testing.assert_close(cosine.acos().rad2deg(), 15 * steps.double(), atol=0.01, rtol=0)


@given(st.integers(0, 23), st.integers(0, 23), st.integers(0, 23))
def test_distance_is_a_metric_that_turning_does_not_change(a: int, b: int, c: int) -> None:
    def between(a: int, b: int) -> int:
        return int(check.steps_between.truth(torch.tensor(a), torch.tensor(b)))

    assert between(a, b) == between(b, a) == between((a + c) % 24, (b + c) % 24)
    assert (between(a, b) == 0) == (a == b)
    assert between(a, b) <= between(a, c) + between(c, b)


def test_the_table_holds_the_pairs_that_siamvp_trains_on() -> None:
    views = torch.randint(24, (48,), generator=torch.Generator().manual_seed(0))
    first, second = torch.triu_indices(48, 48, 1)
    table = check.pair_table.truth(views)
    assert ((table[first, second] == 1) == (views[first] == views[second])).all()
    assert table.abs().sum() == 48 * 47 / 2
    assert not table.tril().any()


def test_logit_and_label_are_those_of_the_library() -> None:
    torch.manual_seed(0)
    model = SiamVP((2, 3, 4), 5)
    a, b = model(torch.rand(2, 4, 64, 64))
    ours = check.logit.truth(a, b, model.same.weight[0], model.same.bias[0])
    torch.testing.assert_close(ours, model.compare(a, b))
    pictures = torch.randint(256, (6, 64, 64, 4), dtype=torch.uint8)
    references = torch.randint(256, (1, 24, 64, 64, 4), dtype=torch.uint8)
    p = belief(model, pictures, references)
    middle = p.amax(1).median().item()
    assert check.pseudo_label.truth(p, middle).tolist() == (
        pseudo_label(model, pictures, references, middle).tolist()
    )


def test_the_loss_weighs_both_kinds_alike() -> None:
    """As much for one pair of a kind as for a hundred like it."""
    logits, same = torch.tensor([0.3, -1.0]), torch.tensor([True, False])
    once = check.pair_loss.truth(logits, same)
    many = check.pair_loss.truth(
        logits.repeat_interleave(torch.tensor([1, 100])),
        same.repeat_interleave(torch.tensor([1, 100])),
    )
    torch.testing.assert_close(once, many)
    torch.testing.assert_close(once, (1 + 1 / 32) * F.softplus(torch.tensor([-0.3, -1.0])).sum())


def test_each_twin_is_what_the_lesson_says_of_its_camera() -> None:
    """Azimuths: opposite, negative, and 180° minus."""
    azimuth = torch.deg2rad(-15.0 * EVERY.double())
    half, mirror, outline = torch.deg2rad(-15.0 * check.twins.truth(EVERY).double())
    for twin, expected in (
        (half, azimuth + torch.pi),
        (mirror, -azimuth),
        (outline, torch.pi - azimuth),
    ):
        torch.testing.assert_close(twin.sin(), expected.sin(), atol=1e-9, rtol=0)
        torch.testing.assert_close(twin.cos(), expected.cos(), atol=1e-9, rtol=0)


# The challenge ------------------------------------------------------------------------------------


def planted(seed: int = 0, objects: int = 12) -> Tensor:
    """Beliefs of a network that takes the front half for the back, but not the back for the front.

    So a picture that it is sure of tells where another one cannot belong.
    """
    generator = torch.Generator().manual_seed(seed)
    off = (EVERY[:, None] - EVERY[None]) % 24
    logits = 4.0 * (off == 0) + 4.2 * ((off == 12) & (EVERY[:, None] < 12)) - 2
    return (logits + torch.randn(objects, 24, 24, generator=generator)).sigmoid()


def assign(belief: Tensor) -> np.ndarray:
    return linear_sum_assignment(belief.log().numpy(), maximize=True)[1]


def greedy(belief: Tensor) -> Tensor:
    belief, labels = belief.clone(), torch.zeros(24, dtype=torch.long)
    for _ in range(24):
        row, column = divmod(int(belief.argmax()), 24)
        labels[row] = column
        belief[row], belief[:, column] = -1, -1
    return labels


def test_an_assignment_beats_the_best_entries_and_is_scored_as_it_is() -> None:
    belief = planted()
    verdict = challenge.judge(assign, belief)
    expected = np.mean([assign(one) == np.arange(24) for one in belief])
    assert verdict
    assert verdict.score == pytest.approx(expected)
    assert challenge.judge(lambda b: assign(b).tolist(), belief).score == verdict.score
    assert f"{verdict.score:.0%} of the labels are right" in verdict.message


def test_the_order_of_the_pictures_tells_nothing() -> None:
    assert challenge.judge(lambda b: EVERY, planted()).score < 0.15
    seen = []
    challenge.judge(lambda b: seen.append(b) or b.argmax(1), planted())
    assert all(
        not torch.equal(rows, one) and torch.equal(rows.sort(0)[0], one.sort(0)[0])
        for rows, one in zip(seen, planted(), strict=True)
    )


def test_the_best_entries_score_what_the_goal_is_measured_by() -> None:
    belief = planted()
    verdict = challenge.judge(lambda b: b.argmax(1), belief)
    simple = score_pseudo_labels(belief.argmax(2))["accuracy"]
    assert verdict.state == "wrong"
    assert verdict.score == pytest.approx(simple)
    assert f"the goal is {simple + 0.05:.0%}" in verdict.message
    assert "Each occurs exactly once" in verdict.message
    assert challenge.judge(lambda b: b.argmax(1), belief, gain=0.0)


def test_advice_follows_from_what_the_labels_do_not_do() -> None:
    tempting = torch.full((1, 24, 24), 1e-4)  # each picture looks a bit more like the next one,
    tempting[0, EVERY, EVERY], tempting[0, EVERY[1:], EVERY[:-1]] = 0.5, 0.6  # until none is left
    assert "best of *all* ways" in challenge.judge(greedy, tempting).message

    def sum_of_chances(belief: Tensor) -> np.ndarray:
        return linear_sum_assignment(belief.numpy(), maximize=True)[1]

    assert "a product, not a sum" in challenge.judge(sum_of_chances, tempting).message
    assert "What else do you know" in challenge.judge(assign, planted(), gain=0.9).message


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda b: None, "returns None"),
        (lambda b: "front", "a str"),
        (lambda b: b, "shape (24, 24)"),
        (lambda b: EVERY[:23], "shape (23,)"),
        (lambda b: b.amax(1), "whole number"),
        (lambda b: EVERY + 1, "you give 24"),
        (lambda b: EVERY - 1, "you give -1"),
        (lambda b: EVERY * torch.nan, "you give nan"),
        (lambda b: [[0], [0, 1]], "a list"),
    ],
)
def test_what_are_no_labels_is_told(answer: Callable[[Tensor], object], words: str) -> None:
    verdict = challenge.judge(answer, planted())
    assert (verdict.state, verdict.score) == ("wrong", None)
    assert words in verdict.message


def test_the_challenge_can_stay_open_and_errors_are_annotated() -> None:
    assert challenge.judge(open_exercise, planted()) == Verdict(
        challenge.NAME, "open", "Nothing handed in yet. To do: think first"
    )
    with pytest.raises(RuntimeError) as caught:
        challenge.judge(lambda b: b @ b[:3], planted())
    assert "belief of one object" in caught.value.__notes__[0]


def test_what_an_answer_does_to_the_belief_stays_with_it() -> None:
    belief = planted()
    challenge.judge(lambda b: b.zero_().argmax(1), belief)
    assert torch.equal(belief, planted())


def test_the_order_cannot_be_known_in_advance() -> None:
    """Nor is it the same in two calls, so that a first one could tell it to a second."""
    first, second = [], []
    challenge.judge(lambda b: first.append(b) or EVERY, planted())
    challenge.judge(lambda b: second.append(b) or EVERY, planted())
    assert not torch.equal(torch.stack(first), torch.stack(second))


def test_the_score_is_of_objects_whose_belief_the_notebook_does_not_hold(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Looking rows up in the belief at hand, whose order tells the views, is of no use."""
    monkeypatch.setitem(challenge.STRANGERS, "smoke", 2)
    monkeypatch.setitem(challenge.STEPS, "car", 1)
    model = check.network("car", 1)
    known = torch.from_numpy(load_views("car", "train", n=1).images)
    strangers = torch.from_numpy(load_views("car", "test", n=2).images)
    held = belief(model, strangers.flatten(0, 1), known)

    def looked_up(rows: Tensor) -> Tensor:
        same = (rows[:, None] == held).all(2).double()
        return same.argmax(1) % 24  # 0 where none is the same

    table = held.view(2, 24, 24)
    assert challenge.judge(looked_up, table).score == 1.0
    verdict = check.relabel(looked_up, "car", "smoke")
    assert verdict.state == "wrong"
    assert verdict.score == pytest.approx(1 / 24)


def test_what_believes_is_the_same_network_for_everybody(monkeypatch: pytest.MonkeyPatch) -> None:
    """No network of the notebook's, longer trained or changed afterwards, is asked."""
    monkeypatch.setitem(challenge.STRANGERS, "smoke", 2)
    monkeypatch.setitem(challenge.STEPS, "car", 1)
    before = check.relabel(assign, "car", "smoke")
    held = check.network("car", 1)
    with torch.no_grad():
        held.same.weight.fill_(-1.0)
    assert check.relabel(assign, "car", "smoke") == before
    names = set(inspect.signature(check.relabel).parameters)
    assert names == {"answer", "category", "scale", "gain"}
