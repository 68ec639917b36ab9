"""What upstream's code imports from `mmcv.runner` and a model of ours does not need: half precision, base modules, helpers."""

from __future__ import annotations

import collections
import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from mmaction_min.errors import ArgumentError, ConfigError
from mmaction_min.runner import (
    BaseModule,
    ClosureHook,
    GradientCumulativeOptimizerHook,
    LossScaler,
    ModuleDict,
    ModuleList,
    Priority,
    ProfilerHook,
    Sequential,
    _load_checkpoint,
    auto_fp16,
    force_fp32,
    get_host_info,
    get_priority,
    get_time_str,
    load_state_dict,
    obj_from_dict,
    set_random_seed,
    weights_to_cpu,
    wrap_fp16_model,
)
from mmaction_min.runner.fp16_utils import cast_tensor_type


class Echo(nn.Module):
    """Gives back what it gets."""

    fp16_enabled = False

    @auto_fp16(apply_to=("x",))
    def half(self, x: Tensor, y: Any = None) -> Any:
        return x, y, torch.is_autocast_enabled("cpu")

    @auto_fp16(out_fp32=True)
    def half_and_back(self, x: Tensor) -> Any:
        return x

    @force_fp32(out_fp16=True)
    def full_and_back(self, x: Tensor) -> Any:
        return {"x": x + 1, "type": str(x.dtype)}


def test_decorated_methods_cast_once_the_model_is_wrapped() -> None:
    """Until then they do nothing; then the named arguments come in half precision, under autocast."""
    echo, x = Echo(), torch.ones(1)
    assert echo.half(x)[0].dtype == torch.float32
    wrap_fp16_model(nn.Sequential(echo))

    got, kept, cast = echo.half(x, y=x)

    assert (got.dtype, kept.dtype, cast) == (torch.float16, torch.float32, True)
    assert echo.half_and_back(x).dtype == torch.float32
    out = echo.full_and_back(x.half())
    assert (out["x"].dtype, out["type"]) == (torch.float16, "torch.float32")


def test_only_methods_of_modules_may_be_decorated() -> None:
    """As in mmcv; other types are named in `supported_types`."""

    class NoModule:
        @auto_fp16()
        def forward(self, x: Tensor) -> Tensor:
            return x

    with pytest.raises(TypeError, match="forward is decorated for"):
        NoModule().forward(torch.ones(1))


@pytest.mark.parametrize(
    "value", ["text", 5, None, np.ones(1), torch.ones(1, dtype=torch.int64)], ids=str
)
def test_what_is_not_of_the_type_is_not_cast(value: Any) -> None:
    """Also within lists and mappings, whose own type stays."""
    cast = cast_tensor_type(
        collections.OrderedDict(a=[value, torch.ones(1)]), torch.float32, torch.float16
    )

    assert type(cast) is collections.OrderedDict
    assert cast["a"][0] is value
    assert cast["a"][1].dtype == torch.float16


def test_base_modules_follow_their_init_cfg() -> None:
    """The outer one's first, then the children's own; layers are chosen by their class."""
    inner = Sequential(
        nn.Linear(2, 2), init_cfg=dict(type="Constant", val=3, layer="Linear", bias=4)
    )
    model = ModuleList(
        [ModuleDict({"a": inner}), nn.Conv2d(1, 1, 1), nn.Linear(2, 2)],
        init_cfg=[
            dict(type="Constant", val=1, layer=["Linear", "Conv2d"]),
            dict(type="Kaiming", layer="Conv2d", distribution="uniform"),
        ],
    )

    model.init_weights()

    assert isinstance(model, BaseModule)
    assert inner[0].weight.eq(3).all() and inner[0].bias.eq(4).all()
    assert model[2].weight.eq(1).all() and model[2].bias.eq(0).all()
    assert not model[1].weight.eq(1).all()


class WithHead(BaseModule):
    """Two layers, one with a name that an override can give."""

    def __init__(self, **init_cfg: Any) -> None:
        super().__init__(init_cfg)
        self.fc = nn.Linear(1, 1)
        self.head = Sequential(
            nn.Linear(1, 1), init_cfg=dict(type="Constant", val=9, layer="Linear")
        )


def test_an_override_is_for_one_part() -> None:
    """For all of its weights, with a type of its own or, by the name alone, as the whole says."""
    override = dict(name="fc", type="Constant", val=3, bias=4)
    model = WithHead(type="Constant", val=1, layer="Linear", override=override)
    alone = WithHead(type="Constant", val=1, bias_prob=0.5, override=[dict(name="fc")])
    alone.head.init_cfg = None
    before = alone.head[0].weight.clone()

    model.init_weights()
    alone.init_weights()

    assert (model.fc.weight, model.fc.bias) == (3, 4)
    assert model.head[0].weight == 9
    assert (alone.fc.weight, alone.fc.bias) == (1, 0)
    assert alone.head[0].weight == before


@pytest.mark.parametrize("override", [dict(name="neck"), dict(name="fc", val=2)])
def test_an_override_without_a_part_or_a_type_is_refused(
    override: dict[str, Any],
) -> None:
    """With the names of the parts."""
    with pytest.raises(ConfigError, match=r"for no part of WithHead.*\n.*fc, head"):
        WithHead(type="Constant", val=1, override=override).init_weights()


def test_a_layer_may_be_named_by_its_base_and_a_bias_by_its_probability() -> None:
    """`_BatchNorm` is for all of its kind; a bias of log(p / (1 - p)) gives p after the sigmoid."""
    cfg = dict(type="Constant", val=2, bias_prob=0.01, layer="_BatchNorm")
    model = Sequential(nn.BatchNorm2d(1), nn.BatchNorm3d(1), init_cfg=cfg)

    model.init_weights()

    for norm in model:
        assert norm.weight == 2
        torch.testing.assert_close(norm.bias.sigmoid(), torch.tensor([0.01]))


def test_an_unknown_initialization_is_refused() -> None:
    """With those that there are."""
    with pytest.raises(ConfigError, match=r"'He' is no initialization.*\n.*Kaiming"):
        BaseModule(dict(type="He", layer="Conv2d")).init_weights()


def test_a_base_module_starts_from_a_file(tmp_path: Path) -> None:
    """`init_cfg=dict(type='Pretrained', checkpoint=...)`, of a part by its `prefix`; the children's own do not spoil it."""
    source = WithHead()
    torch.save(weights_to_cpu(source.state_dict()), tmp_path / "a.pth")
    file = str(tmp_path / "a.pth")
    model = WithHead(type="Pretrained", checkpoint=file)
    head = Sequential(
        nn.Linear(1, 1),
        init_cfg=dict(type="Pretrained", checkpoint=file, prefix="head"),
    )

    model.init_weights()
    head.init_weights()

    assert torch.equal(model.fc.weight, source.fc.weight)
    assert torch.equal(model.head[0].weight, source.head[0].weight)
    assert torch.equal(head[0].weight, source.head[0].weight)
    other = WithHead()
    load_state_dict(other, _load_checkpoint(file), strict=True)
    assert torch.equal(other.fc.weight, source.fc.weight)


def test_an_object_is_built_from_a_dict() -> None:
    """By a class, or by a name in a module."""
    assert obj_from_dict(dict(type="Linear", in_features=1), nn, dict(out_features=2))
    assert obj_from_dict(dict(type=dict, a=1)) == {"a": 1}
    with pytest.raises(TypeError, match="type is a name or a class"):
        obj_from_dict(dict(a=1))


def test_a_loss_is_divided_by_the_size_of_its_group() -> None:
    """Under the name that subclasses call; what is left at the end is a group of its own, after a resume too."""
    hook = GradientCumulativeOptimizerHook(cumulative_iters=3)

    def factors(start: int, end: int) -> list[int]:
        runners = (SimpleNamespace(iter=i, max_iters=end) for i in range(start, end))
        return [hook._get_loss_factor(runner) for runner in runners]  # type: ignore[arg-type]

    assert factors(0, 8) == [3] * 6 + [2] * 2
    assert factors(5, 10) == [3] * 4 + [1]


def test_one_seed_is_for_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """For processes to come too; how cuDNN chooses its algorithms is left alone, unless all is to be deterministic."""
    monkeypatch.setenv("PYTHONHASHSEED", "random")
    monkeypatch.setattr(torch.backends.cudnn, "benchmark", True)
    set_random_seed(3)
    first = torch.rand(1), np.random.rand()
    assert torch.backends.cudnn.benchmark

    set_random_seed(3, deterministic=True, use_rank_shift=True)
    second = torch.rand(1), np.random.rand()

    assert first == second
    assert os.environ["PYTHONHASHSEED"] == "3"
    assert not torch.backends.cudnn.benchmark
    set_random_seed(3)
    assert not torch.backends.cudnn.deterministic


def test_host_and_time_are_text() -> None:
    """For the first lines of a log."""
    assert "@" in get_host_info() or get_host_info() == ""
    assert len(get_time_str()) == len("20260131_235959")


def test_a_loss_scale_halves_at_an_overflow_and_doubles_after_a_window() -> None:
    """To no less than 1, as mmcv's; a static one stays, and its state comes back."""
    scaler = LossScaler(init_scale=4, scale_window=2)
    scales = []
    for overflow in (False, False, True, True, True, False, False, False):
        scaler.update_scale(overflow)
        scales.append(scaler.loss_scale)
    param = nn.Parameter(torch.ones(2))
    param.grad = torch.tensor([1.0, float("inf")])
    again = LossScaler()
    again.load_state_dict(scaler.state_dict())

    assert scales == [4, 8, 4, 2, 1, 1, 2, 2]
    assert scaler.has_overflow([param])
    assert not LossScaler(mode="static").has_overflow([param])
    assert again.state_dict() == scaler.state_dict()
    with pytest.raises(ArgumentError, match="dynamic or static"):
        LossScaler(mode="both")


def test_priorities_have_mmcv_s_names_and_numbers() -> None:
    """By the enum, by its name in any case, or by number."""
    assert [get_priority(one) for one in (Priority.LOW, "low", 70)] == [70] * 3
    with pytest.raises(ConfigError):
        get_priority(101)


def test_a_closure_has_a_place_of_the_loop() -> None:
    """Another name is refused with the places."""
    hook = ClosureHook("after_train_iter", lambda runner: runner.append(1))
    calls: list[int] = []
    hook.after_train_iter(calls)  # type: ignore[arg-type]

    assert calls == [1]
    with pytest.raises(ArgumentError, match="after_train_iter"):
        ClosureHook("after_training", print)


@pytest.mark.parametrize(
    "options",
    [
        dict(by_epoch=1),
        dict(profile_iters=0),
        dict(activities=["tpu"]),
        dict(schedule=1),
    ],
    ids=str,
)
def test_a_profiler_that_makes_no_sense_is_refused(options: dict[str, Any]) -> None:
    """Before the run begins."""
    with pytest.raises(ArgumentError):
        ProfilerHook(**options)
