"""SSNHead and its pooling: what the golden numbers do not show, and what is refused."""

from __future__ import annotations

import pytest
import torch

from mmaction_min.errors import ConfigError
from mmaction_min.models import STPPTest, STPPTrain, build_head

PYRAMID = (1, (1, 2), 1)


def test_a_part_has_the_mean_of_its_segments() -> None:
    """Of (2, 5, 2) segments: the stages before and after, scaled, the proposal and its halves, each a third."""
    x = torch.arange(9.0)[:, None]

    course, pyramid = STPPTrain(PYRAMID)(x, torch.tensor([[2.0, 3.0]]))

    assert course.tolist() == [[4]]
    expected = [2 * 0.5, 4 / 3, 2.5 / 3, 5 / 3, 3 * 7.5]
    assert pyramid.flatten().tolist() == pytest.approx(expected)


def test_what_is_beyond_the_video_says_nothing() -> None:
    """A stage after the last tick counts 0, and so does a part of less than a tick; the proposal's own is at least one tick."""
    scores = torch.ones(4, 2 + 4 * 1)
    ticks = torch.tensor([[0, 2, 4, 4], [3, 3, 3, 4], [4, 4, 4, 4]])

    activity, complete, regression = STPPTest(1, False, (1, (2,), 1))(
        scores, ticks, torch.ones(3, 2)
    )

    assert activity.tolist() == [[1, 1]] * 3
    # the course's halves count a half each: both, the second (the first has no tick), none
    assert complete.flatten().tolist() == [2, 2.5, 0]
    assert regression is None


def test_a_test_scores_as_the_training_does() -> None:
    """Where the segments are all ticks; upstream adds a stage's parts in a test, and averages them in training."""
    torch.manual_seed(0)
    stages = dict(stpp_stage=PYRAMID, num_segments_list=(2, 4, 2))
    cfg = dict(type="STPPTrain", **stages)
    head = build_head(
        dict(type="SSNHead", in_channels=3, num_classes=2, consensus=cfg)
    ).eval()
    x, scales = torch.randn(8, 3), torch.ones(1, 2)

    trained = head((x, scales))
    tested = head((x, torch.tensor([[0, 2, 6, 8]]), scales), test_mode=True)[1:]

    for expected, found in zip(trained, tested, strict=True):
        torch.testing.assert_close(found.view_as(expected), expected)


def test_a_test_sees_the_weights_of_now() -> None:
    """Upstream keeps those of its first test, which then is wrong after a step."""
    head = build_head(dict(type="SSNHead", in_channels=3, num_classes=2)).eval()
    head.init_weights()
    inputs = (torch.randn(6, 3), torch.tensor([[0, 1, 3, 5]]), torch.ones(1, 2))
    before = head(inputs, test_mode=True)[2]

    with torch.no_grad():
        head.completeness_fc.weight.mul_(2)

    torch.testing.assert_close(head(inputs, test_mode=True)[2], 2 * before)


@pytest.mark.parametrize(
    ("consensus", "message"),
    [
        (dict(type="AvgConsensus"), "one of STPPTrain, STPPTest"),
        (dict(type="STPPTrain", stpp_stage=(1, 1)), "not three stages"),
        (dict(type="STPPTrain", stpp_stage=(1, (), 1)), r"a stage is \(\)"),
        (dict(type="STPPTrain", stpp_stage=(3, 1, 1)), "2 segments cannot be 3 parts"),
        (dict(type="STPPTrain", num_segments_list=(2, 5)), "not three numbers"),
        (dict(type="STPPTest", num_segments_list=(2, 5, 2)), "num_segments_list"),
    ],
)
def test_other_poolings_are_refused(consensus: dict[str, object], message: str) -> None:
    """With what there is."""
    with pytest.raises(ConfigError, match=message):
        build_head(dict(type="SSNHead", consensus=consensus))


def test_a_head_that_only_tests_does_not_train() -> None:
    """And one that trains says which segments it wants."""
    inputs = (torch.ones(16, 1024), torch.ones(2, 2))
    testing = build_head(dict(type="SSNHead", consensus=dict(type="STPPTest")))
    training = build_head(dict(type="SSNHead"))

    with pytest.raises(ConfigError, match="STPPTest does not train"):
        testing(inputs)
    with pytest.raises(ConfigError, match="2 proposals have 16 segments, and not 9"):
        training(inputs)
