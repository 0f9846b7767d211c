"""The architectures of Pix2Scene (tables 4 to 7) and of its baseline (figure 13), read off the
networks themselves."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn

from fiveviews.models import surfels_baselines as baselines
from fiveviews.models import surfels_iqtt
from fiveviews.models.resnet import Bottleneck
from fiveviews.models.surfels_networks import (
    Block,
    ConditionalNorm,
    Critic,
    Decoder,
    Encoder,
    Sizes,
    Statistics,
)

KINDS = {nn.Conv2d: "convolution", nn.ConvTranspose2d: "up-convolution", nn.Linear: "dense"}
NORMS = {ConditionalNorm: "by the camera", nn.BatchNorm2d: "plain"}


def architecture(sizes: Sizes | None = None) -> list[dict[str, Any]]:
    """One line for each layer of all networks, by default at the published sizes.

    Nothing is computed and no memory taken: on torch's device "meta" tensors have shapes alone.

    >>> architecture(Sizes(size=8, encoder_width=5))[0]["output"]
    '5 × 4 × 4'
    """
    s, iq = sizes or Sizes(), surfels_iqtt.recipe("full")
    with torch.device("meta"):
        pictures, codes = torch.zeros(2, 3, s.size, s.size), torch.zeros(2, s.code)
        camera = torch.zeros(2, 3) if s.conditions else None
        cnn = baselines.Baseline(baselines.recipe("full", "cnn"))
        features = torch.zeros(2, 4 * cnn.recipe.features)
        parts = codes[:, : iq.scene_code], codes[:, iq.scene_code :]
        found = {
            "encoder": layers(Encoder(s), pictures, camera),
            "decoder": layers(Decoder(s), codes, camera),
            "critic": layers(Critic(s), pictures, codes, camera),
            "statistics": layers(Statistics(s.code, iq.statistics), *parts),
            "baselines": layers(cnn.encoder, pictures),
            "CNN, after four of these": layers(cnn.answer, features),
        }
    return [{"network": name} | line for name, lines in found.items() for line in lines]


def layers(network: nn.Module, *inputs: Tensor | None) -> list[dict[str, Any]]:
    """The layers of one network in the order in which `network(*inputs)` uses them: layer, output
    (channels × height × width), kernel, stride, norm, and how many weights are learned."""
    lines: list[dict[str, Any]] = []

    def note(unit: nn.Module, _: object, output: Tensor) -> None:
        main, norm = (unit.convolution, unit.norm) if isinstance(unit, Block) else (unit, None)
        kernel, stride = getattr(main, "kernel_size", None), getattr(main, "stride", None)
        line = {"layer": KINDS.get(type(main)) or f"{len(main)} bottlenecks"}
        line["output"] = " × ".join(map(str, output.shape[1:]))
        line["kernel"] = f"{kernel[0]}×{kernel[1]}" if kernel else None
        line |= {"stride": stride[0] if stride else None, "norm": NORMS.get(type(norm))}
        lines.append(line | {"weights": sum(p.numel() for p in unit.parameters())})

    hooks = [unit.register_forward_hook(note) for unit in _units(network)]
    network(*inputs)
    for hook in hooks:
        hook.remove()
    return lines


def _units(module: nn.Module) -> Iterator[nn.Module]:
    """What is one line: a block, a stage of a ResNet, or a single layer with weights."""
    stage = isinstance(next(module.children(), None), Bottleneck)
    if stage or isinstance(module, (Block, *KINDS)):
        yield module
    else:
        for child in module.children():
            yield from _units(child)
