"""The template exercises beyond what all share (test_checks_exercises.py): fitting, and truth."""

from collections.abc import Callable

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor
from torch.nn import functional as F

from fiveviews import chamfer as library
from fiveviews.checks import templates as check
from fiveviews.checks import uniform
from fiveviews.checks.templates import using
from fiveviews.fields.frames import unit_diagonal, unit_sphere
from fiveviews.fields.sampling import sample_surface
from fiveviews.meshes import icosphere
from fiveviews.models import templates_losses as losses
from fiveviews.models.templates import ImplicitTemplates, recipe
from fiveviews.models.templates_meshes import correspond
from fiveviews.shapes import make

# Fitting a code -----------------------------------------------------------------------------------


def test_adam_by_any_other_way_is_right() -> None:
    def plain(field, points, values, start, steps, rate):
        code = torch.nn.Parameter(start.clone())
        adam = torch.optim.Adam([code], lr=rate, betas=(0.8, 0.99))
        for step in range(steps):
            adam.param_groups[0]["lr"] = rate * (1 - step / steps)
            adam.zero_grad()
            loss = F.l1_loss(field(points, code).clamp(-0.1, 0.1), values)
            loss.backward()
            adam.step()
        return code.data

    assert check.fit_code(using.reference)
    assert check.fit_code(plain)


@pytest.mark.parametrize("words", using.MISTAKES)
def test_each_way_of_not_fitting_is_called_by_its_name(words: str) -> None:
    verdict = check.fit_code(using.MISTAKES[words])
    assert (verdict.state, verdict.message) == ("wrong", words)


def moving_all(field, points, values, start, steps, rate) -> Tensor:
    code = start.clone().requires_grad_()
    adam = torch.optim.Adam([code, *field.parameters()], lr=rate)
    for _ in range(steps):
        adam.zero_grad()
        (field(points, code).clamp(-0.1, 0.1) - values).abs().mean().backward()
        adam.step()
    return code.detach()


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda *a: None, "returns None"),
        (lambda *a: [0.0], "a list"),
        (lambda *a: torch.zeros(2), "shape (2,); expected (3,)"),
        (lambda *a: torch.full((3,), torch.nan), "NaN"),
        (lambda f, p, v, c, n, r: c, "Nothing moved"),
        (lambda *a: using.reference(*a).requires_grad_(), "detach"),
        (lambda *a: using.reference(*a) + 0.1, "from the one that made the values"),
        (moving_all, "The network has changed"),
    ],
)
def test_what_a_wrong_code_is_told(answer: Callable[..., Tensor], words: str) -> None:
    verdict = check.fit_code(answer)
    assert verdict.state == "wrong"
    assert words in verdict.message


def test_fitting_can_stay_open_and_errors_are_annotated() -> None:
    def open_exercise(*_: object) -> Tensor:
        raise NotImplementedError("think first")

    assert check.fit_code(open_exercise).message.endswith("think first")
    with pytest.raises(RuntimeError) as caught:
        check.fit_code(lambda f, p, v, c, n, r: c @ p)
    assert "family of balls" in caught.value.__notes__[0]


# The truths agree with the library, and with the mathematics --------------------------------------

POINTS, PLACES = uniform(1, 12, 3, low=-1), uniform(2, 12, 3, low=-1)


def test_the_regularisers_are_those_of_the_library() -> None:
    ours = check.pointwise.truth(PLACES, POINTS, losses.HUBER)
    torch.testing.assert_close(ours, losses.pointwise(PLACES[None, None], POINTS[None]))
    n = len(POINTS)  # the library takes some points with others, not all with all: here 1 with 11
    loss = losses.pairwise(PLACES[None], POINTS[None], (1, n - 1), limit=1e9)
    move = PLACES - POINTS
    apart = (POINTS[0] - POINTS[1:]).norm(dim=1)
    strain = (move[0] - move[1:]).norm(dim=1) / (apart + 1e-3)
    torch.testing.assert_close(loss, (strain - losses.STRAIN).relu().sum() / n)
    pair = check.pairwise.truth(PLACES[:2], POINTS[:2], losses.STRAIN)
    torch.testing.assert_close(pair, (strain[0] * (apart[0] + 1e-3) / apart[0] - 0.5).relu())


def test_moving_all_of_space_is_no_strain_and_turning_it_is() -> None:
    strain = check.pairwise.truth
    assert strain(POINTS + torch.tensor([1.0, -2.0, 3.0]), POINTS, 0.5) == 0
    assert strain(1.49 * POINTS, POINTS, 0.5) == 0
    torch.testing.assert_close(strain(1.8 * POINTS, POINTS, 0.5).item(), 0.3)
    upside_down = POINTS * torch.tensor([-1.0, -1.0, 1.0])
    assert strain(upside_down, POINTS, 0.5) > 0.5


def test_nt_xent_is_the_sum_over_pairs_of_its_paper() -> None:
    a, b = uniform(3, 5, 7, low=-1), uniform(4, 5, 7, low=-1)
    both, total = torch.cat([a, b]), 0.0
    for i in range(10):
        like = [torch.exp(F.cosine_similarity(both[i], both[k], dim=0) / 0.3) for k in range(10)]
        total -= torch.log(like[(i + 5) % 10] / sum(like[k] for k in range(10) if k != i))
    torch.testing.assert_close(check.nt_xent.truth(a, b, 0.3), total / 10)


def test_chamfer_is_the_librarys_and_frames_are_its_frames() -> None:
    torch.testing.assert_close(
        check.chamfer.truth(POINTS, PLACES, 1.0).item(), library.chamfer(POINTS, PLACES)
    )
    chair, other = make("chair", 0), make("chair", 1)
    small, large = unit_diagonal(chair), unit_sphere(chair, buffer=1.0)
    found = {
        name: library.chamfer_distance(other, chair, name, n=500)
        for name in ("unit_diagonal", "unit_sphere")
    }
    scale = large.scale / small.scale
    generators = (torch.Generator().manual_seed(i) for i in (0, 1))
    a, b = (
        small(sample_surface(m, 500, g)).double()
        for m, g in zip((other, chair), generators, strict=True)
    )
    for s, name in ((1.0, "unit_diagonal"), (scale, "unit_sphere")):
        assert check.chamfer.truth(a, b, s).item() == pytest.approx(found[name], rel=1e-4)


def test_the_floor_falls_as_the_exercise_says() -> None:
    ball = icosphere(3)
    measured = library.sampling_floor(ball, "unit_sphere", 1000)
    predicted = check.floor_at.truth(torch.tensor(measured), 1000, 8000).item()
    assert library.sampling_floor(ball, "unit_sphere", 8000) == pytest.approx(predicted, rel=0.1)


@given(st.floats(0.1, 10), st.floats(0.5, 3), st.floats(0, 0.1), st.floats(0, 2))
def test_a_perfect_answer_is_worth_their_floor(
    ours: float, scale: float, own: float, their: float
) -> None:
    fair = check.fair.truth
    assert fair(torch.tensor(own), scale, own, their).item() == pytest.approx(their, abs=1e-6)
    same = fair(torch.tensor(ours, dtype=torch.float64), 1.0, own, own)
    assert same.item() == pytest.approx(ours)


def test_carrying_over_is_the_librarys_correspondence() -> None:
    model = ImplicitTemplates(recipe("smoke"), 2)
    torch.nn.init.normal_(model.warper.head.weight, std=0.1)
    a, b = (uniform(5 + i, 30 - 7 * i, 3, low=-1).float() for i in range(2))
    values = torch.arange(30.0)
    index = correspond(model, (a, model.codes[0]), (b, model.codes[1]))
    with torch.no_grad():
        places = [model.warp(p, c) for p, c in ((a, model.codes[0]), (b, model.codes[1]))]
    assert torch.equal(check.carry.truth(values, *places), values[index])
