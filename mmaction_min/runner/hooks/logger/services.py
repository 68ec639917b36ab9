"""Loggers that send a run's numbers to a service, under mmcv's names: `log_config=dict(hooks=[dict(type="WandbLoggerHook")])`.

Each needs the library of its service, which does not come with the engine; only rank 0 sends. What they write is
`LoggerHook.get_loggable_tags`: `train/loss`, `val/top1_acc`, `learning_rate`, `momentum`, at the iteration.
Arguments and calls are those of mmcv/runner/hooks/logger/.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from ....errors import ConfigError
from ...dist import master_only
from ..hook import HOOKS
from .base import LoggerHook

if TYPE_CHECKING:
    from ...base_runner import BaseRunner

Options = Mapping[str, Any] | None


def library(name: str, package: str) -> Any:
    """The module of a service.

    Raises:
        ConfigError: it is not installed.
    """
    try:
        return import_module(name)
    except ImportError as e:
        raise ConfigError(
            f"a logger needs {name}, which cannot be imported ({e})",
            "log_config",
            f"pip install {package}",
        ) from e


@HOOKS.register_module()
class WandbLoggerHook(LoggerHook):
    """Weights & Biases.

    Args:
        init_kwargs: arguments of `wandb.init`.
        commit: of `wandb.log`: whether the step ends with it.
        with_step: give the iteration as wandb's step; as `global_step` among the numbers else.
        log_artifact: upload the files of the work_dir that end in `out_suffix` when the run is over.
        out_suffix: one ending, or several.
        define_metric_cfg: metric -> which value stands for the run (`min`, `max`, `mean`, `best`, `last`, `none`).
        **kwargs: of `LoggerHook`.
    """

    def __init__(
        self,
        init_kwargs: Options = None,
        *,
        commit: bool = True,
        with_step: bool = True,
        log_artifact: bool = True,
        out_suffix: str | tuple[str, ...] = (".log.json", ".log", ".py"),
        define_metric_cfg: Mapping[str, str] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.wandb = library("wandb", "wandb")
        self.init_kwargs = init_kwargs or {}
        self.commit = commit
        self.with_step = with_step
        self.log_artifact = log_artifact
        self.out_suffix = out_suffix
        self.define_metric_cfg = define_metric_cfg or {}

    def before_run(self, runner: BaseRunner) -> None:
        super().before_run(runner)
        if runner.rank == 0:
            self.wandb.init(**self.init_kwargs)
            for metric, summary in self.define_metric_cfg.items():
                self.wandb.define_metric(metric, summary=summary)

    def log(self, runner: BaseRunner) -> None:
        tags, step = self.get_loggable_tags(runner), self.get_iter(runner)
        if self.with_step:
            self.wandb.log(tags, step=step, commit=self.commit)
        else:
            self.wandb.log({**tags, "global_step": step}, commit=self.commit)

    @master_only
    def after_run(self, runner: BaseRunner) -> None:
        if self.log_artifact:
            artifact = self.wandb.Artifact(name="artifacts", type="model")
            for path in sorted(Path(runner.work_dir).rglob("*")):
                if path.is_file() and path.name.endswith(self.out_suffix):
                    artifact.add_file(str(path))
            self.wandb.log_artifact(artifact)
        # Its newer versions have `finish` alone.
        (getattr(self.wandb, "join", None) or self.wandb.finish)()


@HOOKS.register_module()
class MlflowLoggerHook(LoggerHook):
    """MLflow.

    Args:
        exp_name: the experiment; the active one by default.
        tags: of the run.
        params: of the run.
        log_model: keep the model when the run is over.
        **kwargs: of `LoggerHook`.
    """

    def __init__(
        self,
        exp_name: str | None = None,
        tags: Options = None,
        params: Options = None,
        log_model: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.mlflow = library("mlflow", "mlflow")
        self.mlflow_pytorch = library("mlflow.pytorch", "mlflow")
        self.exp_name = exp_name
        self.tags = tags
        self.params = params
        self.log_model = log_model

    def before_run(self, runner: BaseRunner) -> None:
        super().before_run(runner)
        if runner.rank > 0:
            return
        if self.exp_name is not None:
            self.mlflow.set_experiment(self.exp_name)
        if self.tags is not None:
            self.mlflow.set_tags(self.tags)
        if self.params is not None:
            self.mlflow.log_params(self.params)

    def log(self, runner: BaseRunner) -> None:
        self.mlflow.log_metrics(
            self.get_loggable_tags(runner), step=self.get_iter(runner)
        )

    @master_only
    def after_run(self, runner: BaseRunner) -> None:
        if self.log_model:
            needs = [f"torch=={torch.__version__}"]
            self.mlflow_pytorch.log_model(
                runner.model, "models", pip_requirements=needs
            )


@HOOKS.register_module()
class ClearMLLoggerHook(LoggerHook):
    """ClearML.

    Args:
        init_kwargs: arguments of `clearml.Task.init`.
        **kwargs: of `LoggerHook`.
    """

    def __init__(self, init_kwargs: Options = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.clearml = library("clearml", "clearml")
        self.init_kwargs = init_kwargs or {}

    def before_run(self, runner: BaseRunner) -> None:
        super().before_run(runner)
        if runner.rank == 0:
            self.task = self.clearml.Task.init(**self.init_kwargs)
            self.task_logger = self.task.get_logger()

    def log(self, runner: BaseRunner) -> None:
        for tag, value in self.get_loggable_tags(runner).items():
            self.task_logger.report_scalar(tag, tag, value, self.get_iter(runner))


@HOOKS.register_module()
class NeptuneLoggerHook(LoggerHook):
    """Neptune, with its client before 1.0 (`neptune.new`), as mmcv's.

    Args:
        init_kwargs: arguments of `neptune.init`.
        with_step: give the iteration as Neptune's step.
        **kwargs: of `LoggerHook`.
    """

    def __init__(
        self, init_kwargs: Options = None, *, with_step: bool = True, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.neptune = library("neptune.new", "'neptune-client<1'")
        self.init_kwargs = init_kwargs or {}
        self.with_step = with_step

    def before_run(self, runner: BaseRunner) -> None:
        super().before_run(runner)
        if runner.rank == 0:
            self.run = self.neptune.init(**self.init_kwargs)

    def log(self, runner: BaseRunner) -> None:
        step = {"step": self.get_iter(runner)} if self.with_step else {}
        for tag, value in self.get_loggable_tags(runner).items():
            self.run[tag].log(value, **step)

    @master_only
    def after_run(self, runner: BaseRunner) -> None:
        self.run.stop()


@HOOKS.register_module()
class DvcliveLoggerHook(LoggerHook):
    """DVCLive.

    Args:
        model_file: save a checkpoint there after each epoch.
        by_epoch: send at the end of epochs alone, what the validation gave, at the epoch; else at the iterations.
        dvclive: a `dvclive.Live`; one is made of `live_kwargs` by default.
        interval, ignore_last, reset_flag: of `LoggerHook`.
        **live_kwargs: of `dvclive.Live`.
    """

    def __init__(
        self,
        model_file: str | None = None,
        interval: int = 10,
        ignore_last: bool = True,
        reset_flag: bool = False,
        by_epoch: bool = True,
        dvclive: Any = None,
        **live_kwargs: Any,
    ) -> None:
        super().__init__(interval, ignore_last, reset_flag, by_epoch)
        self.model_file = model_file
        live = library("dvclive", "dvclive").Live
        self.dvclive = live(**live_kwargs) if dvclive is None else dvclive

    def after_train_iter(self, runner: BaseRunner) -> None:
        if not self.by_epoch:
            super().after_train_iter(runner)

    def after_train_epoch(self, runner: BaseRunner) -> None:
        if self.model_file is not None:
            path = Path(self.model_file)
            runner.save_checkpoint(path.parent, path.name, create_symlink=False)
        if self.by_epoch:
            super().after_train_epoch(runner)

    def log(self, runner: BaseRunner) -> None:
        step = self.get_epoch(runner) if self.by_epoch else self.get_iter(runner)
        live = self.dvclive
        old = hasattr(live, "set_step")  # before 2.0
        if old:
            live.set_step(step)
        else:
            live.step = step
        for tag, value in self.get_loggable_tags(runner).items():
            (live.log if old else live.log_metric)(tag, value)


@HOOKS.register_module()
class SegmindLoggerHook(LoggerHook):
    """Segmind, by epoch; the arguments are those of `LoggerHook`."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        segmind = library("segmind", "segmind")
        self.log_metrics = segmind.tracking.fluent.log_metrics
        self.mlflow_log = segmind.utils.logging_utils.try_mlflow_log

    def log(self, runner: BaseRunner) -> None:
        tags, epoch = self.get_loggable_tags(runner), runner.epoch
        self.mlflow_log(self.log_metrics, tags, step=epoch, epoch=epoch)
