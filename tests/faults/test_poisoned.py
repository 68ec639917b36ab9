"""A checkpoint that is broken, or made to do harm, is refused by name; nothing in it is ever run."""

from __future__ import annotations

import os
import pickle
import random
import resource
import zipfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from mmaction_min.errors import CheckpointError
from mmaction_min.runner import load_checkpoint, read_checkpoint, save_checkpoint

# What could run a text, open a file, or reach something that can; each is called with the canary's path in it.
GADGETS = (
    *("os.system", "posix.system", "nt.system", "os.popen", "os.mkdir", "os.open"),
    *("builtins.eval", "builtins.exec", "builtins.compile", "builtins.open"),
    *("builtins.getattr", "builtins.__import__", "__builtin__.eval", "io.open"),
    *("subprocess.Popen", "subprocess.check_output", "pty.spawn", "shutil.rmtree"),
    *("pathlib.Path.touch", "runpy.run_path", "importlib.import_module"),
    *("pickle.loads", "marshal.loads", "torch.load", "torch.hub.load", "numpy.load"),
    *("torch.serialization.load", "torch.jit.load", "functools.partial"),
    *("operator.methodcaller", "types.FunctionType", "ctypes.CDLL", "code.interact"),
    *("timeit.timeit", "webbrowser.open", "logging.config.listen", "torch.ops.load"),
)
TEXTS = (
    "import pathlib; pathlib.Path({!r}).touch()",
    "_base_ = ['a.py']; __import__('pathlib').Path({!r}).touch()",
    "custom_imports = dict(imports=['os'])\nopen({!r}, 'w')",
    "{{{{ __import__('os').mkdir({!r}) }}}}",
    "model = dict(type='os.mkdir', path={!r})",
)


@pytest.fixture
def whole(tmp_path: Path) -> bytes:
    """A checkpoint of a small model."""
    model = nn.Linear(20, 20)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    save_checkpoint(model, tmp_path / "whole.pth", optimizer, {"config": "a = 1"})
    return (tmp_path / "whole.pth").read_bytes()


def refused(path: Path) -> bool:
    """The file is refused in a message with its name."""
    try:
        read_checkpoint(path)
    except CheckpointError as e:
        return path.name in str(e)
    return False


def archive(path: Path, data: bytes, **members: bytes) -> Path:
    """A file as torch writes it, around a pickle."""
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("archive/data.pkl", data)
        file.writestr("archive/version", b"3\n")
        file.writestr("archive/byteorder", b"little")
        for name, content in members.items():
            file.writestr(name, content)
    return path


def test_a_pickle_of_numbers_in_such_an_archive_loads(tmp_path: Path) -> None:
    """So what is refused below is refused for what is in it."""
    data = pickle.dumps({"meta": {"epoch": 1}}, protocol=2)

    assert read_checkpoint(archive(tmp_path / "a.pth", data)) == {"meta": {"epoch": 1}}


@pytest.mark.parametrize("gadget", GADGETS)
def test_a_pickle_cannot_call_anything(gadget: str, tmp_path: Path) -> None:
    """Neither in today's format nor in the old one, at any place of the file."""
    module, _, name = gadget.rpartition(".")
    canary = tmp_path / "canary"
    call = f"\x80\x02c{module}\n{name}\n".encode()
    for words in (
        (str(canary),),
        (f"touch {canary}",),
        (f"open({str(canary)!r}, 'w')",),
    ):
        arguments = pickle.dumps(words, protocol=2)[2:-1]
        evil = call + arguments + b"R."
        (tmp_path / "old.pth").write_bytes(evil)

        assert refused(archive(tmp_path / "evil.pth", evil))
        assert refused(tmp_path / "old.pth")
        assert not canary.exists()


@pytest.mark.parametrize("text", TEXTS)
def test_no_text_of_a_checkpoint_is_run(text: str, tmp_path: Path) -> None:
    """mmcv executes `meta.config` at resume; here it is a text like any other."""
    model, canary = nn.Linear(2, 2), tmp_path / "canary"
    config = text.format(str(canary))
    save_checkpoint(
        model, tmp_path / "a.pth", meta={"config": config, "env_info": config}
    )

    assert load_checkpoint(model, tmp_path / "a.pth")["meta"]["config"] == config
    assert not canary.exists()


def test_a_bit_that_has_flipped_is_noticed(whole: bytes, tmp_path: Path) -> None:
    """At 200 places, and at each of the seal's."""
    draw = random.Random(0)
    places = [draw.randrange(8 * len(whole)) for _ in range(200)]
    places += [8 * (len(whole) - byte) for byte in range(1, 130)]
    for place in places:
        spoiled = bytearray(whole)
        spoiled[place // 8] ^= 1 << (place % 8)
        (tmp_path / "bit.pth").write_bytes(spoiled)

        assert refused(tmp_path / "bit.pth"), f"bit {place} of {8 * len(whole)}"


def test_a_file_that_was_cut_off_is_noticed(whole: bytes, tmp_path: Path) -> None:
    """At 100 places over the file, and at each of its last 130 bytes."""
    sizes = [len(whole) * part // 100 for part in range(100)]
    for size in [*sizes, *range(len(whole) - 130, len(whole))]:
        (tmp_path / "cut.pth").write_bytes(whole[:size])

        assert refused(tmp_path / "cut.pth"), f"{size} of {len(whole)} bytes"


@pytest.mark.parametrize(
    "name", ["../evil", "archive/../../evil", "/etc/evil", "..\\evil", "archive/.."]
)
def test_a_name_that_leads_out_of_the_archive_is_refused(
    name: str, tmp_path: Path
) -> None:
    """Nothing is unpacked to a folder here, but someone's tool may do it."""
    torch.save({"state_dict": {}}, tmp_path / "a.pth")
    with zipfile.ZipFile(tmp_path / "a.pth", "a") as file:
        file.writestr(name, b"evil")

    with pytest.raises(CheckpointError, match=r"a\.pth: it has a file named "):
        read_checkpoint(tmp_path / "a.pth")


@pytest.fixture
def little_memory() -> Iterator[None]:
    """A GiB beside what the process has."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    before = resource.getrlimit(resource.RLIMIT_AS)
    limit = pages * resource.getpagesize() + 2**30
    resource.setrlimit(resource.RLIMIT_AS, (limit, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_AS, before)


def tensor_of(size: int, stride: int) -> bytes:
    """The pickle of a checkpoint with one tensor, over a storage of one number."""

    class Claim:
        def __reduce__(self) -> Any:
            storage = torch.UntypedStorage(4)
            typed = torch.storage.TypedStorage(
                wrap_storage=storage, dtype=torch.float32, _internal=True
            )
            claim = (typed, 0, (size,), (stride,), False, {})
            return torch._utils._rebuild_tensor_v2, claim

    buffer = BytesIO()
    torch.save({"state_dict": {"weight": Claim()}}, buffer)
    return buffer.getvalue()


@pytest.mark.usefixtures("little_memory")
def test_a_small_file_cannot_take_much_memory(tmp_path: Path) -> None:
    """Packed zeros, many members of the same bytes, a tensor that repeats one number, one that is said to be large."""
    with zipfile.ZipFile(tmp_path / "packed.pth", "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("archive/data.pkl", bytes(2**26))
    (tmp_path / "repeated.pth").write_bytes(tensor_of(2**40, 0))
    (tmp_path / "large.pth").write_bytes(tensor_of(2**40, 1))
    (tmp_path / "bytes.pth").write_bytes(b"")
    many = pickle.dumps({"a": bytearray}, protocol=2)
    call = many.replace(b"s.", b"J\xff\xff\xff\x7f\x85Rs.")
    archive(tmp_path / "bytes.pth", call)

    for path in sorted(tmp_path.iterdir()):
        assert refused(path), path.name


def test_what_is_no_checkpoint_is_refused(tmp_path: Path) -> None:
    """A folder, a device, a loop of links, a pickle of a number, a page of a web server, an archive of something else."""
    contents = {
        "page.pth": b"<!DOCTYPE html><html>404</html>",
        "number.pth": pickle.dumps(7, protocol=2),
        "empty.pth": b"",
        "zeros.pth": bytes(4096),
        "pointer.pth": b"checkpoint: ../../etc/passwd",
        "loop.pth": b"checkpoint: loop.pth",
    }
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    with zipfile.ZipFile(tmp_path / "other.pth", "w") as file:
        file.writestr("readme.txt", "hello")
    (tmp_path / "folder.pth").mkdir()
    os.symlink("link.pth", tmp_path / "link.pth")

    for path in sorted(tmp_path.iterdir()):
        assert refused(path), path.name


@pytest.mark.parametrize(
    ("state", "message"),
    [
        ({"weight": "text"}, "not all tensors"),
        ({"weight": [1.0, 2.0]}, "not all tensors"),
        ({"weight": None}, "not all tensors"),
        ({7: torch.ones(1)}, "not all tensors"),
        ([torch.ones(1)], "not all tensors"),
        ({}, "2 missing"),
        ({"weight": torch.ones(2, 2)}, r"1 missing \(bias\)"),
        (
            {"weight": torch.ones(2, 2), "bias": torch.ones(2), "x": torch.ones(1)},
            r"1 unexpected \(x\)",
        ),
        ({"weight": torch.ones(4), "bias": torch.ones(2)}, r"weight is \(4,\) there"),
        ({"weight": torch.ones(2, 3), "bias": torch.ones(2)}, r"weight is \(2, 3\)"),
        ({"weight": torch.ones(2, 2), "bias": torch.ones(())}, r"bias is \(\) there"),
        (
            {"weight": torch.ones(2, 2, dtype=torch.int64), "bias": torch.ones(2)},
            r"weight is \(2, 2\) of torch.int64 there and \(2, 2\) here",
        ),
        (
            {"weight": torch.ones(2, 2, dtype=torch.complex64), "bias": torch.ones(2)},
            "of torch.complex64 there",
        ),
        (
            {"weight": torch.ones(2, 2), "bias": torch.ones(2, dtype=torch.bool)},
            "bias is .* of torch.bool there",
        ),
    ],
)
def test_weights_that_do_not_fit_are_refused(
    state: Any, message: str, tmp_path: Path
) -> None:
    """Before any of them is taken."""
    model = nn.Linear(2, 2)
    before = model.weight.clone()
    torch.save({"state_dict": state, "meta": {}}, tmp_path / "a.pth")

    with pytest.raises(CheckpointError, match=rf"a\.pth: .*{message}"):
        load_checkpoint(model, tmp_path / "a.pth", strict=True)

    assert torch.equal(model.weight, before)
