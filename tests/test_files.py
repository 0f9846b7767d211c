"""Files are whole or not there, whoever writes them and whatever stops it."""

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from fiveviews.files import atomic, write_atomically

WRITER = """
import sys
from fiveviews.files import write_atomically
while True:
    for letter in "ab":
        write_atomically(sys.argv[1], letter * 2_000_000)
        print(letter, flush=True)
"""


def writer(path: Path) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", WRITER, path], stdout=subprocess.PIPE, text=True)


def is_whole(path: Path) -> bool:
    text = path.read_text()
    return len(text) == 2_000_000 and len(set(text)) == 1


def test_threads_write_one_file_at_once(tmp_path):
    path = tmp_path / "a.txt"
    with ThreadPoolExecutor(8) as pool:
        for _ in pool.map(lambda i: write_atomically(path, str(i % 10) * 1000), range(800)):
            text = path.read_text()
            assert len(text) == 1000
            assert len(set(text)) == 1
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs a signal that kills")
def test_processes_write_one_file_until_they_are_killed(tmp_path):
    path = tmp_path / "a.txt"
    writers = [writer(path) for _ in range(2)]
    for one in writers:
        for _ in range(3):
            assert one.stdout.readline().strip() in ("a", "b")
            assert is_whole(path)
    for one in writers:
        os.kill(one.pid, signal.SIGKILL)
        one.communicate()
        assert one.returncode == -signal.SIGKILL
        assert is_whole(path)
    left = [other.name for other in tmp_path.iterdir() if other != path]
    assert all(name.startswith(".a.txt.") and name.endswith(".part") for name in left)
    write_atomically(path, "after")
    assert path.read_text() == "after"


def test_an_error_leaves_the_file_before_and_no_other(tmp_path):
    path = tmp_path / "a.txt"
    write_atomically(path, "old")

    def fail() -> None:
        with atomic(path) as temporary:
            temporary.write_text("ne")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]
