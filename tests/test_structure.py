"""Every lesson keeps the house style, and so does every line of code."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import jupytext
import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from fiveviews.book import pairs, structure
from fiveviews.book.pages import ROOT, Book

# The house of README.md, from the ground up; whatever is not named stands on the ground.
FLOORS = (
    (),
    ("metrics",),
    ("render", "chamfer"),
    ("data",),
    ("training",),
    ("models",),
    ("show",),
    ("checks",),
    ("book",),
)
FLOOR = {name: floor for floor, names in enumerate(FLOORS) for name in names}
LIBRARY = ROOT / "lib" / "fiveviews"
BOOK = Book()
PAGES = [str(page) for page in BOOK.notebooks()]


@pytest.mark.parametrize("arguments", [("check", "--quiet"), ("format", "--check", "--quiet")])
def test_ruff_is_content(arguments: tuple[str, ...]) -> None:
    """Lint and format: the library, the tests, the data scripts and the notebooks."""
    done = subprocess.run(
        [sys.executable, "-m", "ruff", *arguments, "."], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, f"ruff {' '.join(arguments)}:\n{done.stdout}{done.stderr}"


def imported(path: Path) -> Iterator[str]:
    """What a module of the library imports of it, wherever in its code: `render`, `cameras`, ..."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (a.name.split(".")[1] for a in node.names if a.name.startswith("fiveviews."))
        elif isinstance(node, ast.ImportFrom) and node.level:
            here = path.relative_to(LIBRARY.parent).with_suffix("").parts[: -node.level]
            whole = [*here, *(node.module or "").split(".")]
            yield from [whole[1]] if whole[1:] and whole[1] else [a.name for a in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module.split(".")[0] == "fiveviews":
            yield from node.module.split(".")[1:2] or [a.name for a in node.names]


def upward(path: Path) -> list[str]:
    """The imports of a module that do not come from a floor below, from its own or the ground."""
    own = path.relative_to(LIBRARY).with_suffix("").parts[0]
    floor = FLOOR.get(own, 0)
    return [name for name in imported(path) if name != own and FLOOR.get(name, 0) >= max(floor, 1)]


def test_floors_import_only_from_floors_below() -> None:
    found = {path: upward(path) for path in LIBRARY.rglob("*.py")}
    assert {str(path): names for path, names in found.items() if names} == {}
    assert "launch" in set(imported(LIBRARY / "fields" / "kernel.py"))  # it does look


def test_an_import_from_a_floor_above_is_found(monkeypatch, tmp_path: Path) -> None:
    monkeypatch.setattr(f"{__name__}.LIBRARY", tmp_path / "fiveviews")
    bad = tmp_path / "fiveviews" / "fields" / "kernel.py"
    bad.parent.mkdir(parents=True)
    bad.write_text(
        "from fiveviews.render.launch import launch\nfrom fiveviews import data, meshes\n"
        "import fiveviews.show.style\n\ndef f():\n    from ..training import fit\n"
    )
    assert sorted(upward(bad)) == ["data", "render", "show", "training"]


def test_every_notebook_is_in_the_table_of_contents() -> None:
    there = {str(path.relative_to(BOOK.folder)) for path in BOOK.folder.rglob("*.ipynb")}
    assert there == set(PAGES)


@pytest.mark.parametrize("page", PAGES)
def test_the_pair_agrees_and_carries_no_outputs(page: str) -> None:
    notebook = BOOK.folder / page
    text, stripped = pairs.canonical(jupytext.read(notebook.with_suffix(".md")))
    hint = "run 'make sync'"
    assert notebook.with_suffix(".md").read_text("utf-8") == text, hint
    assert notebook.read_text("utf-8") == stripped, hint


@pytest.mark.parametrize("page", PAGES)
def test_the_lesson_keeps_the_house_style(page: str) -> None:
    assert structure.problems(nbformat.read(BOOK.folder / page, as_version=4)) == []


# The checks themselves: a lesson that passes, and what each departure is told.

GLANCE = "# Title\n\n:::{admonition} At a glance\n" + "\n".join(structure.GLANCE) + "\n:::"
PARAMETERS = 'scale: str = "lab"  # how much\nsteps: int = 3  # updates'
FIGURE = {"figure": {"caption": "A line.", "name": "fig-line"}, "image": {"alt": "A line."}}


def lesson(parameters: str = PARAMETERS, opening: str = GLANCE, *more: nbformat.NotebookNode):
    first = new_code_cell(parameters, metadata={"tags": ["parameters"]})
    return new_notebook(
        cells=[new_markdown_cell(opening), first, new_code_cell("import torch"), *more]
    )


def tagged(source: str, *tags: str) -> nbformat.NotebookNode:
    return new_code_cell(source, metadata={"tags": list(tags)})


def drawn(mystnb: dict) -> nbformat.NotebookNode:
    picture = new_output("display_data", data={"image/png": "iVBORw0KGgo="})
    return new_code_cell("draw()", metadata={"mystnb": mystnb}, outputs=[picture])


def test_a_good_lesson_has_no_problems() -> None:
    good = lesson(
        PARAMETERS,
        GLANCE,
        drawn(FIGURE),
        tagged("def f(): ...", "exercise"),
        new_code_cell("f()"),
        tagged("def f(): return 1", "solution", "hide-cell"),
    )
    assert structure.problems(good) == []


@pytest.mark.parametrize(
    ("bad", "told"),
    [
        (lesson(opening=GLANCE.replace("# Title", "Title")), "not a title"),
        (lesson(opening="# Title"), "no 'At a glance' box"),
        (lesson(opening=GLANCE.replace("**Memory**", "")), "does not say **Memory**"),
        (lesson("seed: int = 0  # luck"), "the first is not 'scale'"),
        (lesson('scale: str = "huge"  # how much'), "the first is not 'scale'"),
        (lesson('scale: str = "lab"'), "'scale' has no comment"),
        (lesson(PARAMETERS + "\nboth: int = 2 * steps  # x"), "'both' is computed"),
        (lesson(PARAMETERS + "\nplain = 2  # x"), "is not of the form"),
        (lesson(PARAMETERS, GLANCE, tagged("a: int = 1  # x", "parameters")), "2 cells are tagged"),
        (lesson(PARAMETERS, GLANCE, new_code_cell("!ls")), "a shell escape or magic"),
        (lesson(PARAMETERS, GLANCE, new_code_cell("x = 1\n%time x")), "a shell escape or magic"),
        (lesson(PARAMETERS, GLANCE, new_code_cell("# x\npip install x")), "an installation"),
        (lesson(PARAMETERS, GLANCE, new_code_cell("import sys; sys.path")), "change of sys.path"),
        (lesson(PARAMETERS, GLANCE, new_code_cell("x = 1\n" * 31)), "31 lines of code; at most 30"),
        (
            lesson(PARAMETERS, GLANCE, *[new_code_cell("x = 1\n" * 28) for _ in range(9)]),
            "255 lines of code; at most 250",
        ),
        (lesson(PARAMETERS, GLANCE, drawn({})), "without a caption"),
        (lesson(PARAMETERS, GLANCE, drawn({"figure": FIGURE["figure"]})), "without alt text"),
        (lesson(PARAMETERS, GLANCE, drawn(FIGURE), drawn(FIGURE)), "already called 'fig-line'"),
        (lesson(PARAMETERS, GLANCE, tagged("f = 1", "solution", "hide-cell")), "no exercise"),
        (
            lesson(PARAMETERS, GLANCE, tagged("f", "exercise"), tagged("f = 1", "solution")),
            "in full view",
        ),
    ],
)
def test_a_departure_is_named(bad: nbformat.NotebookNode, told: str) -> None:
    found = structure.problems(bad)
    assert any(told in problem for problem in found), found
