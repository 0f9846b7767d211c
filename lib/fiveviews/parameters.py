"""Parameters that a notebook was given and does not have: refused as it sets itself up.

Papermill takes a misspelt parameter with a word of warning and goes on with the default. It puts
what it was given into a cell of its own after the notebook's, so the two can be compared.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Sequence

INJECTED = "# Parameters\n"  # how papermill begins its cell
OF_PAPERMILL = "PAPERMILL_"  # how the names begin that its --inject-paths adds


def refuse_unknown() -> None:
    """Raise ValueError where this is a lesson run with a parameter that it does not have."""
    if "IPython" in sys.modules:
        shell = sys.modules["IPython"].get_ipython()
        history = getattr(shell, "history_manager", None)
        if told := unknown(getattr(history, "input_hist_parsed", ())):
            raise ValueError(told)


def unknown(cells: Sequence[str]) -> str:
    """What is wrong with the parameters given, in one sentence; empty where nothing is.

    cells: those run so far, oldest first. Only what a lesson and papermill write is judged: typed
    assignments with a `scale` among them, and in the cell after them plain ones below papermill's
    comment. Of several such cells the last counts.

    >>> unknown(['scale: str = "smoke"', '# Parameters\\nscael = "lab"'])
    "this notebook has no parameter 'scael'; it has: scale"
    """
    found = [i for i, cell in enumerate(cells) if i and cell.startswith(INJECTED)]
    if not found:
        return ""
    known = _assigned(cells[found[-1] - 1], ast.AnnAssign)
    given = _assigned(cells[found[-1]], ast.Assign)
    strange = [n for n in given if n not in known and not n.startswith(OF_PAPERMILL)]
    if "scale" not in known or not strange:
        return ""
    names = " and ".join(f"'{name}'" for name in strange)
    return f"this notebook has no parameter {names}; it has: {', '.join(known)}"


def _assigned(cell: str, kind: type[ast.stmt]) -> list[str]:
    """The names that a cell assigns; none where it has other statements than this kind."""
    try:
        body = ast.parse(cell).body
    except (SyntaxError, ValueError):  # a magic, a cell that failed
        return []
    if not all(isinstance(statement, kind) for statement in body):
        return []
    targets = [t for s in body for t in getattr(s, "targets", [getattr(s, "target", None)])]
    return [t.id for t in targets if isinstance(t, ast.Name)]
