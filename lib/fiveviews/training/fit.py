"""The training loop of all five chapters: one plain function, `fit`, around one plain step.

A step draws its batch from the generator that it is given and returns a loss. Everything it
depends on (weights, optimisers, generators, step number) is in the checkpoint, so a run that was
killed goes on to the very weights it would have had. What else a model must remember between steps
belongs in a buffer of the model.
"""

from __future__ import annotations

import inspect
import math
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import torch
from lightning_fabric import seed_everything
from torch import Tensor, nn
from torch.nn.utils import clip_grads_with_norm_, get_total_norm
from torch.optim import Optimizer
from tqdm.auto import tqdm

from fiveviews import memory
from fiveviews.progress import progress as progress_bar
from fiveviews.training import checkpoints, parallel
from fiveviews.training.history import History
from fiveviews.training.run import Run, begin, resume, save, set_rates
from fiveviews.training.session import Interrupts, mixed_precision

Terms = Mapping[str, float | Tensor]
StepLoss = Callable[
    [nn.Module, int, torch.Generator],
    tuple[Tensor, Terms] | Iterator[tuple[str, Tensor, Terms]],
]
DEFERRED = 25  # steps between two looks at the losses on a device that is not to be waited for
SECONDS_BETWEEN_CHECKPOINTS = float(os.environ.get("FIVEVIEWS_CHECKPOINT_SECONDS") or 60.0)


def fit(
    model: nn.Module,
    step_loss: StepLoss,
    *,
    steps: int,
    optimizer: Optimizer | Mapping[str, Optimizer],
    seed: int,
    folder: Path | str | None = None,
    config: Any = None,
    schedule: Callable[[int], float] | None = None,
    evaluate: Callable[[nn.Module], Mapping[str, float]] | None = None,
    evaluate_every: int | None = None,
    keep_best: str | None = None,
    checkpoint_every: int | None = None,
    log_every: int | None = None,
    clip: float | None = None,
    device: str = "auto",
    precision: str | None = None,
    progress: bool = True,
) -> History:
    """Train `model` in place and return the history of the run; resume it where `folder` has one.

    step_loss(model, step, generator) draws its batch from `generator` (on the CPU, so that data
        come in the same order on every device) and returns a scalar loss and its named terms.
        Terms are detached tensors or floats; a tensor costs no wait for the GPU, `.item()` does.
        With several optimisers (a GAN) it is a generator function instead, and yields
        `(name of the optimiser, loss, terms)` for each update in turn.
    optimizer: over the parameters of `model`; a mapping by name where there are several.
    schedule(step): factor on the optimisers' own learning rates.
    evaluate(model): metrics, called without gradients in evaluation mode, every `evaluate_every`
        steps and at the end.
    keep_best: a metric; the weights of its best evaluation are what `model` holds in the end.
        Greater is better, unless it is given with a minus sign: "-loss".
    checkpoint_every: steps between checkpoints; by default one a minute. The last step and Ctrl-C
        always write one. Without a `folder` nothing is saved.
    log_every: steps that one row of the history averages; by default 1/200 of the run.
    clip: greatest norm of the gradient.
    config: dataclass or mapping that, with seed, optimiser, precision and the model's class, says
        which run this is; a checkpoint of another one is refused.
    device: "auto", "cpu", "cuda", "cuda:1", "mps". precision: "32-true"; "bf16-mixed" runs the
        model's own forward in bfloat16 where that is safe, and the loss in float32; "auto" takes
        that on a GPU that has bfloat16. By default what FIVEVIEWS_PRECISION names in the
        environment, else "32-true".

    Started by torchrun, the ranks share each batch: see `fiveviews.training.parallel`.

    Seeds every global generator with `seed`; call `lightning_fabric.seed_everything(seed)` before
    building the model to have its first weights follow from the seed too.

    Raises ValueError (arguments, a checkpoint of another run), RuntimeError (no such device, folder
    in use), FloatingPointError (loss or gradient not finite; nothing saved after), OSError (disk),
    and KeyboardInterrupt after Ctrl-C, once the step is finished and saved.

    >>> line = nn.Linear(1, 1)
    >>> def step_loss(model, step, generator):
    ...     x = torch.rand(64, 1, generator=generator)
    ...     return (model(x) - (2 * x + 1)).square().mean(), {}
    >>> sgd = torch.optim.SGD(line.parameters(), lr=0.5)
    >>> history = fit(line, step_loss, steps=200, optimizer=sgd, seed=0, device="cpu")
    >>> [round(p.item(), 2) for p in line.parameters()]
    [2.0, 1.0]
    """
    if steps < 1:
        raise ValueError(f"steps must be at least 1; got {steps}")
    if keep_best is not None and evaluate is None:
        raise ValueError(f"keep_best={keep_best!r} needs an `evaluate` that returns it")
    log_every = log_every or max(1, steps // 200)
    evaluate_every = evaluate_every or steps
    precision = precision or os.environ.get("FIVEVIEWS_PRECISION") or "32-true"
    run = begin(model, optimizer, seed, folder, config, device, precision)
    memory.forget_peak(run.fabric.device)  # of what ran in this process before
    with ExitStack() as stack:
        if run.folder is not None and not parallel.rank():
            stack.enter_context(checkpoints.sole_writer(run.folder))
        stack.enter_context(parallel.shared_statistics(model))
        stack.callback(set_rates, run, 1.0)
        seed_everything(seed, verbose=False)
        parallel.wait()  # for the first rank to hold the folder
        resume(run, steps)
        parallel.wait()  # for all to have read what the first will replace
        interrupts = stack.enter_context(Interrupts())
        bar = stack.enter_context(
            progress_bar(
                total=steps,
                initial=run.step,
                unit="step",
                disable=not progress or bool(parallel.rank()),
            )
        )
        sitting, saved_at = time.perf_counter() - run.history.seconds, time.perf_counter()
        model.train()

        def wishes() -> tuple[bool, bool]:
            late = time.perf_counter() - saved_at > SECONDS_BETWEEN_CHECKPOINTS
            return bool(interrupts.asked), late

        stopping = False
        while run.step < steps and not stopping:
            rate = float(schedule(run.step)) if schedule else 1.0
            set_rates(run, rate)
            with mixed_precision(run.fabric, model):
                agreed = _update(run, step_loss, clip, wishes)
            last = run.step == steps
            if last or run.step % log_every == 0:
                _log(run, rate)
                _describe(bar, run.history)
            elif len(run.pending) >= DEFERRED:
                _look(run)
            if evaluate and (last or run.step % evaluate_every == 0):
                _evaluate(run, evaluate, keep_best)
            bar.update()
            run.history.seconds = time.perf_counter() - sitting
            stopping, overdue = agreed or wishes()
            if run.step % checkpoint_every == 0 if checkpoint_every else overdue:
                _settle(run)
                saved_at = time.perf_counter()
        _settle(run)
        parallel.wait()  # none leaves before the first has saved
    if stopping:
        kept = f"saved in {run.folder}: run the same again to go on" if folder else "not saved"
        interrupts.leave(f"stopped after step {run.step} of {steps}; {kept}")
    if run.best is not None:
        checkpoints.load_weights(model, run.best, "the best evaluation")
    model.eval()
    return run.history


def _update(
    run: Run, step_loss: StepLoss, clip: float | None, wishes: Callable[[], tuple[bool, bool]]
) -> tuple[bool, ...] | None:
    """One step: every loss that the step yields, backward, checked where that is free, applied.

    wishes: of this process, to stop or to save; returned are those of any, where there are others.
    """
    agreed = None
    outcome = step_loss(run.model, run.step, run.generator)
    updates = outcome if inspect.isgenerator(outcome) else [("", *outcome)]
    record: dict[str, float | Tensor] = {"step": run.step}
    for name, loss, terms in updates:
        if loss.ndim:
            raise ValueError(
                f"the step returned a loss of shape {tuple(loss.shape)}; it must be one number: "
                f"take its mean over the batch"
            )
        if name not in run.optimizers:
            raise ValueError(
                f"the step names the optimiser {name!r}; fit was given {list(run.optimizers)}"
            )
        optimizer = run.optimizers[name]
        optimizer.zero_grad()
        run.fabric.backward(loss)
        parameters = [p for g in optimizer.param_groups for p in g["params"] if p.grad is not None]
        agreed = parallel.average_gradients(parameters, wishes())
        norm = get_total_norm([p.grad for p in parameters])
        record |= {f"{name} loss".lstrip(): loss, f"{name} gradient".lstrip(): norm, **terms}
        if not run.deferred:
            record = _numbers([record])[0]
            _require_finite(run, record)
        if clip is not None:
            clip_grads_with_norm_(parameters, clip, norm)
        optimizer.step()
    run.step += 1
    run.pending.append({k: v.detach() if isinstance(v, Tensor) else v for k, v in record.items()})
    return agreed or parallel.average_gradients((), wishes())


def _look(run: Run) -> None:
    """Bring the losses that are still on the device over, in one wait, and check them."""
    rows = _numbers(run.pending)
    run.pending.clear()
    for row in rows:
        _require_finite(run, row)
    run.window += rows


def _numbers(records: list[dict[str, float | Tensor]]) -> list[dict[str, float]]:
    """The records with plain numbers in place of tensors: the means of all processes' ones."""
    tensors = [v.detach().double() for r in records for v in r.values() if isinstance(v, Tensor)]
    numbers = iter(parallel.mean(torch.stack(tensors)).tolist() if tensors else ())
    return [
        {k: next(numbers) if isinstance(v, Tensor) else float(v) for k, v in r.items()}
        for r in records
    ]


def _settle(run: Run) -> None:
    """Wait for the device, check, and save: nothing that is not finite reaches the disk."""
    _look(run)
    run.history.peak_mb = max(run.history.peak_mb, memory.peak_mb(run.fabric.device))
    save(run)


def _require_finite(run: Run, row: dict[str, float]) -> None:
    if all(math.isfinite(v) for k, v in row.items() if k.endswith(("loss", "gradient"))):
        return
    bad = ", ".join(f"{key} is {value}" for key, value in row.items() if not math.isfinite(value))
    good = ", ".join(f"{key} {value:.4g}" for key, value in row.items() if math.isfinite(value))
    last = checkpoints.latest(run.folder) if run.folder is not None else None
    kept = f"{last} is from before it" if last else "no checkpoint was written"
    raise FloatingPointError(
        f"in step {row['step']:.0f} {bad} ({good}); {kept}; try a smaller learning rate, or look "
        f"for a division by zero or a log of zero in that term"
    )


def _log(run: Run, rate: float) -> None:
    _look(run)
    names = dict.fromkeys(name for row in run.window for name in row if name != "step")
    values = {name: [row[name] for row in run.window if name in row] for name in names}
    means = {name: sum(column) / len(column) for name, column in values.items()}
    run.history.losses.append({"step": run.step, **means, "rate": rate})
    run.window.clear()


def _evaluate(
    run: Run, evaluate: Callable[[nn.Module], Mapping[str, float]], keep_best: str | None
) -> None:
    run.model.eval()
    with torch.no_grad():
        row = {"step": run.step} | {name: float(v) for name, v in evaluate(run.model).items()}
    run.model.train()
    run.history.metrics.append(row)
    if keep_best is None:
        return
    name, sign = keep_best.removeprefix("-"), -1 if keep_best.startswith("-") else 1
    if name not in row:
        raise ValueError(f"keep_best={keep_best!r}, but evaluate returned only {', '.join(row)}")
    best = run.history.best
    if math.isfinite(row[name]) and (best is None or sign * row[name] > sign * best[name]):
        run.history.best = row
        run.best = {key: tensor.clone() for key, tensor in run.model.state_dict().items()}


def _describe(bar: tqdm, history: History) -> None:
    last = history.losses[-1].items()
    shown = {key: f"{value:.4g}" for key, value in last if key.endswith(("loss", "gradient"))}
    if history.metrics:
        shown |= {k: f"{v:.4g}" for k, v in history.metrics[-1].items() if k != "step"}
    bar.set_postfix(shown, refresh=False)
