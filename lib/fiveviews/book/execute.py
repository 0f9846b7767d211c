"""Run notebooks with papermill, refusing the parameters that it would quietly ignore."""

import ast
import difflib
import os
import re
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import papermill
from nbclient.exceptions import DeadKernelError
from papermill.exceptions import PapermillExecutionError

from fiveviews.book.pages import Book, BookError

ENVIRONMENT = {
    "OMP_WAIT_POLICY": "PASSIVE",  # threads that spin while they wait starve the notebook beside
    "TQDM_DISABLE": "1",  # a bar redrawn a thousand times is a thousand lines on a page
    "FIVEVIEWS_STATIC": "1",  # figures for a page, not for a kernel
    "PLOTLY_RENDERER": "plotly_mimetype",
    "JUPYTER_PREFER_ENV_PATH": "1",  # this environment's kernel, not another one called python3
    "PYDEVD_DISABLE_FILE_VALIDATION": "1",
}

ANSI = re.compile(r"\x1b\[[0-9;]*m")


def value(text: str) -> object:
    """Read a parameter as a Python literal, or else as a string.

    >>> value("80"), value("1e-4"), value("True"), value("chair")
    (80, 0.0001, True, 'chair')
    """
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return text


def defaults(notebook: Path) -> dict[str, object]:
    """Return the names and default values in the notebook's parameters cell."""
    if not notebook.is_file():
        raise BookError(f"there is no {notebook}; 'make sync' writes it from the .md beside it")
    found = papermill.inspect_notebook(str(notebook))
    return {name: ast.literal_eval(entry["default"]) for name, entry in found.items()}


def check_parameters(notebook: Path, given: dict[str, object]) -> None:
    """Refuse a parameter that the notebook does not have, or a value of another type.

    Papermill itself runs a misspelt parameter with one warning line, and so the default.
    Raises BookError.
    """
    known = defaults(notebook)
    for name, value in given.items():
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"did you mean '{near[0]}'?" if near else f"it has: {', '.join(known) or 'none'}"
            raise BookError(f"{notebook} has no parameter '{name}'; {hint}")
        default = known[name]
        accepted = (int, float) if isinstance(default, float) else type(default)
        if default is not None and (
            not isinstance(value, accepted) or isinstance(value, bool) != isinstance(default, bool)
        ):
            raise BookError(
                f"{notebook}: the parameter '{name}' takes a value like {default!r} "
                f"({type(default).__name__}), but was given {value!r}"
            )


def run(notebook: Path, output: Path, given: dict[str, object]) -> None:
    """Execute one notebook in its own folder and write the executed copy.

    Raises BookError that names the notebook, the cell and the error; the copy, with the failing
    cell marked, is written all the same.
    """
    check_parameters(notebook, given)
    output.parent.mkdir(parents=True, exist_ok=True)
    before = dict(os.environ)
    os.environ.update(ENVIRONMENT)  # the kernel inherits it
    try:
        papermill.execute_notebook(
            str(notebook),
            str(output),
            parameters=given,
            cwd=str(notebook.parent),
            kernel_name="python3",
            progress_bar=False,
            extra_arguments=["--log-level=ERROR"],
        )
    except PapermillExecutionError as error:
        source = "\n".join(f"    {line}" for line in error.source.splitlines())
        raise BookError(
            f"{notebook} failed in cell {error.cell_index} (In [{error.exec_count}]):\n{source}\n\n"
            + ANSI.sub("", "\n".join(error.traceback))
            + f"\nThe executed copy, with that cell marked, is {output}"
        ) from error
    except DeadKernelError as error:
        raise BookError(
            f"{notebook}: its Python process died, most often for want of memory ({error})"
        ) from error
    finally:
        os.environ.clear()
        os.environ.update(before)


def run_all(
    book: Book,
    into: Path,
    scale: str,
    jobs: int = 2,
    timeout: float | None = None,
) -> dict[Path, Path]:
    """Execute every notebook of the book, `jobs` at a time; return page -> executed copy.

    Each runs in a process of its own with its share of the cores, for `timeout` seconds at most.
    All are run even when one fails, and then BookError carries every failure.
    """
    share = {"OMP_NUM_THREADS": str(max(1, (os.cpu_count() or 1) // jobs))}

    def one(page: Path) -> str:
        notebook, output = book.folder / page, into / page
        command = [sys.executable, "-m", "fiveviews.book", "run", str(notebook)]
        command += ["--output", str(output)]
        if defaults(notebook).get("scale", scale) != scale:
            command += ["-p", "scale", scale]
        started = time.perf_counter()
        try:
            done = subprocess.run(
                command, env=os.environ | share, capture_output=True, text=True, timeout=timeout
            )
            failure = done.stderr.strip() or f"{page} was ended" if done.returncode else ""
        except subprocess.TimeoutExpired:
            failure = f"{notebook} took longer than {timeout:.0f} s and was ended"
        took = f"{time.perf_counter() - started:6.1f} s"
        print(f"  {took}  {page}{'  FAILED' if failure else ''}", flush=True)
        return failure

    pages = book.notebooks()
    with ThreadPoolExecutor(jobs) as pool:
        failures = [message for message in pool.map(one, pages) if message]
    if failures:
        raise BookError("\n\n".join(failures))
    return {page: into / page for page in pages}
