"""mmcv's decorators for half precision, over `torch.autocast`; a model of ours needs none, for the runner's step is under it."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

import torch
from torch import Tensor, nn

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
