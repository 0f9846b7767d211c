"""Build the book and look after its notebooks: `python -m fiveviews.book --help`."""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import nbformat
from filelock import FileLock, Timeout

from fiveviews.book import execute, pairs, site, student
from fiveviews.book.pages import ROOT, SCALES, Book, BookError
from fiveviews.book.structure import problems


def parser() -> argparse.ArgumentParser:
    """Return the command line of the book."""
    top = argparse.ArgumentParser(prog="python -m fiveviews.book", description=__doc__)
    top.add_argument("--root", type=Path, default=ROOT, help="the folder that holds _config.yml")
    commands = top.add_subparsers(dest="command", required=True)

    build = commands.add_parser("build", help="execute every notebook and build the HTML")
    build.add_argument("--scale", choices=SCALES, default="smoke", help="default: %(default)s")
    build.add_argument("--jobs", type=int, default=2, help="notebooks at a time")

    run = commands.add_parser("run", help="execute one notebook")
    run.add_argument("notebook", type=Path)
    run.add_argument("--output", type=Path, help="the executed copy; default: in _build/notebooks")
    run.add_argument("-p", nargs=2, action="append", default=[], metavar=("NAME", "VALUE"))

    commands.add_parser("student", help="write copies without solutions into _build/student")

    sync = commands.add_parser("sync", help="make both files of each notebook pair agree")
    sync.add_argument("file", type=Path, nargs="*", help=".md or edited .ipynb; default: every .md")

    commands.add_parser("check", help="say where the lessons depart from the house style")
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line says; return the exit status."""
    options = parser().parse_args(arguments)
    root = options.root.resolve()
    book = Book(root, root / "_build")
    try:
        if options.command == "build":
            build(book, options.scale, options.jobs)
        elif options.command == "run":
            run(book, options)
        elif options.command == "student":
            for copy in student.write_copies(book, book.build / "student"):
                print(copy)
        elif options.command == "sync":
            sync(book, options.file)
        elif options.command == "check":
            return check(book)
    except BookError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return 130
    return 0


def build(book: Book, scale: str, jobs: int) -> None:
    """Build the site, alone in this folder."""
    book.build.mkdir(exist_ok=True)
    try:
        with FileLock(book.build / "build.lock", timeout=0):
            index = site.build(book, scale, jobs)
    except Timeout as error:
        raise BookError(f"another build is at work in {book.build}; wait until it ends") from error
    print(f"The book is {index}")


def run(book: Book, options: argparse.Namespace) -> None:
    """Execute one notebook, with the parameters given."""
    notebook = options.notebook.resolve()
    if not notebook.is_file():
        raise BookError(f"there is no notebook {options.notebook}")
    output = options.output
    if output is None:
        inside = notebook.is_relative_to(book.folder)
        name = notebook.relative_to(book.folder) if inside else Path(notebook.name)
        output = book.build / "notebooks" / name
    rank = os.environ.get("RANK", "0") if "TORCHELASTIC_RUN_ID" in os.environ else "0"
    if rank != "0":  # torchrun's other processes run the same notebook, and the first one's is kept
        output = output.with_suffix(f".rank{rank}.ipynb")
    execute.run(notebook, output, {name: execute.value(text) for name, text in options.p})
    print(output)


def sync(book: Book, files: Sequence[Path]) -> None:
    """Make notebook pairs agree; without files, every pair of the book follows its .md."""
    chosen = files or [(book.folder / page).with_suffix(".md") for page in book.notebooks()]
    for file in chosen:
        changed = pairs.sync(file.with_suffix(".md"), from_notebook=file.suffix == ".ipynb")
        print(f"{'written  ' if changed else 'unchanged'}  {file.with_suffix('')}")


def check(book: Book) -> int:
    """Print what the structure checks find in the lessons; return 1 if there is anything."""
    found = [
        f"{page}: {problem}"
        for page in book.notebooks()
        for problem in problems(nbformat.read(book.folder / page, as_version=4))
    ]
    print("\n".join(found) or "every lesson keeps the house style")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
