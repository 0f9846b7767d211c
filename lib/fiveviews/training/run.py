"""One run: its moving parts, and how they go into a checkpoint and come back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, is_dataclass
from pathlib import Path
from typing import Any

import torch
from lightning_fabric import Fabric
from torch import Tensor, nn
from torch.optim import Optimizer

from fiveviews.training import checkpoints, parallel, provenance
from fiveviews.training.history import History
from fiveviews.training.session import find_device, rng_state, set_rng_state


@dataclass
class Run:
    """The moving parts of a run; `window` holds the steps since the last row of the history."""

    fabric: Fabric
    model: nn.Module
    optimizers: dict[str, Optimizer]
    rates: dict[str, list[float]]  # the optimisers' learning rates as they were given
    generator: torch.Generator
    folder: Path | None
    identity: dict[str, Any]
    history: History
    deferred: bool  # look at losses now and then, since each look waits for the device
    step: int = 0  # steps done
    saved: int = -1  # the step of the last checkpoint
    best: dict[str, Tensor] | None = None
    window: list[dict[str, float]] = field(default_factory=list)
    pending: list[dict[str, float | Tensor]] = field(default_factory=list)  # not yet looked at


def begin(
    model: nn.Module,
    optimizer: Optimizer | Mapping[str, Optimizer],
    seed: int,
    folder: Path | str | None,
    config: Any,
    device: str,
    precision: str,
) -> Run:
    """A run at its first step, with what tells it from other runs."""
    fabric = find_device(device, precision)
    fabric.to_device(model)
    parallel.connect(fabric.device)
    optimizers = {"": optimizer} if isinstance(optimizer, Optimizer) else dict(optimizer)
    groups = {
        f"{name or 'optimizer'} {type(opt).__name__} group {index}": {
            key: value for key, value in group.items() if key != "params"
        }
        for name, opt in optimizers.items()
        for index, group in enumerate(opt.param_groups)
    }
    if fabric.device.type == "cuda":  # one kernel updates all weights, the same but for rounding
        for group in (group for opt in optimizers.values() for group in opt.param_groups):
            group["fused"] = True
    settings = asdict(config) if is_dataclass(config) else dict(config or {})
    identity = {"model": type(model).__name__, "seed": seed, "precision": precision, **groups}
    return Run(
        fabric=fabric,
        model=model,
        optimizers=optimizers,
        rates={name: [g["lr"] for g in opt.param_groups] for name, opt in optimizers.items()},
        generator=torch.Generator().manual_seed(seed),
        folder=None if folder is None else Path(folder),
        identity=json.loads(json.dumps({**identity, "config": settings}, default=str)),
        history=History(device=provenance.device_name(fabric.device), seed=seed),
        deferred=fabric.device.type != "cpu",
    )


def set_rates(run: Run, factor: float) -> None:
    """Set every learning rate to the one that it was given, times the factor."""
    for name, optimizer in run.optimizers.items():
        for group, rate in zip(optimizer.param_groups, run.rates[name], strict=True):
            group["lr"] = rate * factor


def save(run: Run) -> None:
    """Write the checkpoint of the last step, unless it is there, the run has no folder, or another
    process writes it."""
    if run.folder is None or run.saved == run.step or parallel.rank():
        return
    checkpoints.save(
        run.folder,
        run.step,
        identity=run.identity,
        weights=run.model.state_dict(),
        best=run.best,
        state={
            "optimizers": {name: opt.state_dict() for name, opt in run.optimizers.items()},
            "random": rng_state(run.fabric.device),
            "generator": run.generator.get_state(),
            "history": asdict(run.history),
            "window": run.window,
        },
    )
    run.saved = run.step


def resume(run: Run, steps: int) -> None:
    """Bring the run to its last checkpoint, if its folder holds one of this very run.

    Raises ValueError for the checkpoint of another run, or of a later step.
    """
    path = checkpoints.latest(run.folder) if run.folder is not None else None
    if path is None:
        return
    saved = checkpoints.load(path)
    if differing := checkpoints.differences(saved.identity, run.identity):
        raise ValueError(
            f"{run.folder} holds another run: {'; '.join(differing)}; "
            f"give another folder, or remove this one to start again"
        )
    if saved.step > steps:
        raise ValueError(
            f"{path} is past the {steps} steps asked for; ask for more or give another folder"
        )
    checkpoints.load_weights(run.model, saved.weights, path)
    for name, optimizer in run.optimizers.items():
        optimizer.load_state_dict(saved.state["optimizers"][name])
    run.history = History(**saved.state["history"])
    run.step = run.saved = saved.step
    run.best, run.window = saved.best, saved.state["window"]
    if run.step < steps and provenance.code_version() != run.history.code:
        run.history.code["dirty"] = True  # no one commit trained these weights
    run.generator.set_state(saved.state["generator"])
    set_rng_state(saved.state["random"], run.fabric.device)
