"""What the seeds in a ledger allow to say: paired differences, and how far chance alone reaches."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations
from typing import Any

from fiveviews.metrics import Interval, paired_difference, t_interval
from fiveviews.training.ledger import Row, latest


def most_recorded(rows: Iterable[Row]) -> list[Row]:
    """The rows of the one setting (scale and params) that most of them share, the newest of each.

    A ledger may hold runs of several lengths or sizes, and a table that compares rows must not mix
    them. Empty where there are no rows.
    """
    rows = latest(rows)
    count = Counter(_setting(row) for row in rows)
    return [row for row in rows if _setting(row) == count.most_common(1)[0][0]]


def differences(
    rows: Iterable[Row], names: Sequence[str] | Mapping[str, str]
) -> list[dict[str, Any]]:
    """One line of a table for each pair of row names: their difference, paired by seed.

    rows: of one metric, data set and setting. Runs of one seed saw the same objects in the same
    order, so that their difference is free of what the seed does to both.
    names: of the rows, or these with the words that a reader gets for them.
    A line has row, paper (None where the paper lacks either), mean, low, high, seeds and verdict.
    Pairs that share fewer than two seeds have no interval and are left out.
    """
    lines = []
    called = names if isinstance(names, Mapping) else {n: n.replace("_", " ") for n in names}
    by_name = {name: {row.seed: row for row in rows if row.row == name} for name in names}
    for a, b in combinations(names, 2):
        ours, theirs = ({seed: row.value for seed, row in by_name[n].items()} for n in (a, b))
        said = f"{called[a]} is higher", f"{called[b]} is higher"
        if line := difference(f"{called[a]} − {called[b]}", ours, theirs, *said):
            seed = min(ours.keys() & theirs.keys())
            first, second = by_name[a][seed].paper_value, by_name[b][seed].paper_value
            paper = None if first is None or second is None else first - second
            lines.append(line | {"paper": paper})
    return lines


def difference(
    words: str,
    ours: Mapping[int, float],
    theirs: Mapping[int, float],
    above: str = "the first is higher",
    below: str = "the second is higher",
) -> dict[str, Any] | None:
    """One line of a table: ours minus theirs, paired by seed; None where they share fewer than two.

    words: what the line is called. ours, theirs: seed -> value. above, below: see `verdict`.

    >>> difference("a − b", {0: 0.6, 1: 0.7}, {0: 0.5, 1: 0.6, 2: 0.9})["verdict"]
    'the first is higher'
    """
    seeds = sorted(ours.keys() & theirs.keys())
    if len(seeds) < 2:
        return None
    gain = paired_difference([ours[s] for s in seeds], [theirs[s] for s in seeds])
    line = {"row": words, "mean": gain.mean, "low": gain.low, "high": gain.high, "seeds": gain.n}
    return line | {"verdict": verdict(gain, above, below)}


def change(ours: Mapping[int, float], theirs: Mapping[int, float]) -> dict[str, Any]:
    """Ours minus theirs over the seeds that both have: mean, values and seeds, how many.

    low and high, its interval, are there where there are two or more; without any the mean is NaN.

    >>> change({0: 0.5, 1: 0.75}, {1: 0.5})
    {'mean': 0.25, 'values': [0.25], 'seeds': 1}
    """
    values = [ours[seed] - theirs[seed] for seed in sorted(ours.keys() & theirs.keys())]
    if not values:
        return {"mean": float("nan"), "values": values, "seeds": 0}
    gain = t_interval(values)
    known = {"low": gain.low, "high": gain.high} if gain.n > 1 else {}
    return {"mean": gain.mean, **known, "values": values, "seeds": gain.n}


def score(words: str, of: Mapping[int, float], **more: Any) -> dict[str, Any]:
    """One line of a table: the mean of a score over its seeds, with its interval where it has one.

    words: what the line is called. of: seed -> value; empty where nothing is recorded, and then
    there is no mean. more: further columns.

    >>> score("ours", {0: 0.5, 1: 0.52, 2: 0.54}, paper=0.6)["mean"]
    0.52
    """
    values = list(of.values())
    line = {"row": words, "mean": None, "low": None, "high": None, "values": values}
    if values:
        mean, low, high, n = t_interval(values)
        line |= {"mean": mean} | ({"low": low, "high": high} if n > 1 else {})
    return line | {"seeds": len(values)} | more


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
