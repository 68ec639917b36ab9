from __future__ import annotations

import pytest

from mmaction_min import _torchvision
from mmaction_min.errors import EngineError


@pytest.mark.parametrize(
    "fault",
    [
        ImportError("no torchvision"),
        RuntimeError("operator torchvision::nms does not exist"),
    ],
)
def test_a_torchvision_that_does_not_work_is_said_in_one_sentence(
    fault: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Missing or built for another torch: the error names torch's version, the fault, and what to do."""

    def broken(name: str) -> None:
        raise fault

    monkeypatch.setattr(_torchvision, "import_module", broken)

    with pytest.raises(
        EngineError, match=rf"cannot be used with torch \d.*: {fault}\nhint: install"
    ):
        _torchvision.import_torchvision("torchvision.models")
