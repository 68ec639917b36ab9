"""What `scaffold add` writes, run for real: in a copy of this repository, in a process of its own."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from scaffold.add import plan_add
from scaffold.commit import commit
from scaffold.kinds import find_kind
from scaffold.names import make_names
from scaffold.remove import plan_remove
from scaffold.stub import Stub
from scaffold.tree import Tree

REPOSITORY = Path(__file__).resolve().parents[2]
ADDS = [
    ("backbone", "ProbeNet"),
    ("constructor", "ProbeConstructor"),
    ("head", "ProbeHead"),
    ("loss", "ProbeLoss"),
    ("lr-hook", "ProbeStep"),
    ("recognizer", "ProbeRecognizer", "hidden:int=256", "must:float"),
    ("localizer", "ProbeLocalizer"),
    ("neck", "ProbeNeck"),
    ("dataset", "ProbeDataset", "hidden:int=256", "must:float"),
    ("transform", "ProbeTransform"),
    ("hook", "ProbeHook"),
    ("optimizer", "ProbeOptimizer", "a:float=0.1", "b:float=0.9", "c:float=0.0"),
    (
        "head",
        "ProbeArgsHead",
        "hidden:int=256",
        "must:float",
        "act",
        "names:list=['a']",
    ),
    ("loss", "ProbeArgsLoss", "gamma:float=2.0", "must:int"),
]
# All of a training at once, and one step of it; the config inherits from those that were generated.
ALL_AT_ONCE = """
import mmaction_min.core
from mmaction_min.config import Config
from mmaction_min.models import build_model
from mmaction_min.runner import EpochBasedRunner, build_optimizer
import torch


def test_all_at_once(tmp_path):
    cfg = Config.fromfile("configs/all.py")
    model = build_model(cfg.model)
    runner = EpochBasedRunner(
        model, optimizer=build_optimizer(model, cfg.optimizer), work_dir=tmp_path, max_epochs=2)
    runner.register_training_hooks(cfg.lr_config, cfg.optimizer_config)
    for hook in cfg.custom_hooks:
        runner.register_hook_from_cfg(hook)
    runner.run([[{"imgs": torch.randn(2, 8, 3, 32, 32), "label": torch.arange(2)}]])
    parts = [
        model, model.backbone, model.neck, model.cls_head, model.cls_head.loss_cls,
        runner.optimizer, runner.hooks[0], runner.hooks[1]]
    assert [type(x).__name__ for x in parts] == [
        "ProbeRecognizer", "ProbeNet", "ProbeNeck", "ProbeHead", "ProbeLoss",
        "ProbeOptimizer", "ProbeStepLrUpdaterHook", "ProbeHook"]
    assert len(runner.optimizer.param_groups) > 1
    assert runner.current_lr()[0] == 0.01
"""
CONFIG = """
_base_ = [
    "_base_/models/tsn_r18.py", "_base_/datasets/motion_clips.py",
    "_base_/schedules/quick.py", "_base_/default_runtime.py",
]
model = dict(
    type="ProbeRecognizer", hidden=256, must=1.0,
    neck=dict(type="ProbeNeck", in_channels=256),
    backbone=dict(_delete_=True, type="ProbeNet"),
    cls_head=dict(
        _delete_=True, type="ProbeHead", num_classes=8, in_channels=256,
        loss_cls=dict(type="ProbeLoss")),
)
optimizer = dict(
    _delete_=True, type="ProbeOptimizer", a=0.1, b=0.9, c=0.0, lr=0.01,
    constructor="ProbeConstructor", paramwise_cfg=dict(fc_lr5=True))
custom_hooks = [dict(type="ProbeHook", interval=1)]
lr_config = dict(_delete_=True, policy="ProbeStep", steps=[1, 2], lrs=[0.1, 0.01])
"""


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tree]:
    """This repository's framework and configs, with a module of each kind."""
    root = tmp_path_factory.mktemp("copy").resolve()
    for part in ("mmaction_min", "configs"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(REPOSITORY / part, root / part, ignore=ignored)
    shutil.copy(REPOSITORY / "pyproject.toml", root)
    (root / "tests").mkdir()
    tree = Tree(root)
    before = contents(tree)
    for words in ADDS:
        commit(tree, plan_add(tree, new_stub(tree, *words)))
    yield tree
    for kind, name, *_ in ADDS:
        commit(tree, plan_remove(tree, new_stub(tree, kind, name)))
    after = contents(tree)
    assert sorted(after) == sorted(before)
    assert after == before


def contents(tree: Tree) -> dict[str, bytes]:
    """The files of a tree, but for what Python compiled."""
    return {
        str(path): path.read_bytes()
        for path in tree.root.rglob("*")
        if path.is_file() and path.parent.name != "__pycache__"
    }


def new_stub(tree: Tree, kind: str, name: str, *options: str) -> Stub:
    found = find_kind(tree.root, kind)
    names = make_names(name, found.suffix)
    return Stub(found, names, tree.framework(found.package), options)


def test_the_generated_tests_pass(copy: Tree, python_m: Callable[..., Any]) -> None:
    """Each is green the moment it is written, with pytest set as strictly as here; and all train together in one config."""
    added = {"configs/all.py": CONFIG, "tests/test_all.py": ALL_AT_ONCE}
    for path, text in added.items():
        (copy.root / path).write_text(text)

    words = ["pytest", "-q", "-n", "0", "-p", "no:cacheprovider"]
    result = python_m(words, copy.root)
    for path in added:
        (copy.root / path).unlink()

    assert result.code == 0, result.out + result.err
    assert " passed" in result.out
    assert "skipped" not in result.out
