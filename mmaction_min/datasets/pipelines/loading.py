"""The pixels of the frames that were chosen: from a video, from files of frames, from an array."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import ConfigError, DataError
from ..builder import PIPELINES, Results
from ..decoding import VideoReader

MODES = ("accurate", "efficient")
IMAGE_BACKENDS = ("cv2", "pillow", "tifffile", "turbojpeg")


@PIPELINES.register_module(name=["PyAVInit", "DecordInit", "OpenCVInit", "PIMSInit"])
class PyAVInit:
    """Count the frames of the video `filename`, exactly; makes `total_frames` and the `video_reader`, which `PyAVDecode` takes.

    The names of upstream's other decoders mean this one too.

    Args:
        io_backend: "disk".
        **kwargs: what upstream's other decoders take (`num_threads`, `mode`): a worker decodes with one thread.

    Raises:
        ConfigError: another `io_backend`.
    """

    def __init__(self, io_backend: str = "disk", **kwargs: Any) -> None:
        _check_disk(type(self).__name__, io_backend)
        _check_known(type(self).__name__, kwargs, {"num_threads", "mode"})

    def __call__(self, results: Results) -> Results:
        reader = VideoReader(results["filename"])
        results["video_reader"] = reader
        results["total_frames"] = len(reader)
        return results


@PIPELINES.register_module(
    name=["PyAVDecode", "DecordDecode", "OpenCVDecode", "PIMSDecode"]
)
class PyAVDecode:
    """Decode the frames `frame_inds` of the video `filename`.

    Makes `imgs`, one uint8 array (T, H, W, 3) in RGB, and `original_shape` and `img_shape`, both (H, W).

    Args:
        mode: "accurate"; "efficient" gives the frames that were asked for too, where upstream gives key frames near them.
        multi_thread: taken and not used: the loader's workers are the parallelism.
    """

    def __init__(self, mode: str = "accurate", *, multi_thread: bool = False) -> None:
        if mode not in MODES:
            raise ConfigError(
                f"{type(self).__name__} has no mode={mode!r}",
                hint=f"one of {', '.join(MODES)}",
            )

    def __call__(self, results: Results) -> Results:
        reader = results.pop("video_reader", None)
        with reader or VideoReader(results["filename"]) as reader:
            imgs = reader.decode(np.ravel(results["frame_inds"]))
        return _with_frames(results, imgs)


@PIPELINES.register_module()
class RawFrameDecode:
    """Read the frames `frame_inds` from their files: `frame_dir`/`filename_tmpl`, numbered as they are named.

    With `frame_dirs`, a folder for each frame, they may be of several videos.

    Makes `imgs`: of RGB (T, H, W, 3); of Flow (2 * T, H, W), x and y of each frame in turn (`filename_tmpl` has a place for
    the axis and one for the number). The pixels are OpenCV's to the bit; by Pillow.

    Args:
        io_backend: "disk".
        decoding_backend: taken and not used: all of upstream's give these pixels.

    Raises:
        DataError: a file is missing or broken, or of another size than the first.
    """

    def __init__(self, io_backend: str = "disk", decoding_backend: str = "cv2") -> None:
        _check_disk("RawFrameDecode", io_backend)
        _check_image_backend("RawFrameDecode", decoding_backend)

    def __call__(self, results: Results) -> Results:
        template = results["filename_tmpl"]
        numbers = np.ravel(results["frame_inds"]) + results.get("offset", 0)
        folders = results.get("frame_dirs") or [results["frame_dir"]] * len(numbers)
        flow = results["modality"] == "Flow"
        paths = [
            Path(folder, template.format(*axis, number))
            for folder, number in zip(folders, numbers.tolist(), strict=True)
            for axis in ((("x",), ("y",)) if flow else ((),))
        ]
        images = {path: read_image(path, gray=flow) for path in set(paths)}
        first = images[paths[0]]
        for path, image in images.items():
            if image.shape != first.shape:
                raise DataError(
                    f"the frame is {image.shape[:2]}, and {paths[0].name} is {first.shape[:2]} (height, width)",
                    str(path),
                    "the frames of a sample are of one size: extract them again",
                )
        return _with_frames(results, np.stack([images[path] for path in paths]))


@PIPELINES.register_module()
class ImageDecode:
    """Read the image `filename`; makes `imgs` (1, H, W, 3), RGB.

    Args:
        io_backend: "disk".
        decoding_backend: taken and not used: all of upstream's give these pixels.
    """

    def __init__(self, io_backend: str = "disk", decoding_backend: str = "cv2") -> None:
        _check_disk("ImageDecode", io_backend)
        _check_image_backend("ImageDecode", decoding_backend)

    def __call__(self, results: Results) -> Results:
        return _with_frames(results, read_image(Path(results["filename"]))[None])


@PIPELINES.register_module()
class ArrayDecode:
    """Take the frames `frame_inds` of `array`, (T, H, W, 3) of RGB or (T, H, W, 2) of Flow; makes `imgs` as `RawFrameDecode` does."""

    def __call__(self, results: Results) -> Results:
        imgs = results["array"][
            np.ravel(results["frame_inds"]) + results.get("offset", 0)
        ]
        if results["modality"] == "Flow":
            imgs = np.moveaxis(imgs, -1, 1).reshape(-1, *imgs.shape[1:3])
        return _with_frames(results, imgs)


@PIPELINES.register_module()
class BuildPseudoClip:
    """Make a clip of one image: `imgs` (1, H, W, 3) repeated (OmniSource, arXiv 2003.13042).

    Args:
        clip_len: how many frames the clip has.
    """

    def __init__(self, clip_len: int) -> None:
        self.clip_len = clip_len

    def __call__(self, results: Results) -> Results:
        if len(results["imgs"]) != 1:
            raise ConfigError(
                f"BuildPseudoClip repeats one image, and there are {len(results['imgs'])} frames",
                hint="put it after ImageDecode",
            )
        results["imgs"] = np.repeat(results["imgs"], self.clip_len, axis=0)
        results["clip_len"] = self.clip_len
        results["num_clips"] = 1
        return results


def read_image(path: Path, *, gray: bool = False) -> NDArray[np.uint8]:
    """An image file, as (H, W, 3) in RGB, or (H, W) of greys; turned as its EXIF says, by Pillow.

    Raises:
        DataError: it is not there, or no image.
    """
    # torchvision's decoder is as fast as OpenCV's, and this 1.7 times slower; but torchvision is about to drop it.
    from PIL import Image, ImageOps

    mode = "L" if gray else "RGB"
    try:
        with Image.open(path) as image:
            image.draft(mode, image.size)  # a JPEG's own brightness, as OpenCV reads it
            return np.asarray(ImageOps.exif_transpose(image).convert(mode))
    except FileNotFoundError as e:
        raise DataError(
            f"the frame cannot be read: {e.strerror}",
            str(path),
            "look at frame_dir and total_frames in the annotation file, data_prefix, filename_tmpl and start_index",
        ) from e
    except (OSError, SyntaxError, ValueError) as e:  # what Pillow says to broken files
        raise DataError(
            f"the image cannot be decoded: {e}", str(path), "write it again"
        ) from e


def _with_frames(results: Results, imgs: NDArray[Any]) -> Results:
    results["imgs"] = imgs
    results["original_shape"] = results["img_shape"] = imgs.shape[1:3]
    return results


def _check_disk(name: str, io_backend: str) -> None:
    if io_backend != "disk":
        raise ConfigError(
            f"{name} reads from the disk, not from io_backend={io_backend!r}",
            hint="leave io_backend out, and mount the storage as a folder",
        )


def _check_image_backend(name: str, backend: str) -> None:
    if backend not in IMAGE_BACKENDS:
        raise ConfigError(
            f"{name} has no decoding_backend={backend!r}",
            hint="leave it out: there is one decoder",
        )


def _check_known(name: str, given: Mapping[str, Any], known: set[str]) -> None:
    for key in given.keys() - known:
        raise TypeError(f"{name}.__init__() got an unexpected keyword argument {key!r}")
