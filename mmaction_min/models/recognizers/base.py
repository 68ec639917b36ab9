"""BaseRecognizer: a backbone, perhaps a neck, and a head, and the steps that a runner asks for."""

from __future__ import annotations

import difflib
import inspect
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from ...errors import ConfigError
from ..backbones.external import external_features, library_of
from ..builder import build_backbone, build_blending, build_head, build_neck
from ..common.step import step_outputs

TRAIN_CFG = ("blending", "aux_info")
TEST_CFG = ("average_clips", "max_testing_views", "feature_extraction")


class BaseRecognizer(nn.Module, ABC):
    """The base of recognizers (mmaction/models/recognizers/base.py); a subclass says how clips are seen.

    Args:
        backbone: its config; `torchvision.NAME` and `timm.NAME` are known too.
        cls_head: the config of the head; None if features are all that is wanted.
        neck: the config of what stands between them, if anything does; see `through_neck`.
        train_cfg: `blending`: `dict(type='MixupBlending', num_classes=400, alpha=0.2)` or `CutmixBlending`;
            `aux_info`: names in the batch that the loss gets too.
        test_cfg: `average_clips`: how the scores of a clip's views are averaged: 'prob' (after the softmax), 'score', or
            None (not at all); `feature_extraction`: give features and not scores; `max_testing_views`: of a 3-D
            recognizer, how many views are computed at a time.

    Raises:
        ConfigError: one of these is unknown, or says what cannot be done.
    """

    def __init__(
        self,
        backbone: Mapping[str, Any],
        cls_head: Mapping[str, Any] | None = None,
        neck: Mapping[str, Any] | None = None,
        train_cfg: Mapping[str, Any] | None = None,
        test_cfg: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__()
        train_cfg, test_cfg = train_cfg or {}, test_cfg or {}
        _check_known(train_cfg, TRAIN_CFG, "model.train_cfg")
        _check_known(test_cfg, TEST_CFG, "model.test_cfg")
        self.average_clips: str | None = test_cfg.get("average_clips")
        if self.average_clips not in (None, "score", "prob"):
            raise ConfigError(
                f"{self.average_clips!r} is unknown",
                "model.test_cfg.average_clips",
                "'prob', 'score' or None",
            )
        self.feature_extraction = bool(test_cfg.get("feature_extraction"))
        self.max_testing_views: int | None = test_cfg.get("max_testing_views")
        if cls_head is None and not self.feature_extraction:
            raise ConfigError(
                "there is no head, and no feature_extraction is asked for",
                "model.cls_head",
                "test_cfg=dict(feature_extraction=True)",
            )
        self.aux_info = tuple(train_cfg.get("aux_info", ()))
        blending = train_cfg.get("blending")
        self.blending: Any = build_blending(blending) if blending else None
        self.backbone_from = library_of(backbone)
        self.backbone: Any = build_backbone(backbone)
        self.neck: Any = build_neck(neck) if neck else None
        self.cls_head: Any = build_head(cls_head) if cls_head else None
        self.init_weights()

    def init_weights(self) -> None:
        """Let the backbone, the neck and the head give their parameters their start values; other libraries' models have theirs."""
        own = self.backbone if self.backbone_from is None else None
        for part in (own, self.neck, self.cls_head):
            if part is not None:
                part.init_weights()

    def extract_feat(self, imgs: Tensor) -> Any:
        """The backbone's maps of (N, C, ...) frames or clips; a tuple of them if it gives those of several stages."""
        if self.backbone_from is None:
            return self.backbone(imgs)
        return external_features(self.backbone, self.backbone_from, imgs)

    @abstractmethod
    def forward_scores(
        self, imgs: Tensor, label: Tensor | None = None
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """The head's scores of a batch of clips, and the losses that the neck adds where there are labels."""

    def through_neck(
        self, x: Any, label: Tensor | None = None
    ) -> tuple[Any, dict[str, Tensor]]:
        """Features as the neck makes them, and the losses that it adds; without a neck as they are.

        A neck is called as upstream calls it, `neck(x, label)`. It gives the features alone, or `(features, losses)` as
        upstream's TPN does.

        Args:
            x: (N, C, T, H, W) maps, or a tuple of them, one for each stage.
            label: (N,) class numbers; None in a test.
        """
        if self.neck is None:
            return x, {}
        x = self.neck(x, label)
        if isinstance(x, tuple) and len(x) == 2 and isinstance(x[1], Mapping):
            return x[0], dict(x[1])
        return x, {}

    def through_head(self, x: Any, *args: Any) -> Tensor:
        """The head's scores of the features.

        Raises:
            ConfigError: the head is made for other channels, or for the other recognizer.
        """
        try:
            scores: Tensor = self.cls_head(x, *args)
        except TypeError as e:
            takes = inspect.signature(self.cls_head.forward)
            if _binds(takes, x, *args):
                raise
            head, is_2d = type(self.cls_head).__name__, "num_segs" in takes.parameters
            given = "x and num_segs" if args else "x alone"
            raise ConfigError(
                f"{head}.forward takes {', '.join(takes.parameters)}, and {type(self).__name__} gives it {given}",
                "model.cls_head",
                f"{head} is for Recognizer{'2D' if is_2d else '3D'}",
            ) from e
        except RuntimeError as e:
            made_for = getattr(self.cls_head, "in_channels", None)
            if made_for is None or made_for == (channels := _channels(x)):
                raise
            raise ConfigError(
                f"the features have {channels} channels, and the head takes in_channels={made_for}",
                "model.cls_head.in_channels",
                f"write in_channels={channels}",
            ) from e
        return scores

    def forward_features(self, imgs: Tensor) -> Tensor:
        """(N, C) features of N clips: the mean over everything that is seen of a clip.

        Raises:
            ConfigError: the recognizer does not say how.
        """
        raise ConfigError(
            f"{type(self).__name__} gives no features",
            "model.test_cfg.feature_extraction",
            "let it override forward_features",
        )

    def forward(
        self,
        imgs: Tensor,
        label: Tensor | None = None,
        return_loss: bool = True,
        **kwargs: Any,
    ) -> Any:
        """Losses for training, scores for testing.

        Args:
            imgs: the clips, in the layout of the subclass.
            label: (N,) class numbers, or (N, K) probabilities.
            return_loss: which of the two.
            **kwargs: what else the pipeline collected; `train_cfg.aux_info` names what is used of it.

        Returns:
            A dict of losses and accuracies; or (N, K) scores as an array on the host.

        Raises:
            ValueError: losses without labels.
            ConfigError: several scores for one label, or other things than scores; the batch lacks what `aux_info` names.
        """
        if not return_loss:
            return self.forward_test(imgs)
        if label is None:
            raise ValueError("the loss needs a label; for scores say return_loss=False")
        if missing := [name for name in self.aux_info if name not in kwargs]:
            raise ConfigError(
                f"the batch has no {', '.join(missing)}",
                "model.train_cfg.aux_info",
                "let the pipeline's Collect have it among its keys",
            )
        if self.blending is not None:
            imgs, label = self.blending(imgs, label)
        score, losses = self.forward_scores(imgs, label)
        self._check_scores(score)
        if len(score) != len(imgs):
            raise ConfigError(
                f"{type(self.cls_head).__name__}.forward gave {len(score)} scores for {len(imgs)} labels",
                "model.cls_head",
                "its forward averages over num_segs, and its last layer has num_classes outputs; if they do, the pipeline's"
                " frames must be as many as the model's, for in training a clip has one view",
            )
        aux = {name: kwargs[name] for name in self.aux_info}
        return {**self.cls_head.loss(score, label, **aux), **losses}

    def _check_scores(self, score: Any) -> None:
        """Refuse what is no table of scores: the forward of a head of one's own may give anything."""
        classes = getattr(self.cls_head, "num_classes", None)
        hint = f"num_classes is {classes}" if classes else ""
        gave = f"a {type(score).__name__}"
        if score is None:
            gave, hint = "None", "does it end with a return?"
        if isinstance(score, Tensor):
            if score.dim() == 2 and classes in (None, score.shape[1]):
                return
            gave = f"a tensor of shape {tuple(score.shape)}"
        raise ConfigError(
            f"{type(self.cls_head).__name__}.forward gave {gave}, and not (N, num_classes) scores, a row for each of N clips",
            "model.cls_head",
            hint,
        )

    def forward_test(self, imgs: Tensor) -> np.ndarray:
        """(N, K) scores of N clips, averaged over their views as `average_clips` says; or their features."""
        with torch.no_grad():
            if self.feature_extraction:
                return self.forward_features(imgs).float().cpu().numpy()
            score = self.forward_scores(imgs)[0]
            self._check_scores(score)
            score = score.float()
            views = score.shape[0] // imgs.shape[0]
            return average_clip(score, views, self.average_clips).cpu().numpy()

    def train_step(
        self, data_batch: Mapping[str, Any], optimizer: Any = None
    ) -> dict[str, Any]:
        """What the runner's step needs.

        Args:
            data_batch: `imgs`, `label`, and what else was collected.
            optimizer: not used; upstream's models get it.

        Returns:
            `loss` (a tensor to call backward on), `log_vars` (all losses and accuracies, on their device), `num_samples`.

        Raises:
            ConfigError: the batch has no clips or no labels; a loss is no tensor.
        """
        if missing := [name for name in ("imgs", "label") if name not in data_batch]:
            raise ConfigError(
                f"the batch has no {' and no '.join(missing)}",
                "data.train.pipeline",
                "let its Collect have them among its keys",
            )
        return step_outputs(self(**data_batch), len(data_batch["imgs"]))

    def val_step(
        self, data_batch: Mapping[str, Any], optimizer: Any = None
    ) -> dict[str, Any]:
        """The same as `train_step`; the runner calls it without gradients."""
        return self.train_step(data_batch, optimizer)


def check_layout(imgs: Tensor, recognizer: str, layout: str, input_format: str) -> None:
    """Refuse clips of other axes than a recognizer takes, such as those for a 3-D one in a 2-D one.

    Raises:
        ConfigError: they are.
    """
    if imgs.dim() != len(layout.split()):
        raise ConfigError(
            f"{recognizer} takes imgs of ({layout}), and got those of shape {tuple(imgs.shape)}",
            "model.type",
            f"let the pipeline have FormatShape(input_format={input_format!r})",
        )


def _binds(signature: inspect.Signature, *args: Any) -> bool:
    try:
        signature.bind(*args)
    except TypeError:
        return False
    return True


def _channels(x: Any) -> int:
    """Of (N, C, ...) features, or of a tuple of them together."""
    return sum(_channels(part) for part in x) if isinstance(x, tuple) else x.shape[1]


def _check_known(cfg: Mapping[str, Any], known: tuple[str, ...], where: str) -> None:
    for name in cfg:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"did you mean {near[0]}?" if near else f"one of {', '.join(known)}"
            raise ConfigError(f"there is no {name}", where, hint)


def average_clip(score: Tensor, num_crops: int, how: str | None) -> Tensor:
    """The mean over each clip's crops.

    Args:
        score: (N * num_crops, K).
        num_crops: scores of one clip.
        how: 'prob' for the mean after the softmax, 'score' for that before it, None for the scores as they are.

    Returns:
        (N, K), or (N * num_crops, K) for None.
    """
    if how is None:
        return score
    score = score.view(-1, num_crops, score.shape[-1])  # (N, num_crops, K)
    return (score.softmax(dim=2) if how == "prob" else score).mean(dim=1)
