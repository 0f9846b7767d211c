"""What every lesson has in common, as checks: each returns sentences that say what is amiss."""

import ast
import re
from collections.abc import Iterator

from nbformat import NotebookNode

from fiveviews.book.pages import SCALES
from fiveviews.book.plotly_mime import PLOTLY

NOTEBOOK_LINES, CELL_LINES = 250, 30
GLANCE = ("**You will**", "**Before this**", "**Time**", "**Memory**")
PICTURES = ("image/png", "image/svg+xml", PLOTLY)
FORBIDDEN = {
    r"^\s*[!%]": "a shell escape or magic",
    r"\bpip\b.*\binstall\b": "an installation",
    r"\bsys\.path\b": "a change of sys.path",
    r"\b(wget|curl|os\.system|subprocess)\b": "a shell command",
}


def problems(notebook: NotebookNode) -> list[str]:
    """Return everything in which a lesson departs from the house style; empty if nothing."""
    checks = (opening, parameters, forbidden, budgets, figures, solutions)
    return [problem for check in checks for problem in check(notebook)]


def opening(notebook: NotebookNode) -> Iterator[str]:
    """A title, the box At a glance, the parameters, the set-up: in this order."""
    codes = [i for i, cell in enumerate(notebook.cells) if cell.cell_type == "code"]
    if len(codes) < 2:
        yield "a lesson has at least a parameters cell and a set-up cell"
        return
    before = "\n".join(cell.source for cell in notebook.cells[: codes[0]])
    if not before.startswith("# "):
        yield "the first line is not a title ('# ...')"
    if "{admonition} At a glance" not in before:
        yield "there is no 'At a glance' box before the first code"
    for words in GLANCE:
        if words not in before:
            yield f"the 'At a glance' box does not say {words}"
    if "parameters" not in _tags(notebook.cells[codes[0]]):
        yield "the first code cell is not the one tagged 'parameters'"
    if not re.search(r"^(import|from) ", notebook.cells[codes[1]].source, re.MULTILINE):
        yield "the second code cell is not a set-up: it imports nothing"


def parameters(notebook: NotebookNode) -> Iterator[str]:
    """One parameters cell: typed, commented literals, `scale` first."""
    cells = [cell for cell in notebook.cells if "parameters" in _tags(cell)]
    if len(cells) != 1:
        yield f"{len(cells)} cells are tagged 'parameters', not one"
        return
    lines = cells[0].source.splitlines()
    for i, statement in enumerate(ast.parse(cells[0].source).body):
        line = lines[statement.lineno - 1]
        if not isinstance(statement, ast.AnnAssign) or not isinstance(statement.target, ast.Name):
            yield f"parameters: '{line}' is not of the form 'name: type = value  # comment'"
            continue
        name = statement.target.id
        try:
            default = ast.literal_eval(statement.value or ast.Constant(...))
        except ValueError:
            yield f"parameters: '{name}' is computed; only literals can be overridden"
            continue
        if "#" not in lines[(statement.end_lineno or statement.lineno) - 1]:
            yield f"parameters: '{name}' has no comment"
        if i == 0 and (name != "scale" or default not in SCALES):
            yield f"parameters: the first is not 'scale', one of {', '.join(SCALES)}"


def forbidden(notebook: NotebookNode) -> Iterator[str]:
    """A lesson changes nothing outside itself: no shell, no installs, no search paths."""
    for i, cell in _code(notebook):
        for pattern, what in FORBIDDEN.items():
            if match := re.search(pattern, cell.source, re.MULTILINE):
                yield f"cell {i} has {what}: {match[0].strip()}"


def budgets(notebook: NotebookNode) -> Iterator[str]:
    """Short enough to be read: lines of code, blank lines and comments not counted."""
    lengths = {i: _length(cell.source) for i, cell in _code(notebook)}
    if sum(lengths.values()) > NOTEBOOK_LINES:
        yield f"{sum(lengths.values())} lines of code; at most {NOTEBOOK_LINES}"
    for i, length in lengths.items():
        if length > CELL_LINES:
            yield f"cell {i} has {length} lines of code; at most {CELL_LINES}"


def figures(notebook: NotebookNode) -> Iterator[str]:
    """Whatever is drawn has a caption, a name to refer to, and words for who cannot see it.

    In an executed notebook the outputs tell which cells draw, in a stripped one the metadata.
    """
    names: set[str] = set()
    for i, cell in _code(notebook):
        options = cell.metadata.get("mystnb", {})
        if not (draws(cell) or "figure" in options):
            continue
        figure = options.get("figure", {})
        for key in ("caption", "name"):
            if not figure.get(key, "").strip():
                yield f"cell {i} draws a figure without a {key} (mystnb: figure: {key})"
        if not options.get("image", {}).get("alt", "").strip():
            yield f"cell {i} draws a figure without alt text (mystnb: image: alt)"
        if (name := figure.get("name", "")) in names and name:
            yield f"cell {i}: another figure is already called '{name}'"
        names.add(figure.get("name", ""))


def draws(cell: NotebookNode) -> bool:
    """Whether an executed cell put a picture on the page."""
    data = [output.get("data", {}) for output in cell.get("outputs", [])]
    return any(kind in bundle for bundle in data for kind in PICTURES)


def solutions(notebook: NotebookNode) -> Iterator[str]:
    """Each solution answers an exercise that stands before it, and is folded away."""
    asked = answered = False
    for i, cell in enumerate(notebook.cells):
        if "solution" in _tags(cell):
            answered = True
            if not asked:
                yield f"cell {i} is a solution, but no exercise stands before it"
            if cell.cell_type == "code" and "hide-cell" not in _tags(cell):
                yield f"cell {i} is a solution in full view; tag it 'hide-cell' too"
        else:
            asked = "exercise" in _tags(cell) or (asked and not answered)
            answered = False


def _tags(cell: NotebookNode) -> list[str]:
    return cell.metadata.get("tags", [])


def _code(notebook: NotebookNode) -> Iterator[tuple[int, NotebookNode]]:
    return ((i, cell) for i, cell in enumerate(notebook.cells) if cell.cell_type == "code")


def _length(source: str) -> int:
    return sum(
        1 for line in source.splitlines() if line.strip() and not line.strip().startswith("#")
    )
