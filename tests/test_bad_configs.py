"""What is wrong in a config is told with its place before anything is trained or written: the commands, in process."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mmaction_min.datasets import MotionClips
from mmaction_min.train import main

BASE = """\
model = dict(
    type="Recognizer2D",
    backbone=dict(type="ResNet", depth=18, num_stages=1, out_indices=(0,)),
    cls_head=dict(
        type="TSNHead",
        num_classes=8,
        in_channels=64,
    ),
)
pipeline = [
    dict(type="PyAVInit"),
    dict(type="SampleFrames", clip_len=1, frame_interval=1, num_clips=2),
    dict(type="PyAVDecode"),
    dict(type="Resize", scale=(32, 32), keep_ratio=False),
    dict(type="Normalize", mean=[128.0] * 3, std=[64.0] * 3),
    dict(type="FormatShape", input_format="NCHW"),
    dict(type="Collect", keys=["imgs", "label"], meta_keys=["filename"]),
    dict(type="ToTensor", keys=["imgs", "label"]),
]
data = dict(
    videos_per_gpu=2,
    workers_per_gpu=0,
    train=dict(type="MotionClips", split="train", num_clips=16, pipeline=pipeline),
    val=dict(type="MotionClips", split="train", num_clips=16, pipeline=pipeline),
)
optimizer = dict(type="SGD", lr=0.01)
optimizer_config = dict(grad_clip=None)
lr_config = dict(policy="Step", step=[1])
total_epochs = 1
log_config = dict(interval=1, hooks=[dict(type="TextLoggerHook")])
"""
# What the config says below its `_base_`, the place of the message, and a part of it (a regular expression).
CASES = {
    # names that no registry has
    "model": (
        "model = dict(type='Recogniser2D')",
        "c.py:2",
        "did you mean Recognizer2D",
    ),
    "backbone": (
        "model = dict(backbone=dict(type='Resnet'))",
        "c.py:2",
        "did you mean ResNet",
    ),
    "backbone below": (
        "model = dict(\n    backbone=dict(\n        type='ResNe'))",
        "c.py:4",
        "ResNe' is not in the backbone",
    ),
    "head": (
        "model = dict(cls_head=dict(type='TSNhead'))",
        "c.py:2",
        "did you mean TSNHead",
    ),
    "head as backbone": (
        "model = dict(backbone=dict(type='TSNHead'))",
        "c.py:2",
        "not in the backbone registry",
    ),
    "head of nobody": (
        "model = dict(cls_head=dict(type='Zzzz'))",
        "c.py:2",
        r"is it imported in mmaction_min/models/heads/__init__.py\? `scaffold add head Zzzz`",
    ),
    "foreign scope": (
        "model = dict(backbone=dict(type='mmcls.ResNeXt'))",
        "c.py:2",
        "is mmcls a package",
    ),
    "loss": (
        "model = dict(cls_head=dict(loss_cls=dict(type='CrossEntropyLos')))",
        "c.py:2",
        "did you mean CrossEntropyLoss",
    ),
    "dataset": (
        "data = dict(train=dict(type='MotionClip'))",
        "c.py:2",
        "did you mean MotionClips",
    ),
    "transform": (
        "pipeline = [dict(type='PyAVInit'),\n    dict(type='SampleFrame')]\ndata = dict(train=dict(pipeline=pipeline))",
        "c.py:3",
        "did you mean SampleFrames",
    ),
    "optimizer": ("optimizer = dict(type='Adamm')", "c.py:2", "did you mean Adam"),
    "constructor": (
        "optimizer = dict(constructor='TSMOptimizerConstruktor')",
        "c.py:2",
        "did you mean TSMOptimizerConstructor",
    ),
    "policy": ("lr_config = dict(policy='Stepp', step=[1])", "c.py:2", "Stepp"),
    "policy in snake case": (
        "lr_config = dict(_delete_=True, policy='cosine_annealing', min_lr=0)",
        "c.py:2",
        "CosineAnnealing",
    ),
    "logger": (
        "log_config = dict(hooks=[dict(type='TextLogger')])",
        "c.py:2",
        "did you mean TextLoggerHook",
    ),
    "custom hook": (
        "custom_hooks = [\n    dict(type='MyHook')]",
        "c.py:3",
        "MyHook' is not in the hook registry",
    ),
    # arguments
    "argument of the head": (
        "model = dict(cls_head=dict(dropout=0.5))",
        "c.py:2",
        r"model.cls_head: TSNHead: .*'dropout'",
    ),
    "argument in the base": (
        "model = dict(cls_head=dict(type='TSMHead', num_segmens=8))",
        "c.py:2",
        r"did you mean num_segments\?",
    ),
    "misspelt instead of": (
        "model = dict(cls_head=dict(\n    _delete_=True, type='TSNHead', in_channels=64,\n    num_clases=8))",
        "c.py:4",
        r"did you mean num_classes\?",
    ),
    "missing argument": (
        "model = dict(cls_head=dict(_delete_=True, type='TSNHead', in_channels=64))",
        "c.py:2",
        "'?num_classes'?",
    ),
    "argument of the backbone": (
        "model = dict(backbone=dict(deph=18))",
        "c.py:2",
        r"did you mean depth\?",
    ),
    "value of the backbone": (
        "model = dict(backbone=dict(depth=19))",
        "c.py:2",
        "backbone.depth: there is no ResNet of depth 19",
    ),
    "argument of the model": (
        "model = dict(bakbone=1)",
        "c.py:2",
        r"did you mean backbone\?",
    ),
    "argument of a transform": (
        "pipeline = {{ _base_.pipeline }}\npipeline[3] = dict(type='Resize', scal=(32, 32))\ndata = dict(train=dict(pipeline=pipeline))",
        "c.py:3",
        r"did you mean scale\?",
    ),
    "argument of the data set": (
        "data = dict(train=dict(num_clip=3))",
        "c.py:2",
        r"did you mean num_clips\?",
    ),
    "argument of the loader": (
        "data = dict(train_dataloader=dict(shufle=True))",
        "c.py:2",
        "shufle",
    ),
    "argument of the optimizer": (
        "optimizer = dict(\n    momentun=0.9)",
        "c.py:3",
        r"did you mean momentum\?",
    ),
    "value of the optimizer": (
        "optimizer = dict(lr=-1.0)",
        "c.py:2",
        "Invalid learning rate",
    ),
    "paramwise": (
        "optimizer = dict(paramwise_cfg=dict(bias_lr=2))",
        "c.py:2",
        "bias_lr",
    ),
    "argument of the policy": (
        "lr_config = dict(step=[1], gama=0.1)",
        "c.py:2",
        r"did you mean gamma\?",
    ),
    "step that is not positive": ("lr_config = dict(step=[0, 10])", "c.py:2", "step"),
    "warm-up": ("lr_config = dict(warmup='linar', warmup_iters=3)", "c.py:2", "linar"),
    "evaluation": (
        "evaluation = dict(intervall=1, metrics=['top_k_accuracy'])\ndata = dict(val={{ _base_.data.train }})",
        "c.py:2",
        r"did you mean interval\\?",
    ),
    "metric": (
        "evaluation = dict(interval=1, metrics=['mean_clas_accuracy'])\ndata = dict(val={{ _base_.data.train }})",
        "c.py:2",
        "did you mean mean_class_accuracy",
    ),
    "checkpoint to start from": (
        "load_from = 'bas.pth'",
        "c.py:2",
        "there is no checkpoint bas.pth",
    ),
    "weights to start from": (
        "model = dict(backbone=dict(pretrained='bas.pth'))",
        "c.py:2",
        "there is no checkpoint bas.pth",
    ),
    "a constructor that fails": (
        "optimizer = dict(_delete_=True, type='Adam', lr=0.1, betas=(0.9,))",
        "c.py:2",
        r"(?s)IndexError: .*, while building Adam\nhint: .*registry.py:.*--debug",
    ),
    "checkpoint": ("checkpoint_config = dict(intervall=1)", "c.py:2", "intervall"),
    # keys at the top
    "key": (
        "optimzer_config = dict(grad_clip=None)",
        "c.py:2",
        "did you mean optimizer_config",
    ),
    "key of the rate": (
        "x = 1\nlr_confg = dict(policy='Step')",
        "c.py:3",
        "did you mean lr_config",
    ),
    "key of the epochs": ("total_epoch = 3", "c.py:2", "did you mean total_epochs"),
    "key of another engine": ("max_epochs = 3", "c.py:2", "write total_epochs"),
    "key that is the config's own": (
        "filename = 'x'",
        "c.py:2",
        "filename is a name that a config has for itself",
    ),
    "no model": ("model = None", "c.py:2", "`model` is a dict"),
    "log level": ("log_level = 'INF'", "c.py:2", "one of DEBUG, INFO"),
    "amp": ("amp = dict(dtype='int8')", "c.py", "amp is"),
    # bases and variables
    "missing base": (
        "_base_ = 'basse.py'",
        "c.py:2",
        "(?s)basse.py cannot be read.*did you mean base.py",
    ),
    "cycle": ("_base_ = ['./c.py']", "c.py:2", "inherits from itself: c.py -> c.py"),
    "base that is no path": ("_base_ = 3", "c.py:2", "a path or a list of paths"),
    "two bases with one key": (
        "_base_ = ['base.py', 'other.py']",
        "c.py:2",
        r"(?s)define total_epochs.*base.py:29 and at .*other.py:2",
    ),
    "dict over a number": (
        "total_epochs = dict(a=1)",
        "c.py:2",
        "(?s)a dict here and 1 in the base.*_delete_",
    ),
    "unknown base variable": (
        "x = {{ _base_.model.bakbone }}",
        "c.py:2",
        "(?s)no model.bakbone.*did you mean backbone",
    ),
    "name of the base": (
        "x = 1\ny = model",
        "c.py:3",
        r"(?s)name 'model'.*\{\{ _base_.model \}\}",
    ),
    "environment": (
        "x = '{{ $MMACTION_MIN_NOT_THERE }}'",
        "c.py:2",
        "no MMACTION_MIN_NOT_THERE",
    ),
    "import": (
        "custom_imports = dict(imports=['not_there_at_all'])",
        "c.py:2",
        "not_there_at_all cannot be imported",
    ),
    # files that do not parse or run
    "syntax": ("x = dict(a=1", "c.py:2", "(?s)syntax errors.*the line is: x = dict"),
    "indentation": ("x = 1\n  y = 2", "c.py:3", "syntax errors"),
    "run": ("x = 1\ny = x['a']", "c.py:3", "TypeError"),
    "name": ("x = true", "c.py:2", "name 'true' is not defined"),
    "syntax of the base": ("_base_ = 'broken.py'", "broken.py:2", "syntax errors"),
    "JSON": ("_base_ = 'broken.json'", "broken.json:3", "syntax errors"),
    "YAML": ("_base_ = 'broken.yaml'", "broken.yaml:3", "syntax errors"),
    "list in YAML": ("_base_ = 'list.yaml'", "list.yaml", "no mapping"),
    "base of another kind": ("_base_ = 'base.toml'", "c.py:2", "no .py, .json"),
}
# The same of values of the wrong type, or too small: what is said of the key.
VALUES = {
    "total_epochs = '3'": "total_epochs is a whole number, not '3'",
    "total_epochs = 0": "total_epochs is 0\nhint: it is at least 1",
    "total_epochs = True": "total_epochs is a whole number, not True",
    "runner = dict(max_epochs=1.5)": "runner.max_epochs is a whole number, not 1.5",
    "runner = dict(type='IterBasedRunner', max_iters=-1)": "runner.max_iters is -1",
    "runner = 'EpochBasedRunner'": "runner is a dict, not 'EpochBasedRunner'",
    "seed = 'a'": "seed is a whole number, not 'a'",
    "workflow = 'train'": "workflow is 'train'",
    "workflow = [('train', '1')]": "workflow is [('train', '1')]",
    "workflow = [('val', 1)]": "workflow is [('val', 1)]",
    "workflow = [('train', 1), 'val']": "workflow is [('train', 1), 'val']",
    "evaluation = dict(interval=0)": "evaluation.interval is 0",
    "data = dict(video_per_gpu=4)": "data.video_per_gpu means nothing to the engine\nhint: did you mean videos_per_gpu",
    "data = dict(traain=dict())": "did you mean train",
    "evaluation = dict(metrics=-1)": "metrics is -1, and not of the type str or",
    "evaluation = dict(metrics=None)": "metrics is None, and",
    "evaluation = dict(metrics='top1')": "did you mean top_k",
    "evaluation = dict(metric_options=3)": "and not of the type dict or None",
    "evaluation = dict(metric_options=dict(top_k_accuracy=3))": "write dict(top_k_accuracy=dict(topk=(1, 5)))",
    "evaluation = dict(metric_options=dict(top_k_accuracy=dict(topk=[0])))": "write dict(",
    "evaluation = dict(metric_options=dict(top_k=dict(topk=1)))": "write dict(",
    "evaluation = dict(foo=1)": "evaluate: got an unexpected keyword argument 'foo'",
    "evaluation = dict(save_best='acc')": "there is no metric 'acc'\nhint: there are top1_acc, top5_acc",
    "evaluation = dict(save_best='x')": "there is no metric 'x'\nhint: there are top1_acc",
    "evaluation = [1]": "evaluation is a dict, not [1]",
    "checkpoint_config = dict(interval='1')": "checkpoint_config.interval is a whole",
    "checkpoint_config = 1": "checkpoint_config is a dict, not 1",
    "log_config = dict(interval=0)": "log_config.interval is 0",
    "log_config = dict(hooks='x')": "log_config.hooks is a list, not 'x'",
    "log_config = dict(hooks=['x'])": "log_config.hooks.0 is a dict, not 'x'",
    "custom_hooks = 'EMAHook'": "custom_hooks is a list, not 'EMAHook'\nhint: write [dict(type='EMAHook')]",
    "custom_hooks = ['EMAHook']": "custom_hooks.0 is a dict, not 'EMAHook'\nhint: write dict(type='EMAHook')",
    "custom_hooks = [None, 3]": "custom_hooks.1 is a dict, not 3",
    "data = dict(videos_per_gpu=0)": "data.videos_per_gpu is 0",
    "data = dict(workers_per_gpu='2')": "data.workers_per_gpu is a whole number",
    "data = dict(train_dataloader=dict(videos_per_gpu=-1))": "train_dataloader.videos_per",
    "data = dict(max_bad=-0.1)": "data.max_bad is -0.1",
    "data = dict(train=None)": "data.train is a dict, not None",
    "data = dict(train=[{}, {}])": "data.train is a list of 2 data sets, and a run here has one",
    "model = dict(backbone=dict(num_stages='1'))": "model.backbone: ResNet: num_stages is '1', and not of the type int",
    "model = dict(cls_head=dict(dropout_ratio=None))": "dropout_ratio is None, and not of the type float",
    "optimizer = dict(lr='0.1')": "lr is '0.1', and not of the type float or Tensor",
    "model = dict(cls_head=0)": "model: Recognizer2D: cls_head is 0, and not of the type dict or None",
    "model = dict(cls_head=dict(num_classes=-1))": "num_classes is -1, and not of the type int (at least 1)",
    "data = dict(train=dict(pipeline=[dict(type='Collect', keys='imgs')]))": "keys is 'imgs', and not of the type list of str",
    "data = dict(train=dict(pipeline=[dict(type='Resize', scale=256)]))": "Resize cannot use scale=256",
    "lr_config = dict(step='x')": "lr_config: StepLrUpdaterHook: step is 'x', and not of the type int or list of int",
    "compile = 'maybe'": "compile is True, False or a dict, not 'maybe'",
    "find_unused_parameters = 'yes'": "find_unused_parameters is True or False, not 'yes'",
    "load_from = 3": "load_from is a string, not 3",
}
OTHERS = {
    "base.py": BASE,
    "other.py": "\ntotal_epochs = 2\n",
    "broken.py": "a = 1\nb = = 2\n",
    "broken.json": '{\n"a": 1,\n"b" 2\n}\n',
    "broken.yaml": "a: 1\nb: [1, 2\nc: 3\n",
    "list.yaml": "- 1\n- 2\n",
    "base.toml": "",
}
# The words of the command line, the place, and a part of the message.
OVERRIDES = {
    "optimizer.lrr=0.1": ("--cfg-options optimizer.lrr", "did you mean lr"),
    "optimzer.lr=0.1": ("--cfg-options optimzer.lr", "did you mean optimizer"),
    "total_epochs.a=1": ("--cfg-options total_epochs", "nothing below 1"),
    "data.train.pipeline.9.type=x": ("--cfg-options data.train.pipeline", "0 to 7"),
    "data.train.pipeline.x.type=x": ("--cfg-options data.train.pipeline", "no index"),
    "model.cls_head.type=TSNHed": ("--cfg-options model.cls_head.type", "TSNHead"),
    "total_epochs": ("--cfg-options", "write KEY=VALUE"),
    "lr_config.step=[1,(2]": ("--cfg-options", "bracket"),
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, text in OTHERS.items():
        (tmp_path / name).write_text(text)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(scope="module", autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory) -> object:
    """Clips that all cases read."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MMACTION_MIN_CACHE", str(tmp_path_factory.mktemp("cache")))
        MotionClips([], "train", num_clips=16)
        yield


def refusal(capsys: pytest.CaptureFixture[str], *argv: str) -> str:
    """What a command says that ends with 1, has trained nothing, and left nothing behind."""
    assert main([*argv, "--device", "cpu", "--max-steps", "1"]) == 1
    said = capsys.readouterr()
    assert said.err.startswith("error: ")
    assert "Traceback" not in said.err
    assert said.out == ""
    assert not Path("work_dirs").exists()
    return said.err


@pytest.mark.parametrize("name", CASES)
def test_a_bad_config_is_refused_at_its_place(
    name: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One message: file and line, what, and a hint; nothing is trained, and no folder made."""
    text, where, message = CASES[name]
    base = "" if "_base_ =" in text else "_base_ = 'base.py'"
    (folder / "c.py").write_text(f"{base}\n{text}\n")

    said = refusal(capsys, "c.py")

    assert said.startswith(f"error: {where}: ")
    assert re.search(message, said)


@pytest.mark.parametrize("text", VALUES)
def test_a_value_of_the_wrong_type_or_size_is_refused_at_its_place(
    text: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One message with file and line, and no traceback, for what the engine itself reads."""
    (folder / "c.py").write_text(f"_base_ = 'base.py'\n{text}\n")

    said = refusal(capsys, "c.py")

    assert said.startswith("error: c.py:2: ")
    assert VALUES[text] in said


@pytest.mark.parametrize("option", OVERRIDES)
def test_a_bad_override_is_refused(
    option: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The place is the word of the command line."""
    where, message = OVERRIDES[option]

    said = refusal(capsys, "base.py", "--cfg-options", option)

    assert said.startswith(f"error: {where}")
    assert message in said


def test_the_config_that_the_cases_change_trains(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """So that each case fails for its own reason."""
    assert main(["base.py", "--device", "cpu", "--max-steps", "1"]) == 0
    assert (folder / "work_dirs" / "base" / "base.py").exists()


def test_what_nothing_reads_is_told_and_does_no_harm(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A leftover is noted with its place; a variable that the config reads, in any of its files, is not."""
    (folder / "c.py").write_text(
        "_base_ = 'base.py'\nleft_over = 1\nepochs_ = 1\nprecise_bn = dict(num_iters=2)\ntotal_epochs = epochs_\n"
    )

    assert main(["c.py", "--device", "cpu", "--max-steps", "1"]) == 0
    assert capsys.readouterr().err.startswith(
        "note: nothing reads left_over (c.py:2), precise_bn (c.py:4)\n"
    )


def test_a_deprecated_config_warns_in_one_line(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Python hides such warnings from who runs a module; the command shows it."""
    (folder / "c.py").write_text(
        "_base_ = 'base.py'\n_deprecation_ = dict(expected='base.py')\n"
    )

    assert main(["c.py", "--device", "cpu", "--max-steps", "1"]) == 0
    assert (
        "warning: the config c.py is deprecated; use base.py instead\n"
        in capsys.readouterr().err
    )


def test_debug_shows_where_the_error_was_raised(folder: Path) -> None:
    """`--debug` lets the exception through."""
    (folder / "c.py").write_text("_base_ = 'base.py'\nlog_level = 'INF'\n")

    with pytest.raises(ValueError, match=r"c.py:2: log_level is 'INF'"):
        main(["c.py", "--device", "cpu", "--debug"])
