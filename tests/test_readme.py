"""The README's shell blocks run as they stand, but for the installs and the whole test suite."""

from __future__ import annotations

import hashlib
import re
import shlex
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from mmaction_min.assemble import build_loader, prepare_model
from mmaction_min.config import Config
from mmaction_min.datasets import MotionClips
from mmaction_min.models import BACKBONES

REPO = Path(__file__).parents[1]
BLOCK = re.compile(r"^```bash\n(.*?)^```", re.MULTILINE | re.DOTALL)
LEFT_OUT = {
    "pip install -e .": "installs",
    "pip install -e '.[test]'": "installs",
    "pytest": "is this very suite",
}


def commands(text: str) -> list[str]:
    """Every command of the shell blocks, in order; `a && b` is two, and one that comes again is one."""
    lines = [line for block in BLOCK.findall(text) for line in block.splitlines()]
    found = dict.fromkeys(command for line in lines for command in line.split(" && "))
    return [command for command in found if command not in LEFT_OUT]


Run = Callable[..., Any]


@pytest.fixture
def run(python_m: Run, checkout: Path) -> Run:
    """Runs a command of the README in a folder; gives its exit code, and what it printed."""

    def run(command: str, folder: Path) -> Any:
        words = shlex.split(command)
        if words[:2] == ["python", "-m"]:
            del words[:2]
        assert words[0] in ("mmaction_min", "pytest", "scaffold") or "." in words[0]
        return python_m(
            words,
            folder,
            MMACTION_MIN_CACHE=checkout.parent / "cache",
            PYTHONPATH=checkout,  # as after its `pip install -e .`
            PYTEST_ADDOPTS="-n 0",  # one file needs no second process
        )

    return run


PORT = "mmaction_min/models/backbones/mobilenet_v2.py"


def port_of_the_readme() -> str:
    """The module that the section on ports shows."""
    section = (REPO / "README.md").read_text().partition("### Port a backbone\n")[2]
    return section.partition("```python\n")[2].partition("```")[0]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of the tree in which a run takes seconds: the words stay, the schedule and the model are small."""
    tree = tmp_path / "tree"
    tree.mkdir()
    for name in ("mmaction_min", "scaffold", "templates", "configs", "tests"):
        shutil.copytree(
            REPO / name, tree / name, ignore=shutil.ignore_patterns("__pycache__")
        )
    for name in ("setup.cfg", "pyproject.toml", "README.md"):
        shutil.copy(REPO / name, tree)
    for schedule in (tree / "configs" / "_base_" / "schedules").iterdir():
        schedule.write_text(
            re.sub(r"total_epochs = \d+", "total_epochs = 1", schedule.read_text())
        )
    datasets = tree / "configs" / "_base_" / "datasets"
    for file, name, few in (
        ("motion_clips.py", "MotionClips", "num_clips=8"),
        ("untrimmed_motion.py", "UntrimmedMotion", "num_videos=4, size=32"),
    ):
        data = datasets / file
        smaller = data.read_text().replace(f'"{name}"', f'"{name}", {few}')
        data.write_text(smaller)
    return tree


def test_the_first_two_blocks_are_the_two_commands() -> None:
    """One installs and runs the main job, one installs and tests."""
    blocks = BLOCK.findall((REPO / "README.md").read_text())

    assert blocks[0] == (
        "pip install -e . && scaffold add head MyHead && python -m mmaction_min.train configs/heads/my_head.py\n"
    )
    assert blocks[1] == "pip install -e '.[test]' && pytest\n"


def contents(checkout: Path) -> dict[str, bytes | None]:
    """Every file with its bytes, and every folder with None, but for the runs and what pytest keeps."""
    return {
        path.relative_to(checkout).as_posix(): (
            path.read_bytes() if path.is_file() else None
        )
        for path in checkout.rglob("*")
        if not {"work_dirs", ".pytest_cache"} & set(path.parts)
    }


def test_every_command_of_the_readme_works(checkout: Path, run: Run) -> None:
    """Word for word and one after the other, in one checkout; at the end nothing is left but the runs."""
    every = commands((checkout / "README.md").read_text())
    for command in every:
        if command.startswith("scaffold remove"):  # what whoever runs this has added
            run(f"{command} --force", checkout)
    before = contents(checkout)

    for command in every:
        done = run(command, checkout)
        assert done.code == 0, f"{command}\n{done.out}{done.err}"
        if command == "scaffold add backbone MobileNetV2":  # as its section says
            (checkout / PORT).write_text(port_of_the_readme())

    assert contents(checkout) == before
    assert {path.name for path in (checkout / "work_dirs").iterdir()} == {
        "bmn",
        "my_head",
        "tsm",
    }


def test_a_project_of_ones_own_is_made_and_trained(
    checkout: Path, tmp_path: Path, run: Run
) -> None:
    """The block that enters a new folder, word for word, in a place that has nothing to do with the checkout."""
    text = (checkout / "README.md").read_text()
    (block,) = re.findall(r"^```sh\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    here = tmp_path / "elsewhere"
    here.mkdir()

    for line in block.replace(" && ", "\n").splitlines():
        if line.startswith("cd "):
            here /= line.removeprefix("cd ")
        else:
            done = run(line, here)
            assert done.code == 0, f"{line}\n{done.out}{done.err}"

    assert (here / "work_dirs/own_head/latest.pth").exists()


def test_the_port_has_the_names_and_shapes_of_upstreams(tmp_path: Path) -> None:
    """Those of an installed MMAction2 0.24.1, as a hash of the sorted lines "name shape"."""
    code = port_of_the_readme().replace("from .", "from mmaction_min.models.backbones.")
    code = code.replace("backbones..", "")  # the imports of the package above
    names: dict[str, Any] = {"__name__": "port"}
    try:
        exec(code, names)
    finally:
        BACKBONES._modules.pop("MobileNetV2", None)
    with torch.device("meta"):
        model = names["MobileNetV2"](out_channels=1280)

    lines = sorted(f"{name} {tuple(x.shape)}" for name, x in model.state_dict().items())

    found = hashlib.sha256("\n".join(lines).encode()).hexdigest()
    assert found == "4f5a82b41c224994d4701064c5f94ba5313fe1e4b2b5adb6f5ca32f544f612df"


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md"])
def test_links_and_files_that_are_named_exist(name: str) -> None:
    """Relative links lead somewhere."""
    links = re.findall(r"\]\((?!http)([^)#]+)", (REPO / name).read_text())

    assert [link for link in links if not (REPO / link).exists()] == []


def test_the_config_for_ones_own_videos_is_complete(
    tmp_path: Path, checkout: Path
) -> None:
    """Its model scores a batch that its pipelines made of two real files."""
    text = next(
        block
        for block in re.findall(
            r"```python\n(.*?)```", (REPO / "README.md").read_text(), re.DOTALL
        )
    )
    config = checkout / "configs" / "mine.py"
    config.write_text(text)
    clips = MotionClips([], num_clips=8, size=32, root=tmp_path)
    (tmp_path / "list.txt").write_text(
        "".join(f"{clips[i]['filename']} {i % 2}\n" for i in range(2))
    )
    cfg = Config.fromfile(config)
    cfg.merge_from_dict({"data.workers_per_gpu": 0})
    model = prepare_model(cfg, torch.device("cpu")).eval()

    for split in ("train", "val", "test"):
        loader = build_loader(
            cfg,
            split,
            0,
            torch.device("cpu"),
            ann_file=str(tmp_path / "list.txt"),
            data_prefix=None,
        )
        (batch,) = loader
        assert batch["imgs"].shape == (2, 8, 3, 112, 112)
    assert model(batch["imgs"], return_loss=False).shape == (2, 2)
