"""SiamVP: do two pictures show their objects from the same side? (SSR, "SiamVP", Laradji et al.)

A network embeds each picture; the distance between two embeddings says whether they share a
viewpoint. Comparing a picture with pictures whose viewpoints are known then names its viewpoint.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from fiveviews.data.rendering import VIEWS
from fiveviews.models.reconstruction import to_network
from fiveviews.training.parallel import share, whole
from fiveviews.training.session import evaluating

DRAWN = 32  # positive and as many negative pairs that one step draws
DOUBT = 45.0  # degrees by which both pictures are turned for the rotation check


class SiamVP(nn.Module):
    """Pictures (B, 4, 64, 64) to embeddings (B, E) in (0, 1), and pairs of them to logits.

    Three convolutions and one dense layer, after Koch et al. 2015; colours count, alpha does not.
    """

    def __init__(self, widths: tuple[int, int, int], embedding: int):
        super().__init__()
        a, b, c = widths
        self.body = nn.Sequential(
            nn.Conv2d(3, a, 10),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(a, b, 7),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(b, c, 4),
            nn.ReLU(),
            nn.Flatten(),
            nn.Linear(c * 49, embedding),
            nn.Sigmoid(),
        )
        self.same = nn.Linear(embedding, 1)

    def forward(self, pictures: Tensor) -> Tensor:
        return self.body(pictures[:, :3])

    def compare(self, ours: Tensor, theirs: Tensor) -> Tensor:
        """Logits (...) that pairs of embeddings (..., E) are of one viewpoint."""
        return self.same((ours - theirs).abs())[..., 0]


def pair_loss(
    model: SiamVP, pictures: Tensor, views: Tensor, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Loss and accuracy on all pairs that pictures (B, 4, 64, 64) from views (B,) form.

    Cross-entropy of 32 positive and 32 negative pairs drawn at random, and of the hardest of each
    kind at 1/32 of the weight. The accuracy is the mean of that on the positive and that on the
    negative pairs: all of them, not the drawn ones.
    views: best on the CPU, wherever the pictures are; on a GPU each look at them is a wait.

    Raises ValueError where the batch has no two pictures of one viewpoint, or of two viewpoints.
    """
    views = views.cpu()
    first, second = torch.triu_indices(len(views), len(views), 1)
    same = views[first] == views[second]
    if same.all() or not same.any():
        raise ValueError(
            f"{len(views)} pictures from viewpoints {views.unique().tolist()} hold no pair of "
            f"{'two viewpoints' if same.all() else 'one viewpoint'}; make the batch larger"
        )
    embedded = whole(model(share(pictures)))
    loss = 0.0
    right = []
    # A pair is right where its signed logit is positive, and hardest where that is least.
    for kind, sign in ((same, 1), (~same, -1)):
        drawn = torch.randint(int(kind.sum()), (DRAWN,), generator=generator)
        ours, theirs, drawn = (
            index.to(pictures.device, non_blocking=True)
            for index in (first[kind], second[kind], drawn)
        )
        signed = sign * model.compare(embedded[ours], embedded[theirs])
        loss = loss + F.softplus(-signed[drawn]).mean() + F.softplus(-signed.min()) / DRAWN
        right.append((signed > 0).float().mean())
    return loss, sum(right).detach() / 2


def rotate(pictures: Tensor, degrees: float) -> Tensor:
    """Pictures (B, C, H, W) turned about their centre, counter-clockwise, black where nothing is.

    >>> rotate(torch.eye(3)[None, None], 90.0)[0, 0].round()
    tensor([[0., 0., 1.],
            [0., 1., 0.],
            [1., 0., 0.]])
    """
    c, s = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    turn = pictures.new_tensor([[c, -s, 0.0], [s, c, 0.0]]).expand(len(pictures), 2, 3)
    grid = F.affine_grid(turn, list(pictures.shape), align_corners=False)
    return F.grid_sample(pictures, grid, align_corners=False)


@torch.no_grad()
def belief(
    model: SiamVP, pictures: Tensor, references: Tensor, degrees: float = 0.0, batch: int = 64
) -> Tensor:
    """How sure SiamVP is of each viewpoint: (N, 24), each entry a probability of its own.

    pictures: stored, uint8 (N, H, W, 4).
    references: objects whose views are known, stored, uint8 (R, 24, H, W, 4). An entry is the
        greatest over the objects.
    degrees: turns all pictures first, for the rotation check.
    """
    device = next(model.parameters()).device

    def embed(stored: Tensor) -> Tensor:
        parts = (to_network(part.to(device)) for part in stored.split(batch))
        return torch.cat([model(rotate(part, degrees) if degrees else part) for part in parts])

    found = []
    with evaluating(model):
        known = embed(references.flatten(0, 1))
        for part in embed(pictures).split(batch):
            # One reference at a time: all differences at once would fill gigabytes at full width.
            logits = torch.stack([model.compare(part, one) for one in known], 1)
            found.append(logits.view(len(part), *references.shape[:2]).amax(1))
    return torch.cat(found).sigmoid().cpu()


def pseudo_label(
    model: SiamVP,
    pictures: Tensor,
    references: Tensor,
    threshold: float = 0.8,
    check_rotation: bool = False,
) -> Tensor:
    """Viewpoints (N,) of stored pictures (N, H, W, 4), -1 where none is accepted.

    A picture is accepted where the best viewpoint's probability exceeds the threshold and, with
    `check_rotation`, is still the best once all pictures are turned by 45°.
    """
    confidence, views = belief(model, pictures, references).max(1)
    accepted = confidence > threshold
    if check_rotation:
        accepted &= belief(model, pictures, references, DOUBT).argmax(1) == views
    return torch.where(accepted, views, -1)


def score_pseudo_labels(pseudo: Tensor, true: Tensor | None = None) -> dict[str, float]:
    """How many pictures have a pseudo-label, and how many of these labels are right.

    pseudo: (n, 24), -1 for none. true: the real viewpoints (n, 24); default 0 … 23 in each row.
    Accuracy is 0 where there is no label at all. `near` counts labels one view (15°) off as right.
    """
    true = torch.arange(VIEWS).expand_as(pseudo) if true is None else true
    pseudo, given = pseudo.cpu(), pseudo.cpu() >= 0
    off = (pseudo - true + VIEWS // 2) % VIEWS - VIEWS // 2
    count = max(1, int(given.sum()))
    return {
        "coverage": given.float().mean().item(),
        "accuracy": (given & (off == 0)).sum().item() / count,
        "near": (given & (off.abs() <= 1)).sum().item() / count,
    }
