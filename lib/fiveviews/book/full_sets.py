"""How much data the scale `full` takes, beside what the papers had."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fiveviews.book.surfels_questions import QUESTIONS
from fiveviews.book.surfels_scenes import SCENES
from fiveviews.models import line_drawings_runs, templates_runs
from fiveviews.show.tables import words

RENDERED = "43,783 in all 13, tests too"  # SoftRas's pictures, which both chapters' papers take


def full_sets(grid: Mapping[str, Any]) -> list[dict[str, str]]:
    """Lines of a table: row (chapter and what is counted), full and paper, of the grid's chapters.

    grid: as `grid.read` gives it. The numbers at `full` are those that the trainings take; the
    papers' are of their texts and published files.
    """
    drawn = line_drawings_runs.SIZES["full"]
    views = {name: _made(grid, name, "views", "n") for name in ("soft_meshes", "viewpoints")}
    asked, size = QUESTIONS["full"][0], _made(grid, "surfels", "questions", "size")
    few = templates_runs.SIZES["full"][0]
    most = max(line_drawings_runs.AMOUNTS["full"])
    lines = [
        ("soft_meshes", "objects of a category", views["soft_meshes"], RENDERED),
        ("viewpoints", "objects of a category", views["viewpoints"], RENDERED),
        ("line_drawings", "questions T2I", drawn.n_train, "5,000, tests too"),
        ("line_drawings", "pairs of solids", drawn.n_pairs, "14,000"),
        ("line_drawings", "solids for I2P and P2I, at most", most, "40,000"),
        ("surfels", "scenes of a kind", SCENES["full"][0], "not said"),
        ("surfels", "questions of 3D-IQTT", asked, "200,000"),
        ("surfels", "their pixels along a side", size, "128"),
        ("templates", "chairs", few, "3,281"),
        ("templates", "sofas", few, "1,628"),
        ("templates", "planes", few, "1,780"),
    ]
    return [
        {"row": f"{words(chapter)}: {what}", "full": f"{n:,}", "paper": paper}
        for chapter, what, n, paper in lines
        if chapter in grid
    ]


def _made(grid: Mapping[str, Any], chapter: str, data: str, name: str) -> int:
    """What the grid's command that makes training data is told at `full`."""
    return grid[chapter]["data"][data]["with"][name]["full"] if chapter in grid else 0
