from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest
import torch

from mmaction_min.datasets.seeding import EpochSampler, SeededDataset, seeded
from mmaction_min.errors import DataError


def draws() -> tuple[float, float, float]:
    return random.random(), float(np.random.rand()), float(torch.rand(()))


def test_equal_numbers_seed_equal_draws_of_all_three_generators() -> None:
    """Python, NumPy and torch draw the same under the same numbers, whatever was drawn before."""
    with seeded(0, 1, 2):
        first = draws()
    draws()
    with seeded(0, 1, 2):
        second = draws()

    assert first == second


@pytest.mark.parametrize("other", [(1, 1, 2), (0, 2, 1), (0, 1, 3)])
def test_other_seeds_epochs_and_indices_draw_otherwise(
    other: tuple[int, ...],
) -> None:
    """Each of seed, epoch and index matters, and so does their order."""
    with seeded(0, 1, 2):
        first = draws()
    with seeded(*other):
        second = draws()

    assert all(a != b for a, b in zip(first, second, strict=True))


def test_the_streams_outside_go_on_untouched() -> None:
    """What is drawn after a seeded block is what would have been drawn without it, also if it raised."""
    with seeded(7):
        expected = draws()
    with seeded(7):
        with pytest.raises(KeyError), seeded(0):
            draws()
            raise KeyError
        after = draws()

    assert after == expected


def test_unshuffled_keys_are_the_indices_in_order() -> None:
    """Without shuffling an epoch is 0, 1, 2, ... under its number."""
    sampler = EpochSampler(3, 0, shuffle=False)
    sampler.set_epoch(4)

    assert list(sampler) == [(4, 0), (4, 1), (4, 2)]


def test_each_epoch_has_its_own_order_of_all_samples() -> None:
    """Shuffling depends on seed and epoch, and leaves no sample out."""
    orders = []
    for seed, epoch in [(0, 0), (0, 1), (1, 0), (0, 0)]:
        sampler = EpochSampler(50, seed, shuffle=True)
        sampler.set_epoch(epoch)
        orders.append([index for _, index in sampler])

    assert all(sorted(order) == list(range(50)) for order in orders)
    assert orders[0] == orders[3]
    assert len({tuple(order) for order in orders}) == 3


@pytest.mark.parametrize("world_size", [1, 3])
def test_a_resume_goes_on_where_the_epoch_was_left(world_size: int) -> None:
    """After `start` samples over all ranks, each rank gets the rest of its epoch, and the length stays the whole's."""
    for rank in range(world_size):
        sampler = EpochSampler(20, 5, shuffle=True, rank=rank, world_size=world_size)
        whole = list(sampler)
        sampler.set_epoch(0, start=4 * world_size)

        assert list(sampler) == whole[4:]
        assert len(sampler) == len(whole)


def test_ranks_share_an_epoch_without_repeats() -> None:
    """Seven samples over three ranks: every sample once, no padding."""
    samplers = [
        EpochSampler(7, 0, shuffle=True, rank=rank, world_size=3) for rank in range(3)
    ]
    indices = [index for sampler in samplers for _, index in sampler]

    assert sorted(indices) == list(range(7))
    assert [len(sampler) for sampler in samplers] == [3, 2, 2]


class Broken:
    def __len__(self) -> int:
        return 1

    def __getitem__(self, index: int) -> dict[str, Any]:
        raise DataError("torn", "a.mp4")


def test_a_data_error_is_given_back_as_a_value() -> None:
    """The error travels with the batch instead of being raised in the worker."""
    dataset = SeededDataset(Broken(), 0)
    sample = dataset[0, 0]

    assert len(dataset) == 1
    assert isinstance(sample, DataError)
    assert str(sample) == "a.mp4: torn"


@pytest.mark.parametrize(
    ("shares", "sizes", "order"),
    [
        ("exact", [4, 3, 3], list(range(10))),
        ("padded", [4, 4, 4], [*range(10), 0, 1]),
        ("cut", [3, 3, 3], list(range(9))),
    ],
)
def test_an_epoch_is_dealt_out_in_turn(
    shares: str, sizes: list[int], order: list[int]
) -> None:
    """Ten samples for three: each once, or as many for each, with the first ones again or without the last one."""
    ranks = [
        [
            index
            for _, index in EpochSampler(
                10, 0, shuffle=False, rank=rank, world_size=3, shares=shares
            )
        ]
        for rank in range(3)
    ]

    assert [len(rank) for rank in ranks] == sizes
    assert [ranks[i % 3][i // 3] for i in range(len(order))] == order


def test_a_step_of_several_has_the_samples_of_one() -> None:
    """Whatever their number, after a resume within the epoch too."""
    whole = list(EpochSampler(24, 3, shuffle=True))
    for world_size in (2, 3, 4):
        for rank in range(world_size):
            sampler = EpochSampler(
                24, 3, shuffle=True, rank=rank, world_size=world_size
            )
            sampler.set_epoch(0, start=12)
            assert list(sampler) == whole[12:][rank::world_size]
