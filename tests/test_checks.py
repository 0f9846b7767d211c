"""The engine of the checks, and the soft-mesh exercises beyond what all share."""

import inspect
import re
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from fiveviews.checks import Exercise, Verdict
from fiveviews.checks import soft_meshes as check
from fiveviews.checks.soft_meshes import challenge, letters
from fiveviews.checks.soft_meshes.challenge import SIZES, unseen_views
from fiveviews.meshes import Mesh, edges, icosphere
from fiveviews.metrics import soft_iou
from fiveviews.render.soft.readable import barycentric, distance_to_edges


def open_exercise(*_: object) -> Tensor:
    raise NotImplementedError("think first")


def test_a_gradient_that_is_not_that_of_the_values_is_found() -> None:
    verdict = check.combine(lambda c: check.combine.truth(c) + (c - c.detach()).sum(0))
    assert "not that of the formula" in verdict.message


def test_what_a_function_does_to_its_arguments_stays_with_it() -> None:
    def in_place(cover: Tensor) -> Tensor:
        return cover.neg_().add_(1).prod(dim=0).neg().add(1)

    assert check.combine(in_place)


def test_an_error_inside_the_answer_is_left_to_python_with_a_note() -> None:
    with pytest.raises(RuntimeError) as caught:
        check.combine(lambda c: c @ c.flip(1)[:1])
    assert "5 faces and 5 pixels" in caught.value.__notes__[0]


def overflowing(pixels: Tensor, triangle: Tensor, sigma: float) -> Tensor:
    corners = triangle.expand(len(pixels), 3, 2)
    inside = (barycentric(pixels, corners) > 0).all(-1)
    square = distance_to_edges(pixels, corners)
    grown = (torch.where(inside, square, -square) / sigma).exp()
    return grown / (1 + grown)


def one_sided(pixels: Tensor, triangle: Tensor, sigma: float) -> Tensor:
    along, offset = triangle.roll(-1, 0) - triangle, pixels[:, None] - triangle
    inside = (along[:, 0] * offset[..., 1] - along[:, 1] * offset[..., 0] > 0).all(-1)
    square = distance_to_edges(pixels, triangle.expand(len(pixels), 3, 2))
    return torch.sigmoid(torch.where(inside, square, -square) / sigma)


def dividing(signed: Tensor, sigma: float) -> Tensor:
    cover = torch.sigmoid(signed / sigma)
    return (1 - cover).prod(0) / (1 - cover) * cover * (1 - cover) / sigma


def without_eps(guess: Tensor, target: Tensor) -> Tensor:
    overlap = (guess * target).sum((1, 2))
    return (1 - overlap / ((guess + target).sum((1, 2)) - overlap)).mean()


def lonely_nan(vertices: Tensor, faces: Tensor) -> Tensor:
    pairs = edges(faces)
    ends = torch.cat([pairs, pairs.flip(1)])
    total = torch.zeros_like(vertices).index_add(0, ends[:, 0], vertices[ends[:, 1]])
    degree = torch.bincount(ends[:, 0], minlength=len(vertices))[:, None]
    return (vertices - total / degree).square().sum()


@pytest.mark.parametrize(
    ("exercise", "answer", "words"),
    [
        (check.coverage, overflowing, "overflows"),
        (check.coverage, one_sided, "clockwise"),
        (check.slope, dividing, "0/0"),
        (check.silhouette_loss, without_eps, "1e-6"),
        (check.laplacian, lonely_nan, "without neighbours"),
        (check.voxel_iou, lambda a, b: (a & b).sum() / (a | b).sum(), "never NaN"),
    ],
)
def test_edges_are_tried_and_named(
    exercise: Exercise, answer: Callable[..., Tensor], words: str
) -> None:
    verdict = exercise(answer)
    assert verdict.state == "wrong"
    assert verdict.message.startswith("Right on ordinary inputs.")
    assert words in verdict.message


def test_plain_numbers_will_do_for_a_score() -> None:
    def plain(a: Tensor, b: Tensor) -> float:
        return (a & b).sum().item() / (a | b).sum().item() if (a | b).any() else 1

    assert check.voxel_iou(plain)


def test_a_verdict_is_shown_as_text_and_as_safe_html() -> None:
    shown = Verdict("2 <b>", "wrong", "D < 0.5 & falling")._repr_mimebundle_()
    assert shown["text/plain"] == "✗ 2 <b>: not yet. D < 0.5 & falling"
    assert "2 &lt;b&gt;" in shown["text/html"]
    assert "D &lt; 0.5 &amp; falling" in shown["text/html"]


# Letters ------------------------------------------------------------------------------------------


def by_walking(picture: Tensor) -> Tensor:
    """`letters.possible` by its definition: no walk along a half-axis enters the letter again."""
    allowed = torch.zeros_like(picture)
    for row, column in picture.nonzero().tolist():
        walks = (
            picture[row, column:],
            picture[row, : column + 1].flip(0),
            picture[row:, column],
            picture[: row + 1, column].flip(0),
        )
        allowed[row, column] = all((walk[1:] & ~walk[:-1]).sum() == 0 for walk in walks)
    return allowed


@given(st.lists(st.lists(st.booleans(), min_size=4, max_size=4), min_size=1, max_size=5))
def test_centres_are_where_every_half_axis_leaves_once(rows: list[list[bool]]) -> None:
    picture = torch.tensor(rows)
    assert torch.equal(letters.possible(picture), by_walking(picture))


def test_the_letters_are_what_the_lesson_says() -> None:
    assert not any(letters.possible(check.draw(name)).any() for name in "SZ")
    assert all(letters.possible(check.draw(name)).any() for name in "TCEHL")
    with pytest.raises(ValueError, match="letters drawn here are T, C"):
        check.draw("Q")


def first(picture: Tensor, allowed: Callable[[Tensor], Tensor]) -> tuple[int, int] | None:
    places = allowed(picture).nonzero().tolist()
    return tuple(places[0]) if places else None


def test_any_possible_centre_is_right() -> None:
    assert check.find_centre(lambda p: first(p, by_walking))
    assert check.find_centre(lambda p: (first(p.flip(0), by_walking) or None) and last(p))


def last(picture: Tensor) -> list[int]:
    return by_walking(picture).nonzero().tolist()[-1]


def in_every_row(picture: Tensor) -> Tensor:
    gapless = [letters.in_one_run(row) or not row.any() for row in picture]
    return letters.possible(picture) & torch.tensor(all(gapless))


def whole_rows(picture: Tensor) -> Tensor:
    return picture & torch.tensor([letters.in_one_run(row) for row in picture])[:, None]


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda p: None, "no centre for any picture"),
        (lambda p: 3, "expected (row, column)"),
        (lambda p: (99, 0), "expected (row, column)"),
        (lambda p: (0.5, 0.5), "expected (row, column)"),
        (lambda p: (len(p) // 2, p.shape[1] // 2), "lies outside the shape"),
        (lambda p: first(p, by_walking) and last(p)[::-1], "exchanged"),
        (lambda p: first(p, in_every_row), "Only the four half-axes"),
        (lambda p: first(p, whole_rows), "its column leaves"),
        (lambda p: first(p, lambda q: whole_rows(q.T).T), "its row leaves"),
    ],
)
def test_what_a_wrong_centre_is_told(
    answer: Callable[[Tensor], tuple[int, int] | None], words: str
) -> None:
    verdict = check.find_centre(answer)
    assert verdict.state == "wrong"
    assert words in verdict.message


def test_centres_that_were_learnt_by_heart_are_refused() -> None:
    """What is known in advance passes; pictures drawn anew for each check do not."""
    known = [check.draw(name) for name in letters.LETTERS]
    known += [check.draw(name, 3) for name in "TSE"]

    def by_heart(picture: Tensor) -> tuple[int, int] | None:
        seen = any(torch.equal(picture, one) for one in known)
        one_line = picture.any(1).sum() <= 1 or picture.any(0).sum() <= 1
        return first(picture, by_walking) if seen or one_line else None

    verdict = check.find_centre(by_heart)
    assert verdict.state == "wrong"
    assert "a picture drawn by chance (" in verdict.message


def test_letters_can_stay_open() -> None:
    assert check.find_centre(open_exercise).state == "open"


# The challenge ------------------------------------------------------------------------------------

STEPS = SIZES["smoke"][1]
PLAN = {"sigma": 1e-4, "rate": 1e-2, "laplacian": 3e-3, "flatten": 3e-5}


def good(t: float) -> dict[str, float]:
    rate, bumps = 2e-2 * 0.1**t, 3e-2 * 0.03**t
    return {"sigma": 1e-3 * 0.01**t, "rate": rate, "laplacian": bumps, "flatten": 3e-5}


def test_a_good_plan_reaches_the_goal_and_its_copy_is_what_was_scored() -> None:
    verdict = check.sculpture(good, "smoke")
    assert verdict, verdict.message
    assert SIZES["smoke"][2] <= verdict.score < 0.9
    views = unseen_views()
    drawn = [check.silhouettes(m, views) for m in (check.copy(good, "smoke"), check.statue())]
    assert soft_iou(*drawn).mean().item() == pytest.approx(verdict.score)


def test_the_check_carves_by_itself_whatever_the_notebook_made_of_its_names() -> None:
    """It takes nothing from the notebook but the plan: no copy, no statue, no number of steps."""
    assert list(inspect.signature(check.sculpture).parameters) == ["plan", "scale"]
    idle = check.sculpture(lambda t: PLAN | {"rate": 1e-9}, "smoke")  # the ball of clay stays one
    assert idle.state == "wrong"
    assert 0.2 < idle.score < 0.5
    assert f"score {idle.score:.3f}, goal 0.70" in idle.message


def test_a_plan_is_asked_once_for_every_step() -> None:
    asked = []
    check.sculpture(lambda t: asked.append(t) or PLAN, "smoke")
    assert asked == [step / STEPS for step in range(STEPS)]


def test_the_challenge_can_stay_open() -> None:
    verdict = check.sculpture(open_exercise, "smoke")
    assert verdict.state == "open"
    assert verdict.score is None


@pytest.mark.parametrize("step", [0, 7, STEPS - 1])
@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"sigma": 0.0}, "above 0"),
        ({"sigma": 0.1}, "covers the whole picture"),
        ({"rate": 1.0}, "at most 0.2"),
        ({"laplacian": -1.0}, "0 or more"),
        ({"flatten": float("nan")}, "0 or more"),
        ({"flatten": "much"}, "0 or more"),
        ({"lambda": 1.0}, "exactly the keys"),
    ],
)
def test_a_plan_that_is_impossible_at_any_step_costs_no_time(
    change: dict[str, object], words: str, step: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def carve(*_: object) -> Mesh:
        raise AssertionError("the plan was not looked at first")

    def plan(t: float) -> dict[str, object]:
        return PLAN | change if t == step / STEPS else PLAN

    monkeypatch.setattr(challenge, "carve", carve)
    verdict = check.sculpture(plan, "smoke")
    assert (verdict.state, verdict.score) == ("wrong", None)
    assert words in verdict.message
    assert f"plan({step / STEPS:.3g})" in verdict.message
    with pytest.raises(ValueError, match=re.escape(verdict.message)):
        check.copy(plan, "smoke")


@pytest.mark.parametrize(
    ("start", "end", "words"),
    [
        ({}, {"laplacian": 0.03}, "lower `laplacian`"),
        ({}, {}, "Your σ does not fall"),
        ({}, {"sigma": 1e-5}, "begin bold"),
        ({"laplacian": 0.0}, {"sigma": 1e-5, "rate": 1e-3}, "spikes"),
        ({}, {"sigma": 1e-5, "rate": 1e-3}, "The direction is right"),
    ],
)
def test_advice_follows_from_what_the_plan_does(
    start: dict[str, float],
    end: dict[str, float],
    words: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    empty = Mesh(0.01 * icosphere(0).vertices, icosphere(0).faces)
    monkeypatch.setattr(challenge, "_copy", lambda settings, scale: empty)
    verdict = check.sculpture(lambda t: PLAN | (end if t > 0.9 else start), "smoke")
    assert words in verdict.message


def test_the_leaderboard_keeps_everybodys_best(tmp_path: Path) -> None:
    def enter(player: str, score: float | None) -> object:
        verdict = Verdict("9", "wrong", "", score)
        return check.leaderboard(verdict, player, tmp_path / "runs" / "scores.json")

    assert "No score yet" in str(enter("Ada", None))
    assert enter("", 0.9).cells == [["1", "you", "0.900"]]  # without a name nothing is kept
    assert enter("Ada", 0.5).cells == [["1", "Ada", "0.500"]]
    assert enter(" Émile ", 0.7).cells == [["1", "Émile", "0.700"], ["2", "Ada", "0.500"]]
    assert enter("Ada", 0.4).cells == [["1", "Émile", "0.700"], ["2", "Ada", "0.500"]]
    (tmp_path / "runs" / "scores.json").write_text('{"Ada": ', "utf-8")
    with pytest.raises(ValueError, match=r"scores\.json is damaged; delete it"):
        enter("Ada", 0.6)
    (tmp_path / "runs" / "scores.json").write_text('["Ada"]', "utf-8")
    with pytest.raises(ValueError, match="does not hold scores"):
        enter("Ada", 0.6)
