"""The open challenge: fit a mesh to silhouettes, and be scored from where nobody looked."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from pathlib import Path

import torch

from fiveviews import show
from fiveviews.cameras import Camera, orbit
from fiveviews.checks import Verdict, opening
from fiveviews.files import write_atomically
from fiveviews.meshes import Mesh
from fiveviews.metrics import soft_iou
from fiveviews.render.soft import soft_silhouette
from fiveviews.show.tables import Table

NAME = "9 The sculptor's plan"
SETTINGS = ("sigma", "rate", "laplacian", "flatten")
LARGEST_SIGMA = 3e-3  # beyond, each face covers the whole picture and a step takes seconds

Plan = Callable[[float], Mapping[str, float]]


def unseen_views() -> Camera:
    """The six viewpoints of the score: between the pictures, from low and from high."""
    return orbit(torch.arange(6) * 60.0 + 10.0, torch.tensor([10.0, 50.0, 10.0, 50.0, 10.0, 50.0]))


def silhouettes(mesh: Mesh, camera: Camera, size: int = 64) -> torch.Tensor:
    """Sharp silhouettes (B, size, size), smoothed only as a photograph is, by its pixels."""
    with torch.no_grad():
        return soft_silhouette(
            mesh.vertices, mesh.faces, camera, size, sigma=1e-6, anti_aliasing=True
        )


def sculpture(plan: Plan, sculpt: Callable[[Plan], Mesh], statue: Mesh, goal: float) -> Verdict:
    """Score the mesh that `sculpt(plan)` makes: mean IoU of six silhouettes that it never saw.

    plan: progress t in [0, 1) -> the four SETTINGS. statue: what was to be copied.
    goal: the score from which on the exercise counts as done.
    """
    try:
        if wrong := _amiss(plan):
            return Verdict(NAME, "wrong", wrong)
        mesh = sculpt(plan)
    except NotImplementedError as left_open:
        return Verdict(NAME, "open", opening(left_open))
    views = unseen_views()
    score = soft_iou(silhouettes(mesh, views), silhouettes(statue, views)).mean().item()
    if score >= goal:
        words = f"Your copy scores {score:.3f} from where nobody looked; the goal was {goal:.2f}."
        return Verdict(NAME, "right", f"{words} How far can you get?", score)
    return Verdict(NAME, "wrong", f"{_advice(plan)} (score {score:.3f}, goal {goal:.2f})", score)


def _amiss(plan: Plan) -> str | None:
    """What is wrong with a plan, before any time is spent on it."""
    for t in (0.0, 0.5, 0.99):
        now = plan(t)
        if not isinstance(now, Mapping) or set(now) != set(SETTINGS):
            return f"plan({t}) must return a dict with exactly the keys {', '.join(SETTINGS)}."
        for name, value in now.items():
            if not isinstance(value, int | float) or not math.isfinite(value) or value < 0:
                return f"plan({t})['{name}'] must be a number, 0 or more; got {value!r}."
        if not 0 < now["sigma"] <= LARGEST_SIGMA:
            return (
                f"plan({t})['sigma'] is {now['sigma']:g}; choose it above 0 and at most "
                f"{LARGEST_SIGMA:g}: beyond that every face covers the whole picture."
            )
        if not 0 < now["rate"] <= 0.2:
            return (
                f"plan({t})['rate'] is {now['rate']:g}; choose it above 0 and at most 0.2, for it "
                "is about how far a vertex moves in one step, in a world of size 1."
            )
    return None


def _advice(plan: Plan) -> str:
    """What to try next, from what the plan does not do yet."""
    start, end = plan(0.0), plan(0.99)
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
