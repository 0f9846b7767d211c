"""The greatest memory that a piece of work took, in megabytes of a million bytes."""

from __future__ import annotations

import math
import sys
from contextlib import suppress
from pathlib import Path

import torch

STATUS, RESET = Path("/proc/self/status"), Path("/proc/self/clear_refs")  # Linux only


def forget_peak(device: torch.device) -> None:
    """Let `peak_mb` count from now: from what is held at this moment.

    Only a CUDA device and Linux can forget; elsewhere the peak stays that of the whole process.
    """
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)
    elif RESET.exists():
        with suppress(OSError):  # a container may forbid it
            RESET.write_text("5")  # sets VmHWM to what is resident


def peak_mb(device: torch.device) -> float:
    """Greatest memory since `forget_peak`, or since the process began: PyTorch's on a GPU, else
    the resident set of the process. NaN on Windows, which does not say."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device) / 1e6
    if STATUS.exists():  # not getrusage: a child starts there with its parent's peak
        line = next(line for line in STATUS.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) * 1024 / 1e6
    if sys.platform == "win32":
        return math.nan
    import resource  # not on Windows

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1e6 if sys.platform == "darwin" else peak * 1024 / 1e6
