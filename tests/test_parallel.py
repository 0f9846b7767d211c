"""Two processes that share each batch do what one does alone; and one of them writes."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from fiveviews.files import sha256_file
from fiveviews.training import checkpoints, ledger
from fiveviews.training.parallel import share

HERE = Path(__file__).parent
TORCHRUN = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
ALONE = "surfels last_only"  # looks at the last picture of a batch: each process has one

RUN = """
import sys, time, torch
from pathlib import Path
from torch import nn
from fiveviews.training import ledger, parallel, recorded
from fiveviews.training.fit import fit
from lightning_fabric import seed_everything

seed_everything(0, verbose=False)
folder = Path(sys.argv[1])
model = nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.Linear(8, 1))

def step(model, step, generator):
    x = parallel.share(torch.randn(16, 4, generator=generator))
    with open(folder / f"seen{parallel.rank()}", "a") as file:
        print(step, *x[:, 0].tolist(), file=file)
    time.sleep(float(sys.argv[2]))
    return (model(x)[:, 0] - x.prod(1)).square().mean(), {}

history = fit(
    model, step, steps=60, seed=0, folder=folder / "run", device="cpu", log_every=1,
    optimizer=torch.optim.Adam(model.parameters(), lr=1e-2), checkpoint_every=10,
)
sha256 = recorded.record(folder / "w.safetensors", model, history, config={}, scale="smoke")
row = dict(chapter="surfels", claim="iqtt", row="cnn", metric="accuracy", unit="fraction")
row |= dict(value=0.5, n_items=1, scale="smoke", dataset="procedural", weights_sha256=sha256)
ledger.append(folder / "ledger.jsonl", [ledger.Row(**row, **history.provenance())])
"""


def steps(folder: Path, *start: str) -> dict[str, dict[str, torch.Tensor]]:
    command = [*start, str(HERE / "training_steps.py"), str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=500)
    assert done.returncode == 0, done.stderr
    return {path.stem: load_file(path) for path in sorted(folder.iterdir())}


@pytest.fixture(scope="module")
def both(tmp_path_factory) -> list[dict[str, dict[str, torch.Tensor]]]:
    """By case: the weights and losses of one process, and of two."""
    starts = ([sys.executable], TORCHRUN)
    return [steps(tmp_path_factory.mktemp("steps"), *start) for start in starts]


def apart(one: torch.Tensor, two: torch.Tensor) -> float:
    """Their distance as a share of the length of the first."""
    return ((one - two).double().norm() / one.double().norm()).item()


def test_the_losses_of_every_chapter_are_those_of_one_process(both):
    """In the first step up to rounding, which the steps after it can make greater."""
    one, two = both
    assert one.keys() == two.keys()
    pairs = {name: (one[name]["losses"], two[name]["losses"]) for name in one}
    assert len(pairs) > 20
    assert apart(*pairs.pop(ALONE)) > 1e-2
    assert {name: apart(a, b) for name, (a, b) in pairs.items() if apart(a[:1], b[:1]) > 1e-5} == {}
    assert {name: apart(a, b) for name, (a, b) in pairs.items() if apart(a, b) > 1e-3} == {}


def test_and_so_are_their_weights_batch_normalisation_and_pair_losses_included(both):
    weights = [
        {
            name: torch.cat([t.flatten() for t in tensors.values() if t.is_floating_point()])
            for name, tensors in of.items()
        }
        for of in both
    ]
    found = {name: apart(weights[0][name], weights[1][name]) for name in weights[0]}
    assert found.pop(ALONE) > 1e-2
    assert {name: distance for name, distance in found.items() if distance > 1e-4} == {}
    assert any("running_var" in key for key in both[0]["soft_meshes baseline"])


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> Path:
    """A folder with the script RUN and what it leaves when two processes run it in one sitting."""
    folder = tmp_path_factory.mktemp("whole")
    (folder / "train.py").write_text(RUN, "utf-8")
    train(folder, folder)
    return folder


def train(whole: Path, folder: Path) -> None:
    command = [*TORCHRUN, whole / "train.py", folder, "0"]
    subprocess.run(command, check=True, capture_output=True, timeout=120)


def test_data_are_shared_without_repetition_and_one_process_writes(whole):
    ranks = [(whole / f"seen{rank}").read_text().splitlines() for rank in (0, 1)]
    for lines in zip(*ranks, strict=True):
        first, second = (line.split()[1:] for line in lines)
        assert len(first) == len(second) == 8
        assert not set(first) & set(second)
    (row,) = ledger.read(whole / "ledger.jsonl")
    assert row.weights_sha256 == sha256_file(whole / "w.safetensors")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_stopped_or_killed_in_one_process_all_go_on_from_one_checkpoint(whole, tmp_path, number):
    command = [*TORCHRUN, whole / "train.py", tmp_path, "0.1"]
    running = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    deadline = time.monotonic() + 100
    while not list(tmp_path.glob("run/step-*")) and time.monotonic() < deadline:
        time.sleep(0.05)
    children = Path(f"/proc/{running.pid}/task/{running.pid}/children").read_text().split()
    os.kill(int(children[1]), number)
    said, _ = running.communicate(timeout=100)
    assert running.returncode != 0
    assert not (tmp_path / "ledger.jsonl").exists()
    assert 10 <= checkpoints.load(checkpoints.latest(tmp_path / "run")).step < 60, said
    train(whole, tmp_path)
    one, two = (load_file(folder / "w.safetensors") for folder in (whole, tmp_path))
    assert all(torch.equal(one[key], two[key]) for key in one)


def test_a_batch_that_cannot_be_shared_is_refused(monkeypatch):
    monkeypatch.setattr("fiveviews.training.parallel.connected", lambda: True)
    monkeypatch.setattr("torch.distributed.get_world_size", lambda: 4)
    monkeypatch.setattr("torch.distributed.get_rank", lambda: 1)
    assert share(torch.arange(8)).tolist() == [2, 3]
    with pytest.raises(ValueError, match="a batch of 6 cannot be shared equally by 4 processes"):
        share(torch.arange(6))
