"""Where the book is, and which pages its table of contents names."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[3]
SCALES = ("smoke", "lab", "full")
CLAIMS = ROOT / "book" / "results" / "claims.toml"
# A rerun keeps what it records, and its checkpoints, in a folder of its own and not in the book's.
RECORDS = Path(os.environ.get("FIVEVIEWS_RECORDS") or ROOT / "book").resolve()
LEDGERS = RECORDS / "results"  # recorded numbers, <chapter>.jsonl
WEIGHTS = RECORDS / "weights"  # recorded networks, <chapter>/<run>.safetensors
# checkpoints of runs under way, not in git
RUNS = RECORDS / "runs" if RECORDS != ROOT / "book" else ROOT / "_runs"


class BookError(Exception):
    """Something an author or reader can put right; its message is all they need to see."""


@dataclass(frozen=True)
class Book:
    """A book on disk: ``_config.yml`` and ``book/`` under `root`, all that is made in `build`."""

    root: Path = ROOT
    build: Path = ROOT / "_build"

    @property
    def folder(self) -> Path:
        return self.root / "book"

    def pages(self) -> list[Path]:
        """Return the pages in reading order, relative to ``book/``, as _toc.yml names them."""
        toc = self.folder / "_toc.yml"
        pages = [Path(name) for name in _files(yaml.safe_load(toc.read_text("utf-8")))]
        for page in pages:
            if not (self.folder / page.with_suffix(".md")).is_file():
                raise BookError(f"{toc} names the page '{page}', but there is no {page.stem}.md")
        return pages

    def notebooks(self) -> list[Path]:
        """Return the pages that are notebooks, relative to ``book/``."""
        return [page for page in self.pages() if page.suffix == ".ipynb"]


def _files(node: object) -> Iterator[str]:
    """Yield the value of every `root` and `file` key of a table of contents, in order."""
    if isinstance(node, list):
        for item in node:
            yield from _files(item)
    elif isinstance(node, dict):
        for key, value in node.items():
            if key in ("root", "file"):
                yield value
            else:
                yield from _files(value)
