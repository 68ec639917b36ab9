"""Frames that travel as bytes: flipped, normalised and put into a model's order of axes on the device, a batch at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor


@dataclass(frozen=True)
class Recipe:
    """What is left to do to frames (T, H, W, C) when they arrive.

    Attributes:
        mean, std: one value a channel, in grey levels.
        to_bgr: reverse the channels first.
        clip_len: frames of a clip, for (clips, C, clip_len, H, W); None for (T, C, H, W).
        axis: which of (T, H, W, C) a mirrored sample is reversed along; None for no flip.
    """

    mean: tuple[float, ...]
    std: tuple[float, ...]
    to_bgr: bool = False
    clip_len: int | None = None
    axis: int | None = None


@dataclass(frozen=True)
class Arriving:
    """A sample's frames, or a batch of them, on their way to the device.

    Attributes:
        frames: (T, H, W, C), of a batch (B, T, H, W, C); uint8 as a rule.
        mirrored: of each sample, whether it is flipped; (B,) of a batch.
        recipe: what is left to do; the same for all of a batch.
    """

    frames: Tensor
    mirrored: Tensor
    recipe: Recipe

    @property
    def shape(self) -> torch.Size:
        """Of the frames, as they travel."""
        return self.frames.shape

    @staticmethod
    def stack(samples: Sequence[Arriving]) -> Arriving:
        """A batch of samples with frames of one shape."""
        return Arriving(
            torch.stack([each.frames for each in samples]),
            torch.stack([each.mirrored for each in samples]),
            samples[0].recipe,
        )

    def pin_memory(self) -> Arriving:
        """In page-locked memory; a DataLoader calls this."""
        return replace(
            self, frames=self.frames.pin_memory(), mirrored=self.mirrored.pin_memory()
        )

    def arrive(self, device: torch.device) -> Tensor:
        """The batch on the device, float32: (B, T, C, H, W), or of clips (B, clips, C, clip_len, H, W).

        The values are those of the steps on the host but for rounding.
        """
        recipe = self.recipe
        frames = self.frames.to(device, non_blocking=True)
        if recipe.axis is not None:
            mirrored = self.mirrored.to(device, non_blocking=True).view(-1, 1, 1, 1, 1)
            frames = torch.where(mirrored, frames.flip(recipe.axis + 1), frames)
        if recipe.to_bgr:
            frames = frames.flip(-1)
        if recipe.clip_len is None:
            frames = frames.permute(0, 1, 4, 2, 3)  # (B, T, C, H, W)
        else:
            b, _, h, w, c = frames.shape
            frames = frames.reshape(b, -1, recipe.clip_len, h, w, c)
            frames = frames.permute(0, 1, 5, 2, 3, 4)  # (B, clips, C, T, H, W)
        imgs = frames.to(torch.float32, memory_format=torch.contiguous_format)
        channel = -3 if recipe.clip_len is None else -4
        # Numbers, and not tensors: a tensor would be one more copy to the device, for each channel a wait.
        for number, (mean, std) in enumerate(zip(recipe.mean, recipe.std, strict=True)):
            imgs.select(channel, number).sub_(mean).div_(std)
        return imgs
