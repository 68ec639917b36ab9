"""CheckpointLoader: who reads a checkpoint, by the start of its name."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from mmaction_min.errors import CheckpointError, DuplicateError, PartError
from mmaction_min.runner import (
    CheckpointLoader,
    _load_checkpoint_with_prefix,
    load_checkpoint,
)


@pytest.fixture
def schemes(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What a test registers goes with it."""
    monkeypatch.setattr(CheckpointLoader, "_schemes", dict(CheckpointLoader._schemes))
    yield


@pytest.mark.usefixtures("schemes")
def test_a_scheme_of_one_s_own_is_read_by_its_loader() -> None:
    """The longest start counts; a second loader of one start is refused unless it is forced."""

    @CheckpointLoader.register_scheme(["store://", "depot://"])
    def read(filename: str, map_location: Any = None) -> dict[str, Any]:
        return {"state_dict": {"weight": torch.ones(1, 1), "bias": torch.zeros(1)}}

    model = nn.Linear(1, 1)
    load_checkpoint(model, "depot://a/b.pth", strict=True)
    CheckpointLoader.require("store://a", "")

    assert model.weight == 1
    with pytest.raises(DuplicateError, match="read already"):
        CheckpointLoader.register_scheme("store://", print)
    CheckpointLoader.register_scheme("store://", print, force=True)
    assert CheckpointLoader._get_checkpoint_loader("store://a") is print
    longer = CheckpointLoader.register_scheme("store://my/", read)
    assert CheckpointLoader._get_checkpoint_loader("store://my/a") is longer


def test_a_file_that_is_not_there_is_refused_with_the_near_name(tmp_path: Path) -> None:
    """Before it is read; of an address, the message says how to fetch it."""
    torch.save({}, tmp_path / "epoch_2.pth")

    with pytest.raises(CheckpointError, match=r"did you mean epoch_2\.pth"):
        CheckpointLoader.require(str(tmp_path / "epoch_3.pth"), "load_from")
    with pytest.raises(CheckpointError, match=r"is a folder\nhint: .*latest\.pth"):
        CheckpointLoader.require(str(tmp_path), "load_from")
    with pytest.raises(CheckpointError, match="load_state_dict_from_url"):
        CheckpointLoader.require("https://example.org/not_there.pth", "load_from")


def test_a_part_of_a_model_is_read_without_its_name(tmp_path: Path) -> None:
    """`backbone.` is taken off; a part that is not there is refused."""
    path = tmp_path / "a.pth"
    torch.save({"backbone.w": torch.ones(1), "head.w": torch.zeros(1)}, path)

    assert _load_checkpoint_with_prefix("backbone", path) == {"w": torch.ones(1)}
    with pytest.raises(PartError, match="no neck") as error:
        _load_checkpoint_with_prefix("neck.", path)
    assert isinstance(error.value, AssertionError)  # mmcv's


def test_the_home_is_known_by_its_sign(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`~/a.pth`, for a config that several people share; one that is not there is a file and no address."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    torch.save({"w": torch.ones(1)}, tmp_path / "a.pth")

    assert CheckpointLoader.load_checkpoint("~/a.pth") == {"w": torch.ones(1)}
    with pytest.raises(CheckpointError, match=r"did you mean a\.pth"):
        CheckpointLoader.require("~/b.pth", "load_from")
