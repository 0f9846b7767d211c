"""What the seeds in a ledger allow to say: paired differences, and how far chance alone reaches."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import combinations
from typing import Any

from fiveviews.metrics import Interval, paired_difference
from fiveviews.training.ledger import Row, latest


def most_recorded(rows: Iterable[Row]) -> list[Row]:
    """The rows of the one setting (scale and params) that most of them share, the newest of each.

    A ledger may hold runs of several lengths or sizes, and a table that compares rows must not mix
    them. Empty where there are no rows.
    """
    rows = latest(rows)
    count = Counter(_setting(row) for row in rows)
    return [row for row in rows if _setting(row) == count.most_common(1)[0][0]]


def differences(rows: Iterable[Row], names: Sequence[str]) -> list[dict[str, Any]]:
    """One line of a table for each pair of row names: their difference, paired by seed.

    rows: of one metric, data set and setting. Runs of one seed saw the same objects in the same
    order, so that their difference is free of what the seed does to both.
    A line has row, paper (None where the paper lacks either), mean, low, high, seeds and verdict.
    Pairs that share fewer than two seeds have no interval and are left out.
    """
    lines = []
    by_name = {name: {row.seed: row for row in rows if row.row == name} for name in names}
    for a, b in combinations(names, 2):
        seeds = sorted(by_name[a].keys() & by_name[b].keys())
        if len(seeds) < 2:
            continue
        ours, theirs = ([by_name[n][seed].value for seed in seeds] for n in (a, b))
        first, second = by_name[a][seeds[0]].paper_value, by_name[b][seeds[0]].paper_value
        difference = paired_difference(ours, theirs)
        lines.append(
            {
                "row": f"{a} − {b}".replace("_", " "),
                "paper": None if first is None or second is None else first - second,
                "mean": difference.mean,
                "low": difference.low,
                "high": difference.high,
                "seeds": difference.n,
                "verdict": verdict(difference, f"{a} is higher", f"{b} is higher"),
            }
        )
    return lines


def twins(rows: Iterable[Row]) -> list[float]:
    """Distances between the values of runs that differ in nothing but the seed: pure chance.

    rows: of one metric. Every pair of seeds counts once.
    """
    groups: dict[object, list[float]] = {}
    for row in latest(rows):
        groups.setdefault((row.row, row.dataset, row.category, *_setting(row)), []).append(
            row.value
        )
    return [abs(a - b) for values in groups.values() for a, b in combinations(values, 2)]


def verdict(difference: Interval, above: str, below: str) -> str:
    """What an interval allows to say: `above` or `below` only where it leaves out zero.

    >>> verdict(paired_difference([0.6, 0.7], [0.5, 0.6]), "better", "worse")
    'better'
    >>> verdict(paired_difference([0.6, 0.5], [0.5, 0.6]), "better", "worse")
    'cannot be told apart'
    """
    if difference.low > 0:
        return above
    return below if difference.high < 0 else "cannot be told apart"


def _setting(row: Row) -> tuple[str, str]:
    return row.scale, str(sorted(row.params.items()))
