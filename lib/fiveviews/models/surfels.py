"""Pix2Scene: the depth of a scene from one picture, learned from pictures alone.

An encoder guesses the code of a picture, a decoder the depth that a camera would see of a code, the
surfel renderer draws it, and a critic judges pairs of picture and code: a picture with its guessed
code, or a drawn code with its rendered picture (ALI, equation 2, as a Wasserstein game).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import torch
from lightning_fabric import seed_everything
from torch import Tensor
from torch.optim import Adam

from fiveviews.cameras import Camera
from fiveviews.data.surfel_scenes import REFLECTANCE, SceneViews
from fiveviews.models.surfels_losses import distance, gradient_penalty, smoothness
from fiveviews.models.surfels_networks import Game, Pix2Scene, Sizes
from fiveviews.render.surfels import Lights, surfel_render
from fiveviews.training.fit import fit
from fiveviews.training.history import History
from fiveviews.training.parallel import mean, share
from fiveviews.training.recipes import at_scale, from_config

Terms = dict[str, float | Tensor]
BETAS = (0.0, 0.999)  # of the critic's Adam, as in the released code
RUNAWAY = 1e5  # a critic's score beyond this will not come back
GUARDED = 25  # steps from one look for that to the next: each waits for a GPU


@dataclass(frozen=True)
class Recipe(Sizes):
    """Everything that a run depends on, besides the data and the seed."""

    batch: int = 6
    steps: int = 60_000
    learning_rate: float = 2e-4  # of encoder and decoder
    momentum: float = 0.0  # of their Adam, β₁; the critic has none
    critic_rate: float = 2e-4
    critic_steps: int = 5  # updates of the critic to one of the others
    alone: float = 0.0  # share of the steps before the game begins, for pictures to be explained
    penalty: float = 10.0  # weight of the gradient penalty
    adversary: float = 1.0  # weight of the game in the loss of encoder and decoder
    picture: float = 1.0  # weight of ‖x − rend(G(E(x)))‖ (equation 4)
    latent: float = 1.0  # weight of ‖z − E(rend(G(z)))‖
    smooth: float = 30.0  # weight of the smoothness of depth
    last_only: bool = False  # of a batch's smoothness keep the last picture's, as that code does
    random_lights: bool = False  # pictures, and other ones what is drawn of them (figure 12)
    decay_at: float = 1.0  # of the steps: from here on the learning rates fall to 0, linearly

    @classmethod
    def of(cls, config: Mapping[str, Any]) -> Recipe:
        """The recipe in a recorded configuration, which may hold more than a recipe."""
        return from_config(cls, config)


# paper: `full` has the published sizes, with the released code's rates. `lab` differs so that a
# laptop can do it: one update of the critic instead of five; momentum; and the game begins when
# pictures are explained, and weighs less, so that it does not drown them. The smoothness is not in
# the paper, which assumes "that the world is piece-wise smooth"; the code has terms of this kind.
RECIPES = {
    "smoke": Recipe(
        size=32, code=16, encoder_width=4, decoder_width=4, critic_width=4, batch=4, steps=6,
        learning_rate=1e-3, critic_rate=1e-3, critic_steps=1,
    ),
    "lab": Recipe(
        size=64, code=64, encoder_width=16, decoder_width=16, critic_width=16, batch=16,
        steps=3000, learning_rate=3e-3, momentum=0.9, critic_rate=1e-3, critic_steps=1,
        alone=0.5, adversary=0.1, latent=0.1, decay_at=0.5,
    ),
    "full": Recipe(),
}  # fmt: skip

# Rows of the ablation: what each changes in the recipe. The third and fourth are defects of the
# released code: its terms enter with the wrong sign, and only those of a batch's last picture do.
_CRITIC_ALONE = {"picture": 0.0, "latent": 0.0, "alone": 0.0, "adversary": 1.0}
VARIANTS: dict[str, dict[str, object]] = {
    "whole": {},
    "no_smoothness": {"smooth": 0.0},
    "inverted_sign": {"smooth": -30.0},
    "last_sample": {"last_only": True},
    "no_adversary": {"adversary": 0.0, "latent": 0.0},
    "no_reconstruction": _CRITIC_ALONE,
    "random_lights": {"random_lights": True},
    "random_lights_critic": {"random_lights": True, **_CRITIC_ALONE},
}


def recipe(scale: str, **changes: object) -> Recipe:
    """The recipe of a scale, `smoke`, `lab` or `full`, with some of its fields changed."""
    return at_scale(RECIPES, scale, changes)


def draw(depth: Tensor, camera: Camera, lights: Lights) -> Tensor:
    """Pictures (B, 3, S, S), as networks take them, of depths (B, S, S)."""
    return surfel_render(depth, camera, lights, REFLECTANCE).permute(0, 3, 1, 2)


@dataclass(frozen=True, eq=False)
class Batch:
    """Pictures (B, 3, S, S) with what is known about them."""

    pictures: Tensor
    camera: Camera
    lights: Lights
    classes: Tensor | None = None


class Objective:
    """One step of the game: the critic learns, then encoder and decoder do.

    views: pictures with cameras and lights; their depth and normals are not looked at.
    classes: int64 (N,), for generation by class.
    """

    def __init__(
        self,
        views: SceneViews,
        recipe: Recipe,
        device: torch.device | str = "cpu",
        classes: Tensor | None = None,
    ):
        self.recipe, self.device = recipe, device
        self.pictures = views.images.permute(0, 3, 1, 2).contiguous().to(device)
        self.camera, self.lights = views.camera.to(device), views.lights.to(device)
        self.classes = None if classes is None else classes.to(device)

    def __call__(
        self, model: Game, step: int, generator: torch.Generator
    ) -> Iterator[tuple[str, Tensor, Terms]]:
        if self.plays(step):
            for _ in range(self.recipe.critic_steps):
                yield "critic", *self.criticise(model, generator)
        loss, terms, _ = self.reconstruct(model, generator, step)
        yield "networks", loss, terms

    def plays(self, step: int) -> bool:
        """Whether the critic and the codes have a say in this step."""
        r = self.recipe
        return r.adversary > 0 and step >= r.alone * r.steps

    def sample(self, generator: torch.Generator) -> Batch:
        """A batch of pictures drawn at random."""
        count = len(self.pictures)
        index = torch.randint(count, (self.recipe.batch,), generator=generator).to(
            self.device, non_blocking=True
        )
        lights = self.lights[index]
        if self.recipe.random_lights:
            lights = strange(lights, generator)
        lights = lights[share(torch.arange(len(index), device=index.device))]
        index = share(index)
        classes = None if self.classes is None else self.classes[index]
        return Batch(self.pictures[index], self.camera[index], lights, classes)

    def noise(self, generator: torch.Generator) -> Tensor:
        """Codes (B, code) from the standard normal distribution."""
        shape = (self.recipe.batch, self.recipe.code)
        return share(torch.randn(shape, generator=generator).to(self.device, non_blocking=True))

    def build(self) -> Pix2Scene:
        """Encoder and decoder, untrained."""
        return Pix2Scene(self.recipe)

    def oppose(self, scene: Pix2Scene) -> Game:
        """The game for these networks to learn in."""
        return Game(scene)

    def optimizers(self, model: Game) -> dict[str, Adam]:
        """One for the critic, one for encoder and decoder."""
        both = model.scene.parameters()
        return {
            "critic": Adam(model.critic.parameters(), self.recipe.critic_rate, BETAS),
            "networks": Adam(both, self.recipe.learning_rate, (self.recipe.momentum, 0.999)),
        }

    def gap(self, model: Game) -> float:
        """How far apart the critic's mean scores of real and of rendered pictures are."""
        generator = torch.Generator().manual_seed(0)
        batch, codes = self.sample(generator), self.noise(generator)
        depth = model.scene.decode(codes, batch.camera, batch.classes)
        fake = draw(depth, batch.camera, batch.lights)
        guessed = model.scene.encode(batch.pictures, batch.camera)
        real = model.judge(batch.pictures, guessed, batch.camera, batch.classes).mean()
        fakes = model.judge(fake, codes, batch.camera, batch.classes).mean()
        return float(mean(real - fakes))

    def criticise(self, model: Game, generator: torch.Generator) -> tuple[Tensor, Terms]:
        """The critic's loss: fake less real, and the gradient penalty."""
        model.critic.requires_grad_(True)
        batch, codes = self.sample(generator), self.noise(generator)
        with torch.no_grad():
            real = batch.pictures, model.scene.encode(batch.pictures, batch.camera)
            depth = model.scene.decode(codes, batch.camera, batch.classes)
            fake = draw(depth, batch.camera, batch.lights), codes

        def score(pictures: Tensor, codes: Tensor) -> Tensor:
            return model.judge(pictures, codes, batch.camera, batch.classes)

        gap = score(*real).mean() - score(*fake).mean()
        mix = share(torch.rand(self.recipe.batch, generator=generator).to(codes, non_blocking=True))
        penalty = gradient_penalty(score, real, fake, mix)
        return self.recipe.penalty * penalty - gap, {"gap": gap, "penalty": penalty}

    def reconstruct(
        self, model: Game, generator: torch.Generator, step: int
    ) -> tuple[Tensor, Terms, Tensor]:
        """The loss of encoder and decoder: fool the critic, and come back to where one began.

        Also its terms, and the codes that the encoder guessed. Where the game has not begun, only
        the pictures count.
        """
        r = self.recipe
        model.critic.requires_grad_(False)
        batch, codes = self.sample(generator), self.noise(generator)
        guessed = model.scene.encode(batch.pictures, batch.camera)
        depth = model.scene.decode(guessed, batch.camera, batch.classes)
        rebuilt = draw(depth, batch.camera, batch.lights)
        terms: Terms = {"picture": distance(batch.pictures, rebuilt)}
        loss = r.picture * terms["picture"]
        if r.smooth:
            bends = smoothness(depth, batch.pictures)
            terms["smoothness"] = bends[-1] / len(bends) if r.last_only else bends.mean()
            loss = loss + r.smooth * terms["smoothness"]
        if self.plays(step):
            other = model.scene.decode(codes, batch.camera, batch.classes)
            invented = draw(other, batch.camera, batch.lights)
            terms["latent"] = distance(codes, model.scene.encode(invented, batch.camera))
            real = model.judge(batch.pictures, guessed, batch.camera, batch.classes)
            fake = model.judge(invented, codes, batch.camera, batch.classes)
            terms["game"] = real.mean() - fake.mean()
            loss = loss + r.latent * terms["latent"] + r.adversary * terms["game"]
        return loss, terms, guessed


def strange(lights: Lights, generator: torch.Generator) -> Lights:
    """As many lights anywhere in the positive octant, in random colours, as bright in the mean.

    Places are uniform by area, at the distance that the lights have.
    """
    height, turn = torch.rand((2, *lights.positions.shape[:-1]), generator=generator)
    flat, turn = (1 - height**2).sqrt(), 0.5 * math.pi * turn
    places = torch.stack([flat * turn.sin(), height, flat * turn.cos()], -1)
    colours = torch.rand(lights.colours.shape, generator=generator)
    places, colours = (t.to(lights.positions, non_blocking=True) for t in (places, colours))
    return replace(
        lights,
        positions=places * lights.positions.norm(dim=-1, keepdim=True),
        colours=colours * 2 * lights.colours.mean(),
    )


def train(
    objective: Objective,
    *,
    seed: int,
    model: Pix2Scene | None = None,
    evaluate: Callable[[Pix2Scene], Mapping[str, float]] | None = None,
    watch: Callable[[Pix2Scene, int], object] | None = None,
    **options: object,
) -> tuple[Pix2Scene, History]:
    """The networks trained on an objective, and the history of the training.

    model: one to go on with; by default a new one whose weights follow from `seed`.
    evaluate: metrics of the networks, looked at twenty times along the way.
    watch: called then too, with the networks and the step, to keep what they make.
    options: passed on to `fit` (folder, progress, checkpoint_every, …).

    Raises FloatingPointError where the critic runs away from the networks, within `GUARDED` steps,
    besides what `fit` raises.
    """
    r = objective.recipe
    seed_everything(seed, verbose=False)
    scene = objective.build() if model is None else model
    game, done = objective.oppose(scene), 0

    def step_loss(
        game: Game, step: int, generator: torch.Generator
    ) -> Iterator[tuple[str, Tensor, Terms]]:
        nonlocal done
        for name, loss, terms in objective(game, step, generator):
            if step % GUARDED == 0 and "gap" in terms:
                _stay(float(mean(terms["gap"].detach())), step)
            yield name, loss, terms
        done = step + 1

    def look(game: Game) -> dict[str, float]:
        found = dict(evaluate(game.scene)) if evaluate else {}
        if watch is not None:
            watch(game.scene, done)
        gap = objective.gap(game)
        _stay(gap, done)
        return found | {"critic gap": gap}

    history = fit(
        game,
        step_loss,
        steps=r.steps,
        optimizer=objective.optimizers(game),
        schedule=schedule(r),
        seed=seed,
        config=r,
        evaluate=look,
        evaluate_every=max(1, r.steps // 20),
        device=str(objective.device),
        **options,
    )
    return scene, history


def _stay(gap: float, step: int) -> None:
    if not abs(gap) < RUNAWAY:
        raise FloatingPointError(
            f"in step {step} the critic's scores of real and rendered pictures are {gap:.3g} "
            f"apart: it has run away from the decoder; try a smaller critic_rate or a larger "
            f"penalty"
        )


def schedule(r: Recipe) -> Callable[[int], float]:
    """The factor on the learning rates: 1, and from `decay_at` on straight down towards 0."""
    first = r.decay_at * r.steps
    return lambda step: 1.0 if step < first else (r.steps - step) / (r.steps - first)
