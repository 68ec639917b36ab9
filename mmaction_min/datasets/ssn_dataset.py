"""SSNDataset: videos as files of frames, with their segments and with proposals of segments, from a proposal file."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import ConfigError, DataError
from ..localization import (
    augmented_stages,
    eval_ap,
    perform_regression,
    proposals_per_video,
    results_to_detections,
    temporal_nms,
    test_ticks,
)
from .builder import DATASETS, Results
from .pipelines import Compose
from .pipelines.localization import ratios
from .ssn_proposals import Kinds, SSNInstance, by_kind, read_proposals

Drawn = list[tuple[tuple[int, SSNInstance], int]]
"""((the video's number, proposal), kind) of each proposal of a sample."""
IOUS = {"thumos14": np.arange(0.1, 1.0, 0.1)}
"""At which IoU the detections of a data set are measured."""

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
        clip_len: int = 1,
        frame_interval: int = 1,
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
        self.video_centric = video_centric
        self.clip_frames = clip_len * frame_interval
        self.use_regression = use_regression
        self.upstream_compat = upstream_compat
        self.assigner = train_cfg["ssn"]["assigner"]
        self.sampler = train_cfg["ssn"]["sampler"]
        self.per_video = proposals_per_video(self.sampler)
        self.evaluater = test_cfg["ssn"]["evaluater"]
        self.test_interval = test_cfg["ssn"]["sampler"]["test_interval"]
        self.pipeline = Compose(pipeline)
        self.video_infos = self.load_annotations()
        if filter_gt or not test_mode:
            infos = [info for info in self.video_infos if info["gts"]]
            logger.info(
                "%d out of %d videos are valid.", len(infos), len(self.video_infos)
            )
            self.video_infos = infos
        self.kinds = [
            by_kind(
                info["gts"],
                info["proposals"],
                self.assigner,
                self.sampler["add_gt_as_proposals"],
            )
            for info in self.video_infos
        ]
        self.pools = Kinds(
            *(
                [(i, one) for i, each in enumerate(self.kinds) for one in each[kind]]
                for kind in range(3)
            )
        )
        if not test_mode:
            self._check_pools()
        self.reg_norm_consts = (
            self._regression_constants()
            if reg_normalize_constants is None
            else np.asarray(reg_normalize_constants, np.float64)
        )
        if verbose:
            sizes = zip(Kinds._fields, map(len, self.pools), strict=True)
            numbers = ", ".join(f"{size} {kind}" for kind, size in sizes)
            logger.info("%s: proposals: %s", self.ann_file, numbers)

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
        drawn = self._draw(index)
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
            [self._scale_factors(one) for one in instances], np.float32
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
        start, end = (
            np.array([(one.start_frame, one.end_frame) for one in proposals]).T / total
        )
        before, after = ((end - start) * ratio for ratio in self.aug_ratio)
        first = np.maximum(0.0, start - before)
        last = np.minimum(1.0, end + after)
        num_ticks = len(test_ticks(total, self.clip_frames, self.test_interval))
        spans = np.stack([first, start, end, last], axis=1)
        scales = [(start - first) / before, (last - end) / after]
        results["relative_proposal_list"] = spans[:, 1:3].astype(np.float32)
        results["scale_factor_list"] = np.stack(scales, axis=1).astype(np.float32)
        results["proposal_tick_list"] = (spans * num_ticks).astype(np.int32)
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
        unknown = ({metrics} if isinstance(metrics, str) else {*metrics}) - {"mAP"}
        if unknown:
            raise ConfigError(
                f"there is no metric {', '.join(map(repr, sorted(unknown)))}",
                "evaluation.metrics",
                "mAP is what is there",
            )
        options = (metric_options or {}).get("mAP", {})
        ious = IOUS.get(options.get("eval_dataset", "thumos14"))
        if ious is None:
            raise ConfigError(
                f"there is no {options['eval_dataset']!r}",
                "evaluation.metric_options.mAP.eval_dataset",
                f"one of {', '.join(IOUS)}",
            )
        rows = self.detections(results)
        self.check_classes(len(rows))
        precisions = eval_ap(dict(enumerate(rows)), self.get_all_gts(), ious.tolist())
        means = precisions[sorted(self.get_all_gts())].mean(axis=0)
        return {
            f"mAP@{iou:.2f}": mean
            for iou, mean in zip(ious, means.tolist(), strict=True)
        }

    def detections(
        self, results: Sequence[Mapping[str, Any]]
    ) -> list[list[tuple[str, float, float, float]]]:
        """Of each class the detections that are left: (video, start, end, score), the times as parts of the video.

        Raises:
            DataError: not as many results as videos.
        """
        if len(results) != len(self):
            raise DataError(
                f"there are {len(results)} results for {len(self)} videos",
                self.ann_file,
            )
        classes: list[list[tuple[str, float, float, float]]] = []
        for info, result in zip(self.video_infos, results, strict=True):
            found = results_to_detections(result, self.evaluater.get("top_k", 2000))
            classes = classes or [[] for _ in found]
            for rows, each in zip(classes, found, strict=True):
                moved = perform_regression(each) if self.use_regression else each
                kept = temporal_nms(moved, self.evaluater["nms"])[:, :3]
                rows += [(info["video_id"], *row) for row in kept.tolist()]
        return classes

    def get_all_gts(self) -> dict[int, dict[str, list[list[float]]]]:
        """Of each class (from 0) and video the annotated segments, as parts of the video."""
        gts: dict[int, dict[str, list[list[float]]]] = {}
        for info in self.video_infos:
            for gt in info["gts"]:
                span = [gt.start_frame, gt.end_frame]
                gts.setdefault(gt.label - 1, {}).setdefault(
                    info["video_id"], []
                ).append([frame / info["total_frames"] for frame in span])
        return gts

    def check_classes(self, num_classes: int) -> None:
        """Refuse a segment of a class that a model of so many classes does not have.

        Raises:
            DataError: with the video and the number of the segment.
        """
        for info in self.video_infos:
            for number, gt in enumerate(info["gts"]):
                if gt.label > num_classes:
                    raise DataError(
                        f"there is no class {gt.label}: the model has {num_classes}, from 1",
                        f"{self.ann_file}: {info['video_id']}, segment {number}",
                        "say model.cls_head.num_classes in the config",
                    )

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
        totals = {info["video_id"]: info["total_frames"] for info in self.video_infos}
        videos: dict[str, list[Any]] = {name: [] for name in totals}
        for label, rows in enumerate(self.detections(results), 1):
            for name, start, end, score in rows:
                segment = [start * totals[name], end * totals[name]]
                videos[name].append(
                    {"label": label, "score": score, "segment": segment}
                )
        for found in videos.values():
            found.sort(key=lambda each: -each["score"])
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

    def _draw(self, index: int) -> Drawn:
        """The proposals of a sample. A kind that the video has none of is drawn from all videos."""
        drawn: Drawn = []
        for kind, (count, pool) in enumerate(
            zip(self.per_video, self.pools, strict=True)
        ):
            if self.video_centric and self.kinds[index][kind]:
                pool = [(index, one) for one in self.kinds[index][kind]]
            numbers = np.random.choice(len(pool), count, replace=len(pool) < count)
            drawn += [(pool[number], kind) for number in numbers]
        return drawn

    def _scale_factors(self, one: SSNInstance) -> tuple[float, float]:
        """How much of the stages before and after a proposal is in the video."""
        span = self.clip_frames
        around = augmented_stages(
            one.start_frame,
            one.end_frame,
            one.num_video_frames,
            self.aug_ratio,
            span,
        )
        length = one.end_frame - one.start_frame
        return (
            (around.starting_length + span + 1) / (length * self.aug_ratio[0]),
            (around.ending_length + span + 1) / (length * self.aug_ratio[1]),
        )

    def _check_pools(self) -> None:
        for kind, count, pool in zip(
            Kinds._fields, self.per_video, self.pools, strict=True
        ):
            if count and not pool:
                raise DataError(
                    f"no proposal of any video is {kind}, and a sample has {count}",
                    self.ann_file,
                    "look at the columns of IoU and overlap, and at train_cfg.ssn.assigner",
                )

    def _regression_constants(self) -> NDArray[np.float64]:
        """Mean and deviation (2, 2) of the targets of the positive proposals that are no annotated segments."""
        least = self.assigner["positive_iou_threshold"]
        targets = [
            one.regression_targets
            for info in self.video_infos
            for one in info["proposals"]
            if one.best_iou > least
        ] or [(0.0, 0.0)]
        std = np.std(targets, axis=0)
        # Of one target, or of equal ones, there is no deviation; upstream divides by 0 then.
        return np.array([np.mean(targets, axis=0), np.where(std > 0, std, 1)])
