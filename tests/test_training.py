"""The loop does what a loop written by hand does, stops where it must, and costs next to nothing.

What it saves, and how it goes on, is in test_checkpoints.py.
"""

import io
import json
import os
import pickle
import sys
import time
import warnings
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest
import torch
from lightning_fabric import seed_everything
from torch import Tensor, nn

from fiveviews import memory
from fiveviews.files import sha256_file
from fiveviews.progress import progress
from fiveviews.training import checkpoints, recorded
from fiveviews.training import fit as loop
from fiveviews.training.fit import fit
from fiveviews.training.history import History
from fiveviews.training.recipes import from_config
from fiveviews.training.session import evaluating, find_device


@pytest.fixture(autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def network(width: int = 8) -> nn.Sequential:
    seed_everything(0, verbose=False)
    return nn.Sequential(nn.Linear(4, width), nn.Tanh(), nn.Linear(width, 1))


def regression(model: nn.Module, step: int, generator: torch.Generator) -> tuple[Tensor, dict]:
    x = torch.randn(16, 4, generator=generator)
    error = model(x)[:, 0] - x.prod(dim=1)
    return error.square().mean(), {"worst": error.detach().abs().max(), "step twice": 2 * step}


def adam(model: nn.Module) -> torch.optim.Adam:
    return torch.optim.Adam(model.parameters(), lr=1e-2)


def run(model: nn.Module, step_loss=regression, **options) -> History:
    settings = {"steps": 30, "optimizer": None, "seed": 0, "device": "cpu", "progress": False}
    settings |= options
    settings["optimizer"] = settings["optimizer"] or adam(model)
    return fit(model, step_loss, **settings)


def same_weights(one: nn.Module, other: nn.Module) -> bool:
    pairs = zip(one.state_dict().values(), other.state_dict().values(), strict=True)
    return all(torch.equal(a, b) for a, b in pairs)


# --- the loop -----------------------------------------------------------------------------------


def test_the_loop_is_the_one_written_by_hand():
    model, by_hand = network(), network()
    history = run(model, schedule=lambda step: 1 / (1 + step), clip=0.5, log_every=1)

    optimizer, generator, losses = adam(by_hand), torch.Generator().manual_seed(0), []
    for step in range(30):
        optimizer.param_groups[0]["lr"] = 1e-2 / (1 + step)
        loss, _ = regression(by_hand, step, generator)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(by_hand.parameters(), 0.5)
        optimizer.step()
        losses.append(loss.item())
    assert same_weights(model, by_hand)
    assert history.curve("loss") == (list(range(1, 31)), losses)


def test_several_optimisers_are_stepped_in_the_order_that_the_step_yields():
    def pair() -> nn.ModuleDict:
        seed_everything(0, verbose=False)
        return nn.ModuleDict({"critic": nn.Linear(2, 1), "maker": nn.Linear(3, 2)})

    def optimisers(model: nn.ModuleDict) -> dict[str, torch.optim.Optimizer]:
        return {
            "critic": torch.optim.Adam(model["critic"].parameters(), lr=1e-2),
            "maker": torch.optim.SGD(model["maker"].parameters(), lr=1e-1),
        }

    def losses(model: nn.ModuleDict, step: int, generator: torch.Generator):
        real, noise = torch.randn(2, 8, 3, generator=generator)
        fake = model["maker"](noise)
        critic = (model["critic"](fake.detach()) - model["critic"](real[:, :2])).mean()
        yield "critic", critic.square(), {"score": critic}
        if step % 2:
            yield "maker", model["critic"](fake).square().mean(), {}

    model, by_hand = pair(), pair()
    history = run(model, losses, optimizer=optimisers(model), steps=11, log_every=1)
    generator, opts = torch.Generator().manual_seed(0), optimisers(by_hand)
    for step in range(11):
        for name, loss, _ in losses(by_hand, step, generator):
            opts[name].zero_grad()
            loss.backward()
            opts[name].step()
    assert same_weights(model, by_hand)
    assert history.curve("maker loss")[0] == [2, 4, 6, 8, 10]  # after every second step
    assert set(history.losses[-1]) >= {"critic loss", "critic gradient", "score"}


def test_rows_are_means_over_their_interval():
    each = run(network(), log_every=1).losses
    rows = run(network(), log_every=7).losses
    assert [row["step"] for row in rows] == [7, 14, 21, 28, 30]
    for row, start, stop in zip(rows, (0, 7, 14, 21, 28), (7, 14, 21, 28, 30), strict=True):
        for name in ("loss", "gradient", "worst", "step twice"):
            values = [one[name] for one in each[start:stop]]
            assert row[name] == pytest.approx(sum(values) / len(values))


def test_losses_are_the_same_whether_looked_at_at_once_or_later(monkeypatch):
    at_once = run(network(), log_every=40)
    begin = loop.begin
    monkeypatch.setattr(loop, "DEFERRED", 4)
    monkeypatch.setattr(loop, "begin", lambda *args: _deferred(begin(*args)))
    model = network()
    later = run(model, log_every=40)
    assert later.losses == at_once.losses


def _deferred(started: loop.Run) -> loop.Run:
    started.deferred = True  # as on a GPU
    return started


def test_evaluation_is_without_gradients_and_leaves_training_mode():
    modes = []

    def evaluate(model: nn.Module) -> dict[str, float]:
        modes.append((model.training, torch.is_grad_enabled()))
        return {"iou": 0.5}

    def step(model: nn.Module, step: int, generator: torch.Generator) -> tuple[Tensor, dict]:
        assert model.training
        return regression(model, step, generator)

    model = network()
    history = run(model, step, evaluate=evaluate, evaluate_every=12)
    assert modes == [(False, False)] * 3
    assert history.curve("iou") == ([12, 24, 30], [0.5, 0.5, 0.5])
    assert not model.training


@pytest.mark.parametrize(("keep", "best"), [("score", 20), ("-score", 10)])
def test_the_best_weights_are_kept(tmp_path, keep, best):
    scores, seen = iter([0.1, 0.9, 0.5]), {}

    def evaluate(model: nn.Module) -> dict[str, float]:
        seen[10 * (len(seen) + 1)] = {k: v.clone() for k, v in model.state_dict().items()}
        return {"score": next(scores)}

    model = network()
    history = run(
        model, evaluate=evaluate, evaluate_every=10, keep_best=keep, folder=tmp_path / "run"
    )
    assert history.best["step"] == best
    for name, tensor in model.state_dict().items():
        assert torch.equal(tensor, seen[best][name])
    saved = checkpoints.load(checkpoints.latest(tmp_path / "run"))
    for name, tensor in saved.weights.items():  # the run goes on from its last weights
        assert torch.equal(tensor, seen[30][name])


def test_a_metric_that_is_not_a_number_is_never_the_best():
    scores = iter([0.1, float("nan"), 0.05])
    history = run(
        network(),
        evaluate=lambda model: {"score": next(scores)},
        evaluate_every=10,
        keep_best="score",
    )
    assert history.best == {"step": 10, "score": 0.1}


def test_the_optimiser_keeps_its_learning_rate_for_another_run():
    model = network()
    optimizer = adam(model)
    run(model, optimizer=optimizer, schedule=lambda step: 0.1)
    assert optimizer.param_groups[0]["lr"] == 1e-2


def test_the_environment_names_the_precision(monkeypatch):
    monkeypatch.setenv("FIVEVIEWS_PRECISION", "16-mixed")
    with pytest.raises(ValueError, match=r"precision must be one of .* got '16-mixed'"):
        run(network())
    run(network(), precision="32-true")


def test_mixed_precision_runs_the_model_in_bfloat16_and_the_loss_in_float32():
    model, inside, outside = network(), [], []
    model[0].register_forward_hook(lambda module, args, output: inside.append(output.dtype))

    def step(model: nn.Module, step: int, generator: torch.Generator) -> tuple[Tensor, dict]:
        loss, terms = regression(model, step, generator)
        outside.append(loss.dtype)
        return loss, terms

    run(model, step, precision="bf16-mixed", steps=2)
    assert set(inside) == {torch.bfloat16}
    assert set(outside) == {torch.float32}
    assert {p.dtype for p in model.parameters()} == {torch.float32}
    assert model(torch.zeros(1, 4)).dtype == torch.float32
    assert inside[-1] == torch.float32  # after training the model is as it was


def test_the_history_gives_what_a_ledger_row_asks_for():
    history = run(network(), seed=5)
    found = history.provenance()
    assert list(found) == [
        *("commit", "dirty", "torch", "seed", "device", "wall_s", "peak_mb", "started")
    ]
    assert found["seed"] == 5
    assert found["wall_s"] > 0
    assert found["peak_mb"] > 50  # PyTorch alone takes more
    assert found["torch"] == torch.__version__
    with pytest.raises(ValueError, match="no 'iou'; it has gradient, loss, rate"):
        history.curve("iou")


def test_after_an_evaluation_every_part_is_in_the_mode_that_it_was_in():
    model = network().append(nn.Dropout(0.5))
    model[0].eval()  # a part that stays as it is while the others learn
    before = [part.training for part in model.modules()]
    with evaluating(model):
        assert not any(part.training for part in model.modules())
    assert [part.training for part in model.modules()] == before
    with pytest.raises(KeyError), evaluating(model):
        raise KeyError
    assert [part.training for part in model.modules()] == before


def test_a_recipe_comes_back_from_a_recorded_configuration():
    @dataclass(frozen=True)
    class Sizes:
        widths: tuple[int, ...] = (1,)
        steps: int = 5

    recorded_one = json.loads(json.dumps({"widths": (4, 8), "category": "chair"}))
    assert from_config(Sizes, recorded_one) == Sizes((4, 8), 5)


@pytest.mark.skipif(not memory.RESET.exists(), reason="the system cannot forget a peak")
def test_the_peak_of_a_run_leaves_out_what_came_before_it():
    before = run(network()).peak_mb
    assert torch.ones(100_000_000).sum() > 0  # 400 MB, freed at once
    assert run(network()).peak_mb < before + 100


def test_the_loop_costs_less_than_a_millisecond_a_step(tmp_path):
    def bare(model: nn.Module, optimizer: torch.optim.Optimizer) -> None:
        generator = torch.Generator().manual_seed(0)
        for step in range(200):
            loss, _ = regression(model, step, generator)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()

    def seconds(task) -> float:
        start = time.process_time()
        task()
        return time.process_time() - start

    model = network()
    optimizer = adam(model)
    run(model, steps=5)  # what is done once is not counted
    options = {"steps": 200, "optimizer": optimizer}
    folders = [tmp_path / str(trial) for trial in range(3)]
    ours = min(seconds(partial(run, model, folder=folder, **options)) for folder in folders)
    theirs = min(seconds(partial(bare, model, optimizer)) for _ in folders)
    assert (ours - theirs) / 200 < 1e-3


# --- what goes wrong ----------------------------------------------------------------------------


@pytest.mark.parametrize("deferred", [False, True])
@pytest.mark.parametrize(
    ("poison", "message"),
    [
        (lambda x: x * float("nan"), r"in step 17 loss is nan, gradient is nan, term is nan"),
        (lambda x: (x * 0).sqrt(), r"in step 17 gradient is (nan|inf) \(.*loss 0"),
    ],
    ids=["loss", "gradient"],
)
def test_a_step_that_is_not_finite_stops_the_run_and_saves_nothing(
    tmp_path, monkeypatch, deferred, poison, message
):
    def step(model: nn.Module, step: int, generator: torch.Generator) -> tuple[Tensor, dict]:
        loss, _ = regression(model, step, generator)
        loss = poison(loss) if step == 17 else loss
        return loss, {"term": loss, "other": 1.0}

    if deferred:
        begin = loop.begin
        monkeypatch.setattr(loop, "begin", lambda *args: _deferred(begin(*args)))
    model = network()
    with pytest.raises(FloatingPointError, match=message) as caught:
        run(model, step, folder=tmp_path, checkpoint_every=5, log_every=30)
    assert "step-00000015 is from before it" in str(caught.value)
    assert "other 1" in str(caught.value)
    saved = checkpoints.load(checkpoints.latest(tmp_path))
    assert saved.step == 15
    assert all(tensor.isfinite().all() for tensor in saved.weights.values())
    if not deferred:  # found before the weights were touched
        assert all(p.isfinite().all() for p in model.parameters())


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"steps": 0}, ValueError, "steps must be at least 1; got 0"),
        ({"precision": "16-mixed"}, ValueError, "precision must be one of 32-true, bf16-mixed"),
        ({"device": "gpu"}, ValueError, "device must be auto, cpu, cuda"),
        ({"device": "cuda:64"}, RuntimeError, "'cuda:64' was asked for, and PyTorch .* finds"),
        ({"keep_best": "iou", "evaluate": lambda m: {"a": 1}}, ValueError, "returned only step, a"),
        ({"keep_best": "iou"}, ValueError, "keep_best='iou' needs an `evaluate`"),
    ],
)
def test_arguments_that_cannot_be_are_refused_in_one_sentence(options, error, message):
    with pytest.raises(error, match=message):
        run(network(), **options)


def test_a_gpu_that_is_not_there_is_named(monkeypatch):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)
    with pytest.raises(RuntimeError, match=r"finds 0 of that kind .* ask for 'cpu' or 'auto'"):
        find_device("cuda")


def test_auto_takes_the_cpu_where_there_is_no_gpu(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert find_device("auto", "auto").device == torch.device("cpu")


def test_a_machine_with_slurm_is_no_reason_for_words(tmp_path, monkeypatch) -> None:
    """A warning on a page would stop the build of the book."""
    command = tmp_path / "srun"
    command.write_text("#!/bin/sh\n")
    command.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert find_device("cpu").device == torch.device("cpu")


def test_a_loss_that_is_no_number_and_an_unknown_optimiser_are_named():
    with pytest.raises(ValueError, match=r"loss of shape \(16,\); .* take its mean"):
        run(network(), lambda model, step, generator: (model(torch.zeros(16, 4))[:, 0], {}))

    def misnamed(model: nn.Module, step: int, generator: torch.Generator):
        yield "criticc", model(torch.zeros(1, 4)).sum(), {}

    model = network()
    with pytest.raises(ValueError, match=r"names the optimiser 'criticc'; .* \['critic'\]"):
        run(model, misnamed, optimizer={"critic": adam(model)})


# --- the progress bar ---------------------------------------------------------------------------


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("stream", "shown"), [(Terminal(), True), (io.StringIO(), False)])
def test_progress_is_drawn_in_a_terminal_and_not_into_a_file(monkeypatch, stream, shown):
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.delenv("TQDM_DISABLE", raising=False)
    run(network(), evaluate=lambda model: {"iou": 0.25}, progress=True)
    assert ("30" in stream.getvalue()) == shown


def test_progress_can_be_silenced_from_outside(monkeypatch):
    monkeypatch.setattr(sys, "stderr", Terminal())
    monkeypatch.setenv("TQDM_DISABLE", "1")
    run(network(), progress=True)
    assert sys.stderr.getvalue() == ""


def test_the_bar_says_loss_gradient_and_metric(monkeypatch):
    monkeypatch.setattr(sys, "stderr", Terminal())
    monkeypatch.delenv("TQDM_DISABLE", raising=False)
    with progress(total=10) as bar:
        history = History(device="", seed=0, losses=[{"step": 1, "loss": 0.123456, "rate": 1.0}])
        history.losses[0] |= {"critic gradient": 12.3456}
        history.metrics.append({"step": 1, "iou": 0.654321})
        loop._describe(bar, history)
        bar.refresh()
    assert "loss=0.1235, critic gradient=12.35, iou=0.6543" in sys.stderr.getvalue()


# --- load or train ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Config:
    width: int = 8


def load_or_train(path: Path, calls: list[str], config: Config = Config(), width: int = 0):
    def train(model: nn.Module) -> History:
        calls.append("trained")
        return run(model)

    return recorded.load_or_train(
        path,
        lambda: network(width or config.width),
        train,
        config=config,
        scale="smoke",
        seed=0,
    )


@pytest.mark.parametrize("half", [True, False])
def test_what_was_trained_is_recorded_and_loaded(tmp_path, capsys, half):
    path, calls = tmp_path / "weights" / "chair.safetensors", []
    trained = load_or_train(path, calls)
    said = capsys.readouterr().out
    assert "chair: no recorded weights" in said
    assert "chair: trained here" in said
    assert trained.sha256 is None
    sha256 = recorded.record(
        path, trained.model, trained.history, config=Config(), scale="smoke", half=half
    )
    assert sha256 == sha256_file(path)
    assert [name.name for name in path.parent.iterdir()] == ["chair.safetensors"]

    loaded = load_or_train(path, calls)
    assert calls == ["trained"]
    assert loaded.sha256 == sha256
    assert loaded.history == trained.history
    assert loaded.provenance == trained.history.provenance()
    assert capsys.readouterr().out.count("\n") == 1
    for name, tensor in trained.model.state_dict().items():
        found = loaded.model.state_dict()[name]
        assert found.dtype == tensor.dtype
        assert torch.equal(found, tensor.half().float() if half and tensor.ndim > 1 else tensor)


def test_the_line_says_when_how_long_and_on_what(tmp_path, capsys):
    model, history = network(), History(device="Abacus, 2 threads", seed=0)
    history.started, history.seconds = "2026-11-21T03:04:05+00:00", 492.0
    history.code["commit"] = "0123456789abcdef"
    path = tmp_path / "chair.safetensors"
    recorded.record(path, model, history, config=Config(), scale="smoke")
    load_or_train(path, [])
    assert capsys.readouterr().out == (
        "chair: recorded weights, 2026-11-21, scale smoke, seed 0, "
        "8 min 12 s on Abacus, 2 threads (012345678)\n"
    )


def test_weights_of_another_configuration_are_not_taken(tmp_path, capsys):
    path, calls = tmp_path / "chair.safetensors", []
    recorded.record(path, network(), run(network()), config=Config(), scale="smoke")
    load_or_train(path, calls, config=Config(width=16))
    assert calls == ["trained"]
    assert "another run: config.width is 8 there and 16 here" in capsys.readouterr().out


def test_a_check_beside_a_recorded_run_says_no_more_than_its_steps(tmp_path, capsys):
    path, calls = tmp_path / "chair.safetensors", []
    recorded.record(path, network(), run(network()), config=Config(), scale="lab")
    capsys.readouterr()
    trained = load_or_train(path, calls)
    assert calls == ["trained"]
    steps = trained.history.losses[-1]["step"]
    assert capsys.readouterr().out == f"chair: trained {steps} steps as a check\n"


def test_weights_that_half_precision_cannot_hold_are_stored_whole(tmp_path):
    model = network()
    with torch.no_grad():
        model[0].weight[0, 0] = 1e6
    path = tmp_path / "chair.safetensors"
    recorded.record(path, model, run(network()), config=Config(), scale="smoke")
    assert load_or_train(path, []).model[0].weight[0, 0] == 1e6


class Payload:
    def __reduce__(self):
        return os.mkdir, ("unpickled",)


def test_files_that_are_no_recorded_weights_are_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path, calls = tmp_path / "chair.safetensors", []
    recorded.record(path, network(), run(network()), config=Config(), scale="smoke")
    with pytest.raises(ValueError, match=r"another model: 0\.bias is \(8,\) there and \(5,\) in"):
        load_or_train(path, calls, width=5)
    path.write_bytes(path.read_bytes()[:-8])
    with pytest.raises(ValueError, match=r"chair\.safetensors is no readable safetensors file"):
        load_or_train(path, calls)
    path.write_bytes(pickle.dumps(Payload()))
    with pytest.raises(ValueError, match="no readable safetensors file"):
        load_or_train(path, calls)
    checkpoints.replace(path, checkpoints.encode(network().state_dict()))
    with pytest.raises(ValueError, match="does not say how it was trained"):
        load_or_train(path, calls)
    assert calls == []
    assert not Path("unpickled").exists()


def test_recording_onto_a_full_disk_keeps_the_file_before(tmp_path, monkeypatch):
    path, history = tmp_path / "chair.safetensors", run(network())
    recorded.record(path, network(), history, config=Config(), scale="smoke")
    before = path.read_bytes()

    def full(descriptor: int) -> None:
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match=r"could not write .*chair\.safetensors \(the disk is full"):
        recorded.record(path, network(), history, config=Config(), scale="lab")
    assert path.read_bytes() == before
    assert [name.name for name in tmp_path.iterdir()] == ["chair.safetensors"]


def test_the_metadata_is_readable_json(tmp_path):
    path = tmp_path / "chair.safetensors"
    recorded.record(path, network(), run(network(), seed=0), config=Config(), scale="smoke")
    _, metadata = checkpoints.read_tensors(path)
    content = json.loads(metadata["fiveviews"])
    assert content["asked"] == {"config": {"width": 8}, "scale": "smoke", "seed": 0}
    assert set(content["provenance"]) >= {"commit", "device", "wall_s", "started"}
