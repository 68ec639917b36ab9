"""Checkpoints: written whole, read as data, and kept as asked."""

from __future__ import annotations

import os
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader

from mmaction_min.errors import ArgumentError, CheckpointError, ConfigError
from mmaction_min.fileio import ObjectStore
from mmaction_min.runner import (
    EpochBasedRunner,
    load_checkpoint,
    read_checkpoint,
    save_checkpoint,
)

MakeRunner = Callable[..., EpochBasedRunner]


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize(
    ("config", "files"),
    [
        (dict(interval=1), ["epoch_1.pth", "epoch_2.pth", "epoch_3.pth", "latest.pth"]),
        (dict(interval=2), ["epoch_2.pth", "epoch_3.pth", "latest.pth"]),
        (dict(interval=2, save_last=False), ["epoch_2.pth", "latest.pth"]),
        (dict(), ["epoch_3.pth", "latest.pth"]),
        (
            dict(interval=1, max_keep_ckpts=2),
            ["epoch_2.pth", "epoch_3.pth", "latest.pth"],
        ),
        (
            dict(interval=4, by_epoch=False),
            ["iter_4.pth", "iter_8.pth", "iter_9.pth", "latest.pth"],
        ),
        (
            dict(interval=2, by_epoch=False, max_keep_ckpts=1),
            ["iter_9.pth", "latest.pth"],
        ),
    ],
    ids=str,
)
def test_the_hook_keeps_what_is_asked_for(
    make_runner: MakeRunner,
    loader: DataLoader[Any],
    tmp_path: Path,
    config: dict[str, Any],
    files: list[str],
) -> None:
    """Three epochs of three iterations leave these files, and the pointer is at the newest."""
    runner = make_runner()
    runner.register_training_hooks(None, checkpoint_config=config)

    runner.run([loader])

    assert names(tmp_path) == files
    assert os.readlink(tmp_path / "latest.pth") == files[-2]


def test_a_checkpoint_says_where_the_next_run_goes_on(
    make_runner: MakeRunner, loader: DataLoader[Any], tmp_path: Path
) -> None:
    """Epochs and iterations that are done, and what the runner was told."""
    runner = make_runner(max_epochs=2, meta={"seed": 7})
    runner.register_training_hooks(
        None, checkpoint_config=dict(interval=4, by_epoch=False, save_last=False)
    )

    runner.run([loader])

    meta = read_checkpoint(tmp_path / "iter_4.pth")["meta"]
    assert {key: meta[key] for key in ("epoch", "iter", "inner_iter", "seed")} == {
        "epoch": 1,
        "iter": 4,
        "inner_iter": 1,
        "seed": 7,
    }


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    """What cannot be saved does not harm what was."""
    save_checkpoint(nn.Linear(1, 1), tmp_path / "a.pth", meta={"n": 1})

    with pytest.raises((AttributeError, TypeError, pickle.PicklingError)):
        save_checkpoint(nn.Linear(1, 1), tmp_path / "a.pth", meta={"n": lambda: None})

    assert names(tmp_path) == ["a.pth"]
    assert read_checkpoint(tmp_path / "a.pth")["meta"]["n"] == 1


@pytest.mark.parametrize(
    ("folder", "backend"), [("", "disk"), ("memory://single", "petrel")]
)
def test_a_checkpoint_is_saved_at_a_path_or_an_url(
    tmp_path: Path, folder: str, backend: str
) -> None:
    """By name alone; mmcv's `file_client_args` may say it too, and a meta that is no dict is refused before."""
    name, model = f"{folder or tmp_path}/a.pth", nn.Linear(1, 1)

    save_checkpoint(model, name, None, {"n": 1}, {"backend": backend})

    content = ObjectStore().get(name) if folder else Path(name).read_bytes()
    (tmp_path / "b.pth").write_bytes(content)
    assert read_checkpoint(tmp_path / "b.pth")["meta"]["n"] == 1
    with pytest.raises(ConfigError, match="file_client_args"):
        save_checkpoint(model, name, file_client_args={"backend": "memcached"})
    with pytest.raises(ArgumentError, match="meta is a dict"):
        save_checkpoint(model, name, meta="n")  # type: ignore[arg-type]


def test_a_runner_saves_at_an_url(make_runner: MakeRunner) -> None:
    """Where there is no pointer."""
    make_runner().save_checkpoint("memory://of_a_runner", "a.pth")

    assert ObjectStore().isfile("memory://of_a_runner/a.pth")
    assert not ObjectStore().isfile("memory://of_a_runner/latest.pth")


def test_a_model_s_classes_are_in_the_meta(tmp_path: Path) -> None:
    """As mmcv puts them there, also of a wrapped model."""
    model = nn.Linear(1, 1)
    model.CLASSES = ("a", "b")  # type: ignore[assignment]

    save_checkpoint(nn.DataParallel(model), tmp_path / "a.pth")

    assert read_checkpoint(tmp_path / "a.pth")["meta"]["CLASSES"] == ("a", "b")


class Tenfold(nn.Linear):
    """Has weights ten times those of its first version, which it brings up to date."""

    _version = 2

    def _load_from_state_dict(
        self, state_dict: Any, prefix: str, local_metadata: Any, *args: Any
    ) -> None:
        if local_metadata.get("version", 1) < 2:
            state_dict[f"{prefix}weight"] *= 10
        super()._load_from_state_dict(state_dict, prefix, local_metadata, *args)


def test_a_module_knows_the_version_of_its_weights(tmp_path: Path) -> None:
    """torch keeps it beside them; so old weights are brought up to date and new ones are not."""
    for kind, factor in ((Tenfold, 1), (nn.Linear, 10)):
        source, target = nn.Sequential(kind(1, 1)), nn.Sequential(Tenfold(1, 1))
        save_checkpoint(source, tmp_path / "a.pth")

        load_checkpoint(target, tmp_path / "a.pth", strict=True)

        assert torch.equal(target[0].weight, source[0].weight * factor)


class Canary:
    """Creates a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.path,)


def test_a_checkpoint_is_data_and_is_never_run(tmp_path: Path) -> None:
    """Code in a checkpoint is refused with a hint, and not executed."""
    torch.save(
        {"state_dict": {}, "meta": Canary(tmp_path / "canary")}, tmp_path / "evil.pth"
    )

    with pytest.raises(CheckpointError, match="more than tensors, numbers and texts"):
        read_checkpoint(tmp_path / "evil.pth")

    assert not (tmp_path / "canary").exists()


@pytest.mark.parametrize("content", [b"", b"no checkpoint", b"PK\x03\x04 cut off"])
def test_a_broken_file_is_named(tmp_path: Path, content: bytes) -> None:
    """Whatever torch makes of it, the message has the file's name."""
    (tmp_path / "broken.pth").write_bytes(content)

    with pytest.raises(CheckpointError, match=r"broken\.pth"):
        read_checkpoint(tmp_path / "broken.pth")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """No such file, and which."""
    with pytest.raises(
        CheckpointError, match=r"none\.pth: there is no such checkpoint"
    ):
        read_checkpoint(tmp_path / "none.pth")


def test_weights_load_without_the_prefix_of_a_wrapper(tmp_path: Path) -> None:
    """`module.` of DataParallel and DDP is taken off, a bare state dict is taken too."""
    source, target = nn.Linear(2, 2), nn.Linear(2, 2)
    torch.save(
        {f"module.{name}": value for name, value in source.state_dict().items()},
        tmp_path / "a.pth",
    )

    load_checkpoint(target, tmp_path / "a.pth", strict=True)

    assert torch.equal(source.weight, target.weight)


def test_names_that_differ_are_logged_or_refused(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Not strict: what fits is loaded and the rest is said. Strict: nothing is loaded."""
    torch.save({"weight": torch.ones(1, 1), "extra": torch.ones(1)}, tmp_path / "a.pth")
    target = nn.Linear(1, 1)

    with pytest.raises(
        CheckpointError, match=r"1 missing \(bias\); 1 unexpected \(extra\)"
    ):
        load_checkpoint(target, tmp_path / "a.pth", strict=True)
    load_checkpoint(target, tmp_path / "a.pth")

    assert target.weight == 1
    assert "1 missing (bias); 1 unexpected (extra)" in caplog.text


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"weight": torch.ones(2, 2)}, r"weight is \(2, 2\) there and \(1, 1\) here"),
        ({"x": torch.ones(1)}, "2 missing"),
    ],
)
def test_a_checkpoint_of_another_model_is_refused(
    tmp_path: Path, content: dict[str, Any], message: str
) -> None:
    """Other shapes, or no name in common: loading would be a silent fresh start."""
    torch.save(content, tmp_path / "a.pth")

    with pytest.raises(CheckpointError, match=message):
        load_checkpoint(nn.Linear(1, 1), tmp_path / "a.pth")
