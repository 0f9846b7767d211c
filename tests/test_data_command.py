"""What the commands that make data share: processes that stop at an error, and checksums."""

import argparse
import time
from functools import partial
from pathlib import Path

import pytest

from fiveviews.data import command


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
