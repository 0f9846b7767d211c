"""Measure our signed distance beside libigl's and trimesh's, on the same meshes in one run.

The page "Build" of the templates chapter shows the result, book/results/sdf_speed.json. libigl and
rtree are not in the lock; install them beside, say into a folder that PYTHONPATH then names:

    pip install --target _igl --no-deps libigl rtree
    PYTHONPATH=_igl python data_scripts/measure_sdf.py

Without them our own speed is measured alone.
"""

from __future__ import annotations

import argparse
import json
import sys
from importlib import metadata
from pathlib import Path

import torch

from fiveviews.book.pages import LEDGERS
from fiveviews.fields.compare import coarse_to_fine, compare, rate
from fiveviews.files import write_atomically
from fiveviews.training.provenance import code_version, device_name, now

FILE = LEDGERS / "sdf_speed.json"
PACKAGES = ("warp-lang", "libigl", "trimesh", "rtree", "scikit-image")


def versions() -> dict[str, str]:
    """Of the packages that are installed."""
    found = {}
    for name in PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--to", type=Path, default=FILE, help="default: %(default)s")
    parser.add_argument(
        "--points", type=int, default=100_000, help="of each mesh; default: 100,000"
    )
    parser.add_argument(
        "--cells", type=int, default=256, help="along a side of the isosurface's grid"
    )
    asked = parser.parse_args()
    torch.set_num_threads(1)
    lines = []
    for line in compare(asked.points):
        lines.append(line)
        print(
            f"{line['mesh']}, {line['method']}: {line['microseconds']:.2f} µs a point, "
            f"{line['wrong_percent']:.2f} % wrong signs, |s| off by {line['error']:.0e} at most",
            flush=True,
        )
    kernels = rate(asked.points)
    print(f"{kernels['objects_per_s']:.1f} objects a second in the kernels", flush=True)
    surface = coarse_to_fine(asked.cells)
    print(f"coarse to fine {surface['ratio']:.1f} times as fast, same mesh: {surface['same']}")
    origin = code_version() | {"device": device_name(torch.device("cpu")), "started": now()}
    text = {"lines": lines, "kernels": kernels, "isosurface": surface, "versions": versions()}
    write_atomically(asked.to, json.dumps(text | {"origin": origin}, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
