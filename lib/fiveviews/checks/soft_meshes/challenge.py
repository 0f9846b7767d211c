"""The open challenge: fit a mesh to silhouettes, and be scored from where nobody looked."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path

import torch
from torch import Tensor

from fiveviews import show
from fiveviews.cameras import Camera, orbit
from fiveviews.checks import Verdict, opening
from fiveviews.files import write_atomically
from fiveviews.meshes import Mesh, Smoothness, icosphere
from fiveviews.metrics import soft_iou
from fiveviews.render.soft import soft_silhouette
from fiveviews.shapes import make
from fiveviews.show.tables import Table

NAME = "9 The sculptor's plan"
SETTINGS = ("sigma", "rate", "laplacian", "flatten")
SIZES = {"smoke": (2, 30, 0.7), "lab": (3, 150, 0.79), "full": (3, 600, 0.79)}  # level, steps, goal
LARGEST_SIGMA = 3e-3  # beyond, each face covers the whole picture and a step takes seconds

Settings = Mapping[str, float]
Plan = Callable[[float], Settings]


class Impossible(ValueError):
    """A plan that asks for what cannot be done."""


def statue() -> Mesh:
    """What is to be copied."""
    return make("plane", 1)


def photographed() -> Camera:
    """The four viewpoints that the sculptor has photographs from."""
    return orbit(torch.tensor([30.0, 120.0, 210.0, 300.0]))


def unseen_views() -> Camera:
    """The six viewpoints of the score: between the pictures, from low and from high."""
    return orbit(torch.arange(6) * 60.0 + 10.0, torch.tensor([10.0, 50.0, 10.0, 50.0, 10.0, 50.0]))


def silhouettes(mesh: Mesh, camera: Camera, size: int = 64) -> Tensor:
    """Sharp silhouettes (B, size, size), smoothed only as a photograph is, by its pixels."""
    with torch.no_grad():
        return soft_silhouette(
            mesh.vertices, mesh.faces, camera, size, sigma=1e-6, anti_aliasing=True
        )


def carve(clay: Mesh, photos: Tensor, cameras: Camera, plan: Sequence[Settings]) -> Mesh:
    """What becomes of a ball of clay whose silhouettes are to be those on the photos."""
    moved = torch.zeros_like(clay.vertices, requires_grad=True)
    optimiser = torch.optim.Adam([moved], betas=(0.5, 0.99))
    prices = Smoothness(clay.faces, len(clay.vertices))
    for now in plan:  # the settings of one step after the other
        optimiser.param_groups[0]["lr"] = now["rate"]
        vertices = clay.vertices / 4 + moved
        image = soft_silhouette(vertices, clay.faces, cameras, 64, sigma=now["sigma"])
        bumps, folds = prices(vertices[None])
        price = now["laplacian"] * bumps.sum() + now["flatten"] * folds.sum()
        loss = (1 - soft_iou(image, photos)).mean() + price
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    return Mesh(vertices.detach(), clay.faces)


def copy(plan: Plan, scale: str = "lab") -> Mesh:
    """The copy of the statue that a plan leads to, in as many steps as the scale allows.

    Raises ValueError where the plan asks for what cannot be done.
    """
    return _copy(_settings(plan, scale), scale)


@lru_cache(maxsize=4)  # the check and the picture ask for the same copy
def _copy(settings: tuple[tuple[float, ...], ...], scale: str) -> Mesh:
    steps = [dict(zip(SETTINGS, now, strict=True)) for now in settings]
    cameras = photographed()
    clay = icosphere(SIZES[scale][0])
    return carve(clay, silhouettes(statue(), cameras), cameras, steps)


def sculpture(plan: Plan, scale: str = "lab") -> Verdict:
    """Carve by a plan and score the copy: mean IoU of six silhouettes that it never saw.

    The check carves for itself: clay, photographs, number of steps and loop are the same for all.
    plan: progress t in [0, 1) -> the four SETTINGS; asked once for each step, before the first.
    """
    try:
        settings = _settings(plan, scale)
    except NotImplementedError as left_open:
        return Verdict(NAME, "open", opening(left_open))
    except Impossible as wrong:
        return Verdict(NAME, "wrong", str(wrong))
    views, goal = unseen_views(), SIZES[scale][2]
    mesh = _copy(settings, scale)
    score = soft_iou(silhouettes(mesh, views), silhouettes(statue(), views)).mean().item()
    if score >= goal:
        words = f"Your copy scores {score:.3f} from where nobody looked; the goal was {goal:.2f}."
        return Verdict(NAME, "right", f"{words} How far can you get?", score)
    start, end = (dict(zip(SETTINGS, settings[i], strict=True)) for i in (0, -1))
    words = f"{_advice(start, end)} (score {score:.3f}, goal {goal:.2f})"
    return Verdict(NAME, "wrong", words, score)


def _settings(plan: Plan, scale: str) -> tuple[tuple[float, ...], ...]:
    """The SETTINGS of each step; all are looked at before any time is spent on the first."""
    steps = SIZES[scale][1]
    found = []
    for step in range(steps):
        now = plan(step / steps)
        if wrong := _amiss(now, f"plan({step / steps:.3g})"):
            raise Impossible(wrong)
        found.append(tuple(float(now[name]) for name in SETTINGS))
    return tuple(found)


def _amiss(now: object, call: str) -> str | None:
    """What is wrong with what the plan returned for a call."""
    if not isinstance(now, Mapping) or set(now) != set(SETTINGS):
        return f"{call} must return a dict with exactly the keys {', '.join(SETTINGS)}."
    for name, value in now.items():
        if not isinstance(value, int | float) or not math.isfinite(value) or value < 0:
            return f"{call}['{name}'] must be a number, 0 or more; got {value!r}."
    if not 0 < now["sigma"] <= LARGEST_SIGMA:
        return (
            f"{call}['sigma'] is {now['sigma']:g}; choose it above 0 and at most "
            f"{LARGEST_SIGMA:g}: beyond that every face covers the whole picture."
        )
    if not 0 < now["rate"] <= 0.2:
        return (
            f"{call}['rate'] is {now['rate']:g}; choose it above 0 and at most 0.2, for it "
            "is about how far a vertex moves in one step, in a world of size 1."
        )
    return None


def _advice(start: Settings, end: Settings) -> str:
    """What to try next, from what the plan does not do yet between its first and last step."""
    if end["laplacian"] >= 1e-2 or end["flatten"] >= 1e-3:
        return (
            "Until the end your plan asks for a smoothness that this statue does not have: lower "
            "`laplacian` and `flatten` over time."
        )
    if end["sigma"] >= start["sigma"]:
        return (
            "Your σ does not fall: begin blurred, where far-away pixels still pull, and end sharp, "
            "where the contour is exact."
        )
    if end["rate"] >= start["rate"]:
        return "Your steps do not get smaller: begin bold and end fine."
    if start["laplacian"] < 1e-3:
        return (
            "With so little smoothness the mesh fits the pictures it has seen with spikes that "
            "only the other views show."
        )
    return "The direction is right. Vary one setting at a time, by factors of 3."


def leaderboard(verdict: Verdict, player: str, file: Path) -> Table | str:
    """The best score of each player, with this one; kept in `file` if the player gives a name.

    Raises ValueError where the file holds something else than scores.
    """
    if verdict.score is None:
        return "No score yet: first hand in a plan."
    best = _scores(file)
    name = player.strip() or "you"
    best[name] = max(verdict.score, best.get(name, 0.0))
    if player.strip():
        file.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(file, json.dumps(best, indent=1, ensure_ascii=False))
    order = sorted(best.items(), key=lambda item: -item[1])
    rows = [{"rank": i, "player": n, "score": s} for i, (n, s) in enumerate(order, start=1)]
    return show.table(rows, columns=["rank", "player", "score"])


def _scores(file: Path) -> dict[str, float]:
    if not file.is_file():
        return {}
    try:
        scores = json.loads(file.read_text("utf-8"))
    except ValueError as error:
        raise ValueError(f"{file} is damaged; delete it to start a new leaderboard") from error
    if not isinstance(scores, dict) or not all(isinstance(s, float) for s in scores.values()):
        raise ValueError(f"{file} does not hold scores; delete it to start a new leaderboard")
    return scores
