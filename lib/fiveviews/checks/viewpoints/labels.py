"""Checks of the exercises on pseudo-labels: give them, score them, and explain the wrong ones."""

from __future__ import annotations

import torch
from torch import Tensor

from fiveviews.checks import Case, Exercise, uniform
from fiveviews.data.rendering import VIEWS
from fiveviews.models.siamvp import score_pseudo_labels

# 5. Pseudo-labels ---------------------------------------------------------------------------------


def _accept(belief: Tensor, threshold: float, dim: int = 1, unsure: int = -1) -> Tensor:
    confidence, views = belief.max(dim)
    return torch.where(confidence > threshold, views, unsure)


def _by_margin(belief: Tensor, threshold: float) -> Tensor:
    best, second = belief.topk(2, 1).values.unbind(1)
    return torch.where(best - second > threshold, belief.argmax(1), -1)


def _beliefs() -> list[Case]:
    # As many pictures as viewpoints, so that the wrong axis gives a tensor of the right shape.
    square = uniform(40, VIEWS, VIEWS).pow(12)
    at_threshold = torch.zeros(3, VIEWS, dtype=torch.float64)
    at_threshold[0, 4], at_threshold[1, 5], at_threshold[2, 6] = 0.5, 0.51, 0.49
    return [
        Case("24 pictures and threshold 0.5", (square, 0.5)),
        Case("24 pictures and threshold 0.8", (square, 0.8)),
        Case(
            "5 pictures and threshold 0.5",
            (uniform(41, 5, VIEWS), 0.5),
            edge="There is one label per picture, and pictures are the rows.",
        ),
        Case(
            "a picture whose best probability is the threshold itself",
            (at_threshold, 0.5),
            edge="The formula says p > t: at the threshold a picture gets no label.",
        ),
    ]


pseudo_label = Exercise(
    name="5 The back of the photograph",
    truth=_accept,
    cases=_beliefs,
    mistakes={
        "That is one label per *viewpoint*: the picture that suits it best. The maximum must go "
        "along the rows, dim=1.": lambda p, t: _accept(p, t, dim=0),
        "The unsure pictures have a label too: give -1 where the best probability is not above the "
        "threshold.": lambda p, t: p.argmax(1),
        "The unsure pictures get 0, but 0 is a viewpoint, the front: give them -1.": (
            lambda p, t: _accept(p, t, unsure=0)
        ),
        "The other way round: you label the unsure pictures and give -1 to the sure ones.": (
            lambda p, t: torch.where(p.amax(1) > t, -1, p.argmax(1))
        ),
        "That is how sure the network is; asked for is *of which viewpoint*: argmax, not max.": (
            lambda p, t: torch.where(p.amax(1) > t, p.amax(1), -1)
        ),
        "After a softmax none of 24 is ever sure. The entries are no shares of one whole: each is "
        "the probability of a yes of its own. Leave them as they are.": (
            lambda p, t: _accept(p.softmax(1), t)
        ),
        "You divide by the sum of the row, but the entries are no shares of one whole: each is the "
        "probability of a yes of its own. Leave them as they are.": (
            lambda p, t: _accept(p / p.sum(1, keepdim=True), t)
        ),
        "You compare the *sum* of a row with the threshold: 24 weak maybes are no yes. Compare the "
        "best entry.": lambda p, t: torch.where(p.sum(1) > t, p.argmax(1), -1),
        "You compare the lead over the second best with the threshold. A sensible idea; the paper "
        "compares the best itself.": _by_margin,
        "That is the *first* viewpoint above the threshold; asked for is the best.": (
            lambda p, t: torch.where(p.amax(1) > t, (p > t).double().argmax(1), -1)
        ),
        "That says which pictures are accepted; asked for is their viewpoint, and -1 elsewhere.": (
            lambda p, t: (p.amax(1) > t).long()
        ),
    },
    praise="The best viewpoint where one is sure enough, and an honest -1 elsewhere.",
    differentiable=False,
)


# 6. The score -------------------------------------------------------------------------------------


def _score(pseudo: Tensor, true: Tensor) -> Tensor:
    found = score_pseudo_labels(pseudo, true)
    return torch.tensor([found["coverage"], found["accuracy"]], dtype=torch.float64)


def _share(part: Tensor, whole: Tensor | int) -> Tensor:
    return part.sum() / (whole.sum() if isinstance(whole, Tensor) else whole)


def _both(coverage: Tensor, accuracy: Tensor) -> Tensor:
    return torch.stack([coverage.double(), accuracy.double()])


def _counting_zero_as_none(pseudo: Tensor, true: Tensor) -> Tensor:
    given = pseudo > 0
    return _both(_share(given, pseudo.numel()), _share(given & (pseudo == true), given))


def _labelled() -> list[Case]:
    generator = torch.Generator().manual_seed(5)
    true = torch.arange(VIEWS)
    guessed = torch.where(uniform(50, VIEWS) < 0.6, true, (true + 12) % VIEWS)
    pseudo = torch.where(uniform(51, VIEWS) < 0.7, guessed, -1)
    pseudo[0] = 0  # a label, and a right one
    shuffled = torch.randperm(VIEWS, generator=generator)
    nothing = torch.full((VIEWS,), -1)
    return [
        Case("24 pictures of one object", (pseudo, true)),
        Case("10 pictures in another order", (pseudo[shuffled][:10], true[shuffled][:10])),
        Case(
            "2 objects, shape (2, 24)",
            (torch.stack([pseudo, true]), torch.stack([true, true])),
            edge="Count over all the pictures, whatever the shape.",
        ),
        Case(
            "pictures without any label",
            (nothing, true),
            edge="Nothing is covered, and there is no accuracy: call it 0, and never NaN.",
        ),
    ]


score = Exercise(
    name="6 Coverage and accuracy",
    truth=_score,
    cases=_labelled,
    mistakes={
        "Your accuracy is a share of *all* pictures, so that each refusal counts as a mistake. "
        "Divide by the number of labels that were given.": lambda v, true: _both(
            _share(v >= 0, v.numel()), _share(v == true, v.numel())
        ),
        "Your coverage counts the right labels only; it is the share of pictures that have a "
        "label at all.": lambda v, true: _both(
            _share(v == true, v.numel()), _share(v == true, v >= 0)
        ),
        "Right, but in the other order: coverage first.": lambda v, true: _score(v, true).flip(0),
        "You count viewpoint 0 as no label; only -1 means none.": _counting_zero_as_none,
        "That is the share of pictures *without* a label; coverage is the rest.": (
            lambda v, true: _both(_share(v < 0, v.numel()), _score(v, true)[1])
        ),
        "That is the share of wrong labels; accuracy is the rest.": (
            lambda v, true: _both(_score(v, true)[0], 1 - _score(v, true)[1])
        ),
        "Those are counts; divide by the number of pictures, and by the number of labels.": (
            lambda v, true: _both((v >= 0).sum(), (v == true).sum())
        ),
        "In per cent; asked for are shares between 0 and 1.": (
            lambda v, true: 100 * _score(v, true)
        ),
    },
    praise="How much was said, and how much of it is true.",
    differentiable=False,
)


# 7. Twins -----------------------------------------------------------------------------------------


def _rows(half: Tensor, mirror: Tensor, outline: Tensor) -> Tensor:
    return torch.stack([half, mirror, outline])


def _twins(views: Tensor) -> Tensor:
    return _rows(views + 12, -views, 12 - views) % VIEWS


twins = Exercise(
    name="7 Twins",
    truth=_twins,
    cases=lambda: [
        Case("viewpoints 0 … 23", (torch.arange(VIEWS),)),
        Case("viewpoints 3, 3 and 20", (torch.tensor([3, 3, 20]),)),
    ],
    mistakes={
        "All three are right but for the seam: there is no viewpoint 24 and none below 0. Take the "
        "remainder, % 24.": lambda v: _rows(v + 12, -v, 12 - v),
        "The half turn leaves the circle: viewpoint 12 plus 12 is 0. Take the remainder, % 24.": (
            lambda v: _rows(v + 12, -v % VIEWS, (12 - v) % VIEWS)
        ),
        "The remainder is missing in the mirror row: there is no viewpoint below 0.": (
            lambda v: _rows((v + 12) % VIEWS, -v, (12 - v) % VIEWS)
        ),
        "The remainder is missing in the last row: there is no viewpoint below 0.": (
            lambda v: _rows((v + 12) % VIEWS, -v % VIEWS, 12 - v)
        ),
        "23 - k reads the list backwards, which is one off: the front, viewpoint 0, must be its "
        "own mirror image.": lambda v: _rows(v + 12, 23 - v, 11 - v) % VIEWS,
        "23 - k reads the list backwards, which is one off: the front, viewpoint 0, must be its "
        "own mirror image. (The last row is right.)": (
            lambda v: _rows(v + 12, 23 - v, 12 - v) % VIEWS
        ),
        "The last row is off: seen straight from the side, viewpoint 6, an outline is its own "
        "twin. Solve -15·k' = 180 + 15·k for k'.": lambda v: _rows(v + 12, -v, 6 - v) % VIEWS,
        "The mirror and the outline are exchanged: the front, viewpoint 0, is its own mirror "
        "image, and the outline's twin of the front is the back.": (lambda v: _twins(v)[[0, 2, 1]]),
        "The half turn and the mirror are exchanged.": lambda v: _twins(v)[[1, 0, 2]],
        "The half turn and the outline are exchanged: only the half turn keeps the direction in "
        "which viewpoints are counted.": lambda v: _twins(v)[[2, 1, 0]],
        "One column per explanation; expected is one row per explanation, shape (3, N).": (
            lambda v: _twins(v).T
        ),
    },
    praise="Do any of the three twice and you are back where you were.",
    differentiable=False,
)
