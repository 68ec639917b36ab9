from __future__ import annotations

import random
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch

from mmaction_min.datasets import (
    DATASETS,
    VideoDataset,
    build_dataloader,
    build_dataset,
)
from mmaction_min.errors import DataError, NotRegisteredError


class Noise:
    """Ten samples of an index and three random numbers; `bad` raises."""

    def __init__(self, bad: int | None = None) -> None:
        self.bad = bad

    def __len__(self) -> int:
        return 10

    def __getitem__(self, index: int) -> dict[str, Any]:
        if index == self.bad:
            raise DataError("torn", "a.mp4", "mend it")
        noise = [random.random(), float(np.random.rand()), float(torch.rand(()))]
        return {"index": index, "noise": np.array(noise)}


def epochs(workers: int, count: int = 2) -> list[list[dict[str, Any]]]:
    loader = build_dataloader(
        Noise(), videos_per_gpu=4, workers_per_gpu=workers, seed=1, shuffle=True
    )
    batches = []
    for epoch in range(count):
        loader.sampler.set_epoch(epoch)
        batches.append(list(loader))
    return batches


def column(batches: list[dict[str, Any]], key: str) -> torch.Tensor:
    return torch.cat([batch[key] for batch in batches])


def test_batches_are_the_same_for_any_number_of_workers() -> None:
    """Two persistent workers give, epoch by epoch, the numbers that no worker gives."""
    for alone, shared in zip(epochs(0), epochs(2), strict=True):
        assert [batch["index"].tolist() for batch in alone] == [
            batch["index"].tolist() for batch in shared
        ]
        assert torch.equal(column(alone, "noise"), column(shared, "noise"))


def test_each_epoch_augments_anew() -> None:
    """A sample's random numbers change from epoch to epoch."""
    by_sample = [
        column(batches, "noise")[column(batches, "index").argsort()]
        for batches in epochs(0)
    ]

    assert not torch.isclose(by_sample[0], by_sample[1]).any()


def test_loading_leaves_the_models_random_numbers_alone() -> None:
    """Dropout draws the same with a loader in between as without one."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        expected = torch.rand(3)
        torch.manual_seed(0)
        epochs(0, count=1)

        assert torch.equal(torch.rand(3), expected)


def test_a_resume_in_mid_epoch_gives_the_rest_of_its_batches() -> None:
    """After 4 of 10 samples the second batch comes first, the same to the bit; the loader's length is still the epoch's."""
    loader = build_dataloader(
        Noise(), videos_per_gpu=4, workers_per_gpu=0, seed=1, shuffle=True
    )
    loader.sampler.set_epoch(1)
    whole = list(loader)
    loader.sampler.set_epoch(1, start=4)
    rest = list(loader)

    assert torch.equal(column(rest, "noise"), column(whole[1:], "noise"))
    assert len(loader) == 3


def test_drop_last_leaves_out_the_batch_that_is_not_full() -> None:
    """Ten samples in fours: two batches."""
    loader = build_dataloader(
        Noise(),
        videos_per_gpu=4,
        workers_per_gpu=0,
        seed=0,
        shuffle=False,
        drop_last=True,
    )

    assert [batch["index"].tolist() for batch in loader] == [[0, 1, 2, 3], [4, 5, 6, 7]]


@pytest.mark.parametrize("workers", [0, 1])
def test_an_error_in_the_data_arrives_as_it_was_raised(workers: int) -> None:
    """A broken file's sentence reaches the training loop without a worker's traceback in it."""
    loader = build_dataloader(
        Noise(bad=5), videos_per_gpu=4, workers_per_gpu=workers, seed=0, shuffle=False
    )
    batches: Iterator[Any] = iter(loader)

    assert next(batches)["index"].tolist() == [0, 1, 2, 3]
    with pytest.raises(DataError, match=r"^a\.mp4: torn\nhint: mend it$"):
        next(batches)


def test_build_dataset_fills_in_the_default_arguments(tmp_path: Any) -> None:
    """A config becomes the dataset that it names; it is not changed."""
    ann_file = tmp_path / "ann.txt"
    ann_file.write_text("a.mp4 0\n")
    cfg = {"type": "VideoDataset", "ann_file": str(ann_file), "pipeline": []}
    dataset = build_dataset(cfg, {"test_mode": True})

    assert isinstance(dataset, VideoDataset)
    assert dataset.test_mode
    assert set(cfg) == {"type", "ann_file", "pipeline"}


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("VideoDatset", "did you mean VideoDataset"),
        ("Qq", r"is it imported in mmaction_min/datasets/__init__\.py\?"),
    ],
)
def test_an_unknown_dataset_is_told_where_to_look(name: str, told: str) -> None:
    """The near name is in the message, or where there is none the file of the imports."""
    with pytest.raises(NotRegisteredError, match=told):
        DATASETS.build({"type": name})


def test_importing_the_datasets_imports_no_decoder_and_no_torchvision() -> None:
    """Both come in with the transform that needs them, so a broken one breaks nothing else."""
    code = "import sys, mmaction_min.datasets; print({'av', 'torchvision'} & set(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )

    assert done.stdout == "set()\n"
