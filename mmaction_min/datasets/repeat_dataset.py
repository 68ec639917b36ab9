"""RepeatDataset: another data set, several times an epoch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..errors import ConfigError
from .annotations import Info
from .builder import DATASETS, Results, build_dataset


@DATASETS.register_module()
class RepeatDataset:
    """A data set `times` times over, so that a small one has long epochs; each time with random numbers of its own.

    Args:
        dataset: the config of the data set.
        times: how often, at least 1.
        test_mode: for the data set, unless its config says it.
    """

    def __init__(
        self, dataset: Mapping[str, Any], times: int, *, test_mode: bool = False
    ) -> None:
        if times < 1:
            raise ConfigError(f"RepeatDataset needs times of at least 1, not {times}")
        self.dataset = build_dataset(dataset, {"test_mode": test_mode})
        self.times = times

    def __len__(self) -> int:
        return self.times * len(self.dataset)

    def __getitem__(self, index: int) -> Results:
        sample: Results = self.dataset[index % len(self.dataset)]
        return sample

    @property
    def video_infos(self) -> list[Info]:
        """The annotations, as often as the samples."""
        infos: list[Info] = self.dataset.video_infos
        return infos * self.times
