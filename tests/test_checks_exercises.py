"""Every exercise of every lab: right answers pass, usual mistakes are named, the rest is told."""

import importlib
import pkgutil
from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from fiveviews import checks
from fiveviews.checks import Exercise, Verdict

CHAPTERS = [found.name for found in pkgutil.iter_modules(checks.__path__) if found.ispkg]
EXERCISES = [
    pytest.param(exercise, id=f"{chapter} {exercise.name}")
    for chapter in CHAPTERS
    for exercise in vars(importlib.import_module(f"fiveviews.checks.{chapter}")).values()
    if isinstance(exercise, Exercise)
]
MISTAKES = [
    pytest.param(*found.values, words, mistake, id=f"{found.id}: {words[:40]}")
    for found in EXERCISES
    for words, mistake in found.values[0].mistakes.items()
]


def open_exercise(*_: object) -> Tensor:
    raise NotImplementedError("think first")


def test_every_lab_has_exercises_and_every_exercise_mistakes() -> None:
    assert {"line_drawings", "soft_meshes", "surfels", "templates", "viewpoints"} == set(CHAPTERS)
    assert len(EXERCISES) > 30
    assert all(len(found.values[0].mistakes) >= 2 for found in EXERCISES)


@pytest.mark.parametrize("exercise", EXERCISES)
def test_the_right_answer_is_right(exercise: Exercise) -> None:
    verdict = exercise(exercise.truth)
    assert verdict, verdict.message


@pytest.mark.parametrize("exercise", EXERCISES)
def test_single_precision_is_not_a_mistake(exercise: Exercise) -> None:
    assert exercise(lambda *a: exercise.truth(*a).float())


@pytest.mark.parametrize(("exercise", "words", "mistake"), MISTAKES)
def test_each_usual_mistake_is_called_by_its_name(
    exercise: Exercise, words: str, mistake: Callable[..., Tensor]
) -> None:
    assert exercise(mistake) == Verdict(exercise.name, "wrong", words)


@pytest.mark.parametrize("exercise", EXERCISES)
def test_anything_else_gets_a_sentence(exercise: Exercise) -> None:
    undone = exercise(open_exercise)
    assert (undone.state, bool(undone)) == ("open", False)
    assert undone.message.endswith("think first")
    assert "return" in exercise(lambda *_: None).message
    assert "a str" in exercise(lambda *_: "0.5").message
    assert "shape" in exercise(lambda *_: torch.zeros(2, 3, 4, 5, 6)).message
    strange = exercise(lambda *a: exercise.truth(*a) * 0.9 + 0.017)
    assert strange.state == "wrong"
    assert "expected" in strange.message
    assert exercise(lambda *a: exercise.truth(*a) * torch.nan).state == "wrong"


@pytest.mark.parametrize("exercise", EXERCISES)
def test_a_cut_gradient_is_found_where_one_is_needed(exercise: Exercise) -> None:
    verdict = exercise(lambda *a: exercise.truth(*a).detach())
    assert verdict.state == ("wrong" if exercise.differentiable else "right")
    assert exercise.differentiable == ("gradient flows" in verdict.message)
