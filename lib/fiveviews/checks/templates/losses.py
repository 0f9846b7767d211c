"""Checks of the exercises on what a template, its warps and an encoder are trained with."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from fiveviews.checks import Case, Exercise, uniform
from fiveviews.models import contrastive, templates_losses

CLAMP = 0.1

# 1. Strict, but not at first ----------------------------------------------------------------------


def _error(f: Tensor, s: Tensor) -> Tensor:
    return (f.clamp(-CLAMP, CLAMP) - s.clamp(-CLAMP, CLAMP)).abs()


def _weight(f: Tensor, s: Tensor, strictness: float) -> Tensor:
    f, s = f.clamp(-CLAMP, CLAMP), s.clamp(-CLAMP, CLAMP)
    return 1 + strictness * s.sign() * (s - f).sign()


def _distances() -> list[Case]:
    f, s = uniform(80, 40, low=-0.15, high=0.15), uniform(81, 40, low=-0.15, high=0.15)
    return [
        Case("forty distances, ε = 0.025 and λ = 0.2", (f, s, 0.025, 0.2)),
        Case("forty distances, ε = 0 and λ = 0.5", (f.flip(0), s, 0.0, 0.5)),
    ]


reconstruction = Exercise(
    name="1 Strict, but not at first",
    truth=templates_losses.reconstruction,
    cases=_distances,
    mistakes={
        "λ works the wrong way round: an error towards the wrong *side* must weigh more, and "
        "sgn(s) sgn(f − s) is 1 for one away from it.": lambda f, s, e, k: (
            (_error(f, s) - e).relu() * _weight(f, s, -k)
        ),
        "Nothing is clamped. Far from the surface only the side counts: clamp both to ±0.1.": (
            lambda f, s, e, k: ((f - s).abs() - e).relu() * (1 + k * s.sign() * (s - f).sign())
        ),
        "You clamp the prediction and not the truth: far samples would cost even where all is "
        "well.": lambda f, s, e, k: (
            ((f.clamp(-CLAMP, CLAMP) - s).abs() - e).relu()
            * (1 + k * s.sign() * (s - f.clamp(-CLAMP, CLAMP)).sign())
        ),
        "You clamp the difference. It is f and s that are clamped, each for itself.": (
            lambda f, s, e, k: (
                ((f - s).clamp(-CLAMP, CLAMP).abs() - e).relu()
                * (1 + k * s.sign() * (s - f).sign())
            )
        ),
        "Errors below ε give a *negative* loss, which pays for being a little right: max(·, 0).": (
            lambda f, s, e, k: (_error(f, s) - e) * _weight(f, s, k)
        ),
        "The sign of s is missing: as it is, guessing too little weighs more on both sides.": (
            lambda f, s, e, k: (
                (_error(f, s) - e).relu()
                * (1 + k * (s.clamp(-CLAMP, CLAMP) - f.clamp(-CLAMP, CLAMP)).sign())
            )
        ),
        "The 1 is missing: the factor is 1 + λ or 1 − λ, never λ alone.": lambda f, s, e, k: (
            (_error(f, s) - e).relu() * (_weight(f, s, k) - 1)
        ),
        "The second factor is missing: an error towards the wrong side weighs no more than one "
        "away from it.": lambda f, s, e, k: (_error(f, s) - e).relu(),
        "You take ε off after weighing; it is taken off the error itself.": lambda f, s, e, k: (
            _error(f, s) * _weight(f, s, k) - e
        ).relu(),
        "That is the square of the error; Deep Implicit Templates takes its absolute value.": (
            lambda f, s, e, k: (_error(f, s) - e).relu().square() * _weight(f, s, k)
        ),
    },
    praise="Lenient while the warp has hardly begun, and strictest about the sign at the end.",
)


# 2. Do not go far ---------------------------------------------------------------------------------


def _huber(r: Tensor, delta: float) -> Tensor:
    return torch.where(r < delta, 0.5 * r.square(), delta * (r - 0.5 * delta))


def _length(places: Tensor, points: Tensor) -> Tensor:
    return (places - points).norm(dim=-1)


def _moved() -> list[Case]:
    points = uniform(82, 30, 3, low=-1.0)
    little, much = uniform(83, 30, 3, low=-0.15, high=0.15), uniform(84, 30, 3, low=-0.4, high=0.4)
    return [
        Case("thirty points moved a little and much, δ = 0.25", (points + much, points, 0.25)),
        Case("thirty points, most of them moved a little", (points + little, points, 0.2)),
    ]


pointwise = Exercise(
    name="2 Do not go far",
    truth=lambda places, points, delta: _huber(_length(places, points), delta).mean(),
    cases=_moved,
    mistakes={
        "You take Huber of each coordinate. It is of the *length* of the way, one number for each "
        "point.": lambda w, p, d: _huber((w - p).abs(), d).mean(),
        "Three times that: Huber of each coordinate, summed. It is of the length of the way.": (
            lambda w, p, d: _huber((w - p).abs(), d).sum(-1).mean()
        ),
        "Half the square, however far: then one distant point outweighs all others. From δ on the "
        "cost grows in a straight line.": lambda w, p, d: (0.5 * _length(w, p).square()).mean(),
        "The straight line begins at the wrong height: δ (r − δ/2) meets the parabola at δ.": (
            lambda w, p, d: torch.where(
                _length(w, p) < d, 0.5 * _length(w, p).square(), d * _length(w, p)
            ).mean()
        ),
        "The ½ is missing in the parabola, and it jumps at δ.": lambda w, p, d: torch.where(
            _length(w, p) < d, _length(w, p).square(), d * (_length(w, p) - 0.5 * d)
        ).mean(),
        "You put the *squared* length into the Huber loss: a root is missing.": (
            lambda w, p, d: _huber(_length(w, p).square(), d).mean()
        ),
        "That is how far the points are from the origin; asked for is how far they were moved.": (
            lambda w, p, d: _huber(w.norm(dim=-1), d).mean()
        ),
        "That is the sum over the points; take the mean.": (
            lambda w, p, d: _huber(_length(w, p), d).sum()
        ),
    },
    praise="A spring for small ways, a rope for long ones. Without it the template could drift.",
)


# 3. Neighbours stay neighbours --------------------------------------------------------------------


def _pairs(places: Tensor, points: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """How far pairs i < j are apart before, how far after, and by how much their moves differ."""
    i, j = torch.triu_indices(len(points), len(points), 1)
    moves = places - points
    return tuple((t[i] - t[j]).norm(dim=-1) for t in (points, places, moves))


def _strain(places: Tensor, points: Tensor, limit: float) -> Tensor:
    before, _, moves = _pairs(places, points)
    return (moves / before - limit).relu().mean()


def _stretched() -> list[Case]:
    points = uniform(85, 9, 3, low=-1.0)
    places = points + uniform(86, 9, 3, low=-0.6, high=0.6)
    return [
        Case("nine points moved at random, ε = 0.5", (places, points, 0.5)),
        Case("seven points, ε = 0.3", (places[:7] * 1.2, points[:7], 0.3)),
    ]


pairwise = Exercise(
    name="3 Neighbours stay neighbours",
    truth=_strain,
    cases=_stretched,
    mistakes={
        "Each point is paired with itself too: 0/0, and the mean is NaN. Take the pairs i < j.": (
            lambda w, p, e: torch.tensor(torch.nan, dtype=torch.float64)
        ),
        "Each point is paired with itself too, at no cost, but it counts in the mean.": (
            lambda w, p, e: _strain(w, p, e) * (len(p) - 1) / len(p)
        ),
        "You compare the distances of the pair after and before. What counts is how the *moves* "
        "differ: by distances alone, a chair turned upside down would cost nothing.": (
            lambda w, p, e: (_pairs(w, p)[1] / _pairs(w, p)[0] - e).relu().mean()
        ),
        "You compare how *far* the two were moved; two moves of one length can point apart. "
        "Subtract the moves first, then take the length.": lambda w, p, e: (
            (
                (_length(w, p)[:, None] - _length(w, p)).abs()[
                    tuple(torch.triu_indices(len(p), len(p), 1))
                ]
                / _pairs(w, p)[0]
                - e
            )
            .relu()
            .mean()
        ),
        "You do not divide by how far the two were apart: points far away from one another may "
        "move differently.": lambda w, p, e: (_pairs(w, p)[2] - e).relu().mean(),
        "ε is missing: a strain of up to ε is free.": lambda w, p, e: _strain(w, p, 0.0),
        "Pairs below ε are paid for: max(·, 0).": lambda w, p, e: (
            _pairs(w, p)[2] / _pairs(w, p)[0] - e
        ).mean(),
        "That is the sum over the pairs; take the mean.": lambda w, p, e: (
            (_pairs(w, p)[2] / _pairs(w, p)[0] - e).relu().sum()
        ),
    },
    praise="Shifting all of space costs nothing; what costs is neighbours that part.",
)


# 4. Two pictures of one chair ---------------------------------------------------------------------


def _similar(a: Tensor, b: Tensor, temperature: float, unit: bool = True) -> Tensor:
    both = torch.cat([a, b])
    both = F.normalize(both, dim=1) if unit else both
    return both @ both.T / temperature


def _alone(similar: Tensor) -> Tensor:
    itself = torch.eye(len(similar), dtype=torch.bool)
    return similar.masked_fill(itself, -torch.inf)


def _find(similar: Tensor) -> Tensor:
    return F.cross_entropy(similar, torch.arange(len(similar)).roll(len(similar) // 2))


def _without_partner(a: Tensor, b: Tensor, temperature: float) -> Tensor:
    similar = _alone(_similar(a, b, temperature))
    partner = torch.arange(len(similar)).roll(len(a))
    right = similar.gather(1, partner[:, None])[:, 0]
    others = similar.scatter(1, partner[:, None], -torch.inf)
    return (torch.logsumexp(others, 1) - right).mean()


def _pictures() -> list[Case]:
    a, b = uniform(87, 6, 5, low=-1.0), uniform(88, 6, 5, low=-1.0)
    return [
        Case("six pairs, temperature 0.5", (a + b, a - 0.2 * b, 0.5)),
        Case("four pairs, temperature 0.07", (2 * a[:4], a[:4] + 0.3 * b[:4], 0.07)),
    ]


def _nt_xent(a: Tensor, b: Tensor, temperature: float) -> Tensor:
    return contrastive.nt_xent(F.normalize(a, dim=1), F.normalize(b, dim=1), temperature)[0]


nt_xent = Exercise(
    name="4 Two pictures of one chair",
    truth=_nt_xent,
    cases=_pictures,
    mistakes={
        "The embeddings are not normalised: a network could win by making them long. Similarity is "
        "the *cosine*.": lambda a, b, t: _find(_alone(_similar(a, b, t, unit=False))),
        "Each picture may choose *itself*, and nothing is more like it: leave the diagonal out.": (
            lambda a, b, t: _find(_similar(a, b, t))
        ),
        "You multiply by the temperature; it divides: the lower, the stricter.": (
            lambda a, b, t: _find(_alone(_similar(a, b, 1 / t)))
        ),
        "The temperature is missing.": lambda a, b, t: _find(_alone(_similar(a, b, 1.0))),
        "You let the first pictures search among the second ones alone. All 2B search, each among "
        "all 2B − 1 others.": lambda a, b, t: F.cross_entropy(
            _similar(a, b, t)[: len(a), len(a) :], torch.arange(len(a))
        ),
        "Only the first pictures search. The second ones search as well.": lambda a, b, t: (
            F.cross_entropy(_alone(_similar(a, b, t))[: len(a)], torch.arange(len(a)) + len(a))
        ),
        "The partner is missing below the fraction: it is one of the 2B − 1 others.": (
            _without_partner
        ),
        "That is the sum over all pictures; take the mean.": lambda a, b, t: (
            2 * len(a) * _find(_alone(_similar(a, b, t)))
        ),
    },
    praise="What stays when the viewpoint changes is the chair.",
)
