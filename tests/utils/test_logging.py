"""mmcv's loggers, for code that was written for them."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from mmaction_min.utils import get_logger, print_log


@pytest.fixture
def name() -> Iterator[str]:
    """A name of a logger that nobody has; its files are closed after the test."""
    name = "test_of_logging"
    yield name
    logger = logging.getLogger(name)
    for handler in list(logger.handlers):
        handler.close()
        logger.removeHandler(handler)


def test_a_logger_is_set_up_once(name: str, tmp_path: Path) -> None:
    """The first call decides, for the loggers below it too."""
    logger = get_logger(name, tmp_path / "a.log", "WARNING")
    again = get_logger(name, tmp_path / "b.log")
    below = get_logger(f"{name}.below")

    below.warning("seen")
    logger.info("not seen")

    assert again is logger
    assert not below.handlers
    line = (tmp_path / "a.log").read_text().splitlines()
    assert [one.split(" - ")[1:] for one in line] == [
        [f"{name}.below", "WARNING", "seen"]
    ]
    assert not (tmp_path / "b.log").exists()


def test_a_message_goes_where_it_is_sent(
    name: str, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    """To the console for None, nowhere for 'silent', and to a logger by itself or by name."""
    with caplog.at_level("INFO"):
        print_log("printed")
        print_log("nowhere", "silent")
        print_log("by itself", logging.getLogger(name), logging.ERROR)
        print_log("by name", name)

    assert capsys.readouterr().out == "printed\n"
    assert [(one.levelname, one.message) for one in caplog.records] == [
        ("ERROR", "by itself"),
        ("INFO", "by name"),
    ]
    with pytest.raises(TypeError, match="not 5"):
        print_log("x", 5)  # type: ignore[arg-type]
