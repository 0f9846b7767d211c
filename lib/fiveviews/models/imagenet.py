"""ImageNet's weights, which papers begin with, from a file that the user has."""

from __future__ import annotations

import hashlib
from pathlib import Path

import torch
from torch import Tensor

from fiveviews.training import checkpoints


def read_imagenet(name: str, size: str, path: Path | None = None) -> tuple[Path, dict[str, Tensor]]:
    """The file found, and its tensors by torchvision's names for them.

    name: torchvision's file, whose second half begins its SHA-256. size: of it, for the message.
    path: that file, or a safetensors file of the same tensors; by default torchvision's own cache
        is looked at. Nothing is unpickled but tensors.

    Raises FileNotFoundError, with the address to fetch it from, and ValueError for another file.
    """
    path = path or Path(torch.hub.get_dir()) / "checkpoints" / name
    if not path.is_file():
        raise FileNotFoundError(
            f"there is no {path}; fetch https://download.pytorch.org/models/{name} ({size}) "
            f"and put it there, or give its path"
        )
    if path.suffix == ".safetensors":
        return path, checkpoints.read_tensors(path)[0]
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    if not digest.startswith(path.stem.rpartition("-")[2]):
        raise ValueError(f"{path} is not the file that its name says; fetch it again")
    return path, torch.load(path, map_location="cpu", weights_only=True)
