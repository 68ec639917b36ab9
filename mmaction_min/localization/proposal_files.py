"""SSN's proposal files: what they hold of each video, and what is wrong in which line. It needs no torch."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, NoReturn

from ..errors import DataError

SLACK = 0.1
"""By which part of the video an annotated segment may end beyond it: annotators round, and decoders lose frames."""
FORM = "a video is `# number`, its name, its frames, its rate (1), the number of segments, their lines, the number of proposals, their lines"


class Segment(NamedTuple):
    """An annotated segment: frames `start` to `end`, without the latter, in which the class `label` happens (from 1)."""

    label: int
    start: int
    end: int


class Proposal(NamedTuple):
    """A proposed segment, the class of the nearest annotated one, its IoU with that, and which part of it lies in one."""

    label: int
    best_iou: float
    overlap_self: float
    start: int
    end: int


class ProposalVideo(NamedTuple):
    """What a proposal file says of a video."""

    video_id: str
    num_frames: int
    gt_boxes: list[Segment]
    proposal_boxes: list[Proposal]


class Line(NamedTuple):
    """A line of a file, and where it stands."""

    where: str
    text: str

    def refuse(self, what: str, hint: str = "") -> NoReturn:
        raise DataError(f"{what}: {self.text!r}", self.where, hint)

    def number(self, name: str, text: str) -> float:
        try:
            return float(text)
        except ValueError:
            self.refuse(f"the {name} is no number", FORM)

    def frame(self, name: str, text: str, scale: int | None) -> int:
        """A frame's number; from a part of a video of `scale` frames, if there is a scale."""
        number = self.number(name, text)
        if scale is None and number != int(number):
            self.refuse(
                f"the {name} is {text}, and no whole number of frames",
                "parts of videos belong into a file that is called normalized_...",
            )
        return int(number * (scale or 1))


def load_localize_proposal_file(
    filename: str | Path, count_frames: Callable[[str], int] | None = None
) -> list[ProposalVideo]:
    """Read a proposal file (mmaction/localization/ssn_utils.py).

    For each video it has the lines

        # 0
        video_validation_0000202    the name
        5666                        frames, or seconds
        1                           what these are multiplied with to give frames
        1                           the number of annotated segments
        8 130 185                   class (from 1), first frame, frame after the last
        1                           the number of proposals
        8 0.0620 0.0620 790 5671    class, best IoU, part of it that is in a segment, first frame, frame after the last

    Args:
        filename: its path.
        count_frames: for a file of parts of videos instead of frames: gives the number of frames of a video of a name.

    Raises:
        DataError: the file cannot be read, or what is wrong in which line: counts that do not match, a segment that ends before
            it starts or is beyond its video, a number that cannot be.
    """
    try:
        text = Path(filename).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as e:
        raise DataError(
            f"the proposal file cannot be read: {getattr(e, 'strerror', None) or e}",
            str(filename),
            "set ann_file to a proposal file of SSN",
        ) from e
    videos: list[_Lines] = []
    for number, line in enumerate(text.splitlines(), 1):
        here = Line(f"{filename}:{number}", line.strip())
        if here.text.startswith("#"):
            videos.append(_Lines(here))
        elif here.text and not videos:
            here.refuse("the file does not begin with a line `# 0`", FORM)
        elif here.text:
            videos[-1].lines.append(here)
    if not videos:
        raise DataError("the proposal file has no videos", str(filename), FORM)
    return [_read_video(lines, count_frames) for lines in videos]


class _Lines:
    """The lines of a video, taken one after the other."""

    def __init__(self, header: Line) -> None:
        self.lines = [header]
        self.taken = 0

    def take(self, what: str) -> Line:
        if self.taken + 1 == len(self.lines):
            self.lines[-1].refuse(f"the video ends here, without {what}", FORM)
        self.taken += 1
        return self.lines[self.taken]

    def table(self, what: str, width: int) -> list[tuple[Line, list[str]]]:
        """The rows below the line that says how many there are."""
        head = self.take(f"the number of its {what}")
        if not head.text.isdecimal():
            head.refuse(
                f"here should be the number of {what}",
                "does the number above match the lines below it?",
            )
        rows = []
        for number in range(int(head.text)):
            line = self.take(f"{what} {number + 1} of the {head.text} ({head.where})")
            fields = line.text.split()
            if len(fields) != width:
                line.refuse(
                    f"here should be number {number + 1} of {head.text} {what}, with {width} fields ({head.where})",
                    "does that number match the lines below it?",
                )
            rows.append((line, fields))
        return rows


def _read_video(
    lines: _Lines, count_frames: Callable[[str], int] | None
) -> ProposalVideo:
    name = lines.take("its name").text
    length, rate = lines.take("its number of frames"), lines.take("its rate")
    frames = int(
        length.number("number of frames", length.text) * rate.number("rate", rate.text)
    )
    if frames < 1:
        length.refuse(f"the video has {frames} frames")
    scale = None
    if count_frames is not None:
        scale = frames = count_frames(name)
    segments, proposals = [], []
    for line, fields in lines.table("segments", 3):
        segment = Segment(_label(line, fields[0]), *_span(line, fields[1:], scale))
        if scale is not None and segment.start == segment.end:
            continue  # shorter than a frame
        _check_span(line, segment.start, segment.end, frames)
        if segment.start >= frames or segment.end > (1 + SLACK) * frames:
            line.refuse(f"the segment is beyond the video, which has {frames} frames")
        segments.append(segment)
    for line, fields in lines.table("proposals", 5):
        iou, overlap = (_part(line, each) for each in fields[1:3])
        label = _label(line, fields[0], least=int(iou > 0 or overlap > 0))
        proposal = Proposal(label, iou, overlap, *_span(line, fields[3:], scale))
        if scale is not None and proposal.start == proposal.end:
            continue
        _check_span(line, proposal.start, proposal.end, frames)
        proposals.append(proposal)
    if lines.taken + 1 < len(lines.lines):
        lines.take("").refuse(
            f"{name} should end above this line, as its numbers of segments and proposals say",
            "correct the number, or begin the next video with `# number`",
        )
    return ProposalVideo(name, frames, segments, proposals)


def _label(line: Line, text: str, least: int = 1) -> int:
    label = line.frame("class", text, None)
    if label < least:
        line.refuse(f"there is no class {label}", "classes count from 1")
    return label


def _part(line: Line, text: str) -> float:
    part = line.number("IoU or overlap", text)
    if not 0 <= part <= 1.001:  # they are rounded
        line.refuse(f"the IoU or overlap {part} is not in 0..1")
    return part


def _span(line: Line, fields: list[str], scale: int | None) -> tuple[int, int]:
    start, end = (
        line.frame(name, text, scale)
        for name, text in zip(("start", "end"), fields, strict=True)
    )
    return start, end


def _check_span(line: Line, start: int, end: int, frames: int) -> None:
    if start < 0:
        line.refuse(f"the segment starts at {start}", "frames count from 0")
    if start >= end:
        line.refuse(f"the segment ends at {end} and starts at {start}")
