"""Trained networks as a page takes them: weights at half precision, and how they are put together.

`static/network.js` reads them in the order in which they are written here. Batch normalisation is
folded into the convolutions before it, and the weights' own normalisation is carried out.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ..fields.isosurface import steepest_slope
from ..models.familiarity import FEW, MUCH, VERDICTS, Familiarity
from ..models.templates import ImplicitTemplates
from ..models.templates_encoder import MEAN, STD, Encoder

QUANTILES = 201  # of the distances of held-out pictures


def export(
    encoder: Encoder, model: ImplicitTemplates, code: Tensor
) -> tuple[bytes, dict[str, object]]:
    """Weights (float16, little-endian) and the plan of an encoder and its fields.

    code: one (C,) whose field is measured for its steepest slope, on which the search for the
        surface relies; a third more is promised, and more where the page finds it steeper.
    """
    parts: list[Tensor] = []
    trunk, cell, head = encoder.trunk, model.warper.cell, model.warper.head
    hidden, n_code = model.warper.hidden, model.warper.code
    plan: dict[str, object] = {
        "size": encoder.recipe.size,
        "mean": list(MEAN),
        "std": list(STD),
        "features": trunk.channels,
        "code": n_code,
        "hidden": hidden,
        "warps": model.warper.steps,
        "stem": _convolution(parts, trunk.conv1, trunk.bn1),
        "blocks": [_block(parts, block) for name in trunk.stages for block in getattr(trunk, name)],
    }
    parts += [encoder.head.weight, encoder.head.bias]
    of_code, of_point = cell.weight_ih.split([n_code, 3], dim=1)
    parts += [of_code, of_point, cell.bias_ih + cell.bias_hh, cell.weight_hh.T]
    parts += [head.weight, head.bias]
    layers = [layer for layer in model.template.layers if isinstance(layer, nn.Linear)]
    for layer in layers:
        parts += [layer.weight, layer.bias]
    plan["template"] = [[layer.in_features, layer.out_features] for layer in layers]
    plan["slope"] = round(4 / 3 * steepest_slope(model.field(code), 4000), 3)
    flat = torch.cat([part.detach().cpu().reshape(-1) for part in parts])
    return flat.half().numpy().astype("<f2").tobytes(), plan


def known_features(known: Familiarity | None) -> tuple[bytes, dict[str, object] | None]:
    """Features of training pictures (float16), and how far held-out ones are: quantiles, their
    number, and the words for what that means."""
    if known is None:
        return b"", None
    at = torch.linspace(0, 1, QUANTILES, dtype=torch.float64)
    held_out = torch.from_numpy(known.held_out).quantile(at)
    words = {"n": len(known.held_out), "few": FEW, "much": MUCH, "verdicts": list(VERDICTS)}
    distances = {"held_out": [round(float(d), 6) for d in held_out]}
    return known.tree.data.astype("<f2").tobytes(), distances | words


def _block(parts: list[Tensor], block: nn.Module) -> dict[str, list[int] | None]:
    first = _convolution(parts, block.conv1, block.bn1)
    second = _convolution(parts, block.conv2, block.bn2)
    shortcut = None if block.downsample is None else _convolution(parts, *block.downsample)
    return {"first": first, "second": second, "shortcut": shortcut}


def _convolution(parts: list[Tensor], layer: nn.Conv2d, norm: nn.BatchNorm2d) -> list[int]:
    """Weights and bias that do what a convolution and its normalisation do in evaluation."""
    factor = norm.weight / (norm.running_var + norm.eps).sqrt()
    parts += [layer.weight * factor[:, None, None, None], norm.bias - norm.running_mean * factor]
    stride, pad = layer.stride[0], layer.padding[0]
    return [layer.in_channels, layer.out_channels, layer.kernel_size[0], stride, pad]
