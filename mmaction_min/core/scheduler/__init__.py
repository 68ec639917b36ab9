"""The learning-rate policies of MMAction2 beside those of the runner."""

from .lr_updater import TINLrUpdaterHook

__all__ = ["TINLrUpdaterHook"]
