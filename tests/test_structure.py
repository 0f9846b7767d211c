"""Every lesson keeps the house style, and so does every line of code."""

import subprocess
import sys
from pathlib import Path

import jupytext
import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from fiveviews.book import pairs, structure
from fiveviews.book.pages import ROOT, Book

BOOK = Book()
PAGES = [str(page) for page in BOOK.notebooks()]


@pytest.mark.parametrize("arguments", [("check", "--quiet"), ("format", "--check", "--quiet")])
def test_ruff_is_content(arguments: tuple[str, ...]) -> None:
    """Lint and format: the library, the tests, the data scripts and the notebooks."""
    done = subprocess.run(
        [sys.executable, "-m", "ruff", *arguments, "."], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, f"ruff {' '.join(arguments)}:\n{done.stdout}{done.stderr}"


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


@pytest.mark.parametrize("page", PAGES)
def test_everything_drawn_has_a_caption_and_alt_text(page: str, executed: dict[Path, Path]) -> None:
    notebook = nbformat.read(executed[Path(page)], as_version=4)
    assert list(structure.figures(notebook)) == []


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
