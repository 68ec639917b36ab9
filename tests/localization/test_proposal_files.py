"""SSN's proposal files: what is read, and what is refused by its line."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mmaction_min.errors import DataError
from mmaction_min.localization import load_localize_proposal_file

LINES = ["# 0", "video_a", "100", "1"]
LINES += ["2", "1 10 40", "2 60 95", "1", "1 0.85 0.9 12 42"]


def write(folder: Path, lines: list[str]) -> Path:
    """A proposal file."""
    path = folder / "proposals.txt"
    path.write_text("\n".join(lines) + "\n")
    return path


def test_a_file_is_read(tmp_path: Path) -> None:
    """Frames are the product of two lines; proposals may end beyond the video, and a video may have none of either."""
    path = write(tmp_path, [*LINES, "", "# 1", "video_b", "8.5", "10", "0", "0"])

    first, second = load_localize_proposal_file(path)

    assert first.gt_boxes == [(1, 10, 40), (2, 60, 95)]
    assert first.proposal_boxes == [(1, 0.85, 0.9, 12, 42)]
    assert second == ("video_b", 85, [], [])


def test_parts_of_videos_become_frames(tmp_path: Path) -> None:
    """Where the number of frames is known; what is shorter than a frame is left out."""
    rows = ["1", "1 0.1 0.405", "2", "1 0.9 1.0 0.5 1.02", "1 0 0 0.5 0.501"]
    path = write(tmp_path, ["# 0", "video_a", "1", "1", *rows])

    (video,) = load_localize_proposal_file(path, {"video_a": 200}.__getitem__)

    assert video.num_frames == 200
    assert video.gt_boxes == [(1, 20, 81)]
    assert [tuple(one)[3:] for one in video.proposal_boxes] == [(100, 204)]


@pytest.mark.parametrize(
    ("line", "text", "message"),
    [
        (3, "", "proposals.txt:5: here should be the number of segments: '1 10 40'"),
        (5, "3", "proposals.txt:8: here should be number 3 of 3 segments"),
        (5, "1", "proposals.txt:7: here should be the number of proposals: '2 60 95'"),
        (8, "2", "proposals.txt:9: the video ends here, without proposals 2 of the 2"),
        (8, "0", "proposals.txt:9: video_a should end above this line"),
        (6, "1 40 10", "proposals.txt:6: the segment ends at 10 and starts at 40"),
        (9, "1 0.8 0.9 42 42", "proposals.txt:9: the segment ends at 42 and starts at"),
        (6, "1 -1 40", "proposals.txt:6: the segment starts at -1"),
        (6, "1 100 140", "proposals.txt:6: the segment is beyond the video, which has"),
        (7, "2 60 111", "proposals.txt:7: the segment is beyond the video, which has"),
        (6, "0 10 40", "proposals.txt:6: there is no class 0"),
        (9, "0 0.8 0.9 12 42", "proposals.txt:9: there is no class 0"),
        (6, "x 10 40", "proposals.txt:6: the class is no number"),
        (6, "1 0.1 0.4", "no whole number of frames"),
        (
            9,
            "1 1.8 0.9 12 42",
            "proposals.txt:9: the IoU or overlap 1.8 is not in 0..1",
        ),
        (3, "0", "proposals.txt:3: the video has 0 frames"),
        (1, "video", "proposals.txt:1: the file does not begin with a line `# 0`"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(
    line: int, text: str, message: str, tmp_path: Path
) -> None:
    """Counts that do not match, segments without a length or beyond the video, classes and numbers that cannot be."""
    lines = [*LINES[: line - 1], *([text] if text else []), *LINES[line:]]
    with pytest.raises(DataError, match=re.escape(message)):
        load_localize_proposal_file(write(tmp_path, lines))


def test_a_file_without_videos_is_refused(tmp_path: Path) -> None:
    """As is one that is not there."""
    with pytest.raises(DataError, match="has no videos"):
        load_localize_proposal_file(write(tmp_path, []))
    with pytest.raises(DataError, match="cannot be read: No such file"):
        load_localize_proposal_file(tmp_path / "nothing.txt")
