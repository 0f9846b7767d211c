"""Notebook pairs: the .md an author writes and a reviewer reads, the .ipynb that runs."""

import hashlib
import subprocess
import sys
from pathlib import Path

import jupytext
import nbformat
from nbformat import NotebookNode
from nbstripout import strip_output

from fiveviews.book.pages import BookError

METADATA = {
    "jupytext": {
        "formats": "ipynb,md:myst",
        "text_representation": {
            "extension": ".md",
            "format_name": "myst",
            "format_version": jupytext.formats.get_format_implementation(
                ".md", "myst"
            ).current_version_number,
            "jupytext_version": jupytext.__version__,
        },
    },
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
}


def sync(markdown: Path, *, from_notebook: bool = False) -> bool:
    """Make the .ipynb beside `markdown` say the same as it, stripped and formatted.

    With `from_notebook` the .ipynb is what was edited, and the .md follows it. Both are written
    in one canonical form, whichever came first. Returns whether either file changed.
    Raises BookError when the .ipynb was edited after the .md, since its edits would be lost.
    """
    pair = markdown.with_suffix(".ipynb")
    if not from_notebook and pair.is_file() and pair.stat().st_mtime > markdown.stat().st_mtime:
        edited, written = nbformat.read(pair, as_version=4), jupytext.read(markdown)
        if _sources(edited) != _sources(written):
            raise BookError(
                f"{pair} was edited after {markdown.name}; to keep that work run "
                f"'python -m fiveviews.book sync {pair}', else delete {pair.name} and sync again"
            )
    before = [file.read_bytes() if file.is_file() else b"" for file in (markdown, pair)]
    text, stripped = canonical(jupytext.read(pair if from_notebook else markdown))
    after = [text.encode(), stripped.encode()]
    for file, old, new in zip((markdown, pair), before, after, strict=True):
        if old != new:
            file.write_bytes(new)
    return before != after


def canonical(notebook: NotebookNode) -> tuple[str, str]:
    """Return the pair's two files: the text of the .md and of the .ipynb.

    No outputs, no widget state, solutions folded, code formatted by ruff, and cell ids that follow
    from the cell's content, so that the same lesson always gives the same bytes.
    """
    notebook = strip_output(notebook, keep_output=False, keep_count=False, keep_id=True)
    notebook.metadata = nbformat.from_dict(METADATA)
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    seen: dict[str, int] = {}
    for cell in notebook.cells:
        cell.source = cell.source.strip("\n")
        if cell.cell_type == "code" and "solution" in cell.metadata.get("tags", []):
            cell.metadata["jupyter"] = {"source_hidden": True}  # folded in JupyterLab too
        digest = hashlib.sha256(f"{cell.cell_type}\n{cell.source}".encode()).hexdigest()[:8]
        seen[digest] = seen.get(digest, 0) + 1
        cell.id = digest if seen[digest] == 1 else f"{digest}-{seen[digest]}"
    notebook = _ruff_format(notebook)
    return jupytext.writes(notebook, fmt="md:myst"), nbformat.writes(notebook) + "\n"


def _ruff_format(notebook: NotebookNode) -> NotebookNode:
    config = Path(__file__).resolve().parents[3] / "book" / "ruff.toml"
    command = [sys.executable, "-m", "ruff", "format", "--quiet", "--config", str(config)]
    done = subprocess.run(
        [*command, "--stdin-filename", "lesson.ipynb", "-"],
        input=nbformat.writes(notebook),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise BookError(f"ruff could not read the notebook's code:\n{done.stderr.strip()}")
    return nbformat.reads(done.stdout, as_version=4)


def _sources(notebook: NotebookNode) -> list[tuple[str, str]]:
    return [(cell.cell_type, cell.source.strip()) for cell in notebook.cells]
