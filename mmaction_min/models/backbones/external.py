"""Models of torchvision and timm as backbones: `dict(type='torchvision.densenet161')`, `dict(type='timm.swin_tiny_patch4_window7_224')`.

Their parameters keep their own names, as upstream's published checkpoints have them.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from importlib import import_module
from typing import Any

from torch import Tensor, nn

from ..._torchvision import import_torchvision
from ...errors import CheckpointError, ConfigError
from ...runner import CheckpointLoader

CLASSIFIERS = ("classifier", "fc", "head", "heads")
"""What torchvision's models call their last layer or layers."""


def library_of(cfg: Mapping[str, Any]) -> str | None:
    """'torchvision' or 'timm' if a backbone's config names a model of theirs."""
    kind = cfg.get("type")
    library = kind.partition(".")[0] if isinstance(kind, str) and "." in kind else ""
    return library if library in ("torchvision", "timm") else None


def build_external(cfg: Mapping[str, Any]) -> nn.Module:
    """The model of a config without its classifier.

    Args:
        cfg: `type='torchvision.NAME'` or `'timm.NAME'`; `pretrained`: True for the library's weights, if they are on this
            disk, or a file with them; what else the library's constructor takes.

    Raises:
        ConfigError: there is no such model, or it refuses its arguments.
        CheckpointError: the weights are not here; the message says how to fetch them.
    """
    args = dict(cfg)
    library, _, name = args.pop("type").partition(".")
    pretrained = args.pop("pretrained", False)
    build = _torchvision if library == "torchvision" else _timm
    return build(name, pretrained, args)


def external_features(model: Any, library: str, frames: Tensor) -> Tensor:
    """What the model sees in frames, before its classifier.

    Args:
        model: of `build_external`.
        library: where it is from.
        frames: (N, C, H, W).

    Returns:
        (N, C', H', W'); 1 x 1 where the model itself takes the mean. As upstream, a torchvision model that has `features`
        gives those, which of a DenseNet are before the last ReLU.
    """
    if (
        library == "torchvision"
        and hasattr(model, "features")
        and not _channels_end(model)
    ):
        x = model.features(frames)
    else:
        x = model(frames)
    if isinstance(x, tuple):  # Inception's auxiliary classifiers are in training only
        x = x[0]
    return x if x.dim() == 4 else x[:, :, None, None]  # type: ignore[no-any-return]


def _channels_end(model: Any) -> bool:
    """Whether the model's maps are (N, H, W, C), as those of Swin are."""
    return hasattr(model, "permute")


def _torchvision(name: str, pretrained: bool | str, args: dict[str, Any]) -> nn.Module:
    models = import_torchvision("torchvision.models")
    known = models.list_models(module=models)
    _check_known("torchvision", name, known)
    model: nn.Module = _construct("torchvision", name, models.get_model, args)
    if pretrained:
        source = pretrained if isinstance(pretrained, str) else f"torchvision://{name}"
        CheckpointLoader.require(source, "backbone.pretrained")
        weights = CheckpointLoader.load_checkpoint(source)
        try:
            model.load_state_dict(weights.get("state_dict", weights))
        except RuntimeError as e:
            raise CheckpointError(str(e).splitlines()[0], source) from e
    for classifier in CLASSIFIERS:
        if hasattr(model, classifier):
            setattr(model, classifier, nn.Identity())
    return model


def _timm(name: str, pretrained: bool | str, args: dict[str, Any]) -> nn.Module:
    try:
        timm: Any = import_module("timm")
    except ImportError as e:
        raise ConfigError(
            "timm is not installed", f"backbone.type 'timm.{name}'", "pip install timm"
        ) from e
    _check_known("timm", name.partition(".")[0], timm.list_models())
    if pretrained:
        file = pretrained if isinstance(pretrained, str) else _timm_file(timm, name)
        args = {**args, "pretrained": True, "pretrained_cfg_overlay": {"file": file}}
    model: nn.Module = _construct(
        "timm", name, timm.create_model, {"num_classes": 0, **args}
    )
    return model


def _timm_file(timm: Any, name: str) -> str:
    """The file of timm's weights in the cache of the Hugging Face hub, without a look into the net."""
    cached = import_module("huggingface_hub").try_to_load_from_cache
    cfg = timm.get_pretrained_cfg(name)
    for file in ("model.safetensors", "pytorch_model.bin"):
        path = cached(cfg.hf_hub_id, file) if cfg and cfg.hf_hub_id else None
        if isinstance(path, str):
            return path
    raise CheckpointError(
        "timm's weights are not on this disk, and nothing is downloaded without being asked",
        f"timm.{name}",
        f"""fetch them once: python -c "import timm; timm.create_model({name!r}, pretrained=True)" """.strip(),
    )


def _check_known(library: str, name: str, known: list[str]) -> None:
    if name in known:
        return
    near = difflib.get_close_matches(name, known, n=3)
    raise ConfigError(
        f"{library} has no model {name!r}",
        "backbone.type",
        f"did you mean {', '.join(near)}?" if near else "",
    )


def _construct(library: str, name: str, build: Any, args: dict[str, Any]) -> Any:
    try:
        return build(name, **args)
    except TypeError as e:
        raise ConfigError(f"{library}.{name}: {e}", "backbone") from e
