"""mmcv's decorators for half precision, over `torch.autocast`; a model of ours needs none, for the runner's step is under it."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

import torch
from torch import Tensor, nn

from ..errors import ArgumentError
from .device import device_of

F = TypeVar("F", bound=Callable[..., Any])


def cast_tensor_type(inputs: Any, src_type: Any, dst_type: Any) -> Any:
    """The inputs with their tensors of `src_type` as `dst_type`, through mappings and sequences; the rest as it is."""
    if isinstance(inputs, Tensor):
        return inputs.to(dst_type) if inputs.dtype == src_type else inputs
    if isinstance(inputs, Mapping):
        items = {
            key: cast_tensor_type(value, src_type, dst_type)
            for key, value in inputs.items()
        }
        return type(inputs)(items)  # type: ignore[call-arg]
    if isinstance(inputs, list | tuple):
        return type(inputs)(
            cast_tensor_type(value, src_type, dst_type) for value in inputs
        )
    return inputs


def auto_fp16(
    apply_to: Iterable[str] | None = None,
    out_fp32: bool = False,
    supported_types: tuple[type, ...] = (nn.Module,),
) -> Callable[[F], F]:
    """A method gets its float32 arguments in float16 and runs under autocast, once `fp16_enabled` is set on its object.

    Args:
        apply_to: the names of the arguments; all by default.
        out_fp32: give the results in float32.
        supported_types: whose methods may be decorated.
    """
    return _casting(
        torch.float32, torch.float16, apply_to, out_fp32, supported_types, autocast=True
    )


def force_fp32(
    apply_to: Iterable[str] | None = None,
    out_fp16: bool = False,
    supported_types: tuple[type, ...] = (nn.Module,),
) -> Callable[[F], F]:
    """A method gets its float16 arguments in float32 and runs without autocast, once `fp16_enabled` is set on its object.

    Args:
        apply_to: the names of the arguments; all by default.
        out_fp16: give the results in float16.
        supported_types: whose methods may be decorated.
    """
    return _casting(
        torch.float16,
        torch.float32,
        apply_to,
        out_fp16,
        supported_types,
        autocast=False,
    )


def _casting(
    source: torch.dtype,
    target: torch.dtype,
    apply_to: Iterable[str] | None,
    back: bool,
    supported_types: tuple[type, ...],
    *,
    autocast: bool,
) -> Callable[[F], F]:
    def decorate(method: F) -> F:
        names = inspect.getfullargspec(method).args[1:]
        chosen = set(names if apply_to is None else apply_to)

        @functools.wraps(method)
        def wrapper(self: Any, *args: Any, **kwargs: Any) -> Any:
            if not isinstance(self, supported_types):
                raise TypeError(
                    f"{method.__name__} is decorated for {supported_types}, not {type(self)}"
                )
            if not getattr(self, "fp16_enabled", False):
                return method(self, *args, **kwargs)
            named = dict(zip(names, args, strict=False))
            cast = [
                cast_tensor_type(value, source, target) if name in chosen else value
                for name, value in named.items()
            ] + list(args[len(named) :])
            cast_kwargs = {
                name: (
                    cast_tensor_type(value, source, target) if name in chosen else value
                )
                for name, value in kwargs.items()
            }
            device = device_of(self) if isinstance(self, nn.Module) else None
            kind = device.type if device is not None else "cpu"
            with torch.autocast(kind, torch.float16, enabled=autocast):
                output = method(self, *cast, **cast_kwargs)
            return cast_tensor_type(output, target, source) if back else output

        return wrapper  # type: ignore[return-value]

    return decorate


def wrap_fp16_model(model: nn.Module) -> None:
    """Set `fp16_enabled` on every part of the model that has it, for the decorators."""
    for module in model.modules():
        if hasattr(module, "fp16_enabled"):
            setattr(module, "fp16_enabled", True)  # noqa: B010 (typed as a submodule)


class LossScaler:
    """mmcv's scale of float16's losses, for code that keeps it itself; the runner's step has torch's `GradScaler`.

    A dynamic scale is halved by an overflow, to no less than 1, and doubled after `scale_window` steps without one.

    Args:
        init_scale: the first scale.
        mode: 'dynamic', or 'static' for a scale that stays.
        scale_factor: what the scale is divided by or multiplied with.
        scale_window: how many steps.

    Raises:
        ArgumentError: (an AssertionError) there is no such mode.
    """

    def __init__(
        self,
        init_scale: float = 2**32,
        mode: str = "dynamic",
        scale_factor: float = 2.0,
        scale_window: int = 1000,
    ) -> None:
        if mode not in ("dynamic", "static"):
            raise ArgumentError(f"mode can only be dynamic or static, not {mode!r}")
        self.cur_scale = init_scale
        self.cur_iter = 0
        self.mode = mode
        self.last_overflow_iter = -1
        self.scale_factor = scale_factor
        self.scale_window = scale_window

    @property
    def loss_scale(self) -> float:
        """What the loss is multiplied with."""
        return self.cur_scale

    def has_overflow(self, params: Iterable[nn.Parameter]) -> bool:
        """Whether a gradient is not finite; a static scale does not ask."""
        return self.mode == "dynamic" and any(
            param.grad is not None and not bool(param.grad.isfinite().all())
            for param in params
        )

    def update_scale(self, overflow: bool) -> None:
        """After each step: whether it had an overflow."""
        if self.mode != "dynamic":
            return
        if overflow:
            self.cur_scale = max(self.cur_scale / self.scale_factor, 1)
            self.last_overflow_iter = self.cur_iter
        elif (self.cur_iter - self.last_overflow_iter) % self.scale_window == 0:
            self.cur_scale *= self.scale_factor
        self.cur_iter += 1

    def state_dict(self) -> dict[str, Any]:
        """All that it is, for a checkpoint."""
        return dict(vars(self))

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Take what `state_dict` gave."""
        vars(self).update(state_dict)
