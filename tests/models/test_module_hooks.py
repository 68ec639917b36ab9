"""`module_hooks`: frames that a model normalizes itself, and what is refused."""

from __future__ import annotations

import re
from typing import Any

import pytest
import torch

from mmaction_min.assemble import prepare_model
from mmaction_min.config import Config
from mmaction_min.errors import ConfigError

MODEL = dict(
    type="Recognizer2D",
    backbone=dict(type="ResNet", depth=18, num_stages=1, out_indices=(0,)),
    cls_head=dict(type="TSNHead", num_classes=3, in_channels=64),
)
MEAN, STD = [123.675, 116.28, 103.53], [58.395, 57.12, 57.375]
HOOK = dict(type="GPUNormalize", input_format="NCHW", mean=MEAN, std=STD)


def prepare(hook: dict[str, Any] | None) -> Any:
    torch.manual_seed(0)
    hooks = {} if hook is None else {"module_hooks": [hook]}
    return prepare_model(Config({"model": MODEL, **hooks}), torch.device("cpu"))


def test_bytes_are_normalized_before_the_backbone() -> None:
    """The scores are those of frames that the pipeline normalized; frames that it did are refused."""
    frames = torch.randint(0, 256, (1, 2, 3, 32, 32), dtype=torch.uint8)
    mean, std = (torch.tensor(x).view(3, 1, 1) for x in (MEAN, STD))
    plain, hooked = prepare(None).eval(), prepare(HOOK).eval()

    want = plain((frames.float() - mean) / std, return_loss=False)

    assert hooked(frames, return_loss=False) == pytest.approx(want, abs=1e-6)
    with pytest.raises(ConfigError, match=r"frames as torch.float32, and not as bytes"):
        hooked(frames.float(), return_loss=False)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (dict(hooked_module="neck2"), "no part 'neck2'\nhint: it has backbone, cls_"),
        (dict(hook_pos="before"), "hook_pos is 'before'\nhint: one of forward_pre"),
        (dict(input_format="CHW"), "no input_format 'CHW'\nhint: one of NCHW"),
        (dict(type="GPUNormalise"), "did you mean GPUNormalize"),
    ],
)
def test_what_is_not_there_is_refused(change: dict[str, str], message: str) -> None:
    """A part of the model, a place of torch's, a layout, a hook."""
    with pytest.raises((ConfigError, KeyError), match=re.escape(message)):
        prepare({**HOOK, **change})
