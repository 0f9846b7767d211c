"""The line-drawing exercises beyond what all share (test_checks_exercises.py): edges, and truth."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from fiveviews.checks import Exercise, uniform
from fiveviews.checks import line_drawings as check
from fiveviews.data.line_drawings import from_rgb, to_rgb
from fiveviews.models import line_drawings as t2i
from fiveviews.models.contrastive import nt_xent
from fiveviews.models.line_drawings_attention import attend
from fiveviews.models.line_drawings_augment import mirror


def first_channel(rgb: Tensor) -> Tensor:
    """Right for pictures (H, W, 3) and lists of pixels alone."""
    red, green, _ = rgb.movedim(rgb.ndim - 1, 0) if rgb.ndim < 4 else rgb.movedim(1, 0)[:3]
    return torch.stack([1 - red, red - green], -1)


def overflowing(logits: Tensor) -> Tensor:
    p, same = logits.sigmoid(), torch.eye(2).bool()
    return -torch.where(same, p.log(), (1 - p).log()).mean()


@pytest.mark.parametrize(
    ("exercise", "answer", "words"),
    [
        (check.to_ink, first_channel, "*last* dimension"),
        (check.contrast, overflowing, "use softplus"),
    ],
)
def test_edges_are_tried_and_named(
    exercise: Exercise, answer: Callable[..., Tensor], words: str
) -> None:
    verdict = exercise(answer)
    assert verdict.state == "wrong"
    assert verdict.message.startswith("Right on ordinary inputs.")
    assert words in verdict.message


# The truths agree with the library ----------------------------------------------------------------


def test_ink_is_that_of_the_library() -> None:
    ink = np.random.default_rng(0).integers(0, 128, (5, 6, 2)).astype(np.uint8)
    rgb = torch.from_numpy(to_rgb(ink)).double() / 255
    found = check.to_ink.truth(rgb) * 255
    assert np.array_equal(found.round().numpy().astype(np.uint8), from_rgb(to_rgb(ink)))


def test_losses_are_those_of_the_library() -> None:
    logits = uniform(0, 6, 2, 2, low=-2, high=2)

    class Fixed:
        """A network that has these logits for its pairs."""

        def views(self, given: Tensor) -> Tensor:
            return torch.zeros(len(given), 1)

        def isometric(self, drawings: Tensor) -> Tensor:
            return torch.zeros(*drawings.shape[:2], 1)

        def compare(self, b: Tensor, a: Tensor) -> Tensor:
            return logits

    loss, _ = t2i.contrast(Fixed(), torch.zeros(6, 2, 4, 2, 4, 4))
    torch.testing.assert_close(check.contrast.truth(logits), loss)
    b, a = (F.normalize(uniform(s, 5, 7, low=-1), dim=1) for s in (1, 2))
    torch.testing.assert_close(check.nt_xent.truth(b, a, 0.3), nt_xent(b, a, 0.3)[0])


def test_the_mirror_image_is_that_of_the_library() -> None:
    drawings = torch.randint(0, 256, (4, 7, 7, 2))
    given, isometric = mirror(drawings[:3], drawings[3])
    for channel in range(2):
        found = check.mirror.truth(drawings[..., channel])
        assert torch.equal(found, torch.cat([given, isometric[None]])[..., channel])


def test_attention_is_that_of_the_library() -> None:
    features = uniform(3, 2, 4, 5, 5, low=-1)
    torch.testing.assert_close(check.attention.truth(features), attend(features))
