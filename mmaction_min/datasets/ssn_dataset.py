"""SSNDataset: videos as files of frames, with their segments and with proposals of segments, from a proposal file."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..argument_types import Positive
from ..errors import ConfigError, DataError
from ..localization import (
    eval_ap,
    ssn_cfg,
    test_ticks,
)
from .builder import DATASETS, Results
from .pipelines import Compose
from .pipelines.localization import ratios
from .ssn_detections import (
    Rows,
    annotated,
    by_video,
    check_classes,
    find_detections,
    for_picture,
    ious_of,
)
from .ssn_proposals import SSNInstance, read_proposals, seen_in_test
from .ssn_sampler import ProposalSampler

logger = logging.getLogger("mmaction_min")


@DATASETS.register_module()
class SSNDataset:
    """Proposals, and the frames of their videos (mmaction/datasets/ssn_dataset.py).

    The form of the file is that of `load_localize_proposal_file`. A file that is called `normalized_...`, and has parts of videos
    instead of frames, is read in the place of one without that in its name that is not there; the frames are counted in the
    folders.

    Args:
        ann_file: the proposal file.
        pipeline: the transforms of a sample, as configs.
        train_cfg: `ssn.assigner`: the thresholds of the kinds of proposals; `ssn.sampler`: how many of each kind a sample has.
        test_cfg: `ssn.sampler.test_interval`: frames from one tick to the next; `ssn.evaluater`: `top_k`, the most detections of a
            video, 0 for all, and `nms`, the IoU above which the worse detection is dropped. Upstream's other entries do nothing
            there, and nothing here.
        data_prefix: the folder with a folder of frames for each video.
        test_mode: a sample is a whole video with all its proposals, and not some proposals.
        filename_tmpl: the name of a frame, from its number; for Flow from "x" or "y" and its number.
        start_index: the number of the first frame.
        modality: "RGB" or "Flow".
        video_centric: a sample's proposals are of one video, as far as it has any; else of all videos.
        reg_normalize_constants: mean and deviation of the regression's targets, (2, 2); by default those of this file. Upstream's
            test configs leave them out, and so take those of the test's annotations.
        body_segments: clips of a proposal in training; the pipeline decides.
        aug_segments: as above.
        aug_ratio: the lengths of the stages before and after a proposal, as parts of it; one number for both.
        clip_len: frames of a clip, as in the pipeline.
        frame_interval: as above.
        filter_gt: leave out videos without segments; a training does that in any case.
        use_regression: in the evaluation, move detections as the regression says.
        verbose: log the numbers of proposals too.
        upstream_compat: read the frames of proposals that are drawn from other videos, because this one has none of a kind, in the
            folder of this one, as upstream does.

    Raises:
        DataError: the file is missing, or what is wrong in which line; or it has no proposals of a kind that a training needs.
        ConfigError: arguments that make no sense.
    """

    def __init__(
        self,
        ann_file: str | Path,
        pipeline: Sequence[Any],
        train_cfg: Mapping[str, Any],
        test_cfg: Mapping[str, Any],
        data_prefix: str | Path | None,
        test_mode: bool = False,
        filename_tmpl: str = "img_{:05d}.jpg",
        start_index: int = 1,
        modality: str = "RGB",
        video_centric: bool = True,
        reg_normalize_constants: Sequence[Sequence[float]] | None = None,
        body_segments: int = 5,
        aug_segments: Sequence[int] = (2, 2),
        aug_ratio: float | Sequence[float] = (0.5, 0.5),
        clip_len: Positive = 1,
        frame_interval: Positive = 1,
        filter_gt: bool = True,
        use_regression: bool = True,
        verbose: bool = False,
        upstream_compat: bool = False,
    ) -> None:
        if modality not in ("RGB", "Flow"):
            raise ConfigError(
                f"SSNDataset has no modality={modality!r}", hint="RGB or Flow"
            )
        self.aug_ratio = ratios(aug_ratio)
        if min(self.aug_ratio) <= 0:
            raise ConfigError(f"SSNDataset has aug_ratio={aug_ratio}, and needs more")
        self.ann_file = str(ann_file)
        self.data_prefix = Path(data_prefix or "")
        self.test_mode = test_mode
        self.filename_tmpl = filename_tmpl
        self.start_index = start_index
        self.modality = modality
        self.clip_frames = clip_len * frame_interval
        self.use_regression = use_regression
        self.upstream_compat = upstream_compat
        ticks = ssn_cfg(test_cfg, "sampler", {"test_interval": 1})
        self.test_interval: int = ticks["test_interval"]
        self.evaluater = ssn_cfg(test_cfg, "evaluater", {"nms": 0.0})
        if "top_k" in self.evaluater:
            ssn_cfg(test_cfg, "evaluater", {"nms": 0.0, "top_k": -1})
        self.pipeline = Compose(pipeline)
        self.video_infos = self.load_annotations()
        if filter_gt or not test_mode:
            infos = [info for info in self.video_infos if info["gts"]]
            logger.info(
                "%d out of %d videos are valid.", len(infos), len(self.video_infos)
            )
            self.video_infos = infos
        self.sampler = ProposalSampler(self.video_infos, train_cfg, video_centric)
        if not test_mode:
            self.sampler.check(self.ann_file)
        self.reg_norm_consts = (
            self.sampler.regression_constants()
            if reg_normalize_constants is None
            else np.asarray(reg_normalize_constants, np.float64)
        )
        if verbose:
            logger.info("%s: %s", self.ann_file, self.sampler)

    def __len__(self) -> int:
        return len(self.video_infos)

    def __getitem__(self, index: int) -> Results:
        prepare = (
            self.prepare_test_frames if self.test_mode else self.prepare_train_frames
        )
        return prepare(index)

    def load_annotations(self) -> list[Results]:
        """The videos of the proposal file: see `read_proposals`."""
        return read_proposals(self.ann_file, self.data_prefix, self.filename_tmpl)

    def prepare_train_frames(self, index: int) -> Results:
        """Some proposals of a video, through the pipeline.

        Besides the video's own entries the pipeline gets, of P proposals, `out_proposals`, `proposal_dirs`,
        `proposal_scale_factor` (P, 2) and `reg_targets` (P, 2) in float32, `proposal_labels` (P,) and `proposal_type` (P,).
        """
        drawn = self.sampler.draw(index)
        instances = [one for (_, one), _ in drawn]
        kinds = np.array([kind for _, kind in drawn])
        targets = np.array([one.regression_targets for one in instances])
        mean, std = self.reg_norm_consts
        positive = (kinds == 0)[:, None]
        results = self._common(index)
        results["out_proposals"] = [
            ((self.video_infos[video]["video_id"], one), kind)
            for (video, one), kind in drawn
        ]
        if not self.upstream_compat:
            results["proposal_dirs"] = [
                self.video_infos[video]["frame_dir"] for (video, _), _ in drawn
            ]
        results["reg_targets"] = np.where(
            positive, (targets - mean) / std, targets
        ).astype(np.float32)
        results["proposal_scale_factor"] = np.array(
            [one.scale_factors(self.aug_ratio, self.clip_frames) for one in instances],
            np.float32,
        )
        labels = [one.label for one in instances]
        results["proposal_labels"] = np.where(kinds == 2, 0, labels)
        results["proposal_type"] = kinds
        return self.pipeline(results)

    def prepare_test_frames(self, index: int) -> Results:
        """A whole video with its P proposals, through the pipeline; without any, it is one itself.

        The pipeline gets `relative_proposal_list` (P, 2) and `scale_factor_list` (P, 2) in float32, `proposal_tick_list` (P, 4)
        in int32, and `reg_norm_consts` (2, 2).
        """
        results = self._common(index)
        total = results["total_frames"]
        whole = SSNInstance(0, max(total - 1, 1), total)
        proposals = self.video_infos[index]["proposals"] or [whole]
        num_ticks = len(test_ticks(total, self.clip_frames, self.test_interval))
        results.update(seen_in_test(proposals, total, self.aug_ratio, num_ticks))
        results["reg_norm_consts"] = self.reg_norm_consts
        return self.pipeline(results)

    def evaluate(
        self,
        results: Sequence[Mapping[str, Any]],
        metrics: str | Sequence[str] = "mAP",
        metric_options: Mapping[str, Mapping[str, Any]] | None = None,
        logger: logging.Logger | None = None,
    ) -> dict[str, float]:
        """Mean average precision of the detections.

        Args:
            results: what `SSN` says of each video.
            metrics: "mAP".
            metric_options: `dict(mAP=dict(eval_dataset="thumos14"))`, which stands for IoUs from 0.1 to 0.9.
            logger: of the run that evaluates; nothing is said to it.

        Returns:
            `{"mAP@0.10": .., ..., "mAP@0.90": ..}`, the mean over the classes that have segments. (Upstream's is NaN if one has none.)

        Raises:
            ConfigError: an unknown metric or data set.
            DataError: not as many results as videos; a segment of a class that the model does not have.
        """
        ious = ious_of(metrics, metric_options)
        classes = self.detections(results)
        self.check_classes(len(classes))
        truth = annotated(self.video_infos)
        precisions = eval_ap(dict(enumerate(classes)), truth, ious)
        means = precisions[sorted(truth)].mean(axis=0)
        return {f"mAP@{iou:.2f}": float(m) for iou, m in zip(ious, means, strict=True)}

    def metric_names(
        self,
        metrics: str | Sequence[str] = "mAP",
        metric_options: Mapping[str, Mapping[str, Any]] | None = None,
        **_: Any,
    ) -> list[str]:
        """What `evaluate` with these arguments gives, by name.

        Raises:
            ConfigError: an unknown metric or data set.
        """
        return [f"mAP@{iou:.2f}" for iou in ious_of(metrics, metric_options)]

    def detections(self, results: Sequence[Mapping[str, Any]]) -> list[Rows]:
        """Of each class the detections that are left: see `find_detections`.

        Raises:
            DataError: not as many results as videos.
        """
        if len(results) != len(self):
            raise DataError(
                f"there are {len(results)} results for {len(self)} videos",
                self.ann_file,
            )
        return find_detections(
            self.video_infos,
            results,
            self.evaluater["nms"],
            self.evaluater.get("top_k", 2000),
            self.use_regression,
        )

    def check_classes(self, num_classes: int) -> None:
        """Refuse a segment of a class that a model of so many classes does not have; see `check_classes`."""
        check_classes(self.video_infos, num_classes, self.ann_file)

    def timeline(
        self, results: Sequence[Mapping[str, Any]]
    ) -> tuple[list[Any], list[Any], str]:
        """What a picture shows: the videos with their segments, the detections of each, and the unit of time."""
        found = by_video(self.video_infos, self.detections(results))
        shown = [{"proposal_list": each} for each in found.values()]
        return for_picture(self.video_infos), shown, "frames"

    def dump_results(
        self,
        results: Sequence[Mapping[str, Any]],
        out: str | Path,
        output_format: str = "json",
    ) -> None:
        """Write the detections, as `evaluate` measures them: `{"results": {video: [{"label", "score", "segment"}]}}`.

        Args:
            results: what `SSN` says of each video.
            out: the file.
            output_format: "json". Classes count from 1, and a segment is in frames.

        Raises:
            ConfigError: another format.
        """
        if output_format != "json":
            raise ConfigError(
                f"the results cannot be written as {output_format!r}",
                "output_config.output_format",
                "json",
            )
        videos = by_video(self.video_infos, self.detections(results))
        Path(out).parent.mkdir(parents=True, exist_ok=True)
        Path(out).write_text(json.dumps({"results": videos}), encoding="utf-8")

    def _common(self, index: int) -> Results:
        info = self.video_infos[index]
        return {
            **{key: info[key] for key in ("video_id", "frame_dir", "total_frames")},
            "filename_tmpl": self.filename_tmpl,
            "modality": self.modality,
            "start_index": self.start_index,
        }
