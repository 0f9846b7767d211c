"""Numbers a notebook states: shown in its prose, and read back by the tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nbformat import NotebookNode

PREFIX = "application/papermill.record/"  # what MyST-NB's glue looks for


def record(**numbers: float) -> None:
    """Record named numbers in the notebook's outputs, without showing anything.

    The prose shows a recorded number with ``{glue:text}`name:.3f```, so that no sentence repeats a
    value by hand, and the tests read it back from the executed copy with `recorded`.

    numbers: names and values; anything that `float` takes, a one-element tensor included.
    Raises ValueError for a value that is not one number.
    """
    from IPython.display import display

    for name, value in numbers.items():
        try:
            text = repr(float(value))
        except (TypeError, ValueError, RuntimeError) as error:
            raise ValueError(
                f"record({name}=...) takes one number, but it was given {value!r}"
            ) from error
        about = {"scrapbook": {"name": name, "mime_prefix": PREFIX}}
        display({f"{PREFIX}text/plain": text}, metadata=about, raw=True)


def recorded(notebook: NotebookNode) -> dict[str, float]:
    """Return the numbers that an executed notebook recorded, by name.

    Raises ValueError for a name recorded twice: its page could show either, and doesn't build.
    """
    found = {}
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            name = output.get("metadata", {}).get("scrapbook", {}).get("name")
            if name in found:
                raise ValueError(f"{name} is recorded more than once; record it after the loop")
            if name is not None:
                found[name] = float(output["data"][f"{PREFIX}text/plain"])
    return found
