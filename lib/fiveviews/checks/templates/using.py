"""Checks of the exercises on what a template is good for: carrying over, and fitting a code."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from fiveviews.checks import Case, Exercise, Verdict, ask, opening, uniform

# 7. Point for point -------------------------------------------------------------------------------


def _apart(source: Tensor, target: Tensor) -> Tensor:
    return (target[:, None] - source).square().sum(-1)


def _shapes() -> list[Case]:
    source, target = uniform(94, 20, 3, low=-1.0), uniform(95, 14, 3, low=-1.0)
    colours = uniform(96, 20, 3)
    return [
        Case("colours of 20 points for 14 others", (colours, source, target)),
        Case("colours of 14 points for 14 others", (colours[:14], source[:14] / 2, target)),
    ]


carry = Exercise(
    name="7 Point for point",
    truth=lambda values, source, target: values[_apart(source, target).argmin(1)],
    cases=_shapes,
    mistakes={
        "You look, for each point of the *source*, for its nearest target. It is the targets that "
        "want a colour.": lambda v, s, t: v[_apart(s, t).argmin(0)],
        "You take the point that is farthest.": lambda v, s, t: v[_apart(s, t).argmax(1)],
        "You take the colours in the order they come in; vertex 7 of one chair has nothing to do "
        "with vertex 7 of another.": lambda v, s, t: v[: len(t)],
        "You compare the coordinates one by one and take the least of them; nearest means in "
        "distance.": lambda v, s, t: v[(t[:, None] - s).abs().amin(-1).argmin(1)],
        "The differences keep their sign and cancel: square them before you add.": (
            lambda v, s, t: v[(t[:, None] - s).sum(-1).argmin(1)]
        ),
        "You return *which* point is nearest; asked for is its value.": lambda v, s, t: _apart(
            s, t
        ).argmin(1),
    },
    praise="The template speaks all the languages; nobody had to label a thing.",
    differentiable=False,
)


# 8. Which chair is this? --------------------------------------------------------------------------

NAME = "8 Which chair is this?"
STEPS, RATE, CLAMP, NEAR = 150, 0.03, 0.1, 0.02
WANTED = (0.25, -0.2, 0.6)


class Balls(nn.Module):
    """A family of fields that stands for a trained network: balls (M,) by a code (3,)."""

    def __init__(self):
        super().__init__()
        self.least = nn.Parameter(torch.tensor(0.4))

    def forward(self, points: Tensor, code: Tensor) -> Tensor:
        centre = torch.cat([code[:2], code.new_zeros(1)])
        return (points - centre).norm(dim=1) - self.least - 0.2 * code[2]


Fit = Callable[..., Tensor]


def reference(
    field: Callable[[Tensor, Tensor], Tensor],
    points: Tensor,
    values: Tensor,
    start: Tensor,
    steps: int,
    rate: float,
    *,
    clamp: float = CLAMP,
    forget: bool = True,
    uphill: bool = False,
) -> Tensor:
    """The right answer, and some of the wrong ones."""
    code = start.clone().requires_grad_()
    adam = torch.optim.Adam([code], lr=rate, maximize=uphill)
    for _ in range(steps):
        loss = (field(points, code).clamp(-clamp, clamp) - values).abs().mean()
        if forget:
            adam.zero_grad()
        (slope,) = torch.autograd.grad(loss, [code])
        code.grad = slope if code.grad is None else code.grad + slope
        adam.step()
    return code.detach()


MISTAKES: dict[str, Fit] = {
    "The gradients of all steps pile up: call zero_grad() before each backward().": (
        lambda *a: reference(*a, forget=False)
    ),
    "The prediction is not clamped. The values you are given end at ±0.1, so every far point pulls "
    "at the code.": lambda *a: reference(*a, clamp=1e9),
    "That is uphill: the loss grows.": lambda *a: reference(*a, uphill=True),
    "One step is not enough: do `steps` of them.": lambda f, p, v, c, n, r: reference(
        f, p, v, c, 1, r
    ),
}


def fit_code(answer: Fit) -> Verdict:
    """Check a function (field, points, values, start, steps, rate) -> code."""
    field, start = Balls(), torch.zeros(3)
    points = uniform(97, 600, 3, low=-1.0).float()
    with torch.no_grad():
        values = field(points, torch.tensor(WANTED)).clamp(-CLAMP, CLAMP)
    arguments = (field, points, values, start, STEPS, RATE)
    before = field.least.item()
    try:
        found = ask(answer, Case("a family of balls", arguments))
    except NotImplementedError as left_open:
        return Verdict(NAME, "open", opening(left_open))
    if wrong := _not_a_code(found) or _not_fitted(found, arguments, field.least.item() != before):
        return Verdict(NAME, "wrong", wrong)
    praise = "No encoder, no training: the network knows chairs, and descent finds this one."
    return Verdict(NAME, "right", praise)


def _not_a_code(found: object) -> str | None:
    if found is None:
        return "Your function returns None: does its last line begin with `return`?"
    if not isinstance(found, Tensor):
        return f"Your function returns a {type(found).__name__}; a tensor is expected."
    if found.shape != (3,):
        return f"Your function returns a tensor of shape {tuple(found.shape)}; expected (3,)."
    if not torch.isfinite(found).all():
        return "The code has become NaN or infinite."
    return None


def _not_fitted(found: Tensor, arguments: tuple, network_moved: bool) -> str | None:
    if network_moved:
        return "The network has changed. Only the code is fitted: give the optimizer nothing else."
    if found.requires_grad:
        return "The code still carries its history: return code.detach()."
    off = (found - torch.tensor(WANTED)).norm().item()
    if off < NEAR:
        return None
    if torch.equal(found, torch.zeros(3)):
        return (
            "Nothing moved. Does the code require a gradient, and was the optimizer given this "
            "code and not a copy?"
        )
    for words, mistake in MISTAKES.items():
        if (mistake(*arguments) - found).norm() < 1e-3:
            return words
    return (
        f"After {STEPS} steps the code is {off:.2g} from the one that made the values; Adam on the "
        f"mean of |clamp(f) − s| comes within {NEAR:g}."
    )
