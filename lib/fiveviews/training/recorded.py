"""Load or train: the recorded weights of an earlier run where they fit, else a run of our own.

Recorded weights are one safetensors file, small enough for the repository, whose metadata says
what was trained: its configuration, scale, seed, machine, time, commit and curves.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, is_dataclass
from pathlib import Path
from typing import Any

import torch
from lightning_fabric import seed_everything
from torch import Tensor, nn

from fiveviews.files import sha256_file
from fiveviews.training import checkpoints, parallel
from fiveviews.training.history import History

HALF_MAX = torch.finfo(torch.float16).max


@dataclass(frozen=True)
class Trained:
    """A model, how it was trained, and the hash of its recorded weights (None if trained now)."""

    model: nn.Module
    history: History
    provenance: Mapping[str, Any]
    sha256: str | None


def load_or_train(
    path: Path,
    build: Callable[[], nn.Module],
    train: Callable[[nn.Module], History],
    *,
    config: Any,
    scale: str,
    seed: int,
    device: str | torch.device = "cpu",
) -> Trained:
    """The model recorded at `path` if it was trained with this configuration, else a new one.

    Says in one line which of the two it is, when it was trained, how long and on what; of a run at
    `smoke` beside one recorded at a greater scale, which is a check, no more than its steps.

    build: makes the untrained model; its first weights follow from `seed`.
    train: trains it in place and returns the history (a call of `fit`); it is called at once
        where nothing fits.
    config: dataclass or mapping; must equal the recorded one, as must scale and seed.

    Raises ValueError where the file is damaged or holds other tensors than the model.
    """
    seed_everything(seed, verbose=False)
    model = build()
    asked, check = _plain(config, scale, seed), False
    if path.exists():
        weights, record = _read(path)
        differing = checkpoints.differences(record["asked"], asked)
        if not differing:
            return _restore(path, model, weights, record, device)
        check = scale == "smoke" != record["asked"]["scale"]
        if record["asked"]["scale"] != scale:
            differing = [f"scale is {record['asked']['scale']} there and {scale} here"]
        more = f"; and {len(differing) - 3} more" if len(differing) > 3 else ""
        said = f"recorded weights of another run: {'; '.join(differing[:3])}{more}"
    else:
        said = "no recorded weights"
    if not check:
        print(f"{path.stem}: {said}")
    history = train(model)
    if check:
        steps = history.losses[-1]["step"] if history.losses else 0
        print(f"{path.stem}: trained {steps} steps as a check")
    else:
        print(f"{path.stem}: trained here, {_told(history.provenance(), scale)}")
    return Trained(model.to(device).eval(), history, history.provenance(), None)


def load(
    path: Path, build: Callable[[dict[str, Any]], nn.Module], device: str | torch.device = "cpu"
) -> Trained:
    """The model recorded at `path`, whatever it was trained with; says what that was in one line.

    build: makes the untrained model from the recorded configuration.

    Raises FileNotFoundError, or ValueError where the file is damaged or does not fit the model.
    """
    weights, record = _read(path)
    return _restore(path, build(record["asked"]["config"]), weights, record, device)


def record(
    path: Path,
    model: nn.Module,
    history: History,
    *,
    config: Any,
    scale: str,
    half: bool = True,
) -> str:
    """Write a model's weights with their origin, whole or not at all; returns the file's SHA-256.

    half: store matrices and kernels in float16, which halves the file and rounds each weight to
        three digits; vectors (biases, running statistics) keep their precision. Evaluate what is
        recorded, not what was rounded: load it back first.
    """
    weights = {name: tensor.detach() for name, tensor in model.state_dict().items()}
    if half:
        weights = {name: _halved(tensor) for name, tensor in weights.items()}
    content = {
        "asked": _plain(config, scale, history.seed),
        "provenance": history.provenance(),
        "history": asdict(history),
    }
    if not parallel.rank():
        checkpoints.replace(path, checkpoints.encode(weights, {"fiveviews": json.dumps(content)}))
    parallel.wait()  # for the first process, which alone writes
    return sha256_file(path)


def _read(path: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Weights and the record of their origin."""
    weights, metadata = checkpoints.read_tensors(path)
    if "fiveviews" not in metadata:
        raise ValueError(f"{path} does not say how it was trained; remove it, or record it anew")
    return weights, json.loads(metadata["fiveviews"])


def _restore(
    path: Path,
    model: nn.Module,
    weights: Mapping[str, Tensor],
    record: Mapping[str, Any],
    device: str | torch.device,
) -> Trained:
    """The model with the recorded weights; says where they come from."""
    checkpoints.load_weights(model, weights, path)
    history = History(**record["history"])
    print(f"{path.stem}: recorded weights, {_told(record['provenance'], record['asked']['scale'])}")
    sha256 = sha256_file(path)
    return Trained(model.to(device).eval(), history, record["provenance"], sha256)


def _halved(tensor: Tensor) -> Tensor:
    fits = tensor.is_floating_point() and tensor.ndim > 1 and tensor.abs().amax() <= HALF_MAX
    return tensor.half() if fits else tensor


def _plain(config: Any, scale: str, seed: int) -> dict[str, Any]:
    settings = asdict(config) if is_dataclass(config) else dict(config)
    whole = {"config": settings, "scale": scale, "seed": seed}
    return json.loads(json.dumps(whole, default=str))


def _told(provenance: Mapping[str, Any], scale: str) -> str:
    minutes, seconds = divmod(round(provenance["wall_s"]), 60)
    commit = (provenance["commit"] or "unknown commit")[:9]
    return (
        f"{provenance['started'][:10]}, scale {scale}, seed {provenance['seed']}, "
        f"{minutes} min {seconds:02d} s on {provenance['device']} ({commit})"
    )
