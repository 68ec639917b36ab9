"""`mmcv.engine`: the loops over a data set, under mmcv's name of the module."""

from .runner.inference import multi_gpu_test, single_gpu_test

__all__ = ["multi_gpu_test", "single_gpu_test"]
