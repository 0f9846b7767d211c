"""What a run needs of the machine: a device, random states, Ctrl-C, a progress bar."""

from __future__ import annotations

import os
import random
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType
from typing import Any, Self

import numpy as np
import torch
from lightning_fabric import Fabric
from lightning_fabric.plugins.environments import LightningEnvironment
from torch import Tensor, nn

from fiveviews.training import parallel

PRECISIONS = ("32-true", "bf16-mixed", "auto")


def find_device(device: str = "auto", precision: str = "32-true") -> Fabric:
    """A Fabric on the device asked for; "auto" takes a CUDA GPU where there is one, else the CPU.

    Raises RuntimeError where the device asked for is not there, ValueError for unknown words.

    >>> find_device("cpu").device
    device(type='cpu')
    """
    if precision not in PRECISIONS:
        # Half precision with loss scaling ("16-mixed") skips steps, which a resumed run would not.
        raise ValueError(f"precision must be one of {', '.join(PRECISIONS)}; got {precision!r}")
    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "cpu"
    if device == "cuda" and parallel.world() > 1:
        device = f"cuda:{parallel.local_rank()}"
    kind, _, index = device.partition(":")
    if kind not in ("cpu", "cuda", "mps") or not (index.isdecimal() or not index):
        raise ValueError(f"device must be auto, cpu, cuda, cuda:1 … or mps; got {device!r}")
    there = {
        "cpu": 1,
        "cuda": torch.cuda.device_count(),
        "mps": int(torch.backends.mps.is_available()),
    }[kind]
    if int(index or 0) >= there:
        raise RuntimeError(
            f"device {device!r} was asked for, and PyTorch {torch.__version__} finds {there} of "
            f"that kind on this machine; ask for 'cpu' or 'auto'"
        )
    if precision == "auto":
        native = kind == "cuda" and torch.cuda.is_bf16_supported(including_emulation=False)
        precision = "bf16-mixed" if native else "32-true"
    devices = [int(index)] if kind == "cuda" and index else 1
    # Said outright, or Fabric looks for Slurm and torchrun, which `training.parallel` sees to.
    alone = LightningEnvironment()
    return Fabric(accelerator=kind, devices=devices, precision=precision, plugins=[alone])


def sent(tensor: Tensor, device: torch.device | str) -> Tensor:
    """A batch from the CPU on a device, without waiting for the device to have worked off what it
    was given before, as a copy from ordinary memory does unless it is as small as some indices."""
    if torch.device(device).type == "cuda" and not tensor.is_cuda:
        tensor = tensor.pin_memory()
    return tensor.to(device, non_blocking=True)


@contextmanager
def evaluating(model: nn.Module) -> Iterator[None]:
    """Inside, `model` is in evaluation mode; then each of its parts is in its own mode again."""
    modes = {part: part.training for part in model.modules()}
    model.eval()
    try:
        yield
    finally:
        for part, mode in modes.items():
            part.training = mode


@contextmanager
def mixed_precision(fabric: Fabric, model: nn.Module) -> Iterator[None]:
    """Inside, the forward of `model` runs in the Fabric's precision and returns float32.

    Where the model is a mere container (`nn.ModuleDict`), each of its parts does. What is computed
    from their outputs, the renderer above all, stays in float32.
    """
    parts = [model] if type(model).forward is not nn.Module.forward else list(model.children())
    precision = fabric.strategy.precision
    if precision.precision == "32-true":
        parts = []

    def mixed(forward: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            with fabric.autocast():
                output = forward(*args, **kwargs)
            return precision.convert_output(output)

        return call

    for part in parts:
        part.forward = mixed(part.forward)
    try:
        yield
    finally:
        for part in parts:
            del part.forward  # the attribute; the method of the class stands


def rng_state(device: torch.device) -> dict[str, Any]:
    """The state of every global random generator: PyTorch, the device's, NumPy, Python."""
    return {
        "torch": torch.get_rng_state(),
        "cuda": torch.cuda.get_rng_state(device) if device.type == "cuda" else None,
        "numpy": np.random.mtrand._rand.get_state(legacy=False),
        "python": random.getstate(),
    }


def set_rng_state(state: dict[str, Any], device: torch.device) -> None:
    """Put the generators where `rng_state` found them."""
    torch.set_rng_state(state["torch"])
    if device.type == "cuda" and state["cuda"] is not None:
        torch.cuda.set_rng_state(state["cuda"], device)
    np.random.mtrand._rand.set_state(state["numpy"])
    random.setstate(state["python"])


class Interrupts:
    """Turns the first Ctrl-C (or SIGTERM, which a cluster sends) into a wish to stop.

    Inside the `with` block `asked` becomes true; the second Ctrl-C raises at once.
    """

    asked: int = 0

    def __enter__(self) -> Self:
        self.before = {}
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                self.before[number] = signal.signal(number, self._note) or signal.SIG_DFL
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for number, handler in self.before.items():
            signal.signal(number, handler)

    def _note(self, number: int, frame: FrameType | None) -> None:
        if self.asked:
            raise KeyboardInterrupt("stopped at once; the checkpoint before this stands")
        self.asked = number
        # os.write, since a handler may run in the middle of another write to the same stream
        os.write(2, b"\nfinishing this step; the same once more stops at once\n")

    def leave(self, message: str) -> None:
        """End the program, or the notebook's cell, as the signal wanted.

        Raises SystemExit after SIGTERM and KeyboardInterrupt after Ctrl-C.
        """
        if self.asked == signal.SIGTERM:
            sys.stderr.write(message + "\n")
            raise SystemExit(128 + signal.SIGTERM)
        raise KeyboardInterrupt(message)
