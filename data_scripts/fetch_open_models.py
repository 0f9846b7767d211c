"""Get the book's real models: openly licensed furniture, tableware, cars, ships and aircraft, and
with --parts or --bricks the components and the toy bricks of the line drawings.

Debian packages carry them. Downloads these with apt-get (no root needed) or takes .deb files that
you give, checks them, and stores each model of the manifest, centred, scaled and facing +z, with
its author and licence, under `models/` of the data folder, or each part, as a solid to be drawn,
under `parts/` or `bricks/`. Stopped halfway, it goes on where it stopped. SHA256SUMS beside the
files says what each was when it was stored, and the command checks it.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections import Counter
from pathlib import Path

from fiveviews.data import command, deb
from fiveviews.data.line_drawings_parts import KINDS
from fiveviews.data.models import read_credits, write_report
from fiveviews.data.open_models import find_package, install, read_manifest
from fiveviews.data.storage import data_root

APART = {kind.PACKAGE for kind in KINDS.values()}  # solids to be drawn, not models to be seen
BUNNY = "glmark2-data"


def main() -> int:
    parser = command.options(__doc__)
    parser.set_defaults(jobs=os.cpu_count() or 1)
    parser.add_argument("packages", nargs="*", type=Path, help=".deb files you already have")
    parser.add_argument(
        "--nonfree",
        action="store_true",
        help="also things under the Free Art License, from Debian's non-free section",
    )
    parser.add_argument(
        "--parts",
        action="store_true",
        help="electronic components instead, 380 MB; needs OpenCASCADE (pip install "
        "'fiveviews[cad]'), but only this once",
    )
    parser.add_argument(
        "--bricks", action="store_true", help="toy bricks, wheels and the like instead, 47 MB"
    )
    parser.add_argument(
        "--bunny",
        action="store_true",
        help="the Stanford bunny instead, 7 MB, under the terms of its repository",
    )
    arguments = parser.parse_args()

    def work() -> None:
        packages = arguments.packages or [
            find_package(name, arguments.root) for name in wanted(arguments)
        ]
        names = {path: deb.control(path).get("Package") for path in packages}
        how, left_out = (arguments.root, arguments.jobs, arguments.shard), []
        for folder, kind in KINDS.items():
            if mine := [path for path in packages if names[path] == kind.PACKAGE]:
                failed = [f for path in mine for f in kind.install(path, *how)]
                tell_parts(data_root(arguments.root) / folder, kind.LICENCE)
                write_report(data_root(arguments.root) / folder, failed, arguments.shard)
                left_out += failed
        if models := [path for path in packages if names[path] not in APART]:
            left_out += (failures := install(models, *how))
            tell_models(data_root(arguments.root) / "models")
            write_report(data_root(arguments.root) / "models", failures, arguments.shard)
        for failure in left_out:
            print(f"left out: {failure.path}: {failure.reason}", file=sys.stderr)

    return command.finish(work)


def wanted(arguments: argparse.Namespace) -> list[str]:
    """Names of the packages to download."""
    asked = [kind.PACKAGE for name, kind in KINDS.items() if vars(arguments)[name]]
    if arguments.bunny:
        asked.append(BUNNY)
    if asked:
        return asked
    known, _ = read_manifest()
    return [
        name
        for name, package in known.items()
        if package["default"] or (arguments.nonfree and name not in {*APART, BUNNY})
    ]


def tell_models(folder: Path) -> None:
    records = read_credits(folder)
    counts = Counter((key.partition("/")[0], record["split"]) for key, record in records.items())
    for category in sorted({category for category, _ in counts}):
        train, test = counts[category, "train"], counts[category, "test"]
        print(f"{category:>8}: {train:3} for training, {test:3} for testing")
    licences = Counter(record["licence"] for record in records.values())
    print("licences:", ", ".join(f"{name} ({count})" for name, count in licences.most_common()))
    print(f"authors and licences of all {len(records)} models: {folder / 'credits.json'}")


def tell_parts(folder: Path, licence: str) -> None:
    records = read_credits(folder)
    libraries = {name.partition("/")[0] for name in records if "/" in name}
    of = f" of {len(libraries)} libraries" if libraries else ""
    print(f"{len(records)} parts{of}, {licence}")
    print(f"their authors: {folder / 'credits.json'}")


if __name__ == "__main__":
    raise SystemExit(main())
