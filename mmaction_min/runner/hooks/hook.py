"""Hook: what looks on while the runner trains. Hooks observe, set the rate, save, evaluate, and may ask to stop."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...errors import ConfigError
from ...registry import Registry

if TYPE_CHECKING:
    from ..runner import EpochBasedRunner

HOOKS = Registry(
    "hook", "mmaction_min/runner/__init__.py or mmaction_min/core/lr/__init__.py"
)

PRIORITIES = {
    "HIGHEST": 0,
    "VERY_HIGH": 10,
    "HIGH": 30,
    "ABOVE_NORMAL": 40,
    "NORMAL": 50,
    "BELOW_NORMAL": 60,
    "LOW": 70,
    "VERY_LOW": 90,
    "LOWEST": 100,
}
"""mmcv's names: a lower number runs earlier, and of two equal ones the one that was registered first."""


def priority_of(priority: int | str) -> int:
    """The number of a priority.

    Raises:
        ConfigError: it is neither 0 to 100 nor one of the names.
    """
    number = PRIORITIES.get(priority.upper()) if isinstance(priority, str) else priority
    if number is None or not 0 <= number <= 100:
        raise ConfigError(
            f"{priority!r} is no priority",
            hint=f"0 to 100, or one of {', '.join(PRIORITIES)}",
        )
    return number


class StopTraining(Exception):
    """Raised by a hook or by the runner to end the run cleanly; its text says why."""


class Hook:
    """The base of all hooks; override what you need. This is the loop that they see:

        hook.before_run(runner)
        while runner.epoch < runner.max_epochs:
            hook.before_train_epoch(runner)             # sets the rate of the epoch
            for batch in data_loader:
                hook.before_train_iter(runner)          # sets the rate of the iteration
                runner.outputs = runner.step(batch)     # forward, finite?, backward, clip, optimizer.step
                hook.after_train_iter(runner)           # logs
                runner.iter += 1
            hook.after_train_epoch(runner)              # saves, then evaluates, then logs
            runner.epoch += 1
        hook.after_run(runner)

    A `('val', n)` in the workflow adds the same with `val` for `train`, without gradients. `before_epoch`, `after_epoch`,
    `before_iter` and `after_iter` are what the train and val forms do unless they are overridden.
    """

    def before_run(self, runner: EpochBasedRunner) -> None:
        """Once, before the first epoch."""

    def after_run(self, runner: EpochBasedRunner) -> None:
        """Once, at the end, also after a stop or an error."""

    def before_epoch(self, runner: EpochBasedRunner) -> None:
        """Before each epoch, of training and of validation."""

    def after_epoch(self, runner: EpochBasedRunner) -> None:
        """After each epoch, of training and of validation."""

    def before_iter(self, runner: EpochBasedRunner) -> None:
        """Before each iteration, of training and of validation."""

    def after_iter(self, runner: EpochBasedRunner) -> None:
        """After each iteration, of training and of validation."""

    def before_train_epoch(self, runner: EpochBasedRunner) -> None:
        """Before an epoch of training."""
        self.before_epoch(runner)

    def before_val_epoch(self, runner: EpochBasedRunner) -> None:
        """Before an epoch of validation."""
        self.before_epoch(runner)

    def after_train_epoch(self, runner: EpochBasedRunner) -> None:
        """After an epoch of training; `runner.epoch` still counts it as running."""
        self.after_epoch(runner)

    def after_val_epoch(self, runner: EpochBasedRunner) -> None:
        """After an epoch of validation."""
        self.after_epoch(runner)

    def before_train_iter(self, runner: EpochBasedRunner) -> None:
        """Before a training step, when its batch is loaded."""
        self.before_iter(runner)

    def before_val_iter(self, runner: EpochBasedRunner) -> None:
        """Before a validation step."""
        self.before_iter(runner)

    def after_train_iter(self, runner: EpochBasedRunner) -> None:
        """After a training step; `runner.iter` still counts it as running."""
        self.after_iter(runner)

    def after_val_iter(self, runner: EpochBasedRunner) -> None:
        """After a validation step."""
        self.after_iter(runner)

    def every_n_epochs(self, runner: EpochBasedRunner, n: int) -> bool:
        """Whether the running epoch completes a group of `n`."""
        return n > 0 and (runner.epoch + 1) % n == 0

    def every_n_iters(self, runner: EpochBasedRunner, n: int) -> bool:
        """Whether the running iteration completes a group of `n`, counted over the whole run."""
        return n > 0 and (runner.iter + 1) % n == 0

    def every_n_inner_iters(self, runner: EpochBasedRunner, n: int) -> bool:
        """Whether the running iteration completes a group of `n`, counted in its epoch."""
        return n > 0 and (runner.inner_iter + 1) % n == 0

    def end_of_epoch(self, runner: EpochBasedRunner) -> bool:
        """Whether the running iteration is the last of its epoch."""
        return runner.inner_iter + 1 == len(runner.data_loader)

    def is_last_epoch(self, runner: EpochBasedRunner) -> bool:
        """Whether the running epoch is the last of the run."""
        return runner.epoch + 1 == runner.max_epochs

    def is_last_iter(self, runner: EpochBasedRunner) -> bool:
        """Whether the running iteration is the last of the run."""
        return runner.iter + 1 == runner.max_iters
