from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from mmaction_min.datasets.pipelines import ColorJitter
from mmaction_min.errors import ConfigError

NONE = {"brightness": 0.0, "contrast": 0.0, "saturation": 0.0, "hue": 0.0}
COLOURS = np.array([[[[200, 100, 50], [0, 0, 0]], [[30, 60, 90], [250, 250, 250]]]])


def jitter(imgs: NDArray[Any] = COLOURS, **changes: Any) -> NDArray[Any]:
    results = {"imgs": imgs.astype(np.uint8)}
    changed: NDArray[Any] = ColorJitter(**{**NONE, **changes})(results)["imgs"]
    return changed


def test_no_change_is_no_change() -> None:
    """With all ranges empty the frames stay as they are."""
    assert np.array_equal(jitter(), COLOURS)


def test_each_change_by_hand() -> None:
    """Half the brightness, half the distance to the mean grey, all grey, and a third of the circle."""
    grey = COLOURS[0] @ [0.2989, 0.587, 0.114]
    contrast = COLOURS / 2 + grey.mean() / 2

    assert np.array_equal(jitter(brightness=(0.5, 0.5)), COLOURS // 2)
    assert np.abs(jitter(contrast=(0.5, 0.5)) - contrast).max() <= 1
    assert np.abs(jitter(saturation=(0, 0))[0] - grey[..., None]).max() <= 1
    # 60 steps of 2 degrees: red becomes green
    assert jitter(hue=(60.5 / 255,) * 2)[0, 0, 0].tolist() == pytest.approx(
        [50, 200, 100], abs=2
    )


def test_frames_of_a_sample_change_alike_and_samples_do_not() -> None:
    """The factors are drawn once for all frames."""
    np.random.seed(0)
    twice = np.concatenate([COLOURS, COLOURS])
    first, second = (ColorJitter()({"imgs": twice.astype(np.uint8)}) for _ in range(2))

    assert np.array_equal(first["imgs"][0], first["imgs"][1])
    assert not np.array_equal(first["imgs"], second["imgs"])


@pytest.mark.parametrize("wrong", [{"hue": 0.6}, {"brightness": (0.5, 2.5)}])
def test_a_range_too_wide_is_refused(wrong: dict[str, Any]) -> None:
    """The error says which, and what there is."""
    with pytest.raises(ConfigError, match=f"no {next(iter(wrong))}="):
        ColorJitter(**wrong)
