"""Copies of the notebooks for students: the same, without the cells tagged `solution`."""

import shutil
from pathlib import Path

import nbformat

from fiveviews.book.pages import Book


def write_copies(book: Book, into: Path) -> list[Path]:
    """Write every notebook of the book without its solutions; return the files written.

    `into` is written anew, so that no copy of a removed notebook stays behind.
    """
    shutil.rmtree(into, ignore_errors=True)
    written = []
    for page in book.notebooks():
        notebook = nbformat.read(book.folder / page, as_version=4)
        notebook.cells = [
            cell for cell in notebook.cells if "solution" not in cell.metadata.get("tags", [])
        ]
        target = into / page
        target.parent.mkdir(parents=True, exist_ok=True)
        nbformat.write(notebook, target)
        written.append(target)
    return written
