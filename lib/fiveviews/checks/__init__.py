"""Instant answers for exercises: right, not yet and why, or not begun.

A check calls what a student wrote on inputs of its own and compares with the truth. Where the two
differ it tries the usual mistakes: each is written down as the function it amounts to, so that an
answer which behaves like a mistake is told so by name.

    from fiveviews.checks import soft_meshes as check

    check.combine(my_combine)  # shows a sentence; never raises because an exercise is still open
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from types import TracebackType
from typing import Literal

import numpy as np
import torch
from torch import Tensor

COLOURS = {"right": "#009E73", "wrong": "#D55E00", "open": "#8a8a8a"}
HEADS = {"right": "✓ {}: right.", "wrong": "✗ {}: not yet.", "open": "○ {}: still open."}
RELATIVE, ABSOLUTE = 1e-4, 1e-7  # answers in float64; a student's detour in float32 passes


@dataclass(frozen=True)
class Verdict:
    """What a check says. True where the answer is right; Jupyter shows it as a sentence.

    score: what an open-ended challenge reached, None elsewhere.

    >>> print(Verdict("Combine faces", "open", "Nothing handed in yet."))
    ○ Combine faces: still open. Nothing handed in yet.
    """

    exercise: str
    state: Literal["right", "wrong", "open"]
    message: str
    score: float | None = None

    def __bool__(self) -> bool:
        return self.state == "right"

    def __str__(self) -> str:
        return f"{HEADS[self.state].format(self.exercise)} {self.message}"

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        head = escape(HEADS[self.state].format(self.exercise))
        html = (
            f'<div class="fv-verdict" style="border-left:4px solid {COLOURS[self.state]};'
            f'padding:0.35em 0.9em"><strong>{head}</strong> {escape(self.message)}</div>'
        )
        return {"text/html": html, "text/plain": str(self)}


@dataclass(frozen=True)
class Case:
    """One input of a check, in words and as arguments.

    edge: what to say where only this case goes wrong; None for ordinary inputs.
    """

    words: str
    arguments: tuple[object, ...]
    edge: str | None = None


@dataclass(frozen=True)
class Exercise:
    """A check of a function of tensors; call it with the student's function.

    truth: the right function. cases: makes the inputs, the same ones each time.
    mistakes: what to say -> the function that this mistake amounts to. The first that gives the
        student's values on all ordinary inputs is named.
    praise: what to say to the right answer.
    differentiable: whether gradients must flow through, and be right.
    """

    name: str
    truth: Callable[..., Tensor]
    cases: Callable[[], Sequence[Case]]
    mistakes: Mapping[str, Callable[..., Tensor]]
    praise: str
    differentiable: bool = field(default=True)

    def __call__(self, answer: Callable[..., Tensor]) -> Verdict:
        cases = self.cases()
        ordinary = [case for case in cases if case.edge is None]
        try:
            given = [_tensor(ask(answer, case)) for case in ordinary]
            wrong = self._ordinary(ordinary, given)
            wrong = wrong or self._edges(answer, [case for case in cases if case.edge is not None])
            if self.differentiable:
                wrong = wrong or self._gradient(answer, ordinary[0])
        except NotImplementedError as left_open:
            return Verdict(self.name, "open", opening(left_open))
        if wrong:
            return Verdict(self.name, "wrong", wrong)
        return Verdict(self.name, "right", self.praise)

    def _ordinary(self, cases: list[Case], given: list[object]) -> str | None:
        """What is wrong on ordinary inputs: a known mistake, or the first difference."""
        if all(
            agree(value, ask(self.truth, case)) for case, value in zip(cases, given, strict=True)
        ):
            return None
        for words, mistake in self.mistakes.items():
            if all(
                agree(value, ask(mistake, case)) for case, value in zip(cases, given, strict=True)
            ):
                return words
        found = (
            difference(value, ask(self.truth, case), case.words)
            for case, value in zip(cases, given, strict=True)
        )
        return next(words for words in found if words)

    def _edges(self, answer: Callable[..., Tensor], cases: list[Case]) -> str | None:
        for case in cases:
            given = _tensor(ask(answer, case))
            words = difference(given, ask(self.truth, case), case.words)
            if words:
                return f"Right on ordinary inputs. {words} {case.edge}"
        return None

    def _gradient(self, answer: Callable[..., Tensor], case: Case) -> str | None:
        given, wanted = gradients(answer, case), gradients(self.truth, case)
        if given is None:
            return (
                "The values are right, but no gradient flows back through them: .item(), "
                ".detach(), .numpy() or a comparison in between cuts the path."
            )
        if not all(agree(g, w) for g, w in zip(given, wanted, strict=True)):
            return "The values are right, but their gradient is not that of the formula."
        return None


def uniform(seed: int, *shape: int, low: float = 0.0, high: float = 1.0) -> Tensor:
    """Random numbers for a case, float64, the same ones for a seed each time."""
    generator = torch.Generator().manual_seed(seed)
    return low + (high - low) * torch.rand(shape, generator=generator, dtype=torch.float64)


def ask(answer: Callable[..., object], case: Case) -> object:
    """The answer to a case, on copies of its arguments; an error of the answer's is annotated."""
    copies = [a.clone() if isinstance(a, Tensor) else a for a in case.arguments]
    with _Annotated(f"(the check had called your function with {case.words})"):
        return answer(*copies)


def _tensor(value: object) -> object:
    """Plain numbers, NumPy's too, as tensors; anything else as it is."""
    number = isinstance(value, bool | int | float | np.number)
    return torch.tensor(float(value), dtype=torch.float64) if number else value


def opening(left_open: NotImplementedError) -> str:
    """What to say of an exercise that has not been begun."""
    task = str(left_open).strip()
    return f"Nothing handed in yet. To do: {task}" if task else "Nothing handed in yet."


def agree(given: object, wanted: object) -> bool:
    """Whether two results are the same tensor, up to rounding; NaN agrees with NaN."""
    if not isinstance(given, Tensor) or not isinstance(wanted, Tensor):
        return False
    return given.shape == wanted.shape and torch.allclose(
        given.detach().double(), wanted.detach().double(), RELATIVE, ABSOLUTE, equal_nan=True
    )


def difference(given: object, wanted: Tensor, words: str) -> str | None:
    """How a result differs from the truth, in a sentence; None where it does not."""
    if given is None:
        return "Your function returns None: does its last line begin with `return`?"
    if not isinstance(given, Tensor):
        return f"Your function returns a {type(given).__name__}; a tensor is expected."
    if given.shape != wanted.shape:
        return (
            f"For {words} your function returns a tensor of shape {tuple(given.shape)}; "
            f"expected {tuple(wanted.shape)}."
        )
    if agree(given, wanted):
        return None
    off = (given.detach().double() - wanted.detach().double()).abs().nan_to_num(nan=torch.inf)
    place = torch.unravel_index(off.argmax(), off.shape)
    at = f"at [{', '.join(str(int(i)) for i in place)}] " if off.ndim else ""
    return (
        f"For {words} your function returns {at}{_number(given[place])}; "
        f"expected {_number(wanted[place])}."
    )


def gradients(answer: Callable[..., Tensor], case: Case) -> list[Tensor] | None:
    """Gradient of the sum of the answer by each floating-point argument; None without a path."""
    arguments, leaves = list(case.arguments), []
    for i, argument in enumerate(arguments):
        if isinstance(argument, Tensor) and argument.is_floating_point():
            leaves.append(argument.clone().requires_grad_())
            arguments[i] = leaves[-1].clone()  # a copy may be changed in place, a leaf may not
    with _Annotated(f"(the check had called your function with {case.words}, to differentiate it)"):
        result = answer(*arguments)
    if not isinstance(result, Tensor) or not result.requires_grad:
        return None
    weight = torch.linspace(1, 2, result.numel(), dtype=result.dtype).view(result.shape)
    found = torch.autograd.grad((weight * result).sum(), leaves, allow_unused=True)
    return [torch.zeros_like(a) if g is None else g for a, g in zip(leaves, found, strict=True)]


def _number(value: Tensor) -> str:
    return f"{float(value):.4g}"


class _Annotated:
    """Adds a note to whatever error leaves the block, except that an exercise is still open."""

    def __init__(self, note: str):
        self.note = note

    def __enter__(self) -> None:
        return None

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is not None and not isinstance(error, NotImplementedError):
            error.add_note(self.note)
