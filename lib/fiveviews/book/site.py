"""Build the site: executed notebooks and pages in, HTML that needs no network out."""

import re
import shutil
import subprocess
import sys
from importlib.metadata import distribution
from pathlib import Path

import nbformat

from fiveviews.book.execute import run_all
from fiveviews.book.pages import Book, BookError

PACKAGE = Path(__file__).resolve().parents[1]
PHONE = 360  # pixels that a picture may be wide on one
SHRUNK = 480  # and from which on words that are drawn as outlines are too small there
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
NOT_PAGES = (".ipynb_checkpoints", "weights", "results", "reruns", "__pycache__")
INSIDE_WHEELS = (  # distribution, file inside it, name in the site
    ("plotly", "plotly/package_data/plotly.min.js", "plotly.min.js"),
    ("k3d", "k3d/static/standalone.js", "k3d-standalone.js"),
    ("sphinx-mathjax-offline", "sphinx-mathjax-offline/static/mathjax/tex-svg.js", "mathjax.js"),
)


def build(book: Book, scale: str, jobs: int = 2) -> Path:
    """Execute every notebook, build the site, and return its index.html.

    What was there before is replaced only when the new site is whole. Raises BookError for a
    failing notebook and for any warning of Jupyter Book.
    """
    print(f"Executing {len(book.notebooks())} notebooks at scale '{scale}', {jobs} at a time")
    executed = run_all(book, book.build / "notebooks", scale, jobs)
    return assemble(book, executed)


def assemble(book: Book, executed: dict[Path, Path]) -> Path:
    """Build the site from notebooks already executed and return its index.html."""
    source, site, html = book.build / "source", book.build / "site", book.build / "html"
    for stale in (source, site):  # the doctrees too: with them a second build forgets warnings
        shutil.rmtree(stale, ignore_errors=True)
    stage(book, executed, source)
    vendor(source / "_vendor")
    program = shutil.which("jupyter-book", path=str(Path(sys.executable).parent))
    if program is None:
        raise BookError(f"jupyter-book is not installed beside {sys.executable}; run 'make' again")
    command = [program, "build", str(source), "--config", str(book.root / "_config.yml")]
    command += ["--path-output", str(site), "-W", "-n", "--keep-going", "-q"]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode != 0:
        raise BookError(f"Jupyter Book stopped:\n{done.stdout}")
    shutil.rmtree(html, ignore_errors=True)
    (site / "_build" / "html").replace(html)
    return html / "index.html"


def stage(book: Book, executed: dict[Path, Path], source: Path) -> None:
    """Write to `source` what Jupyter Book reads: each page once, the notebooks executed.

    Of a notebook pair only the executed copy is taken, for with both Jupyter Book picks one.
    """
    pairs = {
        book.folder / page.with_suffix(suffix) for page in executed for suffix in (".md", ".ipynb")
    }

    def unwanted(folder: str, names: list[str]) -> list[str]:
        return [n for n in names if Path(folder, n) in pairs or n in NOT_PAGES]

    shutil.copytree(book.folder, source, ignore=unwanted)
    for page, copy in executed.items():
        notebook = nbformat.read(copy, as_version=4)
        _make_static(notebook)
        nbformat.write(notebook, source / page)


def _make_static(notebook: nbformat.NotebookNode) -> None:
    """Drop what needs a live kernel: widget views give way to the picture stored beside them.

    A picture with words in it gets a class, by which `book.css` keeps it legible on a phone, and
    says that there is more to see where it is wider than one.
    """
    notebook.metadata.pop("widgets", None)
    notebook.metadata.pop("papermill", None)
    for cell in notebook.cells:
        cell.metadata.pop("papermill", None)
        if cell.cell_type != "code":
            continue
        if "injected-parameters" in cell.metadata.get("tags", []):
            cell.source = cell.source.replace("# Parameters", "# this page was made with", 1)
        for output in cell.outputs:
            output.get("data", {}).pop(WIDGET_VIEW, None)
            if classes := _legible(output.get("data", {}).get("image/svg+xml", "")):
                image = cell.metadata.setdefault("mystnb", {}).setdefault("image", {})
                image["classes"] = classes
        cell.outputs = [o for o in cell.outputs if o.output_type == "stream" or o.get("data", True)]


def _legible(drawn: str) -> str:
    """The classes of an SVG with words that a phone must not shrink; matplotlib's are outlines."""
    size = re.search(r'<svg[^>]* width="([\d.]+)(pt)?', drawn)
    width = float(size[1]) * (4 / 3 if size[2] else 1) if size else 0.0
    if "<text" in drawn:
        return "fv-words fv-wide" if width > PHONE else "fv-words"
    return "fv-words fv-wide" if 'id="text_' in drawn and width > SHRUNK else ""


def vendor(folder: Path) -> None:
    """Put every script and style of the site into `folder`: ours, and those inside the wheels."""
    folder.mkdir(parents=True)
    for ours in ("book", "show"):
        static = PACKAGE / ours / "static"
        if static.is_dir():
            shutil.copytree(static, folder, dirs_exist_ok=True)
    for package, inside, name in INSIDE_WHEELS:
        found = distribution(package).locate_file(inside)
        shutil.copy(Path(str(found)), folder / name)
