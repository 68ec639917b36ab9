"""Where in a video decoding may start, so that the frames are those of decoding from the beginning."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from av.packet import Packet
    from av.video.stream import VideoStream


def in_order(times: list[int | None], keys: list[int]) -> bool:
    """Whether every frame has a time stamp of its own, and none that follows a key frame in the file is shown before it."""
    if not keys or keys[0] != 0 or None in times or len(set(times)) < len(times):
        return False
    stamps = np.array(times)
    firsts = np.minimum.accumulate(stamps[::-1])[::-1]  # of what comes from here on
    return bool((firsts[keys] == stamps[keys]).all())


def start_check(stream: VideoStream) -> Callable[[Packet[Any]], bool]:
    """A function that says whether decoding can start at a packet that is flagged as a key frame.

    H.264 and H.265 also flag pictures from which decoding only recovers: there it must be an IDR picture.
    """
    name = stream.codec_context.name
    if name not in ("h264", "hevc"):
        return lambda packet: True
    extra = stream.codec_context.extradata or b""
    packed = bool(extra) and extra[0] == 1
    length = 0
    if packed:
        length = (extra[4 if name == "h264" else 21] & 3) + 1

    def check(packet: Packet[Any]) -> bool:
        for unit in _units(bytes(packet), length):
            kind = unit & 31 if name == "h264" else unit >> 1 & 63
            if name == "h264" and 1 <= kind <= 5:
                return kind == 5
            if name == "hevc" and kind < 32:
                return kind in (19, 20)
        return False

    return check


def _units(data: bytes, length: int) -> Iterator[int]:
    """The first byte of each unit of a packet; its size stands before it in `length` bytes, or for 0 a start code does."""
    if not length:
        for match in re.finditer(rb"\x00\x00\x01(.)", data, re.DOTALL):
            yield match[1][0]
        return
    place = 0
    while place + length < len(data):
        size = int.from_bytes(data[place : place + length], "big")
        yield data[place + length]
        place += length + size
