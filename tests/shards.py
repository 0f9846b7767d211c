"""What every importer of solids promises of its shards."""

from collections.abc import Callable
from pathlib import Path

import pytest


def check_shards(
    install: Callable[..., list], package: Path, into: Path, folder: str, made: str
) -> None:
    """Two shards make what one run makes, in `folder` of the data; damage to `made` is noticed."""
    whole = install(package, into / "whole", jobs=2)
    failures = []
    for part in (1, 0):
        failures += install(package, into / "shards", shard=(part, 2))
    assert sorted(map(str, failures)) == sorted(map(str, whole))
    for name in (made, str(Path(made).with_name("SHA256SUMS")), "credits.json"):
        there = into / "shards" / folder / name
        assert there.read_bytes() == (into / "whole" / folder / name).read_bytes()
    damaged = into / "shards" / folder / made
    damaged.write_bytes(damaged.read_bytes() + b"x")
    with pytest.raises(ValueError, match=f"{damaged.name} is not the file that was made"):
        install(package, into / "shards")
