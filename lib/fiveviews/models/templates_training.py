"""How the templates chapter trains: fields and codes, then encoders, in one piece or in two.

    phase 1       codes, warper and template learn the fields of the training objects
    Sol 1         an encoder learns to give the codes of phase 1, whose networks stay as they are
    contrastive   the encoder's convolutions learn which two pictures show one object
    Sol 2         encoder, warper and template learn the fields together, from pictures

Each is a call of `fit`: `train_fields`, `train_encoder`, `contrast`, `train_end_to_end`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from lightning_fabric import seed_everything
from torch import Tensor, nn
from torch.nn.functional import normalize

from fiveviews.models import templates_losses as losses
from fiveviews.models.contrastive import nt_xent
from fiveviews.models.templates import ImplicitTemplates, Recipe
from fiveviews.models.templates_data import Objects
from fiveviews.models.templates_encoder import Encoder, Trunk
from fiveviews.training.checkpoints import fingerprint
from fiveviews.training.fit import fit
from fiveviews.training.history import History
from fiveviews.training.parallel import share, whole
from fiveviews.training.session import find_device, sent

Loss = tuple[Tensor, dict[str, Tensor]]


class Reconstructor(nn.Module):
    """From a picture to a field: an encoder, and warper and template that read its codes."""

    def __init__(self, recipe: Recipe):
        super().__init__()
        self.recipe = recipe
        self.encoder, self.fields = Encoder(recipe), ImplicitTemplates(recipe, 0)

    @classmethod
    def of(cls, config: Mapping[str, Any]) -> Reconstructor:
        """An untrained one as a recorded configuration describes it."""
        return cls(Recipe.of(config))

    @classmethod
    def join(cls, encoder: Encoder, fields: ImplicitTemplates) -> Reconstructor:
        """Sol 1: an encoder of codes and the networks that it learned the codes of."""
        both = cls(fields.recipe)
        both.encoder = encoder
        both.fields.warper, both.fields.template = fields.warper, fields.template
        return both.eval()


def field_loss(
    fields: ImplicitTemplates,
    points: Tensor,
    true: Tensor,
    codes: Tensor,
    step: int,
    pairs: tuple[int, int] | None = None,
) -> Loss:
    """L = L_rec + w_pw L_pw + w_pp L_pp + w_c |c|, and its terms    (Zheng et al., eq. 10)

    points (B, P, 3), true distances (B, P), codes (B, C). In the first `ramp` steps the points are
    held back, by up to ten times w_pw, and strain and codes are free.

    paper: the project's report prints w_pw and w_pp the other way round; this is the code's way.
    """
    r = fields.recipe
    places, values = fields(points, codes)
    terms = {
        "reconstruction": losses.progressive(values, true, r.clamp),
        "pointwise": losses.pointwise(places, points),
        "pairwise": losses.pairwise(places[-1], points, pairs or r.pair_points, r.pair_limit),
        "code": codes.norm(dim=1).mean(),
    }
    ramp = step / r.ramp
    loss = (
        terms["reconstruction"]
        + r.pointwise * max(1.0, 10 * (1 - ramp)) * terms["pointwise"]
        + r.pairs * min(1.0, ramp) * terms["pairwise"]
        + r.code_norm * min(1.0, ramp) * terms["code"]
    )
    return loss, {name: term.detach() for name, term in terms.items()}


def choose(n: int, count: int, generator: torch.Generator) -> Tensor:
    """`count` of n objects, all different (all n where there are fewer)."""
    return torch.randperm(n, generator=generator)[:count]


def train_fields(
    objects: Objects,
    recipe: Recipe,
    *,
    seed: int,
    model: ImplicitTemplates | None = None,
    device: str = "auto",
    **options: object,
) -> tuple[ImplicitTemplates, History]:
    """Phase 1: networks and codes that reproduce the fields of the objects.

    model: one to go on with; by default a new one whose weights follow from `seed`.
    options: passed on to `fit` (folder, progress, checkpoint_every, …), here and below.
    """
    model = model or _drawn(ImplicitTemplates, seed, recipe, len(objects))
    where = find_device(device).device

    def step_loss(model: ImplicitTemplates, step: int, generator: torch.Generator) -> Loss:
        which = choose(len(objects), recipe.scenes, generator)
        points, true = objects.samples.draw(which, recipe.points, generator)
        which, points, true = (sent(t, where) for t in share(which, points, true))
        return field_loss(model, points, true, model.embedding(which), step)

    groups = [
        {"params": model.warper.parameters(), "lr": recipe.rate_warper},
        {"params": model.template.parameters(), "lr": recipe.rate_template},
        {"params": model.embedding.parameters(), "lr": recipe.rate_codes},
    ]
    how = {"seed": seed, "config": recipe, "device": device} | options
    return model, _fit(model, step_loss, groups, recipe.steps, recipe.halve, **how)


def train_encoder(
    objects: Objects,
    codes: Tensor,
    recipe: Recipe,
    *,
    seed: int,
    model: Encoder | None = None,
    device: str = "auto",
    **options: object,
) -> tuple[Encoder, History]:
    """Sol 1: an encoder whose codes for any easy picture of object k are near codes[k], in L1."""
    objects = objects.easy
    model = model or _drawn(Encoder, seed, recipe)
    where = find_device(device).device
    codes = codes.to(where)

    def step_loss(model: Encoder, step: int, generator: torch.Generator) -> Loss:
        which = torch.randint(len(objects), (recipe.sol1_batch,), generator=generator)
        pictures = share(objects.draw_pictures(which, generator, where))
        return (model(pictures) - codes[sent(share(which), where)]).abs().sum(1).mean(), {}

    groups = [{"params": model.parameters(), "lr": recipe.sol1_rate}]
    how = {"seed": seed, "config": recipe, "device": device} | options
    return model, _fit(model, step_loss, groups, recipe.sol1_steps, recipe.sol1_halve, **how)


class Contrast(nn.Module):
    """The encoder's convolutions with a head for the contrastive loss, which is dropped after."""

    def __init__(self, recipe: Recipe):
        super().__init__()
        self.recipe = recipe
        self.trunk = Trunk(recipe.blocks, recipe.width)
        n = self.trunk.channels
        self.projection = nn.Sequential(nn.Linear(n, n), nn.ReLU(), nn.Linear(n, recipe.projection))

    @classmethod
    def of(cls, config: Mapping[str, Any]) -> Contrast:
        """An untrained one as a recorded configuration describes it."""
        return cls(Recipe.of(config))

    def forward(self, pictures: Tensor) -> Tensor:
        return self.projection(self.trunk(pictures))


def contrast(
    objects: Objects,
    recipe: Recipe,
    *,
    seed: int,
    model: Contrast | None = None,
    device: str = "auto",
    **options: object,
) -> tuple[Contrast, History]:
    """Contrastive pre-training: two pictures of one object are near, of different ones far.

    Both views are drawn at random from all that there are, easy and hard, perhaps the same one
    twice, and jittered in colour; no object is in a batch twice, so a batch has at most as many
    pairs as there are objects.
    """
    model = model or _drawn(Contrast, seed, recipe)
    where = find_device(device).device

    def step_loss(model: Contrast, step: int, generator: torch.Generator) -> Loss:
        which = choose(len(objects), recipe.contrast_batch, generator)
        pictures = objects.draw_pictures(which.repeat(2), generator, where)
        embeddings = whole(model(share(jitter(pictures, recipe.jitter, generator))))
        first, second = normalize(embeddings, dim=1).chunk(2)
        return nt_xent(first, second, recipe.temperature)[0], {}

    steps = recipe.contrast_steps
    optimizer = (
        torch.optim.Adam(model.parameters(), lr=recipe.contrast_rate)
        if recipe.contrast_adam
        else torch.optim.SGD(model.parameters(), lr=recipe.contrast_rate, weight_decay=1e-4)
    )
    history = fit(
        model,
        step_loss,
        steps=steps,
        optimizer=optimizer,
        schedule=lambda step: 0.1 ** ((step >= 0.6 * steps) + (step >= 0.8 * steps)),
        seed=seed,
        config=recipe,
        device=device,
        **options,
    )
    return model, history


def jitter(pictures: Tensor, strength: float, generator: torch.Generator) -> Tensor:
    """Pictures (B, 3, H, W) with brightness, contrast and saturation changed, each by its own
    factor in 1 ± strength for each picture.

    paper: the original turns the hue too; our pictures are grey, which no turn of hue changes.
    """
    draw = 1 + strength * (2 * torch.rand(3, len(pictures), 1, 1, 1, generator=generator) - 1)
    bright, contrasted, saturated = sent(draw, pictures.device)
    x = (pictures * bright).clamp(0, 1)
    mean = x.mean((1, 2, 3), keepdim=True)
    x = (mean + contrasted * (x - mean)).clamp(0, 1)
    grey = x.mean(1, keepdim=True)
    return (grey + saturated * (x - grey)).clamp(0, 1)


def begin(
    model: Reconstructor,
    recipe: Recipe,
    trunk: Trunk | None = None,
    fields: ImplicitTemplates | None = None,
) -> Reconstructor:
    """Bring a newly drawn model to where Sol 2 begins, in place: what it goes on with put in, and
    the last layer of its encoder scaled by `recipe.head`. trunk, fields: see `train_end_to_end`.
    """
    if trunk is not None:
        model.encoder.trunk.load_state_dict(trunk.state_dict())
    if fields is not None:
        model.fields.warper.load_state_dict(fields.warper.state_dict())
        model.fields.template.load_state_dict(fields.template.state_dict())
    with torch.no_grad():
        model.encoder.head.weight.mul_(recipe.head)
    return model


def train_end_to_end(
    objects: Objects,
    recipe: Recipe,
    *,
    seed: int,
    trunk: Trunk | None = None,
    fields: ImplicitTemplates | None = None,
    model: Reconstructor | None = None,
    device: str = "auto",
    **options: object,
) -> tuple[Reconstructor, History]:
    """Sol 2: encoder, warper and template learn together, from one picture of each object a step.

    trunk: of `contrast`, whose weights the encoder starts with; without it, as it was drawn. All
        else is equal: the other weights follow from `seed`, and so does the order of data.
    fields: of `train_fields`, whose warper and template are gone on with; without, new ones.
    model: one to go on with as it is, of which trunk and fields only say from what it began (see
        `begin`); by default a new one that begins with them.

    paper: the original leaves the convolutions as they were (`recipe.frozen`), all but their
    running statistics. Its two kinds of Sol 2 differ in more than where these come from: with
    contrastive pre-training it sees hard pictures too, and the last layer is two, 512 to 512 to 256
    with a ReLU between; without it, easy pictures and a single layer. Here both see all pictures
    and have one layer, so that the head start is the only difference.
    """
    model = model or begin(_drawn(Reconstructor, seed, recipe), recipe, trunk, fields)
    where = find_device(device).device

    def step_loss(model: Reconstructor, step: int, generator: torch.Generator) -> Loss:
        which = choose(len(objects), recipe.sol2_scenes, generator)
        points, true = objects.samples.draw(which, recipe.sol2_points, generator)
        codes = model.encoder(share(objects.draw_pictures(which, generator, where)))
        points, true = (sent(t, where) for t in share(points, true))
        return field_loss(model.fields, points, true, codes, step, recipe.sol2_pairs)

    if recipe.frozen:
        model.encoder.trunk.requires_grad_(False)
    encoder = [p for p in model.encoder.parameters() if p.requires_grad]
    groups = [
        {"params": model.fields.warper.parameters(), "lr": recipe.slow * recipe.rate_warper},
        {"params": model.fields.template.parameters(), "lr": recipe.slow * recipe.rate_template},
        {"params": encoder, "lr": recipe.sol2_rate},
    ]
    begun = {"trunk": trunk and fingerprint(trunk), "fields": fields and fingerprint(fields)}
    how = {"seed": seed, "config": vars(recipe) | begun, "device": device} | options
    return model, _fit(model, step_loss, groups, recipe.sol2_steps, recipe.sol2_halve, **how)


def _drawn(kind: type[nn.Module], seed: int, *arguments: object) -> Any:
    """A new module whose weights follow from the seed."""
    seed_everything(seed, verbose=False)
    return kind(*arguments)


def _fit(
    model: nn.Module,
    step_loss: Callable[[Any, int, torch.Generator], Loss],
    groups: list[dict[str, Any]],
    steps: int,
    halve: int,
    **options: Any,
) -> History:
    """`fit` with Adam, whose rates are halved every `halve` steps."""
    return fit(
        model,
        step_loss,
        steps=steps,
        optimizer=torch.optim.Adam(groups),
        schedule=lambda step: 0.5 ** (step // halve),
        **options,
    )
