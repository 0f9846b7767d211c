"""A lesson refuses a parameter that it does not have, whoever runs it, and nothing else."""

import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from fiveviews.book import execute
from fiveviews.book.pages import ROOT, Book
from fiveviews.parameters import unknown

LESSON = 'scale: str = "smoke"  # smoke or lab\nsigma: float = 1e-4  # softness\nseed: int = 0'
IMPORTS = "from fiveviews import show"


def given(text: str) -> str:
    """The cell that papermill puts behind the parameters."""
    return f"# Parameters\n{text}"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('scael = "lab"', "has no parameter 'scael'; it has: scale, sigma, seed"),
        ('sead = 1\nscale = "lab"\nsgima = float("nan")', "parameter 'sead' and 'sgima'; it has"),
    ],
)
def test_an_unknown_parameter_is_named_beside_the_known_ones(text: str, told: str) -> None:
    assert told in unknown(["", LESSON, given(text), IMPORTS])


@pytest.mark.parametrize(
    "cells",
    [
        [],
        [""],
        ["", LESSON, IMPORTS],
        ["", LESSON, given('scale = "lab"\nseed = None\nsigma = float("inf")'), IMPORTS],
        ["", LESSON, given('PAPERMILL_INPUT_PATH = "a.ipynb"'), IMPORTS],
        ["", given("lr = 0.1"), IMPORTS],  # a first cell of one's own
        ["", "n = 3", given("lr = 0.1"), IMPORTS],  # another notebook, with a comment like it
        ["", "n: int = 3", given("lr = 0.1"), IMPORTS],
        ["", LESSON + "\nprint(scale)", given("lr = 0.1"), IMPORTS],
        ["", LESSON, given("def lr():\n    return scale"), IMPORTS],
        ["", LESSON, given("lr[0], (a, b) = 0.1, seed"), IMPORTS],
        ["", LESSON, given("%matplotlib inline\nlr = 3"), IMPORTS],
        ["", "scale: str =", given("lr = 3"), "\0", IMPORTS],
        ["", LESSON, "lr = 0.1", "# Parameters of mine", IMPORTS],
        ["", LESSON, given("lr = 3"), LESSON, given("seed = 3"), IMPORTS],  # put right since
    ],
)
def test_nothing_else_is_refused(cells: list[str]) -> None:
    assert unknown(cells) == ""


@pytest.mark.parametrize("page", Book().notebooks(), ids=str)
def test_every_lesson_is_of_the_form_that_is_judged(page: Path) -> None:
    """Its first code cell holds the parameters, and a later import of `show` looks at them."""
    notebook = nbformat.read(ROOT / "book" / page, as_version=4)
    first, second, *_ = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    told = unknown(["", first, given("scael = 1"), second])
    assert told.endswith(f"it has: {', '.join(execute.defaults(ROOT / 'book' / page))}")
    assert "import show" in second or ", show" in second


def test_papermill_itself_stops_at_an_unknown_parameter(tmp_path: Path) -> None:
    copy = tmp_path / "copy.ipynb"
    command = [sys.executable, "-m", "papermill", "book/line_drawings/lab.ipynb", str(copy)]
    command += ["-p", "scale", "smoke", "-p", "scael", "lab", "--no-progress-bar"]
    environment = os.environ | execute.ENVIRONMENT
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    told = "this notebook has no parameter 'scael'; it has: scale, n_quiz, seed"
    assert done.returncode != 0
    assert told in done.stderr
    outputs = [o for c in nbformat.read(copy, as_version=4).cells for o in c.get("outputs", [])]
    assert [o.evalue for o in outputs if o.output_type == "error"] == [told]
