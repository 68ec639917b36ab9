"""The boundary-matching layer of BMN, without its mask of 128 MB."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn


class BoundaryMatching(nn.Module):
    """Samples features along every proposal, and mixes the samples of each (arXiv 1907.09702, section 3.3).

    Upstream multiplies the features with a dense mask, T x (samples * T * T), and then convolves over the samples. Both are
    linear, and of the mask no two values in a hundred are not 0. So here the convolution comes first, on T places instead of
    T * T proposals, and each proposal is a weighted sum of a few of its rows. The mask is computed once and in no checkpoint.

    Args:
        tscale: T.
        num_samples: samples of a proposal.
        num_samples_per_bin: how many values each sample is the mean of.
        boundary_ratio: how far beyond a proposal is sampled to each side, as a part of its length.
    """

    rows: Tensor
    offsets: Tensor
    weights: Tensor

    def __init__(
        self,
        tscale: int,
        num_samples: int,
        num_samples_per_bin: int,
        boundary_ratio: float,
    ) -> None:
        super().__init__()
        self.tscale = tscale
        proposals, rows, weights = sample_mask(
            tscale, num_samples, num_samples_per_bin, boundary_ratio
        )
        counts = np.bincount(proposals, minlength=tscale * tscale)
        offsets = np.cumsum(counts) - counts
        for name, array in (("rows", rows), ("offsets", offsets)):
            self.register_buffer(name, torch.from_numpy(array), persistent=False)
        self.register_buffer(
            "weights", torch.from_numpy(weights).float(), persistent=False
        )

    def forward(self, x: Tensor, conv: nn.Conv3d) -> Tensor:
        """The convolution over the samples of every proposal.

        Args:
            x: (N, C, T).
            conv: its kernel is (num_samples, 1, 1), from C to O channels.

        Returns:
            (N, O, D, T), D = T: the proposal of duration d + 1 that starts at t; the bias alone where it ends beyond the video.
        """
        kernel = conv.weight[..., 0, 0]  # (O, C, samples)
        mixed = torch.einsum("ocs,nct->stno", kernel, x)
        table = mixed.flatten(2).flatten(0, 1)  # (samples * T, N * O)
        summed = F.embedding_bag(
            self.rows,
            table.to(self.weights.dtype),
            self.offsets,
            mode="sum",
            per_sample_weights=self.weights,
        )
        out = summed.view(self.tscale, self.tscale, len(x), -1).permute(2, 3, 0, 1)
        return out if conv.bias is None else out + conv.bias[:, None, None]


def sample_mask(
    tscale: int, num_samples: int, num_samples_per_bin: int, boundary_ratio: float
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """What of upstream's `sample_mask` is not 0, in the order of the proposals.

    A value between two places is their weighted mean; a place beyond the video counts nothing, but a value between -1 and 0
    counts as the first place: upstream rounds towards 0 there, and published weights were trained with it.

    Returns:
        Three arrays of one length: the proposal, duration * T + start; the row of the features, sample * T + place; the weight.
    """
    duration, start = np.divmod(np.arange(tscale * tscale), tscale)
    inside = np.flatnonzero(start + duration < tscale)
    duration, start = duration[inside], start[inside]
    reach = (duration + 1.0) * boundary_ratio
    tmin, tmax = start - reach, start + duration + reach
    values = np.arange(num_samples * num_samples_per_bin)
    step = (tmax - tmin) / max(len(values) - 1, 1)
    times = tmin[:, None] + step[:, None] * values  # (proposals, values)
    below = np.trunc(times)
    part = times - below
    places = np.stack([below, np.ceil(times)])
    amounts = np.stack([1 - part, part]) / num_samples_per_bin
    samples = values // num_samples_per_bin
    keys = (inside[:, None] * num_samples + samples) * tscale + places.astype(np.int64)
    kept = (places >= 0) & (places < tscale) & (amounts != 0)
    keys, which = np.unique(keys[kept], return_inverse=True)
    weights = np.bincount(which, amounts[kept])
    proposals, rows = np.divmod(keys.astype(np.int64), num_samples * tscale)
    return proposals, rows, weights.astype(np.float64)
