"""Every notebook runs from top to bottom at smoke scale, and what it claims lies within bounds."""

import os
import re
import subprocess
import sys
import tomllib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from papermill.iorw import load_notebook_node
from papermill.parameterize import parameterize_notebook

from fiveviews.book import structure, student
from fiveviews.book.execute import ENVIRONMENT
from fiveviews.book.pages import Book
from fiveviews.book.record import recorded

PAGES = [str(page) for page in Book().notebooks()]
BANDS = tomllib.loads(Path(__file__).with_name("bands.toml").read_text("utf-8"))


@pytest.mark.parametrize("page", PAGES)
def test_the_recorded_numbers_lie_in_their_bands(page: str, executed: dict[Path, Path]) -> None:
    numbers = recorded(nbformat.read(executed[Path(page)], as_version=4))
    bands = BANDS.get(page, {})
    assert set(numbers) == set(bands), "tests/bands.toml has one band for each recorded number"
    outside = {n: (v, bands[n]) for n, v in numbers.items() if not bands[n][0] <= v <= bands[n][1]}
    assert not outside


@pytest.mark.parametrize("page", PAGES)
def test_everything_drawn_has_a_caption_and_alt_text(page: str, executed: dict[Path, Path]) -> None:
    notebook = nbformat.read(executed[Path(page)], as_version=4)
    assert list(structure.figures(notebook)) == []


def test_every_band_belongs_to_a_page() -> None:
    assert set(BANDS) <= set(PAGES)


@pytest.mark.parametrize("page", PAGES)
def test_every_number_in_the_prose_has_a_band(page: str) -> None:
    """One that no cell records stops the site, half an hour later."""
    prose = (Book().folder / page).with_suffix(".md").read_text("utf-8")
    named = set(re.findall(r"\{glue:text\}`(\w+)", prose))
    assert named <= set(BANDS.get(page, {}))


@pytest.fixture(scope="module")
def nbval(executed: dict[Path, Path]) -> dict[Path, subprocess.CompletedProcess[str]]:
    """Page -> a second run of its executed copy, cell by cell, in another folder than its own."""

    def again(copy: Path) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "pytest", "--nbval-lax", "-q", "-c", os.devnull]
        command += ["-p", "no:cacheprovider", f"--rootdir={copy.parent}", str(copy)]
        return subprocess.run(
            command, env=os.environ | ENVIRONMENT, capture_output=True, text=True, check=False
        )

    with ThreadPoolExecutor(2) as pool:
        return dict(zip(executed, pool.map(again, executed.values()), strict=True))


@pytest.mark.parametrize("page", PAGES)
def test_the_executed_copy_runs_again(
    page: str, nbval: dict[Path, subprocess.CompletedProcess[str]]
) -> None:
    assert nbval[Path(page)].returncode == 0, nbval[Path(page)].stdout


def _has_solutions(page: str) -> bool:
    notebook = nbformat.read(Book().folder / page, as_version=4)
    return any("solution" in cell.metadata.get("tags", []) for cell in notebook.cells)


@pytest.mark.parametrize("page", [page for page in PAGES if _has_solutions(page)])
def test_the_student_copy_stops_at_nothing_but_open_exercises(page: str, tmp_path: Path) -> None:
    student.write_copies(Book(), tmp_path)
    notebook = load_notebook_node(str(tmp_path / page))
    notebook = parameterize_notebook(notebook, {"scale": "smoke"})
    client = NotebookClient(
        notebook,
        kernel_name="python3",
        allow_error_names=["NotImplementedError"],
        resources={"metadata": {"path": str(tmp_path)}},
    )
    client.execute(env=os.environ | ENVIRONMENT)
    open_exercises = [
        output
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if output.output_type == "error"
    ]
    assert open_exercises, "the student copy has no exercise left to do"
