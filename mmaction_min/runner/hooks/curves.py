"""The curves of the schedules as pure functions, and the checks of what they are given; no runner is known here.

The formulas are those of mmcv 1.7 (mmcv/runner/hooks/lr_updater.py and momentum_updater.py). The warm-up of large batches
is arXiv 1706.02677, the cosine and its restarts arXiv 1608.03983, the cycles arXiv 1506.01186, 1cycle arXiv 1708.07120.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import torch

from ...errors import ArgumentError, ConfigError

Anneal = Callable[[float, float, float], float]
Phase = tuple[float, float, float]
"""The iteration at which a phase ends, and the values at its start and at its end."""


def annealing_cos(
    start: float, end: float, factor: float, weight: float = 1.0
) -> float:
    """Half a cosine down to `end`, from the part `weight` of the way to `start`, while `factor` goes from 0 to 1."""
    return end + 0.5 * weight * (start - end) * (math.cos(math.pi * factor) + 1)


def annealing_linear(start: float, end: float, factor: float) -> float:
    """A straight line from `start` to `end`, while `factor` goes from 0 to 1."""
    return start + (end - start) * factor


ANNEALINGS: Mapping[str, Anneal] = {"cos": annealing_cos, "linear": annealing_linear}


def warmup_factor(kind: str, progress: float, ratio: float) -> float:
    """What the regular rate is multiplied by during the warm-up; a momentum is divided by it.

    Args:
        kind: 'constant', 'linear' or 'exp'.
        progress: the part of the warm-up that is done, in 0..1.
        ratio: the factor at progress 0; at progress 1 it is 1, for 'constant' only after the warm-up.
    """
    if kind == "constant":
        return ratio
    if kind == "linear":
        return 1 - (1 - progress) * (1 - ratio)
    return float(ratio ** (1 - progress))


def steps_passed(progress: int, step: int | Sequence[int]) -> int:
    """How many steps are passed: of one every `step`, or of those at the places that `step` lists."""
    if isinstance(step, int):
        return progress // step
    return next((i for i, place in enumerate(step) if progress < place), len(step))


def annealing_target(
    base: float, minimum: float | None, minimum_ratio: float | None
) -> float:
    """Where an annealing ends: at `minimum`, or at the part `minimum_ratio` of `base`; the one not given counts as 0."""
    return base * (minimum_ratio or 0.0) + (minimum or 0.0)


def get_position_from_periods(iteration: int, cumulative_periods: Sequence[int]) -> int:
    """The index of the period that holds `iteration`, by where the periods end.

    Raises:
        ConfigError: the last period is over.
    """
    for index, end in enumerate(cumulative_periods):
        if iteration < end:
            return index
    raise ConfigError(
        f"the periods end at {', '.join(map(str, cumulative_periods))}, and {iteration} is beyond them",
        hint="let them add up to the length of the run",
    )


class Cycles(NamedTuple):
    """The cycles of Cyclic: up to the peak in the part `step_ratio_up` of a cycle, then down; see `CyclicLrUpdaterHook`."""

    target_ratio: tuple[float, float]
    cyclic_times: int
    step_ratio_up: float
    anneal: Anneal
    gamma: float

    def check_run(self, where: str, max_iters: int) -> None:
        """Refuse a run that is too short.

        Raises:
            ConfigError: it has fewer iterations than cycles.
        """
        if max_iters < self.cyclic_times:
            raise ConfigError(
                f"{self.cyclic_times} cycles do not fit into {max_iters} iterations",
                where,
                "lower cyclic_times",
            )

    def value(self, base: float, iteration: int, max_iters: int) -> float:
        """The value at `iteration` of a run of `max_iters`; what division leaves over begins one more cycle."""
        length = max_iters // self.cyclic_times
        up = int(self.step_ratio_up * length)
        cycle, now = divmod(iteration, length)
        decay = self.gamma**cycle
        high, low = self.target_ratio
        if up > 0:
            high = 1 - decay + high * decay
        else:  # mmcv's numbers: in cycles too short to rise, gamma acts on the low
            low = 1 - decay + low * decay
        if now < up:
            return self.anneal(base, base * high, now / up)
        return self.anneal(base * high, base * low, (now - up) / (length - up))


def phase_value(iteration: int, phases: Sequence[Phase], anneal: Anneal) -> float:
    """The value at `iteration` of phases that follow each other; after the last one it stays."""
    begin = 0.0
    for end, first, last in phases:
        if iteration < end:
            return anneal(first, last, (iteration - begin) / (end - begin))
        if iteration == end:  # also of a phase without length, where mmcv divides by 0
            return last
        begin = end
    return phases[-1][2]


def one_cycle_ends(total: int, pct_start: float, three_phase: bool) -> list[float]:
    """The iterations at which the phases of OneCycle end."""
    up = pct_start * total - 1
    return (
        [up, 2 * pct_start * total - 2, total - 1] if three_phase else [up, total - 1]
    )


# ---- the checks; `where` is the class that was given the argument


def require(ok: bool, where: str, what: str, hint: str = "") -> None:
    """Refuse an argument.

    Raises:
        ArgumentError: `ok` is false.
    """
    if not ok:
        raise ArgumentError(what, where, hint)


def check_step(where: str, step: int | Sequence[int]) -> None:
    """A step is a whole number above 0, or a list of such numbers that does not fall.

    Raises:
        ArgumentError: it is neither, a number is not above 0, or the list falls.
    """
    known = isinstance(step, int | list | tuple)
    require(known, where, f"step is a whole number or a list of them, not {step!r}")
    steps = [step] if isinstance(step, int) else list(step)
    whole = all(isinstance(value, int) and value > 0 for value in steps)
    require(whole, where, f"every step is a whole number above 0; step is {step}")
    require(steps == sorted(steps), where, f"step is {step}", "let the steps rise")


def check_one_minimum(where: str, name: str, *values: float | None) -> None:
    """Exactly one of `{name}` and `{name}_ratio` is given.

    Raises:
        ArgumentError: both or neither.
    """
    one = [value is not None for value in values].count(True) == 1
    require(one, where, f"give one of {name} and {name}_ratio")


def check_fraction(where: str, name: str, value: float) -> None:
    """`value` is a number in 0..1.

    Raises:
        ArgumentError: it is not.
    """
    number = isinstance(value, int | float) and 0 <= value <= 1
    require(number, where, f"{name} is a number from 0 to 1, not {value!r}")


def check_by_iteration(where: str, by_epoch: bool) -> None:
    """The policy counts iterations, not epochs.

    Raises:
        ArgumentError: `by_epoch` is true.
    """
    require(not by_epoch, where, "it counts iterations", "write by_epoch=False")


def anneal_of(where: str, strategy: str) -> Anneal:
    """The function of an `anneal_strategy`.

    Raises:
        ArgumentError: it is neither 'cos' nor 'linear'.
    """
    known = strategy in ANNEALINGS
    require(known, where, f"anneal_strategy is 'cos' or 'linear', not {strategy!r}")
    return ANNEALINGS[strategy]


def cycles_of(
    where: str,
    target_ratio: float | Sequence[float],
    cyclic_times: int,
    step_ratio_up: float,
    anneal_strategy: str,
    gamma: float,
) -> Cycles:
    """The cycles of these arguments; one target ratio stands for it and its 1e5th part.

    Raises:
        ArgumentError: one of them cannot be.
    """
    pair = [target_ratio] if isinstance(target_ratio, int | float) else target_ratio
    # A list too, which is what JSON, YAML and the command line give; mmcv takes only a tuple.
    sequence = isinstance(pair, list | tuple) and 1 <= len(pair) <= 2
    require(
        sequence, where, f"target_ratio is one or two numbers, not {target_ratio!r}"
    )
    require(cyclic_times > 0, where, f"cyclic_times is above 0, not {cyclic_times}")
    up = 0 <= step_ratio_up < 1
    require(up, where, f"step_ratio_up is from 0 to below 1, not {step_ratio_up}")
    require(0 < gamma <= 1, where, f"gamma is above 0 and at most 1, not {gamma}")
    high, low = pair if len(pair) == 2 else (pair[0], pair[0] / 1e5)
    anneal = anneal_of(where, anneal_strategy)
    return Cycles((high, low), cyclic_times, step_ratio_up, anneal, gamma)


def format_param(
    name: str,
    optim: torch.optim.Optimizer,
    param: float | Sequence[float] | Mapping[str, Any],
) -> list[float]:
    """A value for each param group of `optim`: a number for all, a list of one each, or a dict from an optimizer's name.

    Args:
        name: the optimizer's key where there are several, else the name of its class.
        optim: the optimizer.
        param: what the config says.

    Raises:
        ConfigError: (a ValueError) the list is of another length, or the dict has no such name.
    """
    if isinstance(param, Mapping):
        if name not in param:
            raise ConfigError(f"there is no {name!r} in {dict(param)}")
        return format_param(name, optim, param[name])
    groups = len(optim.param_groups)
    values = [param] * groups if isinstance(param, int | float) else list(param)
    if len(values) != groups:
        raise ConfigError(
            f"{name} has {groups} param groups, and there are {len(values)} values: {param}"
        )
    return values
