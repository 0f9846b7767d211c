"""Where a number comes from: code, machine, time."""

from __future__ import annotations

import os
import platform
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import torch

# A run that appends to these does not make the next run's code "dirty".
WRITTEN_BY_RUNS = (":!book/results", ":!book/weights")


def now() -> str:
    """This moment, UTC, ISO 8601, whole seconds."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def code_version(file: Path = Path(__file__)) -> dict[str, str | bool | None]:
    """PyTorch's version, the commit that the library runs from, and whether files changed since.

    The last two are None where the library is not in a git checkout (installed from a wheel), or
    lies in one that does not track it (a virtual environment inside another project). A machine
    that got the files without their history may be told: FIVEVIEWS_COMMIT names the commit.
    """
    told = os.environ.get("FIVEVIEWS_COMMIT") or None
    nothing = {"commit": told, "dirty": None, "torch": torch.__version__}
    if _git(file.parent, "ls-files", "--error-unmatch", file.name) is None:
        return nothing
    commit = _git(file.parent, "rev-parse", "HEAD")
    top = _git(file.parent, "rev-parse", "--show-toplevel")
    if commit is None or top is None:
        return nothing
    status = _git(
        Path(top), "status", "--porcelain", "--untracked-files=no", "--", ".", *WRITTEN_BY_RUNS
    )
    return {"commit": commit, "dirty": bool(status), "torch": torch.__version__}


def _git(folder: Path, *words: str) -> str | None:
    try:
        answer = subprocess.run(
            ["git", "--no-optional-locks", *words], cwd=folder, capture_output=True, text=True
        )
    except FileNotFoundError:
        return None
    return answer.stdout.strip() if answer.returncode == 0 else None


def device_name(device: torch.device) -> str:
    """The device as a reader knows it: the GPU's name, or the processor's with its threads."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    name = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        models = [
            line.split(":", 1)[1].strip()
            for line in cpuinfo.read_text().splitlines()
            if line.startswith("model name")
        ]
        name = models[0] if models else name
    kind = "MPS" if device.type == "mps" else f"{torch.get_num_threads()} threads"
    return f"{name}, {kind}"
