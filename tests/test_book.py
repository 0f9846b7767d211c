"""The machinery of the book, tried on a book of two pages: what builds, and what must not."""

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import nbformat
import pytest
import torch
from filelock import FileLock
from hypothesis import given
from hypothesis import strategies as st

from fiveviews.book import execute, pairs, site
from fiveviews.book.__main__ import main
from fiveviews.book.pages import ROOT, Book, BookError
from fiveviews.book.plotly_mime import figure_html
from fiveviews.book.record import record, recorded

LESSON = """\
# A lesson

A renderer is a function, $I = R(M)$. It records {glue:text}`answer:.2f`.

```{code-cell}
:tags: [parameters]

scale: str = "lab"  # smoke, lab or full
rate: float = 0.5  # of anything
```

```{code-cell}
from pathlib import Path

import plotly.graph_objects as go

from fiveviews.book import record
```

```{code-cell}
record(answer=42)
print("here:", Path.cwd().name, scale, rate)
```

```{code-cell}
---
mystnb:
  figure: {caption: A line., name: fig-line}
  image: {alt: A line that rises.}
---
go.Figure(go.Scatter(y=[1, 2, 3]), layout={"height": 300, "title": "</script>"})
```

```{code-cell}
:tags: [exercise]

def double(x):
    raise NotImplementedError("double x")
```

```{code-cell}
:tags: [solution, hide-cell]

def double(x):
    return 2 * x
```
"""


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str], Book]:
    """A function that writes a book of an introduction and one lesson with the text given."""

    def make(lesson: str = LESSON) -> Book:
        folder = tmp_path / "book"
        (folder / "chapter").mkdir(parents=True, exist_ok=True)
        shutil.copytree(ROOT / "book" / "_images", folder / "_images", dirs_exist_ok=True)
        shutil.copy(ROOT / "_config.yml", tmp_path)
        (folder / "references.bib").write_text("", "utf-8")
        (folder / "intro.md").write_text("# Welcome\n\nTo {numref}`fig-line`.\n", "utf-8")
        (folder / "_toc.yml").write_text(
            "format: jb-book\nroot: intro\nchapters:\n  - file: chapter/lesson.ipynb\n", "utf-8"
        )
        (folder / "chapter" / "lesson.md").write_text(lesson, "utf-8")
        (folder / "chapter" / "lesson.ipynb").unlink(missing_ok=True)
        pairs.sync(folder / "chapter" / "lesson.md")
        return Book(tmp_path, tmp_path / "_build")

    return make


def command(book: Book, *arguments: str) -> int:
    return main(["--root", str(book.root), *arguments])


def test_a_book_is_built_whole_and_reads_without_a_network(
    write: Callable[..., Book], capsys: pytest.CaptureFixture[str]
) -> None:
    book = write()
    lesson = book.folder / "chapter" / "lesson.ipynb"
    before = lesson.read_bytes(), lesson.with_suffix(".md").read_bytes()
    assert command(book, "build", "--scale", "smoke") == 0
    assert str(book.build / "html" / "index.html") in capsys.readouterr().out
    assert (lesson.read_bytes(), lesson.with_suffix(".md").read_bytes()) == before
    assert sorted(os.listdir(lesson.parent)) == ["lesson.ipynb", "lesson.md"]

    page = (book.build / "html" / "chapter" / "lesson.html").read_text("utf-8")
    assert 'class="plotly-figure"' in page
    assert 'aria-label="A line that rises."' in page
    assert "records 42.00" in re.sub("<[^>]*>", "", page)
    assert "here: chapter smoke 0.5" in page
    for name in ("plotly.min.js", "k3d-standalone.js", "mathjax.js", "fiveviews.js"):
        assert (book.build / "html" / "_static" / name).stat().st_size > 1000
    for html in (book.build / "html").rglob("*.html"):
        assert external(html.read_text("utf-8")) == []


class _Loads(HTMLParser):
    """Collects what a browser would fetch by itself on opening a page."""

    def __init__(self) -> None:
        super().__init__()
        self.urls: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = dict(attributes)
        if tag in ("script", "img", "iframe", "source", "video"):
            self.urls.append(given.get("src") or "")
        if tag == "link" and given.get("rel") not in ("canonical", "author", "license"):
            self.urls.append(given.get("href") or "")


def external(html: str) -> list[str]:
    parser = _Loads()
    parser.feed(html)
    return [url for url in parser.urls if re.match(r"(https?:)?//", url)]


def test_the_search_for_external_addresses_finds_them() -> None:
    assert external('<script src="https://a.b/c.js"></script><img src="/x.png">') == [
        "https://a.b/c.js"
    ]
    assert external('<link rel="stylesheet" href="//a.b/c.css">') == ["//a.b/c.css"]


def test_a_failing_cell_fails_the_build_each_time_and_is_shown(
    write: Callable[..., Book], capsys: pytest.CaptureFixture[str]
) -> None:
    book = write(LESSON.replace("record(answer=42)", "hidden = 7\nprint(hidden / 0)"))
    for _ in range(2):
        assert command(book, "build") == 1
        told = capsys.readouterr().err
        assert "lesson.ipynb failed in cell" in told
        assert "print(hidden / 0)" in told
        assert "ZeroDivisionError: division by zero" in told
        assert not (book.build / "html").exists()


def test_an_endless_notebook_is_ended(write: Callable[..., Book]) -> None:
    book = write(LESSON.replace("record(answer=42)", "while True:\n    pass"))
    with pytest.raises(BookError, match="took longer than 5 s"):
        execute.run_all(book, book.build / "notebooks", scale="smoke", timeout=5)


def test_a_killed_kernel_fails_the_build(
    write: Callable[..., Book], capsys: pytest.CaptureFixture[str]
) -> None:
    kill = "import os\nimport signal\n\nos.kill(os.getpid(), signal.SIGKILL)"
    book = write(LESSON.replace("record(answer=42)", kill))
    notebook = book.folder / "chapter" / "lesson.ipynb"
    assert command(book, "run", str(notebook)) == 1
    assert "its Python process died" in capsys.readouterr().err


def test_a_warning_fails_the_build_each_time_and_keeps_the_last_good_site(
    write: Callable[..., Book], capsys: pytest.CaptureFixture[str]
) -> None:
    book = write()
    copies = execute.run_all(book, book.build / "notebooks", scale="smoke")
    good = site.assemble(book, copies).stat().st_mtime_ns
    (book.folder / "intro.md").write_text("# Welcome\n\n{term}`no such word`\n", "utf-8")
    for _ in range(2):
        with pytest.raises(BookError, match="no such word"):
            site.assemble(book, copies)
    assert (book.build / "html" / "index.html").stat().st_mtime_ns == good


def test_a_number_recorded_twice_is_named(write: Callable[..., Book]) -> None:
    """The site refuses the page for it, long after; whoever reads the copy hears it first."""
    book = write(LESSON.replace("record(answer=42)", "for n in (1, 2):\n    record(answer=n)"))
    (copy,) = execute.run_all(book, book.build / "notebooks", scale="smoke").values()
    with pytest.raises(ValueError, match="answer is recorded more than once"):
        recorded(nbformat.read(copy, as_version=4))


def test_results_are_never_taken_from_an_earlier_run(write: Callable[..., Book]) -> None:
    """A notebook is run again when only what it imports has changed."""
    book = write(LESSON.replace("record(answer=42)", 'record(answer=Path("n").read_text())'))
    for number in ("3", "4"):
        (book.folder / "chapter" / "n").write_text(number, "utf-8")
        copies = execute.run_all(book, book.build / "notebooks", scale="smoke")
        (copy,) = copies.values()
        assert recorded(nbformat.read(copy, as_version=4)) == {"answer": float(number)}


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("rat", "1", "no parameter 'rat'; did you mean 'rate'?"),
        ("whatever", "1", "no parameter 'whatever'; it has: scale, rate"),
        ("rate", "fast", "'rate' takes a value like 0.5 (float), but was given 'fast'"),
        ("scale", "3", "'scale' takes a value like 'lab' (str), but was given 3"),
    ],
)
def test_an_unknown_parameter_is_refused(
    write: Callable[..., Book],
    capsys: pytest.CaptureFixture[str],
    name: str,
    value: str,
    told: str,
) -> None:
    book = write()
    notebook = book.folder / "chapter" / "lesson.ipynb"
    assert command(book, "run", str(notebook), "-p", name, value) == 1
    assert told in capsys.readouterr().err
    assert not (book.build / "notebooks").exists()


def test_a_parameter_reaches_the_notebook(write: Callable[..., Book]) -> None:
    book = write()
    notebook, copy = book.folder / "chapter" / "lesson.ipynb", book.build / "out.ipynb"
    arguments = ["run", str(notebook), "--output", str(copy), "-p", "rate", "2"]
    assert command(book, *arguments) == 0
    assert "here: chapter lab 2" in copy.read_text("utf-8")


def test_one_build_at_a_time(
    write: Callable[..., Book], capsys: pytest.CaptureFixture[str]
) -> None:
    book = write()
    book.build.mkdir()
    with FileLock(book.build / "build.lock"):
        assert command(book, "build") == 1
    assert "another build is at work" in capsys.readouterr().err


def test_a_page_that_does_not_exist_is_named(
    write: Callable[..., Book], capsys: pytest.CaptureFixture[str]
) -> None:
    book = write()
    with (book.folder / "_toc.yml").open("a") as toc:
        toc.write("  - file: chapter/missing.ipynb\n")
    assert command(book, "build") == 1
    assert "names the page 'chapter/missing.ipynb'" in capsys.readouterr().err


def test_the_command_line_says_what_is_wrong_in_one_line(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "fiveviews.book", "run", str(tmp_path / "no.ipynb")],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert done.stderr == f"there is no notebook {tmp_path / 'no.ipynb'}\n"


def test_student_copies_lack_the_solutions_and_nothing_else(write: Callable[..., Book]) -> None:
    book = write()
    stale = book.build / "student" / "gone.ipynb"
    stale.parent.mkdir(parents=True)
    stale.touch()
    assert command(book, "student") == 0
    whole = nbformat.read(book.folder / "chapter" / "lesson.ipynb", as_version=4)
    copy = nbformat.read(book.build / "student" / "chapter" / "lesson.ipynb", as_version=4)
    assert copy.cells == [c for c in whole.cells if "solution" not in c.metadata.get("tags", [])]
    assert len(copy.cells) == len(whole.cells) - 1
    assert not stale.exists()


def test_sync_writes_the_same_bytes_twice(write: Callable[..., Book]) -> None:
    book = write()
    lesson = book.folder / "chapter" / "lesson.md"
    files = lesson, lesson.with_suffix(".ipynb")
    before = [file.read_bytes() for file in files]
    assert not pairs.sync(lesson)
    files[1].unlink()
    assert pairs.sync(lesson)
    assert [file.read_bytes() for file in files] == before


def test_sync_takes_what_jupyterlab_leaves_behind_out_of_the_pair(
    write: Callable[..., Book],
) -> None:
    book = write()
    lesson = book.folder / "chapter" / "lesson.md"
    clean = lesson.with_suffix(".ipynb").read_bytes()
    notebook = nbformat.read(lesson.with_suffix(".ipynb"), as_version=4)
    notebook.metadata["widgets"] = {"application/vnd.jupyter.widget-state+json": {"state": {}}}
    notebook.cells[3].outputs = [nbformat.v4.new_output("stream", text="seen")]
    notebook.cells[3].execution_count = 12
    nbformat.write(notebook, lesson.with_suffix(".ipynb"))
    assert pairs.sync(lesson)
    assert lesson.with_suffix(".ipynb").read_bytes() == clean


def test_sync_loses_no_edit_made_in_the_notebook(write: Callable[..., Book]) -> None:
    book = write()
    lesson = book.folder / "chapter" / "lesson.md"
    notebook = nbformat.read(lesson.with_suffix(".ipynb"), as_version=4)
    notebook.cells[0].source += "\n\nAn afterthought."
    nbformat.write(notebook, lesson.with_suffix(".ipynb"))
    os.utime(lesson, (time.time() - 60,) * 2)
    with pytest.raises(BookError, match=r"was edited after lesson\.md"):
        pairs.sync(lesson)
    assert command(book, "sync", str(lesson.with_suffix(".ipynb"))) == 0
    assert "An afterthought." in lesson.read_text("utf-8")
    assert not pairs.sync(lesson)


def test_sync_folds_solutions(write: Callable[..., Book]) -> None:
    notebook = nbformat.read(write().folder / "chapter" / "lesson.ipynb", as_version=4)
    folded = [c.metadata.get("jupyter", {}).get("source_hidden") for c in notebook.cells]
    assert folded == [None] * (len(folded) - 1) + [True]


def test_sync_formats_the_code(write: Callable[..., Book]) -> None:
    book = write(LESSON.replace("record(answer=42)", "record( answer = 42 )"))
    text = (book.folder / "chapter" / "lesson.md").read_text("utf-8")
    assert "record(answer=42)" in text


def test_a_widget_gives_way_to_the_picture_beside_it(write: Callable[..., Book]) -> None:
    book = write()
    notebook = nbformat.read(book.folder / "chapter" / "lesson.ipynb", as_version=4)
    view = {"application/vnd.jupyter.widget-view+json": {"model_id": "0"}}
    outputs = [view | {"text/html": "<b>still</b>"}, dict(view)]
    notebook.cells[2].outputs = [nbformat.v4.new_output("display_data", data=d) for d in outputs]
    copy = book.build / "copy.ipynb"
    copy.parent.mkdir()
    nbformat.write(notebook, copy)
    site.stage(book, {Path("chapter/lesson.ipynb"): copy}, book.build / "source")
    staged = nbformat.read(book.build / "source" / "chapter" / "lesson.ipynb", as_version=4)
    assert [output.data for output in staged.cells[2].outputs] == [{"text/html": "<b>still</b>"}]
    assert not (book.build / "source" / "chapter" / "lesson.md").exists()


def test_only_pictures_with_words_may_be_wider_than_a_phone(write: Callable[..., Book]) -> None:
    book = write()
    notebook = nbformat.read(book.folder / "chapter" / "lesson.ipynb", as_version=4)
    small, wide = '<svg width="300" ', '<svg width="560" '
    outlines = '><g id="text_1"><path/></g></svg>'  # of letters, as matplotlib draws them
    drawn = {
        f"{wide}><text>us</text></svg>": "fv-words fv-wide",
        f"{small}><text>us</text></svg>": "fv-words",
        f"{wide}><rect/></svg>": None,
        f'<svg width="450pt" {outlines}': "fv-words fv-wide",
        f'<svg width="322pt" {outlines}': None,
    }
    for markup, classes in drawn.items():
        cell = notebook.cells[1]
        output = nbformat.v4.new_output("display_data", data={"image/svg+xml": markup})
        cell.update(cell_type="code", outputs=[output])
        cell.metadata["mystnb"] = {"image": {"alt": "us"}}
        site._make_static(notebook)
        assert cell.metadata["mystnb"]["image"].get("classes") == classes


def test_record_takes_numbers_only(capsys: pytest.CaptureFixture[str]) -> None:
    record(loss=torch.tensor([0.25]))
    with pytest.raises(ValueError, match=r"record\(iou=...\) takes one number"):
        record(iou=torch.zeros(2))
    with pytest.raises(ValueError, match="takes one number"):
        record(iou="high")


@given(st.text(), st.text())
def test_no_text_in_a_figure_can_break_the_page(title: str, alt: str) -> None:
    figure = {"data": [{"y": [1.0], "name": title}], "layout": {"title": {"text": title}}}
    html = figure_html(figure, alt)
    start = html.index('<script type="application/json">') + len('<script type="application/json">')
    inside = html[start : html.index("</script>", start)]
    assert json.loads(inside) == figure
    words = html[html.index("<noscript>", start) : -len("</noscript></div>")]
    assert html.endswith("</noscript></div>")
    assert "<" not in words.removeprefix("<noscript>")
