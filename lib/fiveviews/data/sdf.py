"""Samples of signed distances in DeepSDF's files.

    SdfSamples/<data set>/<category>/<name>.npz               `pos` (P, 4), `neg` (Q, 4): x, y, z, s
    NormalizationParameters/<data set>/<category>/<name>.npz  `offset` (3,) and `scale` (): a Frame

`pos` holds the samples with s > 0 and `neg` the others, float32. The programs of DeepSDF and of
Deep Implicit Templates read what is written here, and what they wrote is read here.
"""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import torch

from fiveviews.data.storage import full_disk_explained, read_npz
from fiveviews.fields.frames import Frame
from fiveviews.fields.sampling import SdfSamples
from fiveviews.files import write_atomically


def write_samples(path: str | Path, samples: SdfSamples) -> None:
    """Write samples as `pos` and `neg`, uncompressed as DeepSDF does; whole or not at all."""
    arrays = {"pos": samples.outside, "neg": samples.inside}
    _write(Path(path), {name: rows.cpu().numpy() for name, rows in arrays.items()})


def read_samples(path: str | Path, drop_nan: bool = False) -> SdfSamples:
    """The samples of a file, those outside first; nothing is unpickled.

    drop_nan: leave rows with NaN or infinity out, as DeepSDF's own programs do, and refuse none.

    Raises FileNotFoundError, or ValueError with one sentence on what is wrong: a damaged file,
    other shapes, NaN (which DeepSDF's own files contain here and there), a wrong sign.
    """
    rows = list(read_npz(Path(path), ("pos", "neg")))
    for k, (name, array) in enumerate(zip(("pos", "neg"), rows, strict=True)):
        if array.ndim != 2 or array.shape[1] != 4 or array.dtype.kind != "f":
            raise ValueError(
                f"{path}: {name!r} must be numbers (N, 4), x, y, z and distance; got "
                f"{array.dtype} {array.shape}"
            )
        whole = np.isfinite(array).all(axis=1)
        if drop_nan:
            rows[k] = array = array[whole]
        elif not whole.all():
            raise ValueError(
                f"{path}: {int((~whole).sum())} of {len(array)} rows of {name!r} hold NaN or "
                "infinity; sample the mesh again, or write the file anew without these rows"
            )
        wrong = array[:, 3] <= 0 if name == "pos" else array[:, 3] > 0
        if wrong.any():
            raise ValueError(
                f"{path}: {int(wrong.sum())} of {len(array)} distances in {name!r} have the other "
                "sign; it holds distances " + ("above 0" if name == "pos" else "of 0 and below")
            )
    both = torch.from_numpy(np.concatenate(rows).astype(np.float32))
    return SdfSamples(both[:, :3].contiguous(), both[:, 3].contiguous())


def write_frame(path: str | Path, frame: Frame) -> None:
    """Write a frame as DeepSDF's normalisation parameters."""
    _write(Path(path), {"offset": np.array(frame.offset), "scale": np.array(frame.scale)})


def read_frame(path: str | Path) -> Frame:
    """The frame of a file of normalisation parameters. Raises as `read_samples` does."""
    offset, scale = read_npz(Path(path), ("offset", "scale"))
    if offset.size != 3 or scale.size != 1 or not np.isfinite([*offset.flat, *scale.flat]).all():
        raise ValueError(
            f"{path}: expected an offset of 3 numbers and a scale; got {offset} and {scale}"
        )
    return Frame(tuple(float(x) for x in offset.flat), float(scale.reshape(())))


def _write(path: Path, arrays: dict[str, np.ndarray]) -> None:
    data = io.BytesIO()
    np.savez(data, **arrays)
    with full_disk_explained(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, data.getvalue())
