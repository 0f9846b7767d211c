"""The engine of the checks, and the soft-mesh exercises beyond what all share."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from fiveviews.checks import Exercise, Verdict
from fiveviews.checks import soft_meshes as check
from fiveviews.checks.soft_meshes import letters
from fiveviews.meshes import Mesh, edges, icosphere
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


def test_letters_can_stay_open() -> None:
    assert check.find_centre(open_exercise).state == "open"


# The challenge ------------------------------------------------------------------------------------

STATUE = Mesh(icosphere(1).vertices * torch.tensor([0.5, 0.2, 0.3]), icosphere(1).faces)
PLAN = {"sigma": 1e-4, "rate": 1e-2, "laplacian": 1e-3, "flatten": 1e-5}


def test_a_copy_is_scored_by_its_silhouettes() -> None:
    perfect = check.sculpture(lambda t: PLAN, lambda plan: STATUE, STATUE, goal=0.9)
    assert perfect
    assert perfect.score == pytest.approx(1, abs=0.05)  # grey pixels on the outline: p·p < p
    ball = Mesh(0.3 * icosphere(2).vertices, icosphere(2).faces)
    poor = check.sculpture(lambda t: PLAN, lambda plan: ball, STATUE, goal=0.9)
    assert poor.state == "wrong"
    assert 0.2 < poor.score < 0.9
    assert f"score {poor.score:.3f}, goal 0.90" in poor.message


def test_the_challenge_can_stay_open() -> None:
    verdict = check.sculpture(open_exercise, lambda plan: STATUE, STATUE, goal=0.5)
    assert verdict.state == "open"
    assert verdict.score is None


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
def test_an_impossible_plan_costs_no_time(change: dict[str, object], words: str) -> None:
    def sculpt(plan: object) -> Mesh:
        raise AssertionError("the plan was not looked at first")

    verdict = check.sculpture(lambda t: PLAN | change, sculpt, STATUE, goal=0.5)
    assert verdict.state == "wrong"
    assert words in verdict.message


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
    start: dict[str, float], end: dict[str, float], words: str
) -> None:
    empty = Mesh(0.01 * icosphere(0).vertices, icosphere(0).faces)
    verdict = check.sculpture(
        lambda t: PLAN | (end if t > 0.9 else start), lambda plan: empty, STATUE, goal=0.5
    )
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
