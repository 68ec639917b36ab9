"""The frames of MotionClips: a striped polygon that moves over noise. NumPy alone, one clip from one generator."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

NUM_FRAMES = 24

# Lengths in pixels, for frames of 64 x 64; other sizes scale them.
SHIFT = (1.4, 2.0)  # a frame
TURN = (8.0, 10.0)  # degrees a frame, on a circle
ORBIT = 0.3  # the radius of that circle, as a part of the frame
GROWTH = (1.045, 1.06)  # the factor of the size, a frame
RADIUS = (12.0, 17.0)  # of a shape that grows, its middle one

MIDDLE = (0.42, 0.58)  # where a shape is across its motion, as a part of the frame

NOISE = 12.0  # grey levels around the ground's own
VERSION = 1  # raise it when the pixels change and no other number does

NUMBERS = (NUM_FRAMES, SHIFT, TURN, GROWTH, RADIUS, ORBIT, MIDDLE, NOISE, VERSION)
"""Everything here that decides the pixels, for the name of the cache folder."""


def draw_clip(motion: str, size: int, rng: np.random.Generator) -> NDArray[np.uint8]:
    """The frames of one clip, (NUM_FRAMES, size * 3 / 2, size), in YUV 4:2:0: the file needs no conversion.

    Args:
        motion: "left", "up", "clockwise" or "growing".
        size: height and width in pixels.
        rng: decides everything else.
    """
    cover, texture = draw_shape(motion, size, rng)
    fresh = NUM_FRAMES if rng.random() < 0.5 else 1  # new noise each frame, or never
    tones = rng.permutation([rng.uniform(20, 80), rng.uniform(170, 230)])
    noise = rng.uniform(-NOISE, NOISE, (fresh, size, size))
    planes = [_paint(cover, texture, tones, rng.uniform(60, 190) + noise)]
    cover, texture = _halve(cover), _halve(texture)
    for _ in "UV":
        noise = rng.uniform(-NOISE, NOISE, (fresh, size // 2, size // 2)) / 3
        plane = _paint(cover, texture, rng.uniform(40, 216, 2), 128 + noise)
        planes.append(plane.reshape(NUM_FRAMES, size // 4, size))
    return np.round(np.concatenate(planes, axis=1)).astype(np.uint8)


def draw_shape(motion: str, size: int, rng: np.random.Generator) -> tuple[Array, Array]:
    """A moving polygon: how far it covers each pixel, and its stripes; both (NUM_FRAMES, size, size), 0..1.

    The stripes lie across the motion: upright, level, once around the centre, or as rings. So a single frame shows which pair of
    classes it is, half of the answer, and only the order of the frames the other half.
    """
    x, y, angle, scale = place(motion, size, rng)
    u = np.arange(size)[None, None, :] - x  # (T, 1, W)
    v = np.arange(size)[None, :, None] - y  # (T, H, 1)
    # The world is a torus: what leaves on one side comes in on the other.
    u, v = ((distance + size / 2) % size - size / 2 for distance in (u, v))

    def along(direction: float) -> Array:
        """Pixels from the centre in some direction of the shape's own, (T, H, W)."""
        towards: Array = u * np.cos(angle + direction) + v * np.sin(angle + direction)
        return towards

    radius = rng.uniform(*RADIUS) * scale
    sides = rng.integers(4, 7)
    inside = np.full((NUM_FRAMES, size, size), np.inf)  # pixels to the nearest side
    for side in range(sides):
        normal = 2 * np.pi * (side + rng.uniform(-0.25, 0.25)) / sides
        distance = rng.uniform(0.6, 1.0) * radius - along(normal)
        inside = np.minimum(inside, distance)
    wavelength = rng.uniform(1.4, 1.9) * radius
    if motion == "left":
        waves = np.broadcast_to(u / wavelength, inside.shape)
    elif motion == "up":
        waves = np.broadcast_to(v / wavelength, inside.shape)
    elif motion == "clockwise":
        waves = (np.arctan2(v, u) - angle) / (2 * np.pi)
    else:
        waves = np.hypot(u, v) / wavelength
    stripes = np.sin(2 * np.pi * (waves + rng.random()))
    return np.clip(inside + 0.5, 0, 1), 0.5 + 0.5 * stripes


def place(motion: str, size: int, rng: np.random.Generator) -> list[Array]:
    """The shape's x and y in pixels, angle in radians and scale, frame by frame; each (NUM_FRAMES, 1, 1).

    x points right and y down, so a growing angle is clockwise. What moves starts anywhere on its way.
    """
    time = np.arange(NUM_FRAMES)[:, None, None]
    still = np.zeros((NUM_FRAMES, 1, 1))
    x = still + size * rng.uniform(*MIDDLE)
    y = still + size * rng.uniform(*MIDDLE)
    angle = still + rng.uniform(0, 2 * np.pi)
    scale = still + size / 64
    shift = rng.uniform(0, size) + time * rng.uniform(*SHIFT) * size / 64
    turn = time * np.radians(rng.uniform(*TURN))
    growth = rng.uniform(*GROWTH) ** (time - (NUM_FRAMES - 1) / 2)
    if motion == "left":
        return [x - shift, y, angle, scale]
    if motion == "up":
        return [x, y - shift, angle, scale]
    if (
        motion == "clockwise"
    ):  # around the middle, and upright: like a cabin of a big wheel
        heading = rng.uniform(0, 2 * np.pi) + turn
        x, y = x + ORBIT * size * np.cos(heading), y + ORBIT * size * np.sin(heading)
        return [x, y, angle, scale]
    return [x, y, angle, scale * growth]


def _paint(cover: Array, texture: Array, tones: Array, ground: Array) -> Array:
    shape = tones[0] + (tones[1] - tones[0]) * texture
    painted: Array = ground + cover * (shape - ground)
    return painted


def _halve(plane: Array) -> Array:
    frames, height, width = plane.shape
    halved: Array = plane.reshape(frames, height // 2, 2, width // 2, 2).mean((2, 4))
    return halved
