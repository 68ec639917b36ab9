"""The loggers of foreign services: what each gives its library, of which the tests have a stand-in that takes notes."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import MagicMock, call

import pytest
import torch
from torch.utils.data import DataLoader

from mmaction_min.errors import ConfigError
from mmaction_min.runner import HOOKS, EpochBasedRunner, IterBasedRunner

MakeRunner = Callable[..., EpochBasedRunner]
Library = Callable[..., MagicMock]
RATES = {"learning_rate": 0.1, "momentum": 0.9}


@pytest.fixture
def library(monkeypatch: pytest.MonkeyPatch) -> Library:
    def stand_in(*names: str, **options: Any) -> MagicMock:
        modules = [MagicMock(**options) for _ in names]
        for name, module in zip(names, modules, strict=True):
            monkeypatch.setitem(sys.modules, name, module)
        return modules[0]

    return stand_in


def trained(make_runner: MakeRunner, loader: DataLoader[Any], **hook: Any) -> Any:
    """The hook after one epoch of three iterations and a validation, of which `loss` is left out."""
    runner = make_runner(max_epochs=1)
    made = HOOKS.build({"interval": 1, **hook})
    runner.register_checkpoint_hook(dict(interval=1))
    runner.register_hook(made)
    runner.run([loader, loader], [("train", 1), ("val", 1)])
    return made


@pytest.mark.parametrize(
    ("hook", "module"),
    [
        ("Wandb", "wandb"),
        ("Mlflow", "mlflow"),
        ("ClearML", "clearml"),
        ("Neptune", "neptune.new"),
        ("Dvclive", "dvclive"),
        ("Segmind", "segmind"),
    ],
)
def test_a_service_without_its_library_is_refused(
    hook: str, module: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the hook is built, before anything is trained, with the line that installs it."""
    monkeypatch.setitem(sys.modules, module, None)

    with pytest.raises(ConfigError, match=f"needs {module}.*\nhint: pip install"):
        HOOKS.build(dict(type=f"{hook}LoggerHook"))


def test_wandb_gets_numbers_and_files(
    make_runner: MakeRunner, loader: DataLoader[Any], library: Library, tmp_path: Path
) -> None:
    """Each iteration's under `train/`, the validation's under `val/`; at the end the log, and nothing else."""
    wandb = library("wandb", spec=("init", "log", "finish", "Artifact", "log_artifact"))
    (tmp_path / "run.log").touch()

    trained(make_runner, loader, type="WandbLoggerHook", init_kwargs={"project": "p"})

    wandb.init.assert_called_once_with(project="p")
    first, *_, last = wandb.log.call_args_list
    assert set(first.args[0]) == {"train/loss", *RATES}
    assert first.kwargs == {"step": 1, "commit": True}
    assert set(last.args[0]) == {"val/loss", *RATES}
    assert wandb.Artifact().add_file.call_args_list == [call(str(tmp_path / "run.log"))]
    wandb.finish.assert_called_once_with()


def test_wandb_counts_for_itself_if_it_is_told_so(
    make_runner: MakeRunner, loader: DataLoader[Any], library: Library
) -> None:
    """The iteration is one of the numbers then; what stands for the run is told before it; older versions have `join`."""
    wandb = library("wandb")
    options = dict(with_step=False, log_artifact=False, define_metric_cfg={"a": "min"})

    trained(make_runner, loader, type="WandbLoggerHook", **options)

    wandb.define_metric.assert_called_once_with("a", summary="min")
    assert wandb.log.call_args_list[0].args[0]["global_step"] == 1
    wandb.log_artifact.assert_not_called()
    wandb.join.assert_called_once_with()


def test_mlflow_gets_a_run_and_its_model(
    make_runner: MakeRunner, loader: DataLoader[Any], library: Library
) -> None:
    """Experiment, tags and parameters first, and the model when it is over."""
    mlflow = library("mlflow", "mlflow.pytorch")
    saver = sys.modules["mlflow.pytorch"]
    options = dict(exp_name="e", tags={"a": 1}, params={"b": 2})

    hook = trained(make_runner, loader, type="MlflowLoggerHook", **options)
    trained(make_runner, loader, type="MlflowLoggerHook", log_model=False)

    assert mlflow.set_experiment.call_args == call("e")
    assert mlflow.set_tags.call_args == call({"a": 1})
    assert mlflow.log_params.call_args == call({"b": 2})
    assert mlflow.log_metrics.call_args_list[0].kwargs == {"step": 1}
    assert hook.mlflow_pytorch is saver
    assert saver.log_model.call_args == call(
        saver.log_model.call_args.args[0],
        "models",
        pip_requirements=[f"torch=={torch.__version__}"],
    )
    assert saver.log_model.call_count == 1


def test_clearml_and_neptune_get_number_by_number(
    make_runner: MakeRunner, loader: DataLoader[Any], library: Library
) -> None:
    """At its iteration."""
    clearml, neptune = library("clearml"), library("neptune.new", "neptune")

    trained(
        make_runner, loader, type="ClearMLLoggerHook", init_kwargs={"task_name": "t"}
    )
    trained(make_runner, loader, type="NeptuneLoggerHook")
    trained(make_runner, loader, type="NeptuneLoggerHook", with_step=False)

    clearml.Task.init.assert_called_once_with(task_name="t")
    scalars = clearml.Task.init().get_logger().report_scalar.call_args_list
    assert call("momentum", "momentum", 0.9, 1) in scalars
    run = neptune.init()
    assert call("train/loss") in run.__getitem__.call_args_list
    assert call(0.9, step=1) in run["momentum"].log.call_args_list
    assert call(0.9) in run["momentum"].log.call_args_list
    assert run.stop.call_count == 2


@pytest.mark.parametrize("by_epoch", [True, False])
def test_dvclive_gets_epochs_or_iterations(
    by_epoch: bool,
    make_runner: MakeRunner,
    loader: DataLoader[Any],
    library: Library,
    tmp_path: Path,
) -> None:
    """Under the calls that its newer versions have, and a checkpoint with them."""
    live = library("dvclive").Live.return_value = MagicMock(
        spec=("step", "log_metric"), step=None
    )

    trained(
        make_runner,
        loader,
        type="DvcliveLoggerHook",
        by_epoch=by_epoch,
        model_file=str(tmp_path / "live.pth"),
    )

    # The validation is of epoch 1, and comes after iteration 3.
    assert live.step == (1 if by_epoch else 4)
    names = [entry.args[0] for entry in live.log_metric.call_args_list]
    assert names.count("train/loss") == (0 if by_epoch else 3)
    assert names.count("val/loss") == 1
    assert (tmp_path / "live.pth").is_file()


def test_a_dvclive_of_one_s_own_is_taken(library: Library) -> None:
    """None is made then."""
    dvclive, own = library("dvclive"), object()

    hook = HOOKS.build(dict(type="DvcliveLoggerHook", dvclive=own))

    assert hook.dvclive is own
    dvclive.Live.assert_not_called()


def test_segmind_counts_epochs(
    make_runner: MakeRunner, loader: DataLoader[Any], library: Library
) -> None:
    """Those that are done."""
    segmind = library("segmind")

    trained(make_runner, loader, type="SegmindLoggerHook")

    send = segmind.utils.logging_utils.try_mlflow_log
    assert send.call_args_list[0].args[0] is segmind.tracking.fluent.log_metrics
    assert [entry.kwargs for entry in send.call_args_list] == [
        dict(step=done, epoch=done) for done in (0, 0, 0, 1)
    ]


def test_pavi_gets_numbers_and_checkpoints_of_epochs(
    make_runner: MakeRunner, loader: DataLoader[Any], library: Library, tmp_path: Path
) -> None:
    """The mode stands beside the names; a validation counts in epochs."""
    pavi = library("pavi")

    trained(
        make_runner,
        loader,
        type="PaviLoggerHook",
        add_last_ckpt=True,
        add_ckpt_kwargs=dict(active=True, start=1),
    )

    assert pavi.SummaryWriter.call_args.kwargs == {
        "name": tmp_path.name,
        "model": "ToyModel",
    }
    writer = pavi.SummaryWriter()
    numbers = writer.add_scalars.call_args_list
    assert [(one.args[0], one.args[2]) for one in numbers] == [
        *(("train", done) for done in (1, 2, 3)),
        ("val", 1),
    ]
    assert set(numbers[0].args[1]) == {"loss", *RATES}
    sent = call(
        tag=tmp_path.name,
        snapshot_file_path=str(tmp_path / "epoch_1.pth"),
        iteration=1,
    )
    assert writer.add_snapshot_file.call_args_list == [sent, sent]
    writer.close.assert_called_once_with()


def test_pavi_gets_checkpoints_of_iterations(
    make_runner: MakeRunner, loader: DataLoader[Any], library: Library, tmp_path: Path
) -> None:
    """Every so many, if they are saved; and the config."""
    pavi = library("pavi")
    toy = make_runner()
    runner = IterBasedRunner(
        toy.model, optimizer=toy.optimizer, work_dir=tmp_path, max_iters=4
    )
    runner.meta["config_dict"] = dict(lr=0.1)
    runner.register_checkpoint_hook(dict(interval=2))
    often = dict(active=True, start=1, interval=1)
    runner.register_hook_from_cfg(
        dict(type="PaviLoggerHook", by_epoch=False, add_ckpt_kwargs=often)
    )

    runner.run([loader], [("train", 1)])

    assert pavi.SummaryWriter.call_args.kwargs["session_text"] == '{"lr": 0.1}'
    sent = pavi.SummaryWriter().add_snapshot_file.call_args_list
    assert [entry.kwargs["iteration"] for entry in sent] == [2, 4]


def test_pavi_draws_no_model() -> None:
    """It says so."""
    with pytest.raises(ConfigError, match="draws no models"):
        HOOKS.build(dict(type="PaviLoggerHook", add_graph_kwargs=dict(active=True)))
