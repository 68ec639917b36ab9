"""`python -m mmaction_min.plot`, as a user calls it; what it draws is read from the figure."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from mmaction_min import plot as plot_command
from mmaction_min.analysis.curves import choose_keys, draw_curves
from mmaction_min.analysis.drawing import line_style
from mmaction_min.analysis.logs import Run

PNG = b"\x89PNG\r\n"


@pytest.fixture
def runs(tmp_path: Path) -> list[str]:
    """Two work_dirs of three epochs; the second has no evaluations."""
    for name in "ab":
        (tmp_path / name).mkdir()
        with (tmp_path / name / "1.log.json").open("w") as log:
            for epoch in (1, 2, 3):
                position = {"epoch": epoch, "iter": 10}
                step = {"mode": "train", **position, "loss": 3.0 / epoch, "lr": 0.1}
                log.write(json.dumps(step) + "\n")
                if name == "a":
                    metrics = {"mode": "val", **position, "top1_acc": epoch / 4}
                    log.write(json.dumps(metrics) + "\n")
    return [str(tmp_path / name) for name in "ab"]


def test_two_runs_are_drawn_into_one_picture(
    runs: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The folder of the picture is made."""
    out = tmp_path / "new" / "curves.png"

    assert plot_command.main([*runs, "--out", str(out), "--smooth", "2"]) == 0

    assert out.read_bytes().startswith(PNG)
    assert capsys.readouterr().out == f"drew loss, top1_acc, lr of 2 runs into {out}\n"


def test_a_panel_has_the_numbers_of_the_logs() -> None:
    """Training as means over `smooth` entries, evaluations as they are; axes say what they show."""
    a = Run("a", True, {"loss": ([1, 2], [4, 2])}, {"loss": ([2], [5])})
    b = Run("b", True, {"loss": ([1], [1])}, {})

    figure = draw_curves([a, b], ["loss"], smooth=2)

    (ax,) = figure.axes
    assert ax.get_xlabel() == "epoch" and ax.get_ylabel() == "loss"
    assert [list(line.get_ydata()) for line in ax.lines] == [
        [4, 2],
        [4, 3],
        [5],
        [1],
        [1],
    ]
    labels = [text.get_text() for text in figure.legends[0].get_texts()]
    assert labels == ["a", "b", "training", "evaluation"]


def test_accuracies_are_per_cent_and_keys_come_in_order() -> None:
    """The loss first, then what was measured, then the rate; times only if asked for."""
    curve = ([1.0], [0.5])
    run = Run(
        "", True, dict.fromkeys(["lr", "time", "loss"], curve), {"top1_acc": curve}
    )

    assert choose_keys([run]) == ["loss", "top1_acc", "lr"]
    assert choose_keys([run], ["time"]) == ["time"]
    (ax,) = draw_curves([run], ["top1_acc"]).axes
    assert ax.get_ylim() == (0, 1)
    assert ax.yaxis.get_major_formatter()(0.5) == "50%"


def test_the_recall_and_its_area_are_per_cent_too() -> None:
    """Whatever their own scale: ActivityNet's AR@n is a share, and its auc in per cent."""
    run = Run("", True, {}, {"AR@10": ([1], [0.5]), "auc": ([1], [50.0])})

    recall, area = draw_curves([run], ["AR@10", "auc"]).axes

    assert recall.get_ylim() == (0, 1) and area.get_ylim() == (0, 100)
    assert recall.yaxis.get_major_formatter()(0.5) == "50%"
    assert area.yaxis.get_major_formatter()(50) == "50%"


def test_runs_of_one_rate_are_all_seen_in_the_style_of_the_legend() -> None:
    """The one below is wider; one with another rate is not."""
    rates = {"a": 0.1, "b": 0.2, "c": 0.1}
    runs = [Run(k, True, {"lr": ([1, 2], [lr, lr])}, {}) for k, lr in rates.items()]

    figure = draw_curves(runs, ["lr"])

    (ax,) = figure.axes
    assert [line.get_linewidth() for line in ax.lines] == [3.5, 1, 1]
    styles = [
        [(line.get_color(), line.get_linestyle()) for line in lines]
        for lines in (ax.lines, figure.legends[0].get_lines())
    ]
    assert styles[0] == styles[1]


@pytest.mark.parametrize(("length", "columns"), [(24, 5), (40, 2)])
def test_a_legend_that_fits_is_one_row(length: int, columns: int) -> None:
    """Its short entries take no more than they need."""
    curve = ([1], [0.5])
    names = [name.ljust(length, "_") for name in "abc"]
    runs = [Run(name, True, {"loss": curve}, {"loss": curve}) for name in names]

    (legend,) = draw_curves(runs, ["loss", "loss", "loss"]).legends

    assert legend._ncols == columns


def test_28_runs_look_different() -> None:
    """By colour and dashes."""
    assert len({tuple(line_style(i).values()) for i in range(28)}) == 28


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["--keys", "los"], "--keys: no run logged 'los'\nhint: did you mean loss?"),
        (["--keys", "x"], "hint: there are epoch, iter, loss, lr, top1_acc"),
        (["--legend", "one"], "--legend: there are 1 names for 2 runs"),
        (["--smooth", "0"], "--smooth: no mean is over 0 entries"),
        (["--out", "a.docx"], "a.docx: a picture cannot be a .docx\nhint: let its"),
        (["nowhere"], "nowhere: there is no such folder or log"),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_a_mistake_is_one_message(
    runs: list[str],
    capsys: pytest.CaptureFixture[str],
    args: list[str],
    message: str,
) -> None:
    """With exit code 1 and no traceback."""
    assert plot_command.main([*runs, *args]) == 1

    err = capsys.readouterr().err
    assert err.startswith("error: ") and message in err


def test_a_run_over_iterations_is_not_drawn_over_epochs(
    runs: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Their axes would differ."""
    log = tmp_path / "by_iter.log.json"
    log.write_text(
        "".join(
            json.dumps({"mode": "train", "epoch": i, "iter": i, "loss": 1.0}) + "\n"
            for i in (1, 2)
        )
    )

    assert plot_command.main([*runs, str(log)]) == 1
    assert "some of the runs count epochs" in capsys.readouterr().err


def test_without_matplotlib_the_message_says_how_to_get_it(
    runs: list[str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """It is an extra."""
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)

    assert plot_command.main(runs) == 1
    assert "pip install 'mmaction-min[plot]'" in capsys.readouterr().err
