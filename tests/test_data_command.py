"""What the commands that make data share: processes that stop at an error, and checksums."""

import argparse
import runpy
import time
from functools import partial
from pathlib import Path

import pytest

from fiveviews.book.pages import ROOT
from fiveviews.data import command, line_drawings_procedural, procedural


def make(folder: Path, i: int) -> Path:
    if i == 0:
        raise ValueError("the first cannot be made")
    time.sleep(0.05)
    path = folder / f"{i}.txt"
    path.write_text(str(i))
    return path


def test_an_error_ends_the_work_at_once(tmp_path):
    asked = argparse.Namespace(shard=(0, 1), jobs=2)
    with pytest.raises(ValueError, match="the first cannot be made"):
        command.make_all(partial(make, tmp_path), range(40), asked, "files")
    assert len(list(tmp_path.iterdir())) < 15


@pytest.mark.parametrize(
    ("words", "pieces"),
    [
        (["make_views.py", "phone", "-n", "4"], procedural),
        (["make_line_drawings.py", "views", "-n", "4", "--size", "16"], line_drawings_procedural),
    ],
)
def test_two_shards_are_one_run_and_a_damaged_file_is_noticed(
    words, pieces, tmp_path, monkeypatch, capsys
):
    main = runpy.run_path(str(ROOT / "data_scripts" / words[0]))["main"]
    monkeypatch.setattr(pieces, "PIECE", 2)

    def run(folder: str, *more: str) -> None:
        root = ["--jobs", "1", "--root", str(tmp_path / folder)]
        monkeypatch.setattr("sys.argv", [*words, *root, *more])
        assert main() == 0

    def files(folder: str) -> list[Path]:
        return sorted((tmp_path / folder).rglob("*.npz"))

    run("parts", "--shard", "1/2")
    (second,) = files("parts")
    run("parts", "--shard", "0/2")
    run("whole")
    first, _ = files("parts")
    sums = [next((tmp_path / of).rglob(command.SUMS)) for of in ("parts", "whole")]
    assert [line[66:] for line in sums[0].read_text().splitlines()] == [first.name, second.name]
    assert sums[0].read_text() == sums[1].read_text()
    before = first.stat().st_mtime_ns
    run("parts")  # again: nothing is made anew
    assert first.stat().st_mtime_ns == before
    first.write_bytes(second.read_bytes())
    assert main() == 1
    assert f"{first} is not the file that was made" in capsys.readouterr().err
