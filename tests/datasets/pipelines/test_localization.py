"""LoadLocalizationFeature and LoadProposals: files that are missing or wrong are named; batches of unequal samples."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from mmaction_min.datasets.batch import collate
from mmaction_min.datasets.builder import PIPELINES
from mmaction_min.errors import ConfigError, DataError


def proposals(folder: Path, count: int, features: int, **changes: Any) -> Any:
    """What `LoadProposals` makes of so many proposals and features."""
    table = np.arange(count * 7, dtype=np.float32).reshape(count, 7)
    np.savetxt(folder / "v_a.csv", table, header="h", delimiter=",", comments="")
    np.save(folder / "v_a.npy", np.ones((features, 4)))
    load = PIPELINES.build(
        dict(
            type="LoadProposals",
            top_k=3,
            pgm_proposals_dir=folder,
            pgm_features_dir=folder,
        )
        | changes
    )
    return load({"video_name": "v_a"})


def test_the_first_proposals_are_read_with_their_features(tmp_path: Path) -> None:
    """At most `top_k`; the label is the sixth column."""
    results = proposals(tmp_path, 5, 5)

    assert results["bsp_feature"].shape == (3, 4)
    assert results["bsp_feature"].dtype == np.float32
    assert results["tmax_score"].tolist() == [3, 10, 17]
    assert results["reference_temporal_iou"].tolist() == [5, 12, 19]


def test_one_proposal_is_a_table_too(tmp_path: Path) -> None:
    """Of one row."""
    assert proposals(tmp_path, 1, 1)["tmin"].tolist() == [0]


def test_proposals_without_features_are_named(tmp_path: Path) -> None:
    """Both files, and what makes them anew."""
    with pytest.raises(DataError, match=r"v_a\.npy: there are 2 features for 3 prop"):
        proposals(tmp_path, 5, 2)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("v_b.csv", "", r"v_a\.csv: the features are missing"),
        ("v_a.csv", "h\n1,2\n3\n", r"v_a\.csv: the features are no table"),
        ("v_a.csv", "h\n1,nan\n", r"v_a\.csv: .* 1 values that are not finite"),
    ],
)
def test_features_that_cannot_be_used_are_named(
    name: str, content: str, message: str, tmp_path: Path
) -> None:
    """Missing, of unequal lines, or not numbers."""
    (tmp_path / name).write_text(content)
    load = PIPELINES.build(dict(type="LoadLocalizationFeature"))

    with pytest.raises(DataError, match=message):
        load({"video_name": "v_a", "data_prefix": str(tmp_path)})


def test_an_array_file_that_is_none_is_named(tmp_path: Path) -> None:
    """And nothing in it is run."""
    (tmp_path / "v_a.npy").write_bytes(b"no array")
    load = PIPELINES.build(dict(type="LoadLocalizationFeature", raw_feature_ext=".npy"))

    with pytest.raises(DataError, match=r"v_a\.npy: the features are no table"):
        load({"video_name": "v_a", "data_prefix": str(tmp_path)})


def test_an_unknown_extension_is_refused(tmp_path: Path) -> None:
    """Before anything is read."""
    with pytest.raises(ConfigError, match=r"raw_feature_ext='\.pkl'"):
        PIPELINES.build(dict(type="LoadLocalizationFeature", raw_feature_ext=".pkl"))
    with pytest.raises(ConfigError, match=r"proposal_ext='\.npy'"):
        proposals(tmp_path, 1, 1, proposal_ext=".npy")


def test_what_is_marked_comes_in_a_list() -> None:
    """`ToDataContainer` with `stack=False`, by one name or several; with `stack=True` values are stacked."""
    mark = PIPELINES.build(
        dict(
            type="ToDataContainer",
            fields=[
                dict(key="a", cpu_only=True),
                dict(key=["b"]),
                dict(key="c", stack=True),
            ],
        )
    )
    samples = [
        mark({key: torch.zeros(n) for key in "ab"} | {"c": torch.zeros(2)})
        for n in (1, 3)
    ]

    batch = collate(samples)

    assert isinstance(batch, dict)
    assert [len(value) for value in batch["a"]] == [1, 3]
    assert [len(value) for value in batch["b"]] == [1, 3]
    assert batch["c"].shape == (2, 2)


def test_the_video_of_another_length_is_named() -> None:
    """In a batch whose others are of one length."""
    samples = [
        {"raw_feature": np.zeros((2, n)), "video_meta": {"video_name": f"v_{i}"}}
        for i, n in enumerate((5, 5, 4))
    ]

    error = collate(samples)

    assert isinstance(error, DataError)
    assert error.where == "v_2"
    assert "(2, 4), (2, 5)" in error.what
