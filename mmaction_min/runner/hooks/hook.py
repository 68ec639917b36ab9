"""Hook: what looks on while the runner trains. Hooks observe, set the rate, save, evaluate, and may ask to stop."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ...registry import Registry

if TYPE_CHECKING:
    from ..base_runner import BaseRunner

HOOKS = Registry(
    "hook", "mmaction_min/core/hooks/__init__.py or mmaction_min/core/lr/__init__.py"
)


class StopTraining(Exception):
    """Raised by a hook or by the runner to end the run cleanly; its text says why."""


STAGES = (
    "before_run",
    "before_train_epoch",
    "before_train_iter",
    "after_train_iter",
    "after_train_epoch",
    "before_val_epoch",
    "before_val_iter",
    "after_val_iter",
    "after_val_epoch",
    "after_run",
)
"""When hooks are called, in the order of a run."""


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
    `before_iter` and `after_iter` are what the train and val forms do unless they are overridden. An `IterBasedRunner` has no
    epochs: it calls `before_epoch` and `after_epoch` once, around the whole run.
    """

    stages = STAGES
    default_priority = "NORMAL"
    """Where the hook stands if nobody says it."""
    priority: int
    """Given by `runner.register_hook`; no argument of a hook has this name."""

    def before_resume(self, runner: BaseRunner) -> None:
        """Before a checkpoint is read to go on from: for what adds to the state of the model."""

    def before_run(self, runner: BaseRunner) -> None:
        """Once, before the first epoch."""

    def after_run(self, runner: BaseRunner) -> None:
        """Once, at the end, also after a stop or an error."""

    def before_epoch(self, runner: BaseRunner) -> None:
        """Before each epoch, of training and of validation."""

    def after_epoch(self, runner: BaseRunner) -> None:
        """After each epoch, of training and of validation."""

    def before_iter(self, runner: BaseRunner) -> None:
        """Before each iteration, of training and of validation."""

    def after_iter(self, runner: BaseRunner) -> None:
        """After each iteration, of training and of validation."""

    def before_train_epoch(self, runner: BaseRunner) -> None:
        """Before an epoch of training."""
        self.before_epoch(runner)

    def before_val_epoch(self, runner: BaseRunner) -> None:
        """Before an epoch of validation."""
        self.before_epoch(runner)

    def after_train_epoch(self, runner: BaseRunner) -> None:
        """After an epoch of training; `runner.epoch` still counts it as running."""
        self.after_epoch(runner)

    def after_val_epoch(self, runner: BaseRunner) -> None:
        """After an epoch of validation."""
        self.after_epoch(runner)

    def before_train_iter(self, runner: BaseRunner) -> None:
        """Before a training step, when its batch is loaded."""
        self.before_iter(runner)

    def before_val_iter(self, runner: BaseRunner) -> None:
        """Before a validation step."""
        self.before_iter(runner)

    def after_train_iter(self, runner: BaseRunner) -> None:
        """After a training step; `runner.iter` still counts it as running."""
        self.after_iter(runner)

    def after_val_iter(self, runner: BaseRunner) -> None:
        """After a validation step."""
        self.after_iter(runner)

    def every_n_epochs(self, runner: BaseRunner, n: int) -> bool:
        """Whether the running epoch completes a group of `n`."""
        return n > 0 and (runner.epoch + 1) % n == 0

    def every_n_iters(self, runner: BaseRunner, n: int) -> bool:
        """Whether the running iteration completes a group of `n`, counted over the whole run."""
        return n > 0 and (runner.iter + 1) % n == 0

    def every_n_inner_iters(self, runner: BaseRunner, n: int) -> bool:
        """Whether the running iteration completes a group of `n`, counted in its epoch."""
        return n > 0 and (runner.inner_iter + 1) % n == 0

    def end_of_epoch(self, runner: BaseRunner) -> bool:
        """Whether the running iteration is the last of its epoch."""
        return runner.inner_iter + 1 == len(runner.data_loader)

    def is_last_epoch(self, runner: BaseRunner) -> bool:
        """Whether the running epoch is the last of the run."""
        return runner.epoch + 1 == runner._max_epochs

    def is_last_iter(self, runner: BaseRunner) -> bool:
        """Whether the running iteration is the last of the run."""
        return runner.iter + 1 == runner._max_iters

    def get_triggered_stages(self) -> list[str]:
        """The stages at which this hook does something, in the order of a run."""
        own = {
            name
            for name in dir(Hook)
            if name.startswith(("before_", "after_"))
            and getattr(type(self), name) is not getattr(Hook, name)
        }
        return [
            stage
            for stage in STAGES
            if stage in own or re.sub("_(train|val)_", "_", stage) in own
        ]
