"""Checkpoints: all that a run needs to go on as if nothing had happened.

A checkpoint is a folder, `step-00000400`, that holds

    weights.safetensors   the model
    best.safetensors      the model at its best evaluation, where the run keeps one
    state.safetensors     every other tensor: optimisers, random generators
    manifest.json         step, identity of the run, all that is no tensor, SHA-256 of the files

It is written under another name and renamed when it is whole and on the disk, so a kill at any
moment leaves the checkpoint before, or this one, never a mix. Nothing in it is ever unpickled.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from filelock import FileLock, Timeout
from safetensors import SafetensorError
from safetensors import torch as safetensors
from torch import Tensor, nn

from fiveviews.files import write_atomically
from fiveviews.training import parallel

Tree = Any  # nested dicts, lists and tuples of tensors, arrays, numbers, strings, None
PREFIX, UNFINISHED = "step-", ".saving"


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """One checkpoint, read back. `identity` says which run it belongs to, as plain JSON values."""

    path: Path
    step: int
    identity: dict[str, Any]
    weights: dict[str, Tensor]
    best: dict[str, Tensor] | None
    state: Tree


def save(
    folder: Path,
    step: int,
    *,
    weights: Mapping[str, Tensor],
    state: Tree,
    identity: Mapping[str, Any],
    best: Mapping[str, Tensor] | None = None,
) -> Path:
    """Write the checkpoint of `step` into `folder`, remove the older ones, return its path.

    Raises OSError, with the checkpoint before still whole, where the disk is full or not writable.
    """
    target, partial = folder / f"{PREFIX}{step:08d}", folder / f"{UNFINISHED}-{os.getpid()}"
    if target.exists():  # a run that went on from here and stopped before its next step
        return target
    tensors: dict[str, Tensor] = {}
    manifest = {"format": 1, "step": step, "identity": identity, "state": pack(state, tensors)}
    groups = {"weights": weights, "state": tensors} | ({"best": best} if best else {})
    try:
        partial.mkdir(parents=True)
        manifest["files"] = {
            f"{name}.safetensors": write(partial / f"{name}.safetensors", encode(group))
            for name, group in groups.items()
        }
        write(partial / "manifest.json", json.dumps(manifest).encode())
        sync_folder(partial)
        partial.rename(target)
        sync_folder(folder)
    except OSError as error:
        last = latest(folder)
        kept = f"the checkpoint {last.name} is whole" if last else "there is none before it"
        raise OSError(
            error.errno, f"could not save step {step} in {folder} ({reason(error)}); {kept}"
        ) from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    for path in folder.glob(f"{PREFIX}*"):
        if path != target:
            shutil.rmtree(path, ignore_errors=True)
    return target


def latest(folder: Path) -> Path | None:
    """The newest checkpoint in a run's folder, or None."""
    return max(folder.glob(f"{PREFIX}*"), default=None)


def discard(folder: Path) -> None:
    """Remove a run's checkpoints once what it found is recorded: run again, it begins anew."""
    if not parallel.rank():
        shutil.rmtree(folder, ignore_errors=True)


def load(path: Path) -> Checkpoint:
    """Read a checkpoint; raises ValueError where a file is missing or not what was written."""
    advice = f"remove {path} to start again"
    try:
        manifest = json.loads((path / "manifest.json").read_bytes())
        groups = {}
        for name, sha256 in manifest["files"].items():
            data = (path / name).read_bytes()
            if hashlib.sha256(data).hexdigest() != sha256:
                raise ValueError(f"{path / name} is not the file that was saved; {advice}")
            groups[name.removesuffix(".safetensors")] = safetensors.load(data)
    except (FileNotFoundError, json.JSONDecodeError, KeyError) as error:
        raise ValueError(f"{path} is no complete checkpoint ({error}); {advice}") from error
    return Checkpoint(
        path=path,
        step=manifest["step"],
        identity=manifest["identity"],
        weights=groups["weights"],
        best=groups.get("best"),
        state=unpack(manifest["state"], groups["state"]),
    )


def load_weights(model: nn.Module, weights: Mapping[str, Tensor], source: object) -> None:
    """Put weights into a model, or say in one sentence which tensor does not fit.

    Tensors stored in half precision take the model's own precision. `source` names the weights
    in the message.

    Raises ValueError for a tensor that does not fit.
    """
    wanted = {name: tuple(tensor.shape) for name, tensor in model.state_dict().items()}
    found = {name: tuple(tensor.shape) for name, tensor in weights.items()}
    for name in sorted(wanted.keys() | found.keys()):
        if wanted.get(name) != found.get(name):
            raise ValueError(
                f"{source} holds the weights of another model: {name} is "
                f"{found.get(name, 'missing')} there and {wanted.get(name, 'unknown')} in "
                f"{type(model).__name__}; build the model with the settings it was trained with"
            )
    model.load_state_dict(dict(weights))


def fingerprint(model: nn.Module) -> str:
    """The SHA-256 of a model's weights, by which a run says from which it began."""
    return hashlib.sha256(encode(model.state_dict())).hexdigest()


def read_tensors(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """The tensors and the metadata of a safetensors file; ValueError where it is damaged."""
    data = Path(path).read_bytes()
    try:
        tensors = safetensors.load(data)
    except SafetensorError as error:
        raise ValueError(
            f"{path} is no readable safetensors file ({error}); fetch or train it again"
        ) from error
    header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
    return tensors, header.get("__metadata__", {})


def differences(saved: Mapping[str, Any], asked: Mapping[str, Any], prefix: str = "") -> list[str]:
    """What differs between two nested settings, one phrase each.

    >>> differences({"seed": 0, "config": {"sigma": 1e-4}}, {"seed": 0, "config": {"sigma": 1.0}})
    ['config.sigma is 0.0001 there and 1.0 here']
    """
    phrases = []
    for key in sorted(saved.keys() | asked.keys()):
        there, here = saved.get(key, "absent"), asked.get(key, "absent")
        if isinstance(there, Mapping) and isinstance(here, Mapping):
            phrases += differences(there, here, f"{prefix}{key}.")
        elif there != here:
            phrases.append(f"{prefix}{key} is {there} there and {here} here")
    return phrases


@contextmanager
def sole_writer(folder: Path) -> Iterator[None]:
    """Hold a run's folder, so that no second run writes into it; a kill lets go of it.

    Raises RuntimeError where another run holds it. Clears what a killed run left half-written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / ".lock")
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        raise RuntimeError(
            f"another run is writing into {folder}; wait for it, stop it, or give another folder"
        ) from error
    try:
        for path in folder.glob(f"{UNFINISHED}*"):
            shutil.rmtree(path)
        yield
    finally:
        lock.release()


def encode(tensors: Mapping[str, Tensor], metadata: dict[str, str] | None = None) -> bytes:
    """Tensors as the bytes of a safetensors file; tensors that share memory are stored apart."""
    copies = {
        name: tensor.detach().to("cpu", copy=True).contiguous() for name, tensor in tensors.items()
    }
    return safetensors.save(copies, metadata)


def write(path: Path, data: bytes) -> str:
    """Write a new file through to the disk and return its SHA-256."""
    with open(path, "xb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    return hashlib.sha256(data).hexdigest()


def replace(path: Path, data: bytes) -> str:
    """Write a file in place of any before it, whole or not at all, and return its SHA-256.

    Raises OSError where the disk is full or not writable; what was there then stands.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        write_atomically(path, data)
        sync_folder(path.parent)
    except OSError as error:
        raise OSError(error.errno, f"could not write {path} ({reason(error)})") from error
    return hashlib.sha256(data).hexdigest()


def reason(error: OSError) -> str:
    """Why a file could not be written, and what to do about it where that is plain."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return "the disk is full: free some space and run again"
    return error.strerror or str(error)


def sync_folder(folder: Path) -> None:
    """Bring a folder's list of names to the disk, where the system can (Windows cannot)."""
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def pack(tree: Tree, tensors: dict[str, Tensor]) -> Tree:
    """The tree as JSON values; its tensors and arrays go into `tensors` under numbers.

    >>> tensors = {}
    >>> pack({"moments": (torch.zeros(2), 0.9)}, tensors)
    {'dict': [['moments', {'tuple': [{'tensor': '0'}, 0.9]}]]}
    >>> unpack(_, tensors)
    {'moments': (tensor([0., 0.]), 0.9)}
    """
    if isinstance(tree, Tensor | np.ndarray):
        name = str(len(tensors))
        tensors[name] = torch.as_tensor(tree)
        return {"array" if isinstance(tree, np.ndarray) else "tensor": name}
    if isinstance(tree, dict):
        return {"dict": [[key, pack(value, tensors)] for key, value in tree.items()]}
    if isinstance(tree, list | tuple):
        kind = "tuple" if isinstance(tree, tuple) else "list"
        return {kind: [pack(value, tensors) for value in tree]}
    return tree


def unpack(tree: Tree, tensors: Mapping[str, Tensor]) -> Tree:
    """The inverse of `pack`."""
    if not isinstance(tree, dict):
        return tree
    ((kind, value),) = tree.items()
    if kind == "dict":
        return {key: unpack(item, tensors) for key, item in value}
    if kind in ("list", "tuple"):
        items = [unpack(item, tensors) for item in value]
        return items if kind == "list" else tuple(items)
    return tensors[value].numpy() if kind == "array" else tensors[value]
