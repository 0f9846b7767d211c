"""Replaying the arithmetic of a training step on a GPU as a CUDA graph.

A step of a small network is hundreds of kernels of a few microseconds each, and naming them one by
one takes the CPU longer than running them takes the GPU. A CUDA graph is that list, recorded once
and then started as a whole. A rasterizer's kernels are on it like any others.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Hashable

import torch
from torch import Tensor, nn

from fiveviews.training.parallel import connected

Terms = dict[str, Tensor]
Compute = Callable[..., tuple[Tensor, Terms]]


class Replay:
    """`compute(model, *tensors, **settings)`, which returns a loss and its terms, as a graph.

    compute: does the same for all tensors of the same shapes, neither looks at a value on the CPU
        nor draws random numbers there. A graph is recorded for each combination of settings.

    It is where the tensors are on a GPU and gradients are wanted, by a single process (several wait
    for each other inside a step). Elsewhere `compute` just runs, to the same losses and gradients;
    so it does everywhere with FIVEVIEWS_GRAPHS=0 in the environment.
    """

    def __init__(self, compute: Compute):
        self.compute = compute
        self.recorded: dict[Hashable, Callable[..., tuple[Tensor, Terms]]] = {}

    def __call__(
        self, model: nn.Module, *tensors: Tensor, **settings: Hashable
    ) -> tuple[Tensor, Terms]:
        useful = tensors[0].is_cuda and torch.is_grad_enabled() and not connected()
        if not useful or os.environ.get("FIVEVIEWS_GRAPHS") == "0":
            return self.compute(model, *tensors, **settings)
        shapes = tuple((tensor.shape, tensor.dtype) for tensor in tensors)
        key = id(model), model.training, shapes, tuple(settings.items())
        if key not in self.recorded:
            self.recorded[key] = _record(_Step(self.compute, model, settings), tensors)
        return self.recorded[key](*tensors)


class _Step(nn.Module):
    """Loss and terms as tensors, in a module that has the model's parameters."""

    def __init__(self, compute: Compute, model: nn.Module, settings: dict[str, Hashable]):
        super().__init__()
        self.model, self.compute, self.settings = model, compute, settings
        self.names: tuple[str, ...] = ()

    def forward(self, *tensors: Tensor) -> tuple[Tensor, Tensor]:
        loss, terms = self.compute(self.model, *tensors, **self.settings)
        self.names = tuple(terms)
        return loss, torch.stack([term.detach() for term in (loss, *terms.values())])


def _record(step: _Step, tensors: tuple[Tensor, ...]) -> Callable[..., tuple[Tensor, Terms]]:
    """The step as a graph. What the trial passes before it do to running statistics and to the
    GPU's random numbers is undone."""
    buffers, device = list(step.model.buffers()), tensors[0].device
    kept, random = [buffer.clone() for buffer in buffers], torch.cuda.get_rng_state(device)
    trial = tuple(tensor.clone() for tensor in tensors)
    graph = torch.cuda.make_graphed_callables(step, trial, allow_unused_input=True)
    for buffer, before in zip(buffers, kept, strict=True):
        buffer.copy_(before)
    torch.cuda.set_rng_state(random, device)

    def replay(*tensors: Tensor) -> tuple[Tensor, Terms]:
        loss, terms = graph(*tensors)
        # The next replay writes into the same memory, and `fit` looks at the numbers later.
        terms = terms.detach().clone()
        return loss.clone(), dict(zip(step.names, terms[1:], strict=True))

    return replay
