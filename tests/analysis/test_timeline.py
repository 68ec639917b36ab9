"""The picture of segments and proposals: a video a row, the best proposal on top."""

from __future__ import annotations

from mmaction_min.analysis.timeline import draw_timeline


def test_a_row_has_the_segments_and_the_best_proposals_with_their_iou() -> None:
    """Two of three proposals, sorted by score; a video without segments has proposals of IoU 0."""
    infos = [
        {"video_name": name, "duration": 10.0, "annotations": annotations}
        for name, annotations in (("v_a", [{"segment": [1.0, 3.0]}]), ("v_b", []))
    ]
    proposals = [
        {"score": 0.1, "segment": [0.0, 9.0]},
        {"score": 0.5, "segment": [2.0, 3.0]},
        {"score": 0.9, "segment": [1.0, 3.0]},
    ]
    results = [{"proposal_list": proposals}] * 2

    figure = draw_timeline(infos, results, proposals=2)

    first, second = figure.axes
    assert first.get_title(loc="left") == "v_a"
    assert [text.get_text() for text in first.texts] == ["1.00", "0.50"]
    assert [text.get_text() for text in second.texts] == ["0.00", "0.00"]
    assert first.get_xlim() == (0, 10)
    keys = [text.get_text() for text in figure.legends[0].get_texts()]
    assert keys == ["annotated", "proposals"]
