"""CheckpointHook's folder; what it keeps and what goes is in test_runner.py and tests/faults."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from torch.utils.data import DataLoader

from mmaction_min.errors import ConfigError
from mmaction_min.runner import CheckpointHook, EpochBasedRunner, EvalHook

MakeRunner = Callable[..., EpochBasedRunner]


@pytest.mark.parametrize("own", [True, False])
def test_another_folder_gets_one_of_the_run_s_name(
    own: bool, make_runner: MakeRunner, loader: DataLoader[Any], tmp_path: Path
) -> None:
    """As in mmcv, so that runs that share it do not write over each other; the work_dir itself stays what it is."""
    runner = make_runner(max_epochs=1)
    out_dir = tmp_path if own else tmp_path / "shared"
    runner.register_checkpoint_hook(dict(interval=1, out_dir=str(out_dir)))

    runner.run([loader])

    file = (out_dir if own else out_dir / tmp_path.name) / "epoch_1.pth"
    assert file.is_file()
    assert runner.meta["hook_msgs"]["last_ckpt"] == str(file)


def test_an_url_is_no_folder(loader: DataLoader[Any]) -> None:
    """`s3://...` would become a folder of that name."""
    with pytest.raises(ConfigError, match=r"s3://bucket is no folder.*\nhint: mount"):
        CheckpointHook(out_dir="s3://bucket")
    with pytest.raises(ConfigError, match=r"evaluation\.out_dir: s3://bucket"):
        EvalHook(loader, out_dir="s3://bucket")
