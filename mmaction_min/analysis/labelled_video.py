"""A video with a line of text on it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import ConfigError, DataError

SUFFIXES = (".mp4", ".mkv", ".mov", ".avi")


def check_video_out(path: str | Path) -> Path:
    """The path, if a video can be written under it; asked before the work.

    Raises:
        ConfigError: a name that no video has.
    """
    out = Path(path)
    if out.suffix.lower() not in SUFFIXES:
        raise ConfigError(
            f"a video cannot be written as {out.name}",
            "--out",
            f"end its name in one of {', '.join(SUFFIXES)}",
        )
    return out


def write_labelled(video: Path, out: Path, text: str) -> None:
    """Write a video again as H.264, without its sound, with a text in the upper left corner.

    Args:
        video: the file to read.
        out: the file to write; its folder is made.
        text: one line.

    Raises:
        DataError: the video cannot be read, or the other one not be written.
    """
    import av

    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with av.open(str(video)) as source, av.open(str(out), "w") as target:
            stream: Any = None
            for frame in source.decode(video=0):
                if stream is None:
                    rate = source.streams.video[0].average_rate or 25
                    stream = target.add_stream("libx264", rate=rate)
                    # H.264 stores colours for 2 x 2 pixels: an odd last row or column is left out
                    stream.width, stream.height = frame.width & ~1, frame.height & ~1
                    stream.pix_fmt = "yuv420p"
                rgb: NDArray[Any] = frame.to_ndarray(format="rgb24")
                rgb = rgb[: stream.height, : stream.width]
                target.mux(
                    stream.encode(av.VideoFrame.from_ndarray(write_text(rgb, text)))
                )
            if stream is not None:
                target.mux(stream.encode(None))
    except (av.FFmpegError, OSError) as e:
        raise DataError(
            f"{video} cannot be written there: {e.strerror}", str(out)
        ) from e


def write_text(picture: NDArray[np.uint8], text: str) -> NDArray[np.uint8]:
    """A picture (H, W, 3) with a white line of text on a dark ground at its top, as large as fits."""
    from PIL import Image, ImageDraw, ImageFont

    height, width = picture.shape[:2]
    size = max(8, min(height // 10, 40))
    image = Image.fromarray(np.ascontiguousarray(picture))
    draw = ImageDraw.Draw(image, "RGBA")
    font: Any = ImageFont.load_default(size)
    while size > 8 and draw.textlength(text, font=font) > width - 8:
        size -= 1
        font = ImageFont.load_default(size)
    right, bottom = draw.textbbox((4, 2), text, font=font)[2:]
    draw.rectangle((0, 0, right + 4, bottom + 3), fill=(0, 0, 0, 160))
    draw.text((4, 2), text, fill=(255, 255, 255, 255), font=font)
    return np.asarray(image)
