"""EpochBasedRunner: the order of the loop, the step, stopping and resuming."""

from __future__ import annotations

import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch.utils.data import DataLoader

from mmaction_min.datasets import build_dataloader
from mmaction_min.errors import CheckpointError, ConfigError, NotFiniteError
from mmaction_min.runner import EpochBasedRunner, Hook, StopTraining
from mmaction_min.runner.signals import StopRequest, stop_on_signal
from mmaction_min.runner.update import Update

MakeRunner = Callable[..., EpochBasedRunner]


class Recorder(Hook):
    """Writes down where it is called, and with which counters."""

    def __init__(self, name: str = "", calls: list[str] | None = None) -> None:
        self.name = name
        self.calls = [] if calls is None else calls

    def before_run(self, runner: EpochBasedRunner) -> None:
        self.calls.append(f"{self.name}before_run")

    def before_train_epoch(self, runner: EpochBasedRunner) -> None:
        self.calls.append(
            f"epoch {runner.epoch}/{runner.max_epochs} of {runner.max_iters} iters"
        )

    def before_train_iter(self, runner: EpochBasedRunner) -> None:
        self.calls.append(f"iter {runner.iter} inner {runner.inner_iter}")

    def after_val_iter(self, runner: EpochBasedRunner) -> None:
        self.calls.append(f"val {runner.inner_iter}")

    def after_run(self, runner: EpochBasedRunner) -> None:
        self.calls.append("after_run")


def test_hooks_see_the_loop_in_its_order(
    make_runner: MakeRunner, loader: DataLoader[Any]
) -> None:
    """The counters are those of the epoch and iteration that run."""
    runner, hook = make_runner(max_epochs=2), Recorder()
    runner.register_hook(hook)

    runner.run([loader])

    assert hook.calls == [
        "before_run",
        *("epoch 0/2 of 6 iters", "iter 0 inner 0", "iter 1 inner 1", "iter 2 inner 2"),
        *("epoch 1/2 of 6 iters", "iter 3 inner 0", "iter 4 inner 1", "iter 5 inner 2"),
        "after_run",
    ]
    assert (runner.epoch, runner.iter, runner.inner_iter) == (2, 6, 0)


def test_hooks_run_by_priority_and_then_as_they_came(
    make_runner: MakeRunner, loader: DataLoader[Any]
) -> None:
    """A lower number is earlier; names and numbers mix."""
    runner = make_runner(max_epochs=0)
    calls: list[str] = []
    for name, priority in [
        ("a", "LOW"),
        ("b", 50),
        ("c", "NORMAL"),
        ("d", "very_high"),
    ]:
        runner.register_hook(Recorder(name, calls), priority)

    runner.run([loader])

    assert calls[:4] == ["dbefore_run", "bbefore_run", "cbefore_run", "abefore_run"]


def test_an_unknown_priority_is_refused(make_runner: MakeRunner) -> None:
    """The names are listed."""
    with pytest.raises(ConfigError, match=r"(?s)'FIRST' is no priority.*VERY_HIGH"):
        make_runner().register_hook(Hook(), "FIRST")


def test_a_validation_epoch_changes_no_weight(
    make_runner: MakeRunner, loader: DataLoader[Any]
) -> None:
    """A `val` entry of the workflow runs between epochs of training, without gradients and dropout."""
    runner, hook = make_runner(max_epochs=1), Recorder()
    runner.register_hook(hook)

    runner.run([loader, loader], [("train", 1), ("val", 1)])
    after_train = runner.log_buffer.val_history["loss"][-1]
    again = runner.model.eval().val_step(list(loader)[-1], None)["loss"]

    assert hook.calls[-4:] == ["val 0", "val 1", "val 2", "after_run"]
    assert after_train == again


@pytest.mark.parametrize(
    "workflow", [[("train", 1), ("val", 1)], [("val", 1)], [("test", 1)]]
)
def test_a_workflow_that_cannot_be_run_is_refused(
    make_runner: MakeRunner, loader: DataLoader[Any], workflow: list[tuple[str, int]]
) -> None:
    """Too few loaders, no training, or an unknown mode."""
    with pytest.raises(ConfigError, match="workflow"):
        make_runner().run([loader], workflow)


def test_training_fits_the_data(
    make_runner: MakeRunner, loader: DataLoader[Any]
) -> None:
    """The loss falls: forward, backward and step are wired to each other."""
    runner = make_runner(max_epochs=40)
    runner.model.drop.p = 0.0

    runner.run([loader])

    assert runner.step(next(iter(loader)))["loss"] < 1e-3


def test_gradients_are_clipped_and_their_norm_is_logged(
    make_runner: MakeRunner, loader: DataLoader[Any]
) -> None:
    """`grad_clip` limits the norm of the step's gradient."""
    runner = make_runner(update=Update(grad_clip={"max_norm": 0.01}))

    runner.step(next(iter(loader)))

    clipped = torch.cat(
        [param.grad.flatten() for param in runner.model.parameters()]
    ).norm()
    assert clipped == pytest.approx(0.01, rel=1e-3)
    assert runner.log_buffer.val_history["grad_norm"][0] > 0.01


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_loss_that_is_not_finite_stops_before_the_step(
    make_runner: MakeRunner, value: float
) -> None:
    """The weights stay those of the last good step, and the message names the loss and the clips."""
    runner = make_runner()
    before = [param.clone() for param in runner.model.parameters()]
    batch = {
        "imgs": torch.full((2, 2), value),
        "label": torch.zeros(2),
        "img_metas": [{"filename": "a.mp4"}, {}],
    }

    with pytest.raises(
        NotFiniteError,
        match=r"the loss is not finite in iteration 1: loss (nan|inf); the clips are a\.mp4, ",
    ):
        runner.step(batch)

    assert all(
        torch.equal(old, new)
        for old, new in zip(before, runner.model.parameters(), strict=True)
    )


def test_amp_runs_the_forward_pass_in_bfloat16(
    make_runner: MakeRunner, loader: DataLoader[Any]
) -> None:
    """Under `amp_dtype` the layers compute in it, and the weights stay float32."""
    runner = make_runner(amp_dtype=torch.bfloat16)
    seen: list[torch.dtype] = []
    runner.model.fc.register_forward_hook(
        lambda module, args, output: seen.append(output.dtype)
    )

    runner.step(next(iter(loader)))

    assert seen == [torch.bfloat16]
    assert runner.model.fc.weight.dtype == torch.float32


class StopAt(Hook):
    """Asks to stop after some iteration, as a signal or as a hook."""

    def __init__(self, iteration: int, request: StopRequest | None = None) -> None:
        self.iteration = iteration
        self.request = request

    def after_train_iter(self, runner: EpochBasedRunner) -> None:
        if runner.iter != self.iteration:
            return
        if self.request is None:
            raise StopTraining("enough")
        self.request.signal = signal.SIGTERM


def test_a_hook_may_stop_the_run(
    make_runner: MakeRunner, loader: DataLoader[Any]
) -> None:
    """StopTraining ends it cleanly: after_run is called and nothing is raised."""
    runner, hook = make_runner(), Recorder()
    runner.register_hook(hook)
    runner.register_hook(StopAt(1))

    runner.run([loader])

    assert hook.calls[-2:] == ["iter 1 inner 1", "after_run"]


@pytest.mark.parametrize(
    ("iteration", "workers"), [(0, 0), (1, 0), (2, 0), (4, 0), (1, 1)]
)
def test_a_stopped_run_goes_on_exactly(
    make_runner: MakeRunner,
    loader: DataLoader[Any],
    tmp_path: Path,
    iteration: int,
    workers: int,
) -> None:
    """Stopped by a signal, also within an epoch, and resumed: the weights are those of the run that never stopped."""

    def new_loader() -> DataLoader[Any]:
        return build_dataloader(
            loader.dataset,
            videos_per_gpu=4,
            workers_per_gpu=workers,
            seed=0,
            shuffle=True,
        )

    quiet = make_runner(max_epochs=2)
    quiet.run([new_loader()])
    stopped = make_runner(max_epochs=2, stop=StopRequest())
    stopped.register_hook(StopAt(iteration, stopped.stop))
    stopped.run([new_loader()])
    resumed = make_runner(max_epochs=2)
    torch.manual_seed(123)  # the checkpoint's random numbers count, not the process's

    resumed.resume(tmp_path / "latest.pth")
    resumed.run([new_loader()])

    assert stopped.iter == iteration + 1
    assert resumed.iter == 6
    assert torch.equal(resumed.model.fc.weight, quiet.model.fc.weight)


def test_a_signal_is_noted_and_the_second_one_is_not() -> None:
    """The first signal only sets the request; the handlers are put back at the end."""
    before = signal.getsignal(signal.SIGTERM)

    with stop_on_signal() as request:
        assert not request
        signal.raise_signal(signal.SIGTERM)
        assert request.signal is signal.SIGTERM
        assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL

    assert signal.getsignal(signal.SIGTERM) is before


def test_a_resume_needs_the_optimizer(make_runner: MakeRunner, tmp_path: Path) -> None:
    """A file of weights alone is for --load-from, and the message says so."""
    runner = make_runner()
    runner.save_checkpoint(tmp_path, "weights.pth", save_optimizer=False)

    with pytest.raises(CheckpointError, match="--load-from"):
        runner.resume(tmp_path / "weights.pth")


def test_a_resume_refuses_another_optimizer(
    make_runner: MakeRunner, tmp_path: Path
) -> None:
    """Other param groups cannot take the state."""
    runner = make_runner()
    runner.optimizer.add_param_group({"params": [torch.nn.Parameter(torch.zeros(1))]})
    runner.save_checkpoint(tmp_path, "other.pth")

    with pytest.raises(CheckpointError, match="another optimizer"):
        make_runner().resume(tmp_path / "other.pth")


def test_a_runner_without_an_optimizer_says_so(make_runner: MakeRunner) -> None:
    """It can validate, and refuses to train."""
    runner = EpochBasedRunner(make_runner().model)

    with pytest.raises(ConfigError, match="no optimizer"):
        runner.current_lr()
    with pytest.raises(ConfigError, match="no epoch is running"):
        _ = runner.max_iters
