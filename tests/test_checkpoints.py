"""Runs that are killed, interrupted or out of disk go on to the weights they would have had.

Run as a program, this file trains in the folder that it is given; the tests send it real signals.
"""

import errno
import json
import os
import random
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from lightning_fabric import seed_everything
from torch import Tensor, nn

from fiveviews.training import checkpoints
from fiveviews.training.fit import StepLoss, fit
from fiveviews.training.history import History

STEPS = 40


@dataclass(frozen=True)
class Config:
    width: int = 16
    sigmas: tuple[float, ...] = (1e-4, 3e-5)


class Net(nn.Module):
    """Everything that remembers: batch statistics, dropout, a buffer that the step writes to."""

    def __init__(self, width: int = 16) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(4, width), nn.BatchNorm1d(width), nn.Dropout(0.2), nn.Linear(width, 1)
        )
        self.register_buffer("labels", torch.zeros(8, dtype=torch.int64))

    def forward(self, x: Tensor) -> Tensor:
        return self.layers(x)[:, 0]


def noisy_step(model: Net, step: int, generator: torch.Generator) -> tuple[Tensor, dict]:
    """Draws from every random generator there is, an odd number of normals from NumPy's."""
    x = torch.randn(8, 4, generator=generator) + 0.01 * torch.randn(8, 4)
    x = x + 0.01 * float(np.random.mtrand._rand.standard_normal()) + 0.01 * random.gauss(0, 1)
    model.labels[step % 8] += step
    loss = (model(x) - x.sum(dim=1)).square().mean()
    return loss, {"mse": loss}


def noisy_score(model: Net) -> dict[str, float]:
    x = torch.randn(16, 4)
    return {"score": -(model(x) - x.sum(dim=1)).square().mean().item()}


def train(folder: Path | None, step_loss=noisy_step, **options) -> tuple[Net, History]:
    torch.set_num_threads(1)
    seed_everything(1, verbose=False)
    config = options.pop("config", Config())
    model = Net(config.width)
    settings = {
        "steps": STEPS,
        "optimizer": torch.optim.Adam(model.parameters(), lr=1e-2),
        "seed": 3,
        "folder": folder,
        "config": config,
        "schedule": lambda step: 1.0 if step < STEPS // 2 else 0.3,
        "evaluate": noisy_score,
        "evaluate_every": 7,
        "keep_best": "score",
        "checkpoint_every": 1000,  # which is never, but for the last step
        "log_every": 6,
        "device": "cpu",
        "progress": False,
    }
    return model, fit(model, step_loss, **settings | options)


def last_weights(folder: Path) -> dict[str, Tensor]:
    saved = checkpoints.load(checkpoints.latest(folder))
    assert saved.step == STEPS
    return saved.weights | {f"best {name}": tensor for name, tensor in saved.best.items()}


def assert_same(found: dict[str, Tensor], expected: dict[str, Tensor]) -> None:
    assert found.keys() == expected.keys()
    for name, tensor in expected.items():
        assert torch.equal(found[name], tensor), name


def curves(history: History) -> tuple[list, list, dict]:
    return history.losses, history.metrics, history.best


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> tuple[dict[str, Tensor], History]:
    folder = tmp_path_factory.mktemp("whole")
    _, history = train(folder)
    return last_weights(folder), history


# --- killed -------------------------------------------------------------------------------------


def reached(folder: Path) -> int:
    """The last whole step in a run's folder, its hashes verified; 0 before the first."""
    path = checkpoints.latest(folder) if folder.exists() else None
    return checkpoints.load(path).step if path else 0


def kill_and_go_on(folder: Path, kills: int, moments: random.Random) -> dict[str, list[int]]:
    """Train in child processes; SIGKILL the first of them, each at a random moment of a step."""
    found = {"status": [], "step": []}
    for target in [*sorted(moments.sample(range(STEPS - 8), kills)), None]:
        child = os.fork()
        if child == 0:
            train(folder, checkpoint_every=1)  # so that most kills fall into a save
            os._exit(0)
        if target is not None:
            deadline = time.monotonic() + 60
            while int((checkpoints.latest(folder) or Path("-0")).name.split("-")[1]) < target:
                assert time.monotonic() < deadline, f"no step {target} within a minute"
                time.sleep(1e-3)
            time.sleep(moments.uniform(0, 0.01))
            os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        found["status"].append(os.waitstatus_to_exitcode(status))
        found["step"].append(reached(folder))
    return found


@pytest.fixture(scope="module")
def deaths(tmp_path_factory) -> tuple[Path, dict]:
    """What one interpreter found that forked many runs and saw them die."""
    if os.name != "posix":
        pytest.skip("SIGKILL and fork are POSIX's")
    folder = tmp_path_factory.mktemp("deaths")
    command = [sys.executable, __file__, str(folder), "die"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return folder, json.loads(done.stdout)


def test_runs_killed_at_random_moments_end_with_identical_weights(deaths, whole):
    for run, found in enumerate(deaths[1]["random"]):
        assert found["status"] == [-signal.SIGKILL] * 6 + [0]
        assert found["step"] == sorted(found["step"])
        folder = deaths[0] / f"random {run}"
        assert_same(last_weights(folder), whole[0])
        history = History(**checkpoints.load(checkpoints.latest(folder)).state["history"])
        assert curves(history) == curves(whole[1])
        names = sorted(path.name for path in folder.iterdir())
        assert names == [".lock", f"step-{STEPS:08d}"]


FILE_EVENTS = ("open", "os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.scandir")


def die_at_file_event(count: int) -> StepLoss:
    """A step that, from step 2 on, lets its process die at the count-th touch of a file."""
    events = iter(range(1, 1000))

    def hook(event: str, args: tuple) -> None:
        if event in FILE_EVENTS and next(events) == count:
            os.kill(os.getpid(), signal.SIGKILL)

    def step_loss(model: Net, step: int, generator: torch.Generator) -> tuple[Tensor, dict]:
        if step == 2:
            sys.addaudithook(hook)
        if step == 3:
            os._exit(0)  # it lived through the save of step 3
        return noisy_step(model, step, generator)

    return step_loss


def kill_at_every_file_event(folder: Path) -> dict[str, list]:
    """Die at each point of one save in turn; the step found after each death, and after the end."""
    found = {"step": [], "same": []}
    whole, _ = train(folder / "whole", steps=4)
    for count in range(1, 1000):
        run = folder / f"run {count}"
        child = os.fork()
        if child == 0:
            train(run, die_at_file_event(count), steps=4, checkpoint_every=1)
        _, status = os.waitpid(child, 0)
        if status == 0:
            return found
        found["step"].append(reached(run))
        model, _ = train(run, steps=4)
        pairs = zip(model.state_dict().values(), whole.state_dict().values(), strict=True)
        found["same"].append(all(torch.equal(one, other) for one, other in pairs))
    raise RuntimeError("a save touches a thousand files")


def test_a_kill_at_any_point_of_a_save_leaves_this_checkpoint_or_the_one_before(deaths):
    found = deaths[1]["save"]
    assert len(found["step"]) > 10  # five files and folders written, as many removed
    assert found["step"] == sorted(found["step"])
    assert set(found["step"]) == {2, 3}
    assert all(found["same"])


# --- interrupted --------------------------------------------------------------------------------


@pytest.mark.skipif(os.name != "posix", reason="needs POSIX signals")
def test_an_interrupted_program_saves_says_how_to_go_on_and_does(tmp_path, whole):
    command = [sys.executable, __file__, str(tmp_path), "wait"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, text=True, **pipes) as program:
        assert program.stdout.readline() == "in step 9\n"
        with pytest.raises(RuntimeError, match="another run is writing into"):
            train(tmp_path)
        program.send_signal(signal.SIGINT)
        _, errors = program.communicate("\n")
    # What an uncaught KeyboardInterrupt ends with depends on what PyTorch has imported.
    assert program.returncode in (1, -signal.SIGINT), errors
    assert f"stopped after step 10 of {STEPS}; saved in {tmp_path}" in errors
    assert "run the same again to go on" in errors
    assert checkpoints.load(checkpoints.latest(tmp_path)).step == 10
    _, history = train(tmp_path)
    assert_same(last_weights(tmp_path), whole[0])
    assert curves(history) == curves(whole[1])


def test_sigterm_from_a_cluster_saves_and_ends_the_program_with_its_status(tmp_path, capsys):
    def stopped(model: Net, step: int, generator: torch.Generator) -> tuple[Tensor, dict]:
        if step == 4:
            signal.raise_signal(signal.SIGTERM)
        return noisy_step(model, step, generator)

    with pytest.raises(SystemExit) as caught:
        train(tmp_path, stopped)
    assert caught.value.code == 128 + signal.SIGTERM
    assert "stopped after step 5 of 40; saved in" in capsys.readouterr().err
    assert checkpoints.load(checkpoints.latest(tmp_path)).step == 5


@pytest.mark.parametrize("stop", [1, 20, STEPS])
def test_ctrl_c_after_any_step_changes_nothing_but_the_time(tmp_path, whole, stop):
    def interrupted(model: Net, step: int, generator: torch.Generator) -> tuple[Tensor, dict]:
        if step == stop - 1:
            signal.raise_signal(signal.SIGINT)
        return noisy_step(model, step, generator)

    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt, match=f"stopped after step {stop} of {STEPS}; saved in"):
        train(tmp_path, interrupted)
    assert signal.getsignal(signal.SIGINT) is before
    train(tmp_path)
    assert_same(last_weights(tmp_path), whole[0])


def test_the_best_weights_survive_an_interruption(tmp_path):
    def interrupted(model: Net, step: int, generator: torch.Generator) -> tuple[Tensor, dict]:
        if step == 30:
            signal.raise_signal(signal.SIGINT)
        return noisy_step(model, step, generator)

    expected, history = train(tmp_path / "whole", keep_best="-score")
    assert history.best["step"] < 30  # the worst, of a model that learns, is early
    with pytest.raises(KeyboardInterrupt):
        train(tmp_path / "run", interrupted, keep_best="-score")
    found, again = train(tmp_path / "run", keep_best="-score")
    assert again.best == history.best
    assert_same(dict(found.state_dict()), dict(expected.state_dict()))


def test_a_second_ctrl_c_stops_at_once_and_keeps_the_last_checkpoint(tmp_path):
    def impatient(model: Net, step: int, generator: torch.Generator) -> tuple[Tensor, dict]:
        if step == 5:
            signal.raise_signal(signal.SIGINT)
            signal.raise_signal(signal.SIGINT)
        return noisy_step(model, step, generator)

    with pytest.raises(KeyboardInterrupt, match="at once"):
        train(tmp_path, impatient, checkpoint_every=1)
    assert checkpoints.load(checkpoints.latest(tmp_path)).step == 5


def test_ctrl_c_without_a_folder_says_that_nothing_is_saved():
    def interrupted(model: Net, step: int, generator: torch.Generator) -> tuple[Tensor, dict]:
        signal.raise_signal(signal.SIGINT)
        return noisy_step(model, step, generator)

    with pytest.raises(KeyboardInterrupt, match=f"after step 1 of {STEPS}; not saved"):
        train(None, interrupted)


def test_a_finished_run_is_not_run_again(tmp_path, whole):
    first, _ = train(tmp_path)
    again, history = train(tmp_path, step_loss=None)
    assert_same(dict(again.state_dict()), dict(first.state_dict()))
    assert curves(history) == curves(whole[1])


def test_a_run_goes_on_when_more_steps_are_asked_for_and_refuses_fewer(tmp_path, whole):
    train(tmp_path, steps=14)
    with pytest.raises(ValueError, match="past the 10 steps"):
        train(tmp_path, steps=10)
    train(tmp_path)
    found = checkpoints.load(checkpoints.latest(tmp_path)).weights
    # The short run's evaluations at its end drew nothing that the whole run's did not: 14 is 2·7.
    assert_same(found, {name: whole[0][name] for name in found})


# --- no room ------------------------------------------------------------------------------------


@pytest.mark.parametrize("writes", [9, 10, 11])
def test_a_full_disk_leaves_the_checkpoint_before_whole(tmp_path, whole, monkeypatch, writes):
    # Three files a checkpoint before the first evaluation: the fourth one fails at each in turn.
    write, calls = checkpoints.write, []

    def write_until_full(path: Path, data: bytes) -> str:
        calls.append(path)
        if len(calls) > writes:
            path.write_bytes(data[: len(data) // 2])
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return write(path, data)

    monkeypatch.setattr(checkpoints, "write", write_until_full)
    with pytest.raises(OSError, match=r"the disk is full.*is whole") as caught:
        train(tmp_path, checkpoint_every=1)
    assert caught.value.errno == errno.ENOSPC
    kept = checkpoints.latest(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == [".lock", kept.name]
    assert checkpoints.load(kept).step == 3
    monkeypatch.undo()
    train(tmp_path)
    assert_same(last_weights(tmp_path), whole[0])


# --- other runs, damaged files --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"seed": 4}, "seed is 3 there and 4 here"),
        ({"config": Config(sigmas=(1e-4,))}, r"config\.sigmas is .* there and .* here"),
        ({"config": Config(width=8)}, r"config\.width is 16 there and 8 here"),
        ({"precision": "bf16-mixed"}, "precision is 32-true there"),
    ],
)
def test_a_checkpoint_of_another_run_is_refused_and_kept(tmp_path, options, message):
    train(tmp_path, steps=2)
    with pytest.raises(ValueError, match=f"holds another run: .*{message}"):
        train(tmp_path, **options)
    assert checkpoints.load(checkpoints.latest(tmp_path)).step == 2


def test_another_optimiser_or_model_is_named(tmp_path):
    train(tmp_path, steps=2)
    model = Net()
    adam = torch.optim.Adam(model.parameters(), lr=2e-2)
    with pytest.raises(ValueError, match=r"Adam group 0\.lr is 0\.01 there and 0\.02 here"):
        fit(model, noisy_step, steps=2, optimizer=adam, seed=3, folder=tmp_path, config=Config())
    with pytest.raises(ValueError, match=r"layers\.0\.bias is \(16,\) there and \(8,\) in Net"):
        checkpoints.load_weights(
            Net(8), checkpoints.load(checkpoints.latest(tmp_path)).weights, tmp_path
        )


@pytest.mark.parametrize("name", ["weights.safetensors", "state.safetensors", "best.safetensors"])
def test_a_damaged_checkpoint_is_named(tmp_path, name):
    train(tmp_path)
    path = checkpoints.latest(tmp_path) / name
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    with pytest.raises(ValueError, match=f"{name} is not the file that was saved; remove"):
        train(tmp_path)
    path.unlink()
    with pytest.raises(ValueError, match="is no complete checkpoint"):
        train(tmp_path)


def test_the_manifest_must_be_whole(tmp_path):
    train(tmp_path, steps=2)
    manifest = checkpoints.latest(tmp_path) / "manifest.json"
    manifest.write_text(manifest.read_text()[:100])
    with pytest.raises(ValueError, match="is no complete checkpoint"):
        train(tmp_path)


LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**40), 2**40),
    st.floats(allow_nan=False),
    st.text(max_size=5),
    st.lists(st.floats(-1, 1, width=32), max_size=4).map(torch.tensor),
    st.integers(0, 5).map(lambda n: np.arange(n, dtype=np.uint32)),
)
TREES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.lists(inner, max_size=3).map(tuple),
        st.dictionaries(st.one_of(st.integers(), st.text(max_size=3)), inner, max_size=3),
    ),
    max_leaves=8,
)


def assert_same_tree(found, expected) -> None:
    assert type(found) is type(expected)
    if isinstance(expected, dict):
        assert list(found) == list(expected)
        for key in expected:
            assert_same_tree(found[key], expected[key])
    elif isinstance(expected, list | tuple):
        assert len(found) == len(expected)
        for one, other in zip(found, expected, strict=True):
            assert_same_tree(one, other)
    elif isinstance(expected, Tensor):
        assert found.dtype == expected.dtype
        assert torch.equal(found, expected)
    elif isinstance(expected, np.ndarray):
        np.testing.assert_array_equal(found, expected, strict=True)
    else:
        assert found == expected


@given(TREES)
def test_any_state_comes_back_from_json_and_tensors_as_it_was(tree):
    tensors = {}
    packed = json.loads(json.dumps(checkpoints.pack(tree, tensors)))
    assert_same_tree(checkpoints.unpack(packed, tensors), tree)


def main(folder: Path, task: str) -> None:
    """Train in `folder`: dying in many ways, or waiting for a line in the tenth step."""

    def waiting(model: Net, step: int, generator: torch.Generator) -> tuple[Tensor, dict]:
        if step == 9:
            print("in step 9", flush=True)
            sys.stdin.readline()
        return noisy_step(model, step, generator)

    if task == "die":
        moments = random.Random(0)
        runs = [kill_and_go_on(folder / f"random {run}", 6, moments) for run in range(2)]
        print(json.dumps({"random": runs, "save": kill_at_every_file_event(folder / "save")}))
    else:
        train(folder, waiting)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
