"""The bench: what it measures, writes and prints."""

import dataclasses
import json
import sys
import time
from functools import partial

import pytest

from fiveviews.render import bench

TINY = bench.Entry(
    "soft_silhouette_b8_64",
    partial(bench.soft_job, images=1, size=8, level=0),
    3,
    seconds=9,
    ratio=0,
)
KEYS = ["name", "fast_cpu_s", "readable_cpu_s", "ratio", "fast_peak_mb", "device", "repeats"]


def busy(seconds: float) -> bench.Job:
    def job() -> None:
        start = time.process_time()
        while time.process_time() - start < seconds:
            pass

    return job


def test_jobs_are_timed_in_turn_after_a_run_to_warm_up():
    order: list[str] = []
    jobs = [lambda: order.append("a"), lambda: order.append("b")]
    times = bench.time_jobs(jobs, 2)
    assert order == ["a", "b", "a", "b", "a", "b"]
    assert [len(of_one) for of_one in times] == [2, 2]


def test_seconds_are_those_of_the_processor():
    (asleep,), (working,) = bench.time_jobs([partial(time.sleep, 0.05), busy(0.05)], 1)
    assert asleep < 0.02
    assert 0.04 < working < 0.1


def test_results_are_what_the_design_says(monkeypatch):
    monkeypatch.setattr(bench, "peak_in_fresh_process", lambda name, device: 1.5)
    result = bench.measure(TINY)
    assert list(result) == KEYS
    assert result["ratio"] == pytest.approx(
        result["readable_cpu_s"] / result["fast_cpu_s"], rel=0.02
    )
    assert (result["name"], result["device"], result["repeats"]) == (TINY.name, "cpu", 3)


@pytest.mark.parametrize("names", [[], ["soft_shaded_b8_64"]])
def test_only_a_whole_run_replaces_the_file(names, monkeypatch, tmp_path, capsys):
    fast = tuple(
        dataclasses.replace(entry, make=TINY.make, repeats=1, seconds=9.0, ratio=1e9)
        for entry in bench.ENTRIES
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(bench, "ENTRIES", fast)
    monkeypatch.setattr(bench, "peak_in_fresh_process", lambda name, device: 1.5)
    monkeypatch.setattr(sys, "argv", ["bench", "--device", "cpu", *names])
    bench.main()
    printed = capsys.readouterr().out
    assert "<= 9.00 s reached, >= 1000000000 x MISSED" in printed
    assert all(name in printed for name in names)
    if names:
        assert not (tmp_path / "_build").exists()
    else:
        written = json.loads((tmp_path / "_build" / "bench.json").read_text())
        assert [entry["name"] for entry in written] == [entry.name for entry in fast]
        assert all(list(entry) == KEYS for entry in written)


def test_an_unknown_entry_is_refused_with_the_known_ones(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["bench", "soft_silhouette"])
    with pytest.raises(SystemExit):
        bench.main()
    assert "no entry soft_silhouette; there are soft_silhouette_b64_64" in capsys.readouterr().err


def test_growth_is_counted_in_the_least_of_each_size(monkeypatch):
    monkeypatch.setattr(bench, "time_jobs", lambda jobs, repeats, device: [[1.0]] * len(jobs))
    curves = bench.growth(1, "readable")
    assert list(curves) == ["faces", "pixels", "images"]
    assert curves["images"] == ([1, 4, 16, 32], [1.0] * 4)
    assert curves["pixels"][0] == [1, 4, 16, 64]


def test_scaling_varies_one_number_at_a_time(monkeypatch):
    monkeypatch.setattr(bench, "time_jobs", lambda jobs, repeats, device: [[1.0]] * len(jobs))
    points = bench.scaling(backends=("fast",))
    base = {"faces": 1280, "pixels": 4096, "images": 4}
    for point in points:
        assert set(point) == {"varied", "faces", "pixels", "images", "fast_s"}
        others = base.keys() - {point["varied"]}
        assert all(point[name] == base[name] for name in others)
    for name in base:
        values = [point[name] for point in points if point["varied"] == name]
        assert len(values) >= 4
        assert values == sorted(set(values))
