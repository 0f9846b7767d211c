"""Running Warp kernels on PyTorch tensors, with all cores of a CPU.

Every kernel of the library has a grid (image, element) and writes only into its own image. On a
GPU that is one launch. On a CPU a Warp launch uses one thread, so the batch is cut into one run of
images per core; the launches release the interpreter lock and, since no two write to one image,
the result does not depend on the number of threads.
"""

from __future__ import annotations

import os
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Literal

import torch
import warp as wp
from torch import Tensor

wp.config.log_level = wp.LOG_WARNING

Backend = Literal["auto", "fast", "readable"]

# For kernels with a hand-written backward pass. Rounding a product and a sum once instead of twice
# makes them a tenth faster on processors that can; Warp lets only CUDA do so by itself.
OPTIONS = {
    "enable_backward": False,
    "cpu_compiler_flags": f"{wp.config.cpu_compiler_flags or '-march=native'} -ffp-contract=fast",
}

CPU = torch.device("cpu")
_TYPES = {
    torch.float32: wp.float32,
    torch.float64: wp.float64,
    torch.int32: wp.int32,
    torch.int64: wp.int64,
    torch.uint8: wp.uint8,
    torch.bool: wp.bool,
}


def _initialise() -> None:
    """Start Warp without its C++ message about a missing GPU, which is no news on a laptop."""
    sys.stderr.flush()
    kept, silence = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(silence, 2)
        wp.init()
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(silence)


_initialise()


_Description = type(wp.from_torch(torch.zeros(1), return_ctype=True))


@cache
def _pool(threads: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(threads, thread_name_prefix="fiveviews-kernel")


if hasattr(os, "register_at_fork"):  # a forked process (a data loader's) has none of the threads
    os.register_at_fork(after_in_child=_pool.cache_clear)


def is_fast(backend: Backend, *tensors: Tensor, dtype: torch.dtype = torch.float32) -> bool:
    """Whether kernels that take `dtype` are to run, for these tensors and this wish.

    Raises ValueError for another word, and for `fast` where the kernels cannot run.

    >>> is_fast("auto", torch.zeros(3)), is_fast("auto", torch.zeros(3, dtype=torch.float64))
    (True, False)
    """
    if backend not in ("auto", "fast", "readable"):
        raise ValueError(f"backend must be auto, fast or readable; got {backend!r}")
    able = all(t.dtype == dtype and t.device.type in ("cpu", "cuda") for t in tensors)
    if backend == "fast" and not able:
        given = " and ".join(f"{_name(t.dtype)} on {t.device}" for t in tensors)
        raise ValueError(
            f"the fast backend takes {_name(dtype)} on a CPU or CUDA device; got {given}; "
            f"use backend='readable'"
        )
    return able and backend != "readable"


def _name(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")


def launch(
    kernel: wp.Kernel,
    images: int,
    elements: int,
    inputs: list[Tensor | float | int],
    flat: bool = False,
) -> None:
    """Run `kernel` on the grid (images, elements); its first argument is the first image's index.

    Tensors must be contiguous, on one device, and of a dtype that the kernel declares: (..., 3)
    float32 tensors are passed as they are, so kernels declare plain scalar arrays.
    flat: the kernel is to see each tensor, whatever its shape, as one axis.

    Raises TypeError for a tensor that is not of the kernel's type and form, and ValueError for one
    on another device than the first, or on one where no kernel runs.
    """
    if images == 0 or elements == 0:
        return
    tensor = next(value for value in inputs if isinstance(value, Tensor))
    device = tensor.device if tensor.is_cuda else CPU
    declared = _declared(kernel)
    arguments = [
        _as_warp(value, *wanted, flat, device) if isinstance(value, Tensor) else value
        for value, wanted in zip(inputs, declared, strict=True)
    ]
    if tensor.is_cuda:
        wp.launch(
            kernel,
            dim=(images, elements),
            inputs=[0, *arguments],
            device=wp.device_from_torch(device),
            stream=wp.stream_from_torch(torch.cuda.current_stream(device)),
        )
        return
    threads = min(images, torch.get_num_threads())
    if threads == 1:
        wp.launch(kernel, dim=(images, elements), inputs=[0, *arguments], device="cpu")
        return

    def run(first: int, last: int) -> None:
        wp.launch(kernel, dim=(last - first, elements), inputs=[first, *arguments], device="cpu")

    wp.load_module(kernel.module, device="cpu")  # once, before the threads would all compile it
    bounds = [images * i // threads for i in range(threads + 1)]
    list(_pool(threads).map(run, bounds[:-1], bounds[1:]))


@cache
def _declared(kernel: wp.Kernel) -> list[tuple[str, object, int]]:
    """Name, element type and number of axes that a kernel declares for each argument."""
    return [
        (argument.label, getattr(argument.type, "dtype", None), getattr(argument.type, "ndim", 0))
        for argument in kernel.adj.args[1:]
    ]


def _as_warp(
    tensor: Tensor, name: str, dtype: object, ndim: int, flat: bool, device: torch.device
) -> object:
    """Warp's description of a tensor in C: made five times as fast as a `wp.array`, which counts
    where a kernel takes microseconds. Nobody else checks then that the kernel reads it rightly."""
    fits = ndim == 1 and tensor.is_contiguous() if flat else ndim == tensor.ndim
    if _TYPES.get(tensor.dtype) is not dtype or not fits:
        form = "and contiguous" if flat else f"with {ndim} axes"
        raise TypeError(
            f"{name} of a kernel must be {getattr(dtype, '__name__', dtype)} {form}; got "
            f"{tensor.dtype} {tuple(tensor.shape)}, strides {tensor.stride()}"
        )
    if tensor.device != device:
        raise ValueError(f"{name} of a kernel is on {tensor.device} and not on {device}: move it")
    size = tensor.element_size()
    if flat:
        return _Description(tensor.data_ptr(), 0, 1, (tensor.numel(),), (size,))
    strides = tuple(size * stride for stride in tensor.stride())
    return _Description(tensor.data_ptr(), 0, ndim, tuple(tensor.shape), strides)
