"""The edit of a package's `__init__.py`: an import and its entry in `__all__`, added or taken out in the file's own hand."""

from .edit import add_export, remove_export

__all__ = ["add_export", "remove_export"]
