"""CheckpointLoader: what a name of a checkpoint means, by its start. Nothing is downloaded: who wants a file fetches it once."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, ClassVar, TypeVar

import torch

from ..._torchvision import import_torchvision
from ...errors import CheckpointError, DuplicateError, PartError
from ...near import did_you_mean
from .content import read_checkpoint

Content = dict[str, Any]
Loader = TypeVar("Loader", bound=Callable[..., Any])
TORCHVISION = ("torchvision://", "modelzoo://")


class CheckpointLoader:
    """Reads checkpoints by the start of their name; a path has none. `load_from` and `pretrained` go through it.

    @CheckpointLoader.register_scheme("s3://")
    def load_from_store(filename, map_location=None): ...   # -> the checkpoint, a dict
    """

    _schemes: ClassVar[dict[str, Callable[..., Any]]] = {}

    @classmethod
    def register_scheme(
        cls,
        prefixes: str | Sequence[str],
        loader: Callable[..., Any] | None = None,
        force: bool = False,
    ) -> Any:
        """Register what reads names with such a start, as a decorator or by `loader=`.

        Args:
            prefixes: the start, or several.
            loader: `loader(filename, map_location)` gives the checkpoint.
            force: replace what is registered.

        Raises:
            DuplicateError: (a KeyError) something else reads them.
        """

        def register(loader: Loader) -> Loader:
            for prefix in [prefixes] if isinstance(prefixes, str) else prefixes:
                if prefix in cls._schemes and not force:
                    raise DuplicateError(
                        f"{prefix!r} is read by {cls._schemes[prefix].__name__} already",
                        hint="force=True replaces it",
                    )
                cls._schemes[prefix] = loader
            return loader

        return register if loader is None else register(loader)

    @classmethod
    def load_checkpoint(
        cls,
        filename: str | Path,
        map_location: str | torch.device | None = None,
        logger: logging.Logger | None = None,
    ) -> Content:
        """The content of a checkpoint.

        Args:
            filename: its name.
            map_location: the device of its tensors, the CPU by default.
            logger: gets a line that says who reads it.

        Raises:
            CheckpointError: it is not there, or cannot be read.
        """
        loader = cls._get_checkpoint_loader(str(filename))
        if logger is not None:
            logger.info("%s reads %s", loader.__name__, filename)
        cls.require(str(filename), "")
        content: Content = loader(str(filename), map_location or "cpu")
        return content

    @classmethod
    def require(cls, filename: str, where: str) -> None:
        """Refuse a name whose file is not on the disk, before there is work to lose.

        Args:
            filename: its name; one that a registered loader reads is not looked at.
            where: the key, or the place, that says it.

        Raises:
            CheckpointError: there is no such file; the message has the near name, or how to fetch it.
        """
        if cls._get_checkpoint_loader(filename) not in FILES:
            return
        path = _file_of(filename)
        if path.is_file():
            return
        if url := _url_of(filename):
            raise CheckpointError(
                f"the weights are not on this disk, as {path}, and nothing is downloaded without being asked",
                where,
                f'fetch them once: python -c "import torch; torch.hub.load_state_dict_from_url({url!r})"',
            )
        if path.is_dir():
            raise CheckpointError(
                f"{filename} is a folder",
                where,
                "say which checkpoint in it, as latest.pth",
            )
        beside = path.parent.glob(f"*{path.suffix}")
        raise CheckpointError(
            f"there is no checkpoint {filename}",
            where,
            did_you_mean(path.name, [each.name for each in beside]),
        )

    @classmethod
    def _get_checkpoint_loader(cls, filename: str) -> Callable[..., Any]:
        """mmcv's name of: the loader whose start is the longest that the name has."""
        starts = [start for start in cls._schemes if filename.startswith(start)]
        return cls._schemes[max(starts, key=len)]


def load_from_local(filename: str, map_location: str | torch.device = "cpu") -> Content:
    """A file by its path; `~` is the home."""
    return read_checkpoint(_file_of(filename), map_location)


def load_from_http(filename: str, map_location: str | torch.device = "cpu") -> Content:
    """A file by its address, in torch's cache."""
    return read_checkpoint(_file_of(filename), map_location)


def load_from_torchvision(
    filename: str, map_location: str | torch.device = "cpu"
) -> Content:
    """`torchvision://NAME`, the first ImageNet weights, which upstream's figures are for, or `NAME.imagenet1k_v2`, in torch's cache."""
    return read_checkpoint(_file_of(filename), map_location)


CheckpointLoader.register_scheme("", load_from_local)
CheckpointLoader.register_scheme(("http://", "https://"), load_from_http)
CheckpointLoader.register_scheme(TORCHVISION, load_from_torchvision)
FILES = (load_from_local, load_from_http, load_from_torchvision)


def _load_checkpoint(
    filename: str | Path,
    map_location: str | torch.device | None = None,
    logger: logging.Logger | None = None,
) -> Content:
    """`CheckpointLoader.load_checkpoint`, under mmcv's other name."""
    return CheckpointLoader.load_checkpoint(filename, map_location, logger)


def _load_checkpoint_with_prefix(
    prefix: str,
    filename: str | Path,
    map_location: str | torch.device | None = None,
) -> Content:
    """The weights of one part of a model, without the part's name: `backbone` of a whole recognizer's checkpoint.

    Raises:
        PartError: the checkpoint has no such part.
    """
    content = CheckpointLoader.load_checkpoint(filename, map_location)
    start = prefix if prefix.endswith(".") else f"{prefix}."
    weights = {
        name.removeprefix(start): value
        for name, value in content.get("state_dict", content).items()
        if name.startswith(start)
    }
    if not weights:
        raise PartError(f"there is no {start}* in it", str(filename))
    return weights


def _file_of(name: str) -> Path:
    """The file on the disk that a name means."""
    url = _url_of(name)
    if url:
        return Path(torch.hub.get_dir()) / "checkpoints" / url.rpartition("/")[2]
    if re.match(r"[\w-]+://", name):
        raise CheckpointError(
            "such names are not known here",
            name,
            "fetch the file, and give its path or its https:// address; or register a CheckpointLoader",
        )
    return Path(name).expanduser()


def _url_of(name: str) -> str:
    """The address from which a file is fetched; empty for a path."""
    if name.startswith(("http://", "https://")):
        return name
    start = next((each for each in TORCHVISION if name.startswith(each)), None)
    return "" if start is None else _torchvision_url(name, name.removeprefix(start))


def _torchvision_url(source: str, wanted: str) -> str:
    models = import_torchvision("torchvision.models")
    name, _, version = wanted.partition(".")
    try:
        weights = models.get_model_weights(name)
    except ValueError as e:
        raise CheckpointError(f"torchvision has no model {name!r}", source) from e
    known = {entry.name.lower(): entry.url for entry in weights}
    if (version or next(iter(known))) not in known:
        raise CheckpointError(
            f"torchvision has no {version!r} of it",
            source,
            f"it has {', '.join(known)}",
        )
    return str(known[version or next(iter(known))])
