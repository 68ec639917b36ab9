"""What a part of a model gets or gives, changed on its way: a config's `module_hooks`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from ..errors import ConfigError
from ..registry import Registry

__all__ = ["MODULE_HOOKS", "GPUNormalize", "register_module_hooks"]

MODULE_HOOKS = Registry("module hook", "mmaction_min/models/module_hooks.py")

SHAPES = {
    "NCHW": (1, -1, 1, 1),
    "NCHW_Flow": (1, -1, 1, 1),
    "NCTHW": (1, -1, 1, 1, 1),
    "NPTCHW": (1, 1, 1, -1, 1, 1),
}
"""Where the channels are, for each layout that FormatShape makes."""


def register_module_hooks(
    model: nn.Module, module_hooks: Sequence[Mapping[str, Any]]
) -> None:
    """Register what a config names on a part of the model (mmaction/utils/module_hooks.py).

    Args:
        model: has the parts.
        module_hooks: of each hook its `type` and arguments; `hooked_module`: the part ('backbone'); `hook_pos`: 'forward_pre'
            (the default), 'forward' or 'backward'. Its `hook_func()` gives what torch calls there.

    Raises:
        ConfigError: the model has no such part, or torch no such place.
    """
    for cfg in module_hooks:
        args = dict(cfg)
        name = args.pop("hooked_module", "backbone")
        position = args.pop("hook_pos", "forward_pre")
        part = getattr(model, name, None)
        if not isinstance(part, nn.Module):
            raise ConfigError(
                f"{type(model).__name__} has no part {name!r}",
                "module_hooks",
                f"it has {', '.join(name for name, _ in model.named_children())}",
            )
        places: dict[str, Callable[..., Any]] = {
            "forward_pre": part.register_forward_pre_hook,
            "forward": part.register_forward_hook,
            "backward": part.register_full_backward_hook,
        }
        if position not in places:
            raise ConfigError(
                f"hook_pos is {position!r}",
                "module_hooks",
                f"one of {', '.join(places)}",
            )
        places[position](MODULE_HOOKS.build(args).hook_func())


@MODULE_HOOKS.register_module()
class GPUNormalize:
    """Normalizes frames where the model is, so that they travel there as bytes; the pipeline then has no `Normalize`.

    Args:
        input_format: the layout that the pipeline's FormatShape makes: 'NCHW', 'NCHW_Flow', 'NCTHW' or 'NPTCHW'.
        mean: of each channel, in the range of bytes.
        std: the same.

    Raises:
        ConfigError: the layout is another one.
    """

    def __init__(
        self, input_format: str, mean: Sequence[float], std: Sequence[float]
    ) -> None:
        if input_format not in SHAPES:
            raise ConfigError(
                f"GPUNormalize has no input_format {input_format!r}",
                hint=f"one of {', '.join(SHAPES)}",
            )
        self.mean = torch.tensor(mean).view(SHAPES[input_format])
        self.std = torch.tensor(std).view(SHAPES[input_format])

    def hook_func(self) -> Callable[[nn.Module, tuple[Any, ...]], tuple[Any, ...]]:
        """What torch calls before the part: with its first input as uint8, gives it normalized, as float32."""

        def normalize(_: nn.Module, inputs: tuple[Any, ...]) -> tuple[Any, ...]:
            frames: Tensor = inputs[0]
            if frames.dtype != torch.uint8:
                raise ConfigError(
                    f"GPUNormalize gets frames as {frames.dtype}, and not as bytes",
                    "module_hooks",
                    "take Normalize out of the pipeline",
                )
            self.mean = self.mean.to(frames.device)
            self.std = self.std.to(frames.device)
            return (frames.float().sub_(self.mean).div_(self.std), *inputs[1:])

        return normalize
