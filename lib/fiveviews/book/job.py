"""One job of a rerun, in a folder of its own: python -m fiveviews.book.job FOLDER -- ARGUMENTS

What the job records, its checkpoints and its log lie in FOLDER, and FOLDER/done says that it is
finished. A job that outlived its scheduler is waited for and not done twice. On a machine with
several GPUs it takes free ones; with more than one it starts as many processes, by torchrun.
"""

from __future__ import annotations

import argparse
import fcntl
import os
import shlex
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from fiveviews.book.pages import ROOT

DONE, LOG = "done", "log.txt"


def devices() -> list[str]:
    """The GPUs that this process may use, as CUDA_VISIBLE_DEVICES names them."""
    told = os.environ.get("CUDA_VISIBLE_DEVICES")
    if told is not None:
        return [name for name in told.split(",") if name]
    try:
        listed = subprocess.run(["nvidia-smi", "-L"], capture_output=True, text=True, check=True)
    except (FileNotFoundError, subprocess.CalledProcessError):
        return []
    return [str(i) for i, _ in enumerate(listed.stdout.splitlines())]


def hold(path: Path, wait: bool) -> int | None:
    """An open file that is locked until the last process that has it ends; None if it is taken."""
    path.parent.mkdir(parents=True, exist_ok=True)
    held = os.open(path, os.O_RDWR | os.O_CREAT)
    try:
        fcntl.flock(held, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except BlockingIOError:
        os.close(held)
        return None
    return held


def take(names: Sequence[str], count: int, folder: Path) -> tuple[list[str], list[int]]:
    """Lock `count` of the GPUs, waiting until so many are free: their names and the locks."""
    if count > len(names):
        raise ValueError(f"a job takes {count} GPUs, and this machine has {len(names)}")
    while True:
        locks = {name: hold(folder / f"fiveviews-gpu-{name}.lock", wait=False) for name in names}
        free = [name for name, lock in locks.items() if lock is not None]
        kept = free[:count] if len(free) >= count else []
        for name in free:
            if name not in kept:
                os.close(locks[name])
        if kept:
            return kept, [locks[name] for name in kept]
        time.sleep(1.0)


def run(
    folder: Path,
    arguments: Sequence[str],
    gpus: int = 0,
    processes: int = 1,
    records: Path | None = None,
) -> int:
    """Do the job unless it is done; the exit status. SIGTERM is passed on, so that it can save.

    records: where what is recorded lies, if not in `folder`.
    """
    locks = [hold(folder / ".job.lock", wait=True)]
    try:
        if (folder / DONE).exists():
            return 0
        environment = os.environ | {"FIVEVIEWS_RECORDS": str(records or folder)}
        if gpus and (there := devices()):
            names, more = take(there, gpus, Path(tempfile.gettempdir()))
            environment["CUDA_VISIBLE_DEVICES"] = ",".join(names)
            locks += more
        command = [sys.executable, *arguments]
        if processes > 1:
            start = ["-m", "torch.distributed.run", "--standalone"]
            command[1:1] = [*start, f"--nproc-per-node={processes}"]
        code = _run(command, folder / LOG, environment, locks)
        if code == 0:
            (folder / DONE).write_text(f"{shlex.join(command)}\n", "utf-8")
        return code
    finally:
        for lock in locks:
            os.close(lock)


def _run(command: list[str], log: Path, environment: dict[str, str], locks: list[int]) -> int:
    """Run a command, its output into the log; the end of that is shown where it fails."""
    with open(log, "a", encoding="utf-8") as file:
        print(shlex.join(command), file=file, flush=True)
        # the locks are the child's too: should this process be killed, they last as long as it
        child = subprocess.Popen(
            command, stdout=file, stderr=subprocess.STDOUT, env=environment, cwd=ROOT,
            pass_fds=locks,
        )  # fmt: skip
        before = signal.signal(signal.SIGTERM, lambda number, frame: child.send_signal(number))
        try:
            code = child.wait()
        finally:
            signal.signal(signal.SIGTERM, before)
    if code:
        tail = log.read_text("utf-8", errors="replace").splitlines()[-30:]
        print("\n".join(tail), f"\nthe whole log is {log}", file=sys.stderr)
    return code if code >= 0 else 128 - code


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--gpus", type=int, default=0, help="to take, where there are any")
    parser.add_argument("--processes", type=int, default=1, help="that share one batch")
    parser.add_argument("--records", type=Path, help="folder to read and record in, if another")
    parser.add_argument("arguments", nargs="+", help="what follows `python`")
    options = parser.parse_args()
    try:
        records = options.records and options.records.resolve()
        shared = (options.gpus, options.processes, records)
        return run(options.folder.resolve(), options.arguments, *shared)
    except (OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1


if __name__ == "__main__":
    raise SystemExit(main())
