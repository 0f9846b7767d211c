"""The keys of the caches follow all the code that has a say in the data, and no other."""

import ast
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest

from fiveviews.data import fields, iqtt, procedural, rendering, storage
from fiveviews.data import line_drawings_objects as objects
from fiveviews.data import line_drawings_procedural as lines
from fiveviews.meshes import Mesh, icosphere, load_mesh, normalise, save_mesh
from fiveviews.shapes import CATEGORIES, make

LIBRARY = Path(storage.__file__).parents[1]
# They keep data, refuse input and show progress; what the data are they have no say in.
KEEPERS = {f"data/{name}.py" for name in ("command", "models", "storage", "views")}
KEEPERS |= {"files.py", "progress.py"}


def draw_lines(folder: Path) -> None:
    for kind, first in objects.KINDS.items():
        for number in range(first, first + 4):
            objects.make(kind, number, 32)


def ask(folder: Path) -> None:
    for track in iqtt.TRACKS:
        iqtt.make_questions(track, "train", [0, 1], 32, folder)


def observe_shapes(folder: Path) -> None:
    for category in CATEGORIES:
        rendering.observe(make(category, 0))


def observe_mesh(folder: Path) -> None:
    rendering.observe(normalise(icosphere(1)))


def sample(folder: Path) -> None:
    generated = fields.load_fields("plane", "test", n=1, samples=100, root=folder)
    generated.samples(0)
    generated.pictures(0)
    ball = normalise(icosphere(2))
    mesh = load_mesh(save_mesh(folder / "open.ply", Mesh(ball.vertices, ball.faces[1:])))
    fields.judge(fields.inspect(mesh))
    fields.sample_sdf(mesh, 100, 0)


NO_LINES = {f"render/lines/{n}.py" for n in ("candidates", "polylines", "readable", "svg")}
NO_LINES |= {"meshes.py", "solids/step.py"}
BYSTANDERS = {"fields/readable.py", "data/procedural.py", "data/fields_official.py"}
# Sources, what uses them, and what they import that is of no consequence: never called (the tests
# look), or a class that a signature names.
KEYS: dict[str, tuple[Iterable[str], Callable[[Path], None], set[str]]] = {
    "line_drawings": (
        lines.SOURCES,
        draw_lines,
        NO_LINES,
    ),
    "iqtt": (iqtt.SOURCES, ask, {"render/surfels/readable.py"}),
    "procedural": (procedural.SOURCES, observe_shapes, set()),
    "models": (rendering.SOURCES, observe_mesh, set()),
    "fields": (fields.CODE, sample, BYSTANDERS),
}


def names(patterns: Iterable[str]) -> set[str]:
    """The modules that patterns fit, within the library."""
    return {str(p.relative_to(LIBRARY)) for pattern in patterns for p in LIBRARY.glob(pattern)}


def called(work: Callable[[Path], None], folder: Path) -> set[str]:
    """The modules of the library of which a function runs."""
    seen: set[str] = set()

    def note(frame, event, _):
        if event == "call" and frame.f_code.co_filename.startswith(str(LIBRARY)):
            seen.add(str(Path(frame.f_code.co_filename).relative_to(LIBRARY)))

    sys.setprofile(note)
    try:
        work(folder)
    finally:
        sys.setprofile(None)
    return seen


def imported(source: str) -> Iterator[str]:
    """The modules of the library that one takes names from, re-exports included."""
    for node in ast.walk(ast.parse((LIBRARY / source).read_text("utf-8"))):
        if not isinstance(node, ast.ImportFrom):
            continue
        home = (LIBRARY / source).parents[node.level - 1] if node.level else LIBRARY.parent
        if not (node.level or (node.module or "").startswith("fiveviews")):
            continue
        target = home.joinpath(*(node.module or "").split("."))
        found = [target.with_suffix(".py")]
        if target.is_dir():
            found = [target / "__init__.py", *(target / f"{a.name}.py" for a in node.names)]
        yield from (str(path.relative_to(LIBRARY)) for path in found if path.is_file())


@pytest.mark.parametrize("name", KEYS)
def test_the_key_covers_all_code_that_runs(name, tmp_path, monkeypatch):
    monkeypatch.setattr(iqtt, "DRAWS", 300)
    sources, work, bystanders = KEYS[name]
    ran = called(work, tmp_path)
    assert ran - names(sources) - KEEPERS == set()
    assert not ran & bystanders


@pytest.mark.parametrize("name", KEYS)
def test_the_key_covers_all_constants(name):
    sources, _, bystanders = KEYS[name]
    known = names(sources) | bystanders | KEEPERS
    known |= {"__init__.py", "data/__init__.py", "solids/__init__.py"}
    for source in names(sources):
        assert set(imported(source)) - known == set(), f"imported by {source}"


def test_the_key_follows_code_and_not_what_is_said_about_it(tmp_path, monkeypatch):
    module = tmp_path / "module.py"
    monkeypatch.setattr(storage, "__file__", str(tmp_path / "data" / "storage.py"))

    def key(text: str) -> str:
        module.write_text(text)
        return storage.source_key(["module.py"])

    first = key('"""Says."""\nX = 1\n\ndef f():\n    """Does."""\n    return "a"\n')
    assert key('"""Means."""\nX = 1  # one\n\ndef f():\n    return "a"\n') == first
    assert key('"""Says."""\nX = 2\n\ndef f():\n    """Does."""\n    return "a"\n') != first
    assert key('"""Says."""\nX = 1\n\ndef f():\n    """Does."""\n    return "b"\n') != first
    assert storage.source_key(["module.py"], ["numpy"]) != storage.source_key(["module.py"])
    with pytest.raises(FileNotFoundError, match="no module of the library"):
        storage.source_key(["modules.py"])
