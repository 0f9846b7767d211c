"""What the five papers claim, and what the ledger says of each claim, by one stated rule.

A claim is that one number is greater than another: a method's than a rival's, than chance, than a
person's. Our answer is the mean difference with its 95 % interval, over categories where there
are several and over seeds where there is one, of runs that share their seed. The status follows
from the interval alone:

    holds           the interval lies on the claimed side of zero
    does not hold   it lies on the other side
    undecided       it contains zero, or there is but one run
    not measured    there is no run

A claim that holds does so on the data and at the scale that stand beside it, and nowhere else.
"""

from __future__ import annotations

import tomllib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fiveviews.metrics import Interval, paired_difference
from fiveviews.training.compare import most_recorded
from fiveviews.training.ledger import SCALES, WORDS, Row, select

_Pair = tuple[Row, Row | None]  # a run of ours and its rival's; None where that is a number
DATASETS = ("procedural", "open models", "official")  # from the least to the most trusted


@dataclass(frozen=True, kw_only=True)
class Claim:
    """One claim of one paper, and where in the ledger its answer is to be found.

    text: the claim. source: where the paper makes it. added: no paper does, the comparison is ours.
    paper: its numbers, the claimed one first.
    claim, row, metric, where: which rows of the ledger; `where` names fields and params.
    against, against_where: the rows that they are to beat, and in what these differ; or
    above: a number that they are to beat.
    fixed: the rival has no seed (retrieval, a mean shape): its value is that of every seed.
    lower: a lower number is better. times: what the numbers are multiplied by to be read; the text
    says so. why: why ours may differ; {names} of params are filled in. why_on: the same on data
    sets of which something else is to be said. run: the command that measures it, as
    `book.grid.arguments` takes it, with {scale} where the scale stands. run_on: the same on data
    sets that need another.

    Raises ValueError for words that the ledger does not have, and for none or both of the rivals.
    """

    chapter: str
    text: str
    source: str
    added: bool = False
    paper: str
    claim: str
    row: str
    metric: str
    where: Mapping[str, Any] = field(default_factory=dict)
    against: str | None = None
    against_where: Mapping[str, Any] = field(default_factory=dict)
    above: float | None = None
    fixed: bool = False
    lower: bool = False
    times: float = 1.0
    why: str = ""
    why_on: Mapping[str, str] = field(default_factory=dict)
    run: str = ""
    run_on: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        rows, metrics = WORDS.get(self.chapter, {}).get(self.claim, ((), ()))
        for row in (self.row, self.against or self.row):
            if row not in rows or self.metric not in metrics:
                raise ValueError(
                    f"'{self.text}': the ledger has no {self.chapter}/{self.claim}/{row} with a "
                    f"metric {self.metric}"
                )
        if (self.against is None) == (self.above is None):
            raise ValueError(f"'{self.text}': say either `against` or `above`")

    def command(self, dataset: str = DATASETS[0], scale: str = "lab") -> str:
        """The command that measures it on a data set at a scale."""
        return self.run_on.get(dataset, self.run).format(scale=scale)


def read_claims(path: Path) -> list[Claim]:
    """The claims in a TOML file of `[[claims]]` tables. Raises ValueError for a damaged one."""
    try:
        tables = tomllib.loads(path.read_text("utf-8")).get("claims", [])
        return [Claim(**table) for table in tables]
    except (tomllib.TOMLDecodeError, TypeError) as error:
        raise ValueError(f"{path} is no list of claims: {error}") from error


def judge(claim: Claim, rows: Sequence[Row]) -> list[dict[str, Any]]:
    """Lines of the table of claims: one for each data set and scale, the most trusted first.

    The greater scale comes first, then the papers' own data, real models, generated ones. A line
    has claim, source, paper, value and rival (the two numbers), mean, low and high (of their
    difference in the claimed direction), runs, seeds, categories, dataset, scale, status, cost
    (seconds of all the runs behind it, by device), why and run (the command). The rival's runs are
    those whose params agree best with ours.
    """
    told = {"claim": claim.text, "source": claim.source, "paper": claim.paper}
    wanted = {"claim": claim.claim, "metric": claim.metric, **claim.where}
    mine = select(rows, row=claim.row, **wanted)
    theirs = select(rows, row=claim.against, **{**wanted, **claim.against_where})
    lines = []
    for dataset, scale in _by_trust(mine):
        here = {"dataset": dataset, "scale": scale}
        ours = most_recorded(select(mine, **here))
        params = ours[0].params
        # real objects are asked of networks that learned from real ones, and of others
        here_too = here | {"trained_on": params.get("trained_on")}
        rivals = most_recorded(_alike(select(theirs, **here_too), params))
        if pairs := _pairs(claim, ours, rivals):
            found = _compare(claim, pairs) | {"cost": _cost(pairs)}
            found |= {"why": claim.why_on.get(dataset, claim.why).format(**params)}
            lines.append(told | here | found | {"run": claim.command(dataset, scale)})
    return lines or [told | {"status": "not measured", "run": claim.command()}]


def _by_trust(rows: Sequence[Row]) -> list[tuple[str, str]]:
    found = {(row.dataset, row.scale) for row in rows}
    known = [d for d, _ in found if d not in DATASETS]
    if known:
        raise ValueError(f"data set {known[0]!r} is not one of {', '.join(DATASETS)}")
    return sorted(found, key=lambda f: (SCALES.index(f[1]), DATASETS.index(f[0])), reverse=True)


def _alike(rows: Sequence[Row], params: Mapping[str, Any]) -> list[Row]:
    """The rows with the most params equal to these: a rival that learnt from the same data for as
    long, where there is one."""
    same = [sum(row.params.get(name) == value for name, value in params.items()) for row in rows]
    return [row for row, n in zip(rows, same, strict=True) if n == max(same)]


def _pairs(claim: Claim, ours: Sequence[Row], rivals: Sequence[Row]) -> list[_Pair]:
    """Each of our runs that has a rival, with that: of its seed, or the one of its category."""
    ours = sorted(ours, key=lambda row: (str(row.category), row.seed))
    if claim.above is not None:
        return [(row, None) for row in ours]
    of = {(row.category, None if claim.fixed else row.seed): row for row in rivals}
    keys = [(row.category, None if claim.fixed else row.seed) for row in ours]
    return [(row, of[key]) for row, key in zip(ours, keys, strict=True) if key in of]


def _cost(pairs: Iterable[_Pair]) -> dict[str, float]:
    """Seconds by device. One training may have recorded several rows: it is counted once."""
    runs = {(r.started, r.device, r.category, r.seed, r.wall_s) for p in pairs for r in p if r}
    cost: dict[str, float] = defaultdict(float)
    for _, device, _, _, wall_s in sorted(runs, key=str):
        cost[device] += wall_s
    return dict(cost)


def _compare(claim: Claim, pairs: Sequence[_Pair]) -> dict[str, Any]:
    """Ours against the rivals, over the means of the categories where there are several, else over
    the seeds of the one."""
    of_category: dict[str | None, list[tuple[float, float]]] = defaultdict(list)
    for row, rival in pairs:
        their = claim.above if rival is None else rival.value
        of_category[row.category].append((row.value, their))
    several = [tuple(map(_mean, zip(*values, strict=True))) for values in of_category.values()]
    values = several if len(several) > 1 else next(iter(of_category.values()))
    ours, rivals = zip(*values, strict=True)
    sign = -claim.times if claim.lower else claim.times
    values = [sign * (our - rival) for our, rival in zip(ours, rivals, strict=True)]
    change = paired_difference(values, [0.0] * len(values))
    return {
        "value": claim.times * _mean(ours),
        "rival": claim.times * _mean(rivals),
        "mean": change.mean,
        **({"low": change.low, "high": change.high} if change.n > 1 else {}),
        "runs": len(pairs),
        "seeds": len({row.seed for row, _ in pairs}),
        "categories": [str(category) for category in of_category if category is not None],
        "status": _status(change),
    }


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def _status(change: Interval) -> str:
    if change.n < 2 or change.low <= 0 <= change.high:
        return "undecided"
    return "holds" if change.low > 0 else "does not hold"
