"""Several processes, one batch: what torchrun's ranks do together.

    torchrun --standalone --nproc-per-node 2 -m fiveviews.book run book/soft_meshes/train.ipynb

Every rank draws the same global batch from the same generator and works on its own `share` of it;
`fit` averages the gradients. The result is that of one process, up to rounding, wherever a loss is
a mean over the items of a batch. Where it is not, a step says so: `whole` brings the shares of a
tensor together where every item is compared with every other, and batch normalisation takes its
statistics over all shares by itself. A step that says nothing computes everything in every rank:
right, and no faster.

It does not hold for dropout, where all ranks draw the same masks for their shares, and for the
one defect of released code that looks at a single item of a batch (`last_only` of the surfels
chapter). One rank writes, the first.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial

import torch
import torch.distributed as dist
from torch import Tensor, nn

PATIENCE = timedelta(days=1)  # a rank may wait long for another to make its data


def rank() -> int:
    """Which process this is, 0 for the first or only one."""
    return int(os.environ.get("RANK", 0)) if world() > 1 else 0


def world() -> int:
    """How many processes torchrun started; 1 without it."""
    told = "TORCHELASTIC_RUN_ID" in os.environ
    return int(os.environ.get("WORLD_SIZE", 1)) if told else 1


def local_rank() -> int:
    """Which process of this machine this is, and so which of its GPUs it takes."""
    return int(os.environ.get("LOCAL_RANK", 0)) if world() > 1 else 0


def connect(device: torch.device) -> None:
    """Meet the other ranks, once; nothing where there is one."""
    if world() > 1 and not dist.is_initialized():
        backend = "nccl" if device.type == "cuda" else "gloo"
        dist.init_process_group(backend, timeout=PATIENCE)


def connected() -> bool:
    """Whether this process has others to work with."""
    return dist.is_available() and dist.is_initialized() and dist.get_world_size() > 1


def wait() -> None:
    """Wait until all ranks are here."""
    if connected():
        dist.barrier()


def share(*tensors: Tensor) -> Tensor | tuple[Tensor, ...]:
    """This rank's part of tensors that hold a batch in their first dimension, or all of it alone.

    Raises ValueError where the batch cannot be shared equally.
    """
    if not connected():
        return tensors[0] if len(tensors) == 1 else tensors
    of, here = dist.get_world_size(), dist.get_rank()
    for tensor in tensors:
        if len(tensor) % of:
            raise ValueError(
                f"a batch of {len(tensor)} cannot be shared equally by {of} processes; take a "
                f"number of processes that divides it"
            )
    parts = tuple(t[here * len(t) // of : (here + 1) * len(t) // of] for t in tensors)
    return parts[0] if len(parts) == 1 else parts


def whole(part: Tensor) -> Tensor:
    """The shares of all ranks in their order, with gradients to all of them."""
    if not connected():
        return part
    of, here = dist.get_world_size(), dist.get_rank()
    before, after = here * len(part), (of - 1 - here) * len(part)
    padding = [0, 0] * (part.ndim - 1) + [before, after]
    return _Sum.apply(nn.functional.pad(part, padding))


class _Sum(torch.autograd.Function):
    """The sum of all ranks' tensors; the gradient of the sum of all ranks' losses by each."""

    @staticmethod
    def forward(ctx: object, x: Tensor) -> Tensor:
        x = x.contiguous().clone()
        dist.all_reduce(x)
        return x

    @staticmethod
    def backward(ctx: object, gradient: Tensor) -> Tensor:
        return _Sum.apply(gradient)


def mean(value: Tensor) -> Tensor:
    """The mean of all ranks' values, without a gradient."""
    if connected():
        value = value.detach().clone()
        dist.all_reduce(value)
        value = value / dist.get_world_size()
    return value


def average_gradients(
    parameters: Iterable[nn.Parameter], wishes: tuple[bool, ...]
) -> tuple[bool, ...] | None:
    """Average the gradients of all ranks in place, in one message; of each wish, whether any rank
    has it. Ranks that stopped or saved at different steps would wait for each other for ever.
    None, and nothing done, where there is one rank."""
    if not connected():
        return None
    gradients = [p.grad for p in parameters if p.grad is not None]
    device = gradients[0].device if gradients else torch.device("cpu")
    flags = torch.tensor(wishes, dtype=torch.float32, device=device)
    message = torch.cat([flags, *(g.flatten().float() for g in gradients)])
    dist.all_reduce(message)
    flags, rest = message[: len(wishes)], message[len(wishes) :] / dist.get_world_size()
    parts = rest.split([g.numel() for g in gradients])
    for gradient, part in zip(gradients, parts, strict=True):
        gradient.copy_(part.view_as(gradient))
    return tuple((flags > 0).tolist())


@contextmanager
def shared_statistics(model: nn.Module) -> Iterator[None]:
    """Inside, batch normalisation in training takes its mean and variance over all ranks."""
    layers = [m for m in model.modules() if isinstance(m, nn.modules.batchnorm._BatchNorm)]
    if not connected():
        layers = []
    for layer in layers:
        layer.forward = partial(_normalise, layer)
    try:
        yield
    finally:
        for layer in layers:
            del layer.forward  # the attribute; the method of the class stands


def _normalise(layer: nn.modules.batchnorm._BatchNorm, x: Tensor) -> Tensor:
    """`layer(x)`, with the statistics of every rank's share of the batch."""
    if not layer.training:
        return type(layer).forward(layer, x)
    across = [0, *range(2, x.ndim)]
    count = x.numel() // x.shape[1] * dist.get_world_size()
    centre = _Sum.apply(x.sum(across)) / count
    shape = [1, -1] + [1] * (x.ndim - 2)
    apart = x - centre.view(shape)
    variance = _Sum.apply(apart.square().sum(across)) / count
    with torch.no_grad():
        if layer.track_running_stats:
            layer.num_batches_tracked += 1
            unbiased = variance * count / (count - 1)
            layer.running_mean.lerp_(centre, layer.momentum)
            layer.running_var.lerp_(unbiased, layer.momentum)
    x = apart * (variance + layer.eps).rsqrt().view(shape)
    return x * layer.weight.view(shape) + layer.bias.view(shape) if layer.affine else x
