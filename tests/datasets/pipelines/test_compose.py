from __future__ import annotations

from typing import Any

import pytest

from mmaction_min.datasets import Compose
from mmaction_min.errors import ConfigError, DataError, NotRegisteredError

Results = dict[str, Any]


def add_one(results: Results) -> Results:
    return {**results, "label": results["label"] + 1}


def fail(results: Results) -> Results:
    raise ValueError("torn")


def forget(results: Results) -> Any:
    results["label"] = 0


def refuse(results: Results) -> Results:
    raise DataError("torn", "a.mp4")


def look_up(results: Results) -> Results:
    return {"label": {0: "cat"}[results["label"]]}


def test_no_transforms_change_nothing() -> None:
    """An empty pipeline gives back what it got."""
    results = {"label": 1}

    assert Compose([])(results) is results


def test_transforms_run_in_order_from_configs_and_functions() -> None:
    """A config is built by its type; anything callable is used as it is."""
    pipeline = Compose([add_one, {"type": "ToTensor", "keys": ["label"]}, add_one])

    assert pipeline({"label": 1})["label"].tolist() == 3


def test_a_missing_value_names_the_step_and_what_there_is() -> None:
    """Formatting before decoding is the pipeline's fault, and is said in its words."""
    pipeline = Compose([add_one, {"type": "FormatShape", "input_format": "NCHW"}])

    with pytest.raises(ConfigError) as error:
        pipeline({"filename": "a.mp4", "label": 0})
    assert error.value.what == (
        "FormatShape (step 2 of the pipeline) needs 'imgs', and the steps before it made only 'filename', 'label'"
    )
    assert error.value.where == "a.mp4"


@pytest.mark.parametrize("transform", [fail, look_up])
def test_any_other_failure_names_the_step_and_the_file(transform: Any) -> None:
    """The original error, a KeyError of the transform's own too, stays as the cause."""
    with pytest.raises(
        RuntimeError,
        match=rf"a\.mp4: {transform.__name__} \(step 1 of the pipeline\) failed",
    ) as error:
        Compose([transform])({"filename": "a.mp4", "label": 5})
    assert isinstance(error.value.__cause__, (ValueError, KeyError))


def test_an_error_for_people_passes_unchanged() -> None:
    """A DataError already says what, where and what to do."""
    with pytest.raises(DataError, match=r"^a\.mp4: torn$"):
        Compose([refuse])({})


def test_a_transform_that_returns_nothing_is_told_so() -> None:
    """The forgotten `return results` is the commonest mistake in a transform."""
    with pytest.raises(
        ConfigError, match=r"forget .*returned nothing\nhint: .*return results"
    ):
        Compose([forget])({})


@pytest.mark.parametrize(
    ("transform", "error"),
    [({"type": "Flop"}, NotRegisteredError), (3, ConfigError), ({}, ConfigError)],
)
def test_what_is_no_transform_is_refused(
    transform: Any, error: type[Exception]
) -> None:
    """Unknown types, numbers and dicts without a type do not make a pipeline."""
    with pytest.raises(error):
        Compose([transform])


def test_repr_shows_the_steps() -> None:
    """A pipeline prints its transforms."""
    assert repr(Compose([])) == "Compose([])"
