"""BNInception: the network that TSN and TSM's first papers are on, with the parameter names of its Caffe port."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ...argument_types import Positive
from ..builder import BACKBONES
from ..common import freeze, init_network, keep_norms
from .pretrained import load_pretrained

# Of each block: channels of the 1x1, of the 3x3 (reduced to, then), of the double 3x3 (reduced to, then), and of the 1x1
# after the pooling. Blocks without the first and the last have a stride of 2, and the pooled input itself as a branch.
BLOCKS: dict[str, tuple[int, tuple[int, int], tuple[int, int], int]] = {
    "3a": (64, (64, 64), (64, 96), 32),
    "3b": (64, (64, 96), (64, 96), 64),
    "3c": (0, (128, 160), (64, 96), 0),
    "4a": (224, (64, 96), (96, 128), 128),
    "4b": (192, (96, 128), (96, 128), 128),
    "4c": (160, (128, 160), (128, 160), 128),
    "4d": (96, (128, 192), (160, 192), 128),
    "4e": (0, (128, 192), (192, 256), 0),
    "5a": (352, (192, 320), (160, 224), 128),
    "5b": (352, (192, 320), (192, 224), 128),
}


@BACKBONES.register_module()
class BNInception(nn.Module):
    """Inception with batch normalization (arXiv 1502.03167), as TSN has it (arXiv 1608.00859). MMAction2 never had it.

    Parameter names are those of its Caffe model as PyTorch users know them, from tsn-pytorch and Cadene's
    pretrained-models (`inception_3a_double_3x3_1.weight`, `inception_3a_double_3x3_1_bn.weight`), so that their files load.
    Checked against pretrainedmodels 0.7.4, Cadene's package: its 483 tensors beside the classifier's two have these names and
    shapes (10,270,240 parameters), and its maps with the same weights are these to the bit. The weights of those files were
    trained on frames in BGR, 0 to 255, with
    `Normalize(mean=[104, 117, 128], std=[1, 1, 1], to_bgr=True)`, the mean in the order B, G, R.

    Args:
        pretrained: start values: the path or the URL of such a file; None for random ones.
        in_channels: channels of the frames.
        frozen_stages: the stem and the first so many of the groups 3, 4 and 5 are not trained; -1 for none.
        norm_eval: every batch norm keeps its statistics in training.
        partial_bn: all batch norms but the first keep statistics and parameters, as TSN is trained.
    """

    def __init__(
        self,
        pretrained: str | None = None,
        in_channels: Positive = 3,
        frozen_stages: int = -1,
        norm_eval: bool = False,
        partial_bn: bool = False,
    ) -> None:
        super().__init__()
        self.pretrained = pretrained
        self.frozen_stages = frozen_stages
        self.norm_eval = norm_eval
        self.partial_bn = partial_bn
        self.relu = nn.ReLU(inplace=True)
        self.max_pool = nn.MaxPool2d(3, stride=2, ceil_mode=True)
        self.max_pool_same = nn.MaxPool2d(3, stride=1, padding=1)
        self.avg_pool = nn.AvgPool2d(3, stride=1, padding=1)
        self._add("conv1_7x7_s2", in_channels, 64, 7, stride=2)
        self._add("conv2_3x3_reduce", 64, 64, 1)
        self._add("conv2_3x3", 64, 192, 3)
        channels = 192
        for name, (one, three, double, pooled) in BLOCKS.items():
            block, stride = f"inception_{name}", 1 if one else 2
            if one:
                self._add(f"{block}_1x1", channels, one, 1)
            self._add(f"{block}_3x3_reduce", channels, three[0], 1)
            self._add(f"{block}_3x3", *three, 3, stride)
            self._add(f"{block}_double_3x3_reduce", channels, double[0], 1)
            self._add(f"{block}_double_3x3_1", *double, 3)
            self._add(f"{block}_double_3x3_2", double[1], double[1], 3, stride)
            if pooled:
                self._add(f"{block}_pool_proj", channels, pooled, 1)
            channels = one + three[1] + double[1] + (pooled or channels)
        self.feat_dim = channels

    def _add(
        self, name: str, inputs: int, outputs: int, size: int, stride: int = 1
    ) -> None:
        """A convolution and its batch norm; the convolution has a bias, as in Caffe."""
        conv = nn.Conv2d(inputs, outputs, size, stride, padding=size // 2)
        self.add_module(name, conv)
        self.add_module(f"{name}_bn", nn.BatchNorm2d(outputs))

    def _run(self, x: Tensor, *names: str) -> Tensor:
        for name in names:
            x = self.relu(getattr(self, f"{name}_bn")(getattr(self, name)(x)))
        return x

    def _block(self, x: Tensor, name: str) -> Tensor:
        block, (one, _, _, pooled) = f"inception_{name}", BLOCKS[name]
        branches = [self._run(x, f"{block}_1x1")] if one else []
        branches.append(self._run(x, f"{block}_3x3_reduce", f"{block}_3x3"))
        double = ("reduce", "1", "2")
        branches.append(
            self._run(x, *(f"{block}_double_3x3_{part}" for part in double))
        )
        if not pooled:
            branches.append(self.max_pool(x))
        else:
            pool = self.max_pool_same if name == "5b" else self.avg_pool
            branches.append(self._run(pool(x), f"{block}_pool_proj"))
        return torch.cat(branches, dim=1)

    def init_weights(self, pretrained: str | None = None) -> None:
        """Kaiming's start values (arXiv 1502.01852), or those of `pretrained` (of the constructor's if None)."""
        init_network(self)
        if source := pretrained or self.pretrained:
            load_pretrained(self, source)

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) frames -> (N, 1024, H / 32, W / 32)."""
        x = self.max_pool(self._run(x, "conv1_7x7_s2"))  # (N, 64, H / 4, W / 4)
        x = self.max_pool(self._run(x, "conv2_3x3_reduce", "conv2_3x3"))
        for name in BLOCKS:
            x = self._block(x, name)
        return x

    def train(self, mode: bool = True) -> BNInception:
        """Set the mode; what is frozen stays so (from the first call on, so that an optimizer built before has it all)."""
        super().train(mode)
        if mode and self.frozen_stages >= 0:
            groups = ("inception_3", "inception_4", "inception_5")
            frozen = ("conv", *groups[: self.frozen_stages])
            freeze(
                *(
                    part
                    for name, part in self.named_children()
                    if name.startswith(frozen)
                )
            )
        if mode:
            keep_norms(self, norm_eval=self.norm_eval, partial_bn=self.partial_bn)
        return self
