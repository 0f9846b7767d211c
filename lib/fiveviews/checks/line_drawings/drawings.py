"""Checks of the exercises on drawings: their ink, and their mirror image."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from fiveviews.checks import Case, Exercise, uniform

# 1. Ink -------------------------------------------------------------------------------------------


def _ink(rgb: Tensor) -> Tensor:
    visible = 1 - rgb[..., 0]
    return torch.stack([visible, 1 - rgb[..., 1] - visible], -1)


def _pictures() -> list[Case]:
    visible = uniform(60, 6, 6) * (uniform(61, 6, 6) < 0.5)
    hidden = (1 - visible) * uniform(62, 6, 6) * (uniform(63, 6, 6) < 0.5)
    both = 1 - visible - hidden
    picture = torch.stack([1 - visible, both, both], -1)
    pixels = torch.tensor([[1.0, 1, 1], [0, 0, 0], [1, 0, 0], [0.5, 0.25, 0.25]]).double()
    return [
        Case("four pixels: paper, black, red, half a black line over a red one", (pixels,)),
        Case("a picture of 6 x 6 pixels", (picture,)),
        Case(
            "two pictures, shape (2, 6, 6, 3)",
            (torch.stack([picture, picture.flip(0)]),),
            edge="The colours are the *last* dimension: use [..., 0], whatever comes before.",
        ),
    ]


to_ink = Exercise(
    name="1 Ink and paper",
    truth=_ink,
    cases=_pictures,
    mistakes={
        "That is paper, not ink: 1 where nothing is drawn. Subtract from 1.": (
            lambda x: torch.stack([x[..., 0], x[..., 1]], -1)
        ),
        "The second number is *all* ink, visible lines too. Take the visible ink away from it.": (
            lambda x: torch.stack([1 - x[..., 0], 1 - x[..., 1]], -1)
        ),
        "Right, but in the other order: visible ink comes first.": lambda x: _ink(x).flip(-1),
        "You take the mean of the three channels as brightness; but red ink darkens two of them. "
        "One channel shows the visible ink alone.": (
            lambda x: torch.stack([1 - x.mean(-1), x.mean(-1) - x[..., 1]], -1)
        ),
        "Black lines darken every channel, red lines only green and blue. So it is *red* that "
        "shows the visible lines alone; you took green.": (
            lambda x: torch.stack([1 - x[..., 1], x[..., 1] - x[..., 0]], -1)
        ),
        "The channels come first in your answer; expected is (..., 2).": (
            lambda x: torch.stack([1 - x[..., 0], x[..., 0] - x[..., 1]], 0)
        ),
        "The hidden ink has the wrong sign: red minus green is positive where a line is red.": (
            lambda x: torch.stack([1 - x[..., 0], x[..., 1] - x[..., 0]], -1)
        ),
        "In steps of 1 / 255; asked for are shares between 0 and 1, like those you are given.": (
            lambda x: 255 * _ink(x)
        ),
    },
    praise="Two numbers say all that three colours did.",
)


# 5. The mirror ------------------------------------------------------------------------------------


def _mirror(drawings: Tensor) -> Tensor:
    """Front, right, top, isometric (4, H, W)."""
    front, right, top, isometric = drawings
    return torch.stack([right.flip(1), front.flip(1), top.T, isometric.flip(1)])


def _with(
    front: Callable[..., Tensor] = lambda f, r: r.flip(1),
    right: Callable[..., Tensor] = lambda f, r: f.flip(1),
    top: Callable[[Tensor], Tensor] = lambda t: t.T,
    isometric: Callable[[Tensor], Tensor] = lambda i: i.flip(1),
) -> Callable[[Tensor], Tensor]:
    """The mirror image with one of its parts made otherwise."""
    return lambda d: torch.stack([front(d[0], d[1]), right(d[0], d[1]), top(d[2]), isometric(d[3])])


def _drawings() -> list[Case]:
    return [
        Case("drawings of 5 x 5 pixels", (uniform(64, 4, 5, 5),)),
        Case("drawings of 8 x 8 pixels", (uniform(65, 4, 8, 8),)),
    ]


mirror = Exercise(
    name="5 A twin for nothing",
    truth=_mirror,
    cases=_drawings,
    mistakes={
        "Front and right change places: what stood before the mirror's one side now stands before "
        "the other. Yours stay where they are.": _with(
            lambda f, r: f.flip(1), lambda f, r: r.flip(1)
        ),
        "Front and right change places, and each is seen the wrong way round, too: flip them left "
        "to right.": _with(lambda f, r: r, lambda f, r: f),
        "Flip left to right, dim=1. You flip top to bottom: then the object hangs from the "
        "ceiling.": _with(
            lambda f, r: r.flip(0), lambda f, r: f.flip(0), isometric=lambda i: i.flip(0)
        ),
        "The top view is as it was. From above, the mirror is a diagonal: rows become columns.": (
            _with(top=lambda t: t)
        ),
        "The top view is reflected in a vertical line; from above, the mirror is the *diagonal* "
        "from the upper left to the lower right.": _with(top=lambda t: t.flip(1)),
        "The top view is reflected in the wrong diagonal. Follow the corner between the front and "
        "the right side, at the lower right: it lies in the mirror and stays.": _with(
            top=lambda t: t.T.flip(0, 1)
        ),
        "The top view is turned by a quarter; a mirror image is not a turn.": _with(
            top=lambda t: t.rot90()
        ),
        "The top view is turned by a quarter: you reflect it twice, in the diagonal and in a "
        "vertical line. Once will do.": _with(top=lambda t: t.T.flip(1)),
        "Every view is flipped by itself. But the mirror stands at 45 degrees: what was in front "
        "is at the right now, and from above it is a diagonal.": lambda d: d.flip(-1),
        "The isometric view is as it was. It looks along the mirror, so left and right change.": (
            _with(isometric=lambda i: i)
        ),
    },
    praise="Exact to the last pixel, and it doubles the data.",
)
