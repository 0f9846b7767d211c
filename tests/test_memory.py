"""The greatest memory of a piece of work: it grows with what is held, and can be forgotten."""

import sys

import pytest
import torch

from fiveviews import memory

CPU = torch.device("cpu")
NUMBERS = 100_000_000  # in float32, 400 MB


def held_and_freed() -> None:
    assert torch.ones(NUMBERS).sum() > 0


@pytest.mark.skipif(not memory.RESET.exists(), reason="the system cannot forget a peak")
def test_the_peak_is_that_of_the_work_since_it_was_forgotten():
    memory.forget_peak(CPU)
    before = memory.peak_mb(CPU)
    held_and_freed()
    grown = memory.peak_mb(CPU)
    assert 4e-6 * NUMBERS - 20 < grown - before < 4e-6 * NUMBERS + 50
    memory.forget_peak(CPU)
    assert memory.peak_mb(CPU) < before + 50  # what was freed is no longer counted
    kept = torch.ones(NUMBERS)
    memory.forget_peak(CPU)
    assert memory.peak_mb(CPU) > before + 300  # what is still held is
    assert kept.sum() > 0


def test_where_nothing_can_be_forgotten_the_peak_is_the_process_s(monkeypatch, tmp_path):
    held_and_freed()
    before = memory.peak_mb(CPU)
    for cannot in (tmp_path / "missing", tmp_path):  # a folder is not written to
        monkeypatch.setattr(memory, "RESET", cannot)
        memory.forget_peak(CPU)
        assert memory.peak_mb(CPU) >= before


@pytest.mark.skipif(sys.platform == "win32", reason="Windows does not say")
def test_without_proc_the_system_s_own_count_serves(monkeypatch, tmp_path):
    monkeypatch.setattr(memory, "STATUS", tmp_path / "missing")
    held_and_freed()
    assert memory.peak_mb(CPU) > 4e-6 * NUMBERS


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA GPU")
def test_a_gpu_forgets_too():
    gpu = torch.device("cuda", torch.cuda.current_device())
    torch.ones(NUMBERS, device=gpu).sum()
    assert memory.peak_mb(gpu) >= 4e-6 * NUMBERS
    memory.forget_peak(gpu)
    assert memory.peak_mb(gpu) < 4e-6 * NUMBERS
