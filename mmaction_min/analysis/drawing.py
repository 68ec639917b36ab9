"""Figures in one look, and files of them: white ground, thin spines, colours that every eye tells apart."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import ConfigError, EngineError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
"""Okabe and Ito's palette (jfly.uni-koeln.de/color), without the yellow, which white swallows."""
LINES = ("-", "--", ":", "-.")
FORMATS = (".png", ".pdf", ".svg")
DPI = 150


def new_figure(width: float, height: float) -> Figure:
    """An empty figure; no window, and no state that it shares with the caller's own figures.

    Args:
        width: in inches.
        height: in inches.

    Raises:
        EngineError: matplotlib is not installed, or is broken.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError as e:
        raise EngineError(
            f"a picture needs matplotlib, which cannot be imported: {e}",
            hint="pip install 'mmaction-min[plot]', or pip install matplotlib",
        ) from e
    return Figure(figsize=(width, height), layout="constrained")


def line_style(number: int) -> dict[str, str]:
    """Colour and dashes of the `number`-th line: 28 different ones."""
    return {
        "color": COLOURS[number % len(COLOURS)],
        "linestyle": LINES[number // len(COLOURS) % len(LINES)],
    }


def plain(axes: Axes, xlabel: str, ylabel: str) -> None:
    """Labels, a faint grid behind the lines, and no frame above and on the right."""
    axes.set_xlabel(xlabel)
    axes.set_ylabel(ylabel, labelpad=8)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(True, color="0.9", linewidth=0.8)
    axes.set_axisbelow(True)


def check_picture(path: str | Path) -> Path:
    """The path, if a figure can be saved under it.

    Raises:
        ConfigError: its ending is none that is known.
    """
    path = Path(path)
    if path.suffix.lower() not in FORMATS:
        raise ConfigError(
            f"a picture cannot be a {path.suffix or 'file without an ending'}",
            str(path),
            f"let its name end in {', '.join(FORMATS)}",
        )
    return path


def save_figure(figure: Figure, path: str | Path) -> None:
    """Write a figure, making its folder.

    Raises:
        ConfigError: its ending is unknown, or it cannot be written there.
    """
    path = check_picture(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path, dpi=DPI)
    except OSError as e:
        raise ConfigError(
            f"the picture cannot be written: {e.strerror}", str(path)
        ) from e
